"""The generated library of the paper's counts is prepared like any other: a small one here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "full_size_library.py"


@pytest.mark.slow
def test_metadata_alone_drives_every_stage():
    command = [sys.executable, SCRIPT, "--sounds", "3000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["n_sounds"] + found["n_rejected"] == 3150  # 5 % of refused licences on top
    assert 150 <= found["n_rejected"] < 250
    assert found["hours"] == pytest.approx(2584 * 3000 / 388_211, abs=2)
    assert found["n_training"] == pytest.approx(0.9 * 0.706 * found["n_sounds"], rel=0.01)
    assert found["n_words"] > 300
    assert len(found["stages"]) == 9
    parts = [stage["cpu_s"] for stage in found["stages"].values()]
    assert 0.5 * sum(parts) < found["prepare"]["cpu_s"]
    assert found["prepare"]["peak_mib"] > found["before_mib"]
