"""Memory does not grow with the size of what is worked through."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "memory.py"


def peak(*arguments):
    command = [sys.executable, SCRIPT, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_labelling_a_long_recording(tiny_checkpoint):
    """A tenth of ten hours; test_timeline.py shows that length does not count."""
    found = peak("label", "--hours", 1, "--model", tiny_checkpoint)
    assert found["hours"] == 1
    assert found["peak_resident_mib"] < 1000


@pytest.mark.slow
def test_training_from_a_store_of_gigabytes():
    small, large = (peak("train", "--gigabytes", size, "--steps", 2) for size in (0.1, 3))
    n_more = large["n_sounds"] - small["n_sounds"]
    assert n_more > 20_000
    assert large["peak_mib"] < 1000
    per_sound = (large["peak_mib"] - small["peak_mib"]) * 2**20 / n_more
    assert per_sound < 5_000  # names, positions, a target of 1200 bytes; its patches are 122,880


@pytest.mark.slow
def test_featurising_holds_one_sound():
    few, many = (peak("featurise", "--sounds", n)["peak_mib"] for n in (1, 9))
    assert many - few < 20  # the patches of one are 7.7 MB, of eight more 61 MB
