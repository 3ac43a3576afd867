"""A toy task that a tiny network learns in a second."""

import numpy as np
import pytest
import torch

from fake_teacher import N_CLASSES, N_DIMS, FakeTeacher
from semdnn.features.store import FeatureSettings
from semdnn.network.inference import PatchArray
from semdnn.semantics.dictionary import Dictionary
from semdnn.training.augment import AugmentationSettings
from semdnn.training.batches import LabelledPatches
from semdnn.training.distillation import Teaching
from semdnn.training.job import TrainingJob
from semdnn.training.settings import DistillationSettings, TrainingSettings

N_WORDS = 8


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


@pytest.fixture
def teaching():
    """Make a teacher with the vectors of its four classes."""

    def make(teacher=None):
        vectors = np.eye(N_CLASSES, N_DIMS, dtype=np.float32)
        vectors[3] = 0  # a class whose name has no known word
        return Teaching(teacher or FakeTeacher(), vectors)

    return make


@pytest.fixture
def taught_job(toy, toy_settings, teaching):
    """Make a job of the toy task under a teacher."""

    def make(teacher=None, distillation=None, **settings):
        chosen = DistillationSettings(**({"n_views": 2} | (distillation or {})))
        vectors = np.random.default_rng(0).normal(size=(8, N_DIMS))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return TrainingJob(
            network="tiny",
            kind="semdnn",
            training=toy(),
            validation=toy(seed=1),
            settings=toy_settings(distillation=chosen, **settings),
            features=FeatureSettings(),
            dictionary=Dictionary(
                words=tuple("abcdefgh"),
                vectors=vectors.astype(np.float32),
                counts=np.ones(8, np.int64),
                clusters=np.zeros(8, np.int32),
                word_space="test",
                offset=0.0,
            ),
            provenance={},
            licence="CC0-1.0",
            teaching=teaching(teacher),
        )

    return make
