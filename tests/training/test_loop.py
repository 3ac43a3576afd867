import copy

import numpy as np
import pytest
import torch

from semdnn.network.inference import PatchArray, predict
from semdnn.network.registry import build_network
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import TrainingError
from semdnn.training.loop import train
from semdnn.training.settings import learning_rate_at
from semdnn.training.state import restore, start, state_tensors
from semdnn.training.team import choose_device
from semdnn.training.validation import validate

KINDS = ("semdnn", "catdnn", "cae")
N_OUTPUTS = {"semdnn": 5, "catdnn": 8, "cae": 0}


def _started(kind, settings):
    network = build_network("tiny", kind, N_OUTPUTS[kind], torch.Generator().manual_seed(0))
    return start(network, settings)


@pytest.mark.parametrize("kind", KINDS)
def test_training_learns_the_toy_task(toy, toy_settings, kind):
    settings = toy_settings(max_epochs=6, augmentation=AugmentationSettings.off())
    state = _started(kind, settings)
    before = validate(state.network, toy(kind, seed=1))
    epochs = list(train(state, toy(kind), toy(kind, seed=1), settings))
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4, 5, 6]
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert epochs[-1].valid_loss < before.loss
    assert epochs[-1].valid_score > before.score
    assert all(epoch.seconds > 0 and epoch.patches_per_second > 0 for epoch in epochs)


@pytest.mark.parametrize("changes", [{}, {"average_decay": 0.9, "weight_decay": 0.01}])
def test_a_restored_state_goes_on_to_the_same_bits(toy, toy_settings, changes):
    settings = toy_settings(clip_norm=1.0, schedule="cosine", **changes)
    whole = _started("semdnn", settings)
    saved = None
    for epoch in train(whole, toy(), toy(seed=1), settings):
        if epoch.epoch == 1:
            saved = copy.deepcopy(state_tensors(whole))
    torch.rand(3)  # a global generator elsewhere must not matter
    resumed = _started("semdnn", settings)
    restore(resumed, saved, 1)
    assert [epoch.epoch for epoch in train(resumed, toy(), toy(seed=1), settings)] == [2, 3]
    expected, found = state_tensors(whole), state_tensors(resumed)
    assert expected.keys() == found.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_training_leaves_the_global_generator_alone(toy, toy_settings):
    before = torch.random.get_rng_state()
    settings = toy_settings(max_epochs=1)
    list(train(_started("semdnn", settings), toy(), toy(), settings))
    assert torch.equal(before, torch.random.get_rng_state())


def test_another_seed_is_another_run(toy, toy_settings):
    losses = set()
    for seed in (0, 1):
        settings = toy_settings(max_epochs=1, seed=seed)
        (epoch,) = train(_started("semdnn", settings), toy(), toy(), settings)
        losses.add(epoch.train_loss)
    assert len(losses) == 2


def test_validation_pools_the_patches_of_a_sound(toy, toy_settings):
    settings = toy_settings()
    patches = toy(seed=1)
    order = np.random.default_rng(0).permutation(len(patches))
    shuffled = toy(
        seed=1, indices=patches.indices[order], sound_of_patch=patches.sound_of_patch[order]
    )
    network = _started("semdnn", settings).network
    outputs = predict(network, patches.source.patches).astype(np.float64)
    pooled = np.stack([outputs[patches.sound_of_patch == s].mean(0) for s in range(12)])
    expected = (pooled * patches.targets).sum(1) / np.linalg.norm(pooled, axis=1)
    for given in (patches, shuffled):
        result = validate(network, given, batch_size=7)
        assert result.score == pytest.approx(expected.mean(), abs=1e-5)
    cosine = (outputs * patches.targets[patches.sound_of_patch]).sum(1) / np.linalg.norm(
        outputs, axis=1
    )
    assert result.loss == pytest.approx((np.arccos(cosine) / np.pi).mean(), abs=1e-5)


def test_the_average_follows_the_weights(toy, toy_settings):
    settings = toy_settings(average_decay=0.5, max_epochs=1)
    state = _started("semdnn", settings)
    initial = copy.deepcopy(state.network.state_dict())
    list(train(state, toy(), toy(), settings))
    assert state.kept is state.average
    name = "output.weight"
    now, mean = state.network.state_dict()[name], state.average.state_dict()[name]
    assert not torch.equal(now, mean)
    assert (mean - now).norm() < (initial[name] - now).norm()


def test_weight_decay_spares_biases_and_normalisation(toy_settings):
    groups = _started("semdnn", toy_settings(weight_decay=0.1)).optimiser.param_groups
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert all(p.ndim > 1 for p in groups[0]["params"])
    assert all(p.ndim == 1 for p in groups[1]["params"])


def test_the_learning_rate_rises_then_falls(toy_settings):
    settings = toy_settings(max_epochs=10, schedule="cosine", warm_up_epochs=2.0, learning_rate=1.0)
    rates = [learning_rate_at(step, 5, settings) for step in range(50)]
    assert rates[0] == pytest.approx(1 / 11)
    assert np.all(np.diff(rates[:11]) > 0)
    assert rates[10] == pytest.approx(1.0)
    assert np.all(np.diff(rates[10:]) < 0)
    assert rates[30] == pytest.approx(0.01 + 0.99 / 2)
    assert rates[-1] < 0.02
    constant = toy_settings(learning_rate=0.5)
    assert {learning_rate_at(step, 5, constant) for step in range(50)} == {0.5}


def test_what_cannot_be_trained_is_told(toy, toy_settings):
    settings = toy_settings(learning_rate=1.0)
    nan = PatchArray(np.full((24, 96, 64), np.nan, np.float32))
    with pytest.raises(TrainingError, match="training loss of epoch 1 is nan"):
        list(train(_started("semdnn", settings), toy(source=nan), toy(), settings))
    with pytest.raises(TrainingError, match="validation loss of epoch 1 is nan"):
        list(train(_started("semdnn", settings), toy(), toy(source=nan), settings))
    one = toy(indices=np.arange(1), sound_of_patch=np.zeros(1, int))
    with pytest.raises(TrainingError, match="1 training and 24 validation patches"):
        list(train(_started("semdnn", settings), one, toy(), settings))


def test_cuda_is_refused_where_there_is_none():
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert choose_device("auto") == torch.device("cpu")
    with pytest.raises(TrainingError, match="no CUDA device"):
        choose_device("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("kind", KINDS)
def test_cuda_trains_like_the_cpu(toy, toy_settings, kind):
    losses = []
    for device in ("cpu", "cuda"):
        settings = toy_settings(device=device, max_epochs=4)
        epochs = list(train(_started(kind, settings), toy(kind), toy(kind, seed=1), settings))
        losses.append([epoch.valid_loss for epoch in epochs])
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.25)
