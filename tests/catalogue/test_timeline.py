"""Time stamps of a sound of any length."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile

from semdnn.audio.patches import cut
from semdnn.audio.waveform import read
from semdnn.catalogue.segments import SegmentRuleError, find_runs
from semdnn.catalogue.timeline import rule_of, timeline
from semdnn.features.logmel import log_mel
from semdnn.model import SemanticModel
from semdnn.network.inference import predict


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return SemanticModel.load(tiny_checkpoint)


def changing_noise(seconds, seed=0):
    """Noise whose colour changes every two seconds."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(seconds // 2):
        width = int(rng.integers(1, 30))
        noise = np.convolve(rng.standard_normal(32_000), np.ones(width) / width, "same")
        parts.append(0.1 * noise)
    return np.concatenate(parts).astype(np.float32)


@pytest.mark.parametrize("hop_s", [0.24, 0.48, 0.96])
def test_a_streamed_file_equals_the_whole_array_step_by_step(tmp_path, model, hop_s):
    path = tmp_path / "long.wav"
    soundfile.write(path, changing_noise(100), 16_000, subtype="FLOAT")
    rule = rule_of(hop_s=hop_s, threshold=0.1)
    found = timeline(model, path, rule)
    samples = read(path)
    patches = cut(log_mel(samples), hop_frames=rule.hop_frames)
    steps = [dict(model.words(predict(model.network, one[None])[0], top=10)) for one in patches]
    expected = []
    for first, last, word, weight in find_runs(steps, rule):
        start = 0.0 if first == 0 else first * hop_s + 0.48 - hop_s / 2
        end = 100.0 if last == len(steps) - 1 else last * hop_s + 0.48 + hop_s / 2
        expected.append((start, end, word, weight))
    assert found.duration_s == 100.0
    assert expected
    np.testing.assert_allclose(
        [(s.start_s, s.end_s, s.weight) for s in sorted(found.segments, key=lambda s: s[:3])],
        [(start, end, weight) for start, end, _, weight in sorted(expected)],
        atol=2e-4,
    )
    assert sorted(s.word for s in found.segments) == sorted(word for _, _, word, _ in expected)


def test_segments_are_in_order_and_within_the_sound(model):
    found = timeline(model, changing_noise(40), rule_of(threshold=0.05))
    order = [(s.start_s, -s.weight, s.word) for s in found.segments]
    assert order == sorted(order)
    assert all(0 <= s.start_s < s.end_s <= found.duration_s for s in found.segments)
    assert {s.start_s for s in found.segments} >= {0.0}
    assert max(s.end_s for s in found.segments) == found.duration_s


def test_a_sound_shorter_than_a_patch_is_one_step(model):
    found = timeline(model, changing_noise(2)[:8000], rule_of(threshold=0.01))
    assert found.segments
    assert {(s.start_s, s.end_s) for s in found.segments} == {(0.0, 0.5)}


def test_a_hop_between_frames_is_refused():
    with pytest.raises(SegmentRuleError, match=r"multiple of 0\.01 s"):
        rule_of(hop_s=0.333)


MEMORY = """
import sys
import torch
from pathlib import Path
from semdnn.catalogue.timeline import timeline
from semdnn.model import SemanticModel
torch.set_num_threads(1)
timeline(SemanticModel.load(sys.argv[1]), Path(sys.argv[2]))
# Not getrusage: its peak is inherited from the parent, here the whole test run.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) // 1024)
"""


@pytest.mark.slow
def test_an_hour_takes_no_more_memory_than_a_few_minutes(tmp_path, tiny_checkpoint):
    peaks = {}
    for minutes in (5, 60):
        path = tmp_path / f"{minutes}.flac"
        with soundfile.SoundFile(path, "w", 16_000, 1) as file:
            rng = np.random.default_rng(0)
            for _ in range(minutes):
                file.write(0.1 * rng.standard_normal(960_000))
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, tiny_checkpoint, path],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks[minutes] = int(done.stdout)
    assert peaks[60] < 700, peaks  # MiB, most of it PyTorch
    assert peaks[60] - peaks[5] < 40, peaks
