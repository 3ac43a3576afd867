"""A toy task that a tiny network learns in a second."""

import numpy as np
import pytest
import torch

from semdnn.network.inference import PatchArray
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import LabelledPatches
from semdnn.training.settings import TrainingSettings

N_DIMS, N_WORDS = 5, 8


@pytest.fixture(autouse=True)
def _one_thread():
    """Sums in one order: what the promise of equal bits is about."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def toy():
    """Make patches whose loud band tells their sound's target."""

    def make(kind="semdnn", n_sounds=12, seed=0, **changes):
        rng = np.random.default_rng(seed)
        classes = np.arange(n_sounds) % N_DIMS
        sounds = np.repeat(np.arange(n_sounds), 2)
        patches = rng.normal(-2, 0.5, size=(len(sounds), 96, 64)).astype(np.float32)
        for patch, sound in zip(patches, sounds, strict=True):
            band = 12 * classes[sound]
            patch[:, band : band + 8] += 4
        targets = {
            "semdnn": np.eye(N_DIMS, dtype=np.float32)[classes],
            "catdnn": np.eye(N_WORDS, dtype=np.float32)[classes],
            "cae": np.zeros((n_sounds, 0), np.float32),
        }[kind]
        parts = {
            "source": PatchArray(patches),
            "indices": np.arange(len(patches)),
            "sound_of_patch": sounds,
            "targets": targets,
        }
        return LabelledPatches(**(parts | changes))

    return make


@pytest.fixture
def toy_settings():
    """Make settings for a few short epochs on the CPU."""

    def make(**changes):
        parts = {
            "max_epochs": 3,
            "batch_size": 8,
            "learning_rate": 3e-3,
            "device": "cpu",
            "augmentation": AugmentationSettings(shift_frames=8, equaliser_db=1.0),
        }
        return TrainingSettings(**(parts | changes))

    return make
