"""Embedding files hold what the model says, whatever the format and the number of threads."""

import csv

import numpy as np
import pytest

from semdnn.catalogue.embedding import EmbeddingRequest, embed_sounds
from semdnn.catalogue.embedding_files import EmbeddingFileError, check_format, write_embeddings
from semdnn.catalogue.embedding_spool import Spool
from semdnn.model import SemanticModel

LAYERS = ("pool4", "output")


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    return SemanticModel.load(tiny_checkpoint)


def written(model, sounds, path, *, per="sound", n_workers=2):
    """Embed the good sounds and a missing one into `path`; return what was told of each."""
    shapes = {name: model.network.layer_shapes()[name] for name in LAYERS}
    files = [sounds / "noise.WAV", sounds / "none.wav", sounds / "inner" / "tone.flac"]
    with Spool(path, shapes, per_patch=per == "patch") as spool:
        request = EmbeddingRequest(LAYERS, per, 0.48)
        told = list(
            embed_sounds(model, [(f.stem, f) for f in files], request, spool, n_workers=n_workers)
        )
        write_embeddings(path, spool.embeddings())
    return told


def test_a_row_a_sound_is_the_mean(model, sounds, tmp_path):
    told = written(model, sounds, tmp_path / "a.npz")
    assert [bool(item.error) for item in told] == [False, True, False]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert list(found["names"]) == ["noise", "tone"]
        assert list(found["layers"]) == list(LAYERS)
        np.testing.assert_allclose(found["duration_s"], [2.0, 1.0])
        own = model.activations(sounds / "noise.WAV", LAYERS, hop_s=0.48).values
        for name in LAYERS:
            np.testing.assert_array_equal(found[name][0], own[name])
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_row_a_patch_has_its_sound_and_start(model, sounds, tmp_path):
    written(model, sounds, tmp_path / "a.npz", per="patch")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        np.testing.assert_array_equal(found["sound_of_patch"], [0, 0, 0, 1])
        np.testing.assert_allclose(found["start_s"], [0, 0.48, 0.96, 0])
        (part,) = model.patch_activations(sounds / "noise.WAV", LAYERS, hop_s=0.48)
        for name in LAYERS:
            np.testing.assert_array_equal(found[name][:3], part.values[name])


def test_many_patches_go_through_a_file_unchanged(model, sounds, tmp_path, monkeypatch):
    written(model, sounds, tmp_path / "a.npz", per="patch")
    monkeypatch.setattr("semdnn.catalogue.embedding_spool.HELD_BYTES", 100)
    written(model, sounds, tmp_path / "b.npz", per="patch")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("suffix", [".npz", ".parquet", ".csv"])
def test_bytes_do_not_depend_on_threads(model, sounds, tmp_path, suffix):
    written(model, sounds, tmp_path / f"a{suffix}", n_workers=1)
    written(model, sounds, tmp_path / f"b{suffix}", n_workers=4)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_the_three_formats_say_the_same(model, sounds, tmp_path):
    from pyarrow import parquet

    for suffix in (".npz", ".parquet", ".csv"):
        written(model, sounds, tmp_path / f"a{suffix}", per="patch")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        arrays = {name: found[name] for name in (*LAYERS, "start_s")}
    table = parquet.read_table(tmp_path / "a.parquet").to_pydict()
    with (tmp_path / "a.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == table["name"] == ["noise"] * 3 + ["tone"]
    np.testing.assert_allclose(table["start_s"], arrays["start_s"])
    for name in LAYERS:
        flat = arrays[name].reshape(4, -1)
        np.testing.assert_array_equal(np.array(table[name], np.float32), flat)
        text = [[row[f"{name}_{i}"] for i in range(flat.shape[1])] for row in rows]
        np.testing.assert_array_equal(np.array(text, np.float32), flat)


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(EmbeddingFileError, match=r"a\.txt: its suffix must be one of \.npz"):
        check_format(tmp_path / "a.txt")
