"""Killed outright at random moments, the whole chain ends as if it had been left in peace."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "kill_suite.py"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fifty_kills_change_nothing(tmp_path):
    command = [sys.executable, SCRIPT, "--folder", tmp_path / "kills", "--kills", "54"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout)  # the log of the kills
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["differing_files"] == []
    assert summary["kills"] >= 50
    assert set(summary["stages"]) == {"featurising", "training", "evaluation"}
    assert min(summary["stages"].values()) >= 5
