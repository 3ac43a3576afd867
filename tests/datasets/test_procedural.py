import csv
import string
from pathlib import Path

import numpy as np
import pytest
import soundfile

from semdnn.datasets.procedural import library, synthesis
from semdnn.datasets.procedural.kinds import KINDS, Kind
from semdnn.datasets.procedural.library import COLUMNS, ProceduralError, sketch, write_library
from semdnn.datasets.procedural.sources import Grains, Scene, Tone, Traits


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows_of(folder):
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def sketch_of(kind, seed):
    return next(p for p in (sketch(seed, i) for i in range(len(KINDS))) if p.kind is kind)


def dominant(samples):
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.argmax(spectrum) * synthesis.RATE / len(samples))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_keeps_the_contract(kind):
    for seed in range(3):
        plan = sketch_of(kind, seed)
        sound = library.synthesise(plan)
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= 0.95 + 1e-9
        assert np.sqrt(np.mean(sound**2)) > 2e-3
        assert 0.5 <= len(sound) / synthesis.RATE <= 4
        assert len(sound) == plan.n_samples
        assert any(len(word) > 2 and word.isalpha() for word in plan.title.split())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_spelled_well(kind):
    fields = {name for _, name, _, _ in string.Formatter().parse(kind.titles) if name}
    assert fields <= {"size", "rate", "force", "variant"}
    assert ("variant" in fields) == (list(kind.variants) != [""])
    for words in (kind.size, kind.rate, kind.force):
        assert len(words.split("/")) == 2
        assert all(words.split("/"))
    for changes in kind.variants.values():
        assert all(hasattr(kind.source, name) for name in changes)


def test_kinds_are_some_sixty_distinct_rows():
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert len(KINDS) >= 60


@pytest.mark.parametrize("name", ["bell", "cat", "kick", "flute", "bubbles"])
def test_small_sources_sound_higher(name):
    kind = next(kind for kind in KINDS if kind.name == name)
    small, large = (
        dominant(kind.source(Scene(np.random.default_rng(1), 16_000, Traits(size, 0.5, 0.5, 0.0))))
        for size in (0.0, 1.0)
    )
    assert small > 1.2 * large


def test_adjectives_follow_the_traits():
    for i in range(600):
        plan = sketch(5, i)
        words = plan.title.lower().replace(",", "").split()
        assert not ({"small", "little"} & set(words) and plan.traits.size > 1 / 3)
        assert not ({"large", "big"} & set(words) and plan.traits.size < 2 / 3)
        assert not ("distant" in words and plan.traits.distance <= 0.75)
        assert not ("slow" in words and plan.traits.rate > 1 / 3)


def test_a_variant_changes_the_sound_only_where_the_title_names_it():
    named = 0
    for i in range(600):
        plan = sketch(2, i)
        changing = [v for v, changes in plan.kind.variants.items() if changes]
        if plan.source != plan.kind.source:
            assert any(variant in plan.title.lower() for variant in changing)
            named += 1
    assert named > 50


def test_kinds_are_dealt_evenly():
    kinds = [sketch(3, i).kind.name for i in range(2 * len(KINDS))]
    assert all(kinds.count(kind.name) == 2 for kind in KINDS)
    assert kinds[: len(KINDS)] != kinds[len(KINDS) :]


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first, second, other = (
        contents(write_library(tmp_path / name, n_sounds=8, seed=seed))
        for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert first == second
    assert set(first) != set(other) or first != other


def test_a_smaller_library_is_the_beginning_of_a_larger_one(tmp_path):
    small = write_library(tmp_path / "small", n_sounds=5, seed=1)
    large = write_library(tmp_path / "large", n_sounds=11, seed=1)
    assert rows_of(large)[:5] == rows_of(small)
    for row in rows_of(small):
        assert (small / row["path"]).read_bytes() == (large / row["path"]).read_bytes()


def test_manifest_says_what_the_files_are(tmp_path):
    folder = write_library(tmp_path, n_sounds=12, seed=0)
    rows = rows_of(folder)
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len({row["recording"] for row in rows}) == 12
    for row in rows:
        info = soundfile.info(folder / row["path"])
        assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
        assert info.frames / 16_000 == pytest.approx(float(row["duration_s"]), abs=6e-4)
        assert (row["source"], row["licence"]) == ("procedural", "CC0 1.0")
        assert row["path"].startswith(f"audio/{row['recording'].rsplit('_', 1)[0]}/")
        assert row["title"]
        assert row["category"]


def test_an_interrupted_library_is_completed_without_doing_it_again(tmp_path, monkeypatch):
    whole = contents(write_library(tmp_path / "whole", n_sounds=10, seed=4))
    made, true_synthesise = [], library.synthesise

    def stopping(plan):
        if len(made) == 6:
            raise KeyboardInterrupt
        made.append(plan.name)
        return true_synthesise(plan)

    monkeypatch.setattr(library, "synthesise", stopping)
    with pytest.raises(KeyboardInterrupt):
        write_library(tmp_path / "cut", n_sounds=10, seed=4)
    assert not (tmp_path / "cut" / "manifest.csv").exists()
    made.clear()
    write_library(tmp_path / "cut", n_sounds=10, seed=4)
    assert len(made) == 4
    assert contents(tmp_path / "cut") == whole
    made.clear()
    write_library(tmp_path / "cut", n_sounds=10, seed=4)
    assert made == []


def test_other_folders_are_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(ProceduralError, match="not empty"):
        write_library(tmp_path / "mine", n_sounds=1, seed=0)
    write_library(tmp_path / "ours", n_sounds=2, seed=0)
    with pytest.raises(
        ProceduralError, match=r"holds '2 sounds of seed 0, .* not 2 sounds of seed 1"
    ):
        write_library(tmp_path / "ours", n_sounds=2, seed=1)
    with pytest.raises(ProceduralError, match="holds '2 sounds"):
        write_library(tmp_path / "ours", n_sounds=3, seed=0)
    (tmp_path / "ours" / "procedural.txt").write_bytes(b"\xff\x00[]")
    with pytest.raises(ProceduralError, match="name another folder"):
        write_library(tmp_path / "ours", n_sounds=2, seed=0)
    (tmp_path / "file").touch()
    with pytest.raises(ProceduralError, match="not empty"):
        write_library(tmp_path / "file", n_sounds=1, seed=0)


@pytest.mark.parametrize(("n_sounds", "seed"), [(0, 0), (-1, 0), (1, -1)])
def test_numbers_out_of_range_are_refused(tmp_path, n_sounds, seed):
    with pytest.raises(ProceduralError, match="at least"):
        write_library(tmp_path, n_sounds=n_sounds, seed=seed)


def test_resonator_rings_as_its_formula_says():
    impulse = np.eye(1, 400)[0]
    rung = synthesis.resonate(impulse, np.array([500.0]), np.array([0.01]), np.array([2.0]))
    t = np.arange(400) / synthesis.RATE
    expected = 2 * np.exp(-(t - 1 / synthesis.RATE) / 0.01) * np.sin(2 * np.pi * 500 * t)
    np.testing.assert_allclose(rung, expected, atol=1e-9)


def test_pulses_are_equal_partials_of_rms_one():
    train = synthesis.pulses(np.full(16_000, 1_000.0))
    spectrum = np.abs(np.fft.rfft(train)) / 8_000
    assert np.sqrt(np.mean(train**2)) == pytest.approx(1)
    np.testing.assert_allclose(spectrum[1_000:7_001:1_000], spectrum[1_000], rtol=1e-6)
    assert spectrum[7_500:].max() < 1e-6


def test_noise_stays_in_its_band():
    spectrum = np.abs(np.fft.rfft(synthesis.noise(np.random.default_rng(0), 16_000, 1_000, 2_000)))
    inside, below, above = spectrum[1_000:2_000], spectrum[:250], spectrum[6_000:]
    assert inside.mean() > 5 * max(below.mean(), above.mean())


def test_distance_dulls():
    near = synthesis.noise(np.random.default_rng(0), 16_000)
    high = [
        np.abs(np.fft.rfft(synthesis.place(np.random.default_rng(0), near, d)))[5_000:].mean()
        for d in (0.0, 0.5, 1.0)
    ]
    assert high[0] > 1.5 * high[1] > 2 * high[2]


def test_grains_after_an_onset_come_early_and_grow_dull():
    burst = Grains((3_000, 3_000), (200, 7_000), (0.001, 0.002), onset=0.1, dulling=0.05)
    sound = burst(Scene(np.random.default_rng(0), 16_000, Traits(0.5, 0.5, 0.5, 0.0)))
    early, late = sound[:1_600], sound[3_200:4_800]
    assert early.std() > 2 * late.std()
    centroid = [
        np.arange(801) @ np.abs(np.fft.rfft(x)) / np.abs(np.fft.rfft(x)).sum()
        for x in (early, late)
    ]
    assert centroid[0] > 1.2 * centroid[1]


def test_events_follow_the_pattern_and_the_tune():
    tone = Tone((1_000, 1_000), edges=(0.001, 0.001))
    kind = Kind("x", "x", tone, "x", {"": {}}, (1, 1), (0.2, 0.2), (0, 0.5), (1, 2), 0, (1, 1))
    plan = sketch(0, 0)._replace(
        kind=kind, source=tone, n_samples=16_000, traits=Traits(0, 0, 1, 0)
    )
    sound = library.synthesise(plan)
    assert dominant(sound[:6_000]) == pytest.approx(1_000, rel=0.02)
    assert dominant(sound[8_160:14_000]) == pytest.approx(2_000, rel=0.02)
    assert np.abs(sound[3_400:8_100]).max() == 0


def test_kind_defaults_describe_one_event():
    kind = KINDS[0]
    plain = Kind(kind.name, kind.category, kind.source, "rain")
    assert plain.repeats is None
    assert plain.variants == {"": {}}


def test_the_package_stays_compact():
    files = Path(library.__file__).parent.glob("*.py")
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) <= 600
