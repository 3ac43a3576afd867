"""The log-mel store: what is in, what is not, random reading."""

import json
import pickle
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from folder_content import bytes_of
from semdnn.audio import patches, waveform
from semdnn.features import shards, store
from semdnn.features.logmel import log_mel
from semdnn.features.store import FeatureSettings, LogMelStore, StoreError, featurise

Sounds = list[tuple[str, Path]]
pytestmark = pytest.mark.usefixtures("small_shards")


def expected_patches(path: Path, how: FeatureSettings) -> NDArray[np.float32]:
    frames = log_mel(waveform.read(path), log_offset=how.log_offset)
    cut = patches.cut(frames, hop_frames=how.hop_frames)
    return cut[patches.spread(len(cut), how.max_patches_per_sound)]


@pytest.mark.parametrize(
    "how",
    [
        FeatureSettings(),
        FeatureSettings(hop_s=0.48, max_patches_per_sound=4, log_offset=0.001),
        FeatureSettings(hop_s=1.5, max_patches_per_sound=1000),
    ],
)
def test_holds_the_patches_of_every_sound(
    tmp_path: Path, sounds: Sounds, how: FeatureSettings
) -> None:
    made = featurise(sounds, tmp_path / "store", how, n_workers=1)
    assert made.names == tuple(name for name, _ in sounds[:5])
    assert [failure.name for failure in made.failures] == ["bad.wav", "gone.wav"]
    assert "not audio" in made.failures[0].reason
    assert "no such file" in made.failures[1].reason
    expected = [expected_patches(path, how) for _, path in sounds[:5]]
    np.testing.assert_allclose(
        made.read(np.arange(made.n_patches)), np.concatenate(expected), atol=4e-3
    )
    counts = [len(sound) for sound in expected]
    np.testing.assert_array_equal(made.sound_of_patch, np.repeat(np.arange(5), counts))
    assert made.sound_of_patch.dtype == np.int32
    assert made.start_s.dtype == np.float32
    n_all = patches.count(1398, hop_frames=how.hop_frames)
    starts = how.hop_s * patches.spread(n_all, how.max_patches_per_sound)
    np.testing.assert_allclose(made.start_s[made.sound_of_patch == 3], starts, rtol=1e-6)
    made.verify()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(indices=st.lists(st.integers(0, 25), max_size=40))
def test_reads_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, sounds: Sounds, indices: list[int]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-order"
    made = featurise(sounds, folder, FeatureSettings(max_patches_per_sound=12), n_workers=1)
    everything = made.read(range(made.n_patches))
    wanted = np.array(indices, int) % made.n_patches
    np.testing.assert_array_equal(made.read(wanted), everything[wanted])


def test_read_refuses_what_is_not_there(tmp_path: Path, sounds: Sounds) -> None:
    made = featurise(sounds[:2], tmp_path, FeatureSettings(), n_workers=1)
    for bad in (-1, made.n_patches):
        with pytest.raises(IndexError, match="patch indices must lie"):
            made.read([bad])
    assert made.read([]).shape == (0, 96, 64)


def test_same_bytes_however_many_workers(tmp_path: Path, sounds: Sounds) -> None:
    featurise(sounds, tmp_path / "one", FeatureSettings(), n_workers=1)
    featurise(sounds, tmp_path / "two", FeatureSettings(), n_workers=2)
    with ThreadPoolExecutor(3) as pool:
        featurise(sounds, tmp_path / "pool", FeatureSettings(), executor=pool)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two") == bytes_of(tmp_path / "pool")


def test_opening_tells_damage(tmp_path: Path, sounds: Sounds) -> None:
    with pytest.raises(StoreError, match="holds no finished log-mel store"):
        LogMelStore(tmp_path / "none")
    featurise(sounds, tmp_path, FeatureSettings(), n_workers=1)
    data = tmp_path / "shard-00001.npy"
    content = data.read_bytes()
    data.write_bytes(content[:-1] + b"\x55")
    with pytest.raises(StoreError, match=r"shard-00001\.npy: is damaged"):
        LogMelStore(tmp_path).verify()
    data.write_bytes(content[:-1])
    with pytest.raises(StoreError, match="missing or cut short"):
        LogMelStore(tmp_path)
    manifest = json.loads((tmp_path / "store.json").read_text())
    (tmp_path / "store.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(StoreError, match="another version"):
        LogMelStore(tmp_path)
    (tmp_path / "store.json").write_text("{")
    with pytest.raises(StoreError, match="is damaged"):
        LogMelStore(tmp_path)


def test_a_long_sound_is_read_twice_with_the_same_result(
    sounds: Sounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sounds[3][1]
    how = FeatureSettings(hop_s=0.48, max_patches_per_sound=7)
    starts, kept = shards.patches_of(path, how)
    monkeypatch.setattr(shards, "HELD_FRAMES", 200)
    starts_again, kept_again = shards.patches_of(path, how)
    np.testing.assert_array_equal(starts, starts_again)
    np.testing.assert_array_equal(kept, kept_again)


def test_a_broken_pool_is_one_line(tmp_path: Path, sounds: Sounds) -> None:
    from concurrent.futures.process import BrokenProcessPool

    class Broken(ThreadPoolExecutor):
        def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]
            future: Future[object] = Future()
            future.set_exception(BrokenProcessPool("killed"))
            return future

    with pytest.raises(StoreError, match="a worker process died"):
        featurise(sounds, tmp_path, FeatureSettings(), executor=Broken())


def test_surprises_inside_a_sound_are_failures(
    tmp_path: Path, sounds: Sounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(*_: object) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(shards, "patches_of", surprise)
    made = featurise(sounds[:1], tmp_path, FeatureSettings(), n_workers=1)
    assert made.failures[0].reason == "unexpected RuntimeError: odd"
    assert made.n_patches == 0
    assert made.read([]).shape == (0, 96, 64)
    monkeypatch.undo()
    monkeypatch.setattr(store, "SOUNDS_PER_SHARD", 2)
    assert len(featurise(sounds[:1], tmp_path, FeatureSettings(), n_workers=1)) == 1


def test_no_sounds_and_repeated_names(tmp_path: Path, sounds: Sounds) -> None:
    empty = featurise([], tmp_path, FeatureSettings())
    assert (len(empty), empty.n_patches, empty.read([]).shape) == (0, 0, (0, 96, 64))
    with pytest.raises(StoreError, match=r"sub/0\.wav: is given twice"):
        featurise([sounds[0], sounds[0]], tmp_path, FeatureSettings())
    with pytest.raises(ValueError, match="n_workers"):
        featurise(sounds, tmp_path, FeatureSettings(), n_workers=0)


def test_pickles_by_opening_anew(tmp_path: Path, sounds: Sounds) -> None:
    made = featurise(sounds, tmp_path, FeatureSettings(), n_workers=1)
    copy = pickle.loads(pickle.dumps(made))
    np.testing.assert_array_equal(copy.read([3, 1]), made.read([3, 1]))


@pytest.mark.parametrize("bad", [{"hop_s": 0.005}, {"hop_s": 0.964}, {"max_patches_per_sound": 0}])
def test_settings_are_checked(bad: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        FeatureSettings(**bad)  # type: ignore[arg-type]


def test_float16_loses_little_on_real_recordings(shared: Path) -> None:
    worst = 0.0
    for path in sorted((shared / "sounds").rglob("*.ogg"))[::300]:
        frames = log_mel(waveform.read(path))
        worst = max(worst, float(np.abs(frames - frames.astype(np.float16)).max()))
    assert worst < 0.004


FEW_FILES = """
import resource, sys
from pathlib import Path
from semdnn.features.store import LogMelStore, StoreError
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (40, int(sys.argv[2]) or hard))
try:
    made = LogMelStore(Path(sys.argv[1]))
    print(made.read(range(made.n_patches)).shape[0])
except StoreError as error:
    print(error)
"""


@pytest.mark.slow
def test_more_shards_than_files_may_be_open(
    tmp_path: Path, sounds: Sounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SOUNDS_PER_SHARD", 1)
    many = [(f"{i}.wav", sounds[0][1]) for i in range(60)]
    featurise(many, tmp_path, FeatureSettings(), n_workers=1)

    def said(hard: int) -> str:
        command = [sys.executable, "-c", FEW_FILES, str(tmp_path), str(hard)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert said(0) == "60"
    assert "more shards than this system lets a process open" in said(40)
