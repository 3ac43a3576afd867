"""A model folder is the model again."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from semdnn.cli.main import main
from semdnn.export.hugging_face import model_card, write_folder
from semdnn.model import ModelError, SemanticModel


def test_a_folder_is_loaded_as_the_same_network(sounds, tmp_path):
    model = SemanticModel.load("catdnn-small")
    write_folder(tmp_path / "model", model)
    again = SemanticModel.load(tmp_path / "model")
    assert again.checkpoint.dictionary.words == model.checkpoint.dictionary.words
    np.testing.assert_array_equal(
        again.checkpoint.dictionary.vectors, model.checkpoint.dictionary.vectors
    )
    for name, value in model.checkpoint.state.items():
        assert torch.equal(value, again.checkpoint.state[name])
    assert again.label(sounds / "noise.WAV") == model.label(sounds / "noise.WAV")


def test_twice_gives_the_same_bytes(tiny_checkpoint, tmp_path, capsys):
    for name in ("a", "b"):
        arguments = ["export", str(tiny_checkpoint), "--to", "huggingface", "-o"]
        assert main([*arguments, str(tmp_path / name)]) == 0
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == ["README.md", "config.json", "model.safetensors"]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_configuration_says_how_sound_is_fed(tiny_checkpoint, tmp_path):
    write_folder(tmp_path, SemanticModel.load(tiny_checkpoint))
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert config["log_mel"]["sample_rate"] == 16_000
    assert config["log_mel"]["log_offset"] == 0.01
    assert config["dictionary"]["n_dims"] == 300
    assert len(config["dictionary"]["words"]) == 10


def test_the_card_carries_what_the_checkpoint_does(tiny_checkpoint):
    model = SemanticModel.load("semdnn-small")
    card = model_card(model)
    n_heard = sum(count for *_, count in model.checkpoint.provenance["sources"])
    assert card.startswith("---\nlicense: apache-2.0\nlanguage: en\nlibrary_name: semdnn\n")
    assert "712 words" in card
    assert f"on {n_heard:,} described recordings from scratch with the recipe `library`" in card
    assert "## Limits" in card
    assert "| 0ad | CC BY-SA 3.0 | 654 |" in card
    assert "# semdnn-small" in card
    assert "Training sources" not in model_card(SemanticModel.load(tiny_checkpoint))


def test_the_card_shows_scores_with_their_intervals(tiny_checkpoint):
    checkpoint = SemanticModel.load(tiny_checkpoint).checkpoint
    scores = {"esc50": {"n_sounds": 9, "AMCSS 10": [0.5, 0.4, 0.61]}}
    provenance = {"scores": scores, "recipe": "quick", "sources": ["a", "b"]}
    card = model_card(SemanticModel(dataclasses.replace(checkpoint, provenance=provenance)))
    assert "| esc50 (9 sounds) | mean | 95 % interval |" in card
    assert "| AMCSS 10 | 0.500 | 0.400 … 0.610 |" in card
    assert "| a |  |  |" in card
    assert "Trained from scratch with the recipe `quick`" in card


def test_an_unknown_licence_is_named(tiny_checkpoint):
    checkpoint = SemanticModel.load(tiny_checkpoint).checkpoint
    model = SemanticModel(dataclasses.replace(checkpoint, licence="My Terms"))
    assert "license: other\nlicense_name: my-terms\n" in model_card(model)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"model\.safetensors: no shipped network or file"):
        SemanticModel.load(tmp_path)
