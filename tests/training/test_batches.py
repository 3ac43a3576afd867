import numpy as np
import pytest
import torch
from scipy import sparse

from semdnn.network.inference import PatchArray
from semdnn.training.batches import (
    LabelledPatches,
    TrainingError,
    count_batches,
    epoch_order,
    read_batches,
)

N_PATCHES, N_SOUNDS = 23, 5
RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(40, 96, 64)).astype(np.float32)
INDICES = RNG.choice(40, N_PATCHES, replace=False)
SOUNDS = np.sort(RNG.integers(0, N_SOUNDS, N_PATCHES)).astype(np.int32)
TARGETS = (RNG.random((N_SOUNDS, 7)) < 0.3).astype(np.float32)


def labelled(**changes):
    parts = {
        "source": PatchArray(VALUES),
        "indices": INDICES,
        "sound_of_patch": SOUNDS,
        "targets": TARGETS,
    }
    return LabelledPatches(**(parts | changes))


@pytest.mark.parametrize(
    "targets", [TARGETS, sparse.csr_array(TARGETS), sparse.csr_matrix(TARGETS)]
)
@pytest.mark.parametrize("whole_only", [False, True])
def test_batches_are_the_patches_in_order_with_their_sounds_targets(targets, whole_only):
    patches = labelled(targets=targets)
    order = epoch_order(patches, seed=0, epoch=1)
    batches = list(read_batches(patches, order, 8, whole_only=whole_only))
    seen = order[:16] if whole_only else order
    assert len(batches) == count_batches(N_PATCHES, 8, whole_only=whole_only)
    np.testing.assert_array_equal(torch.cat([b.patches for b in batches]), VALUES[INDICES[seen]])
    np.testing.assert_array_equal(torch.cat([b.targets for b in batches]), TARGETS[SOUNDS[seen]])


@pytest.mark.parametrize("last", [0.0, 1.0, 0.5])
def test_targets_of_0_and_1_alone_are_words(last):
    targets = np.ones((70_000, 1), np.float32)
    targets[-1] = last  # beyond the first block
    of_all = {"source": PatchArray(VALUES), "indices": INDICES, "sound_of_patch": SOUNDS}
    for given in (targets, sparse.csr_array(targets)):
        assert LabelledPatches(**of_all, targets=given).is_multi_hot == (last != 0.5)
    assert labelled(targets=np.zeros((N_SOUNDS, 0), np.float32)).is_multi_hot


def test_a_lone_small_batch_is_kept():
    assert count_batches(5, 8, whole_only=True) == 1
    assert count_batches(0, 8, whole_only=True) == 0
    assert list(read_batches(labelled(), np.arange(0), 8)) == []


def test_order_is_a_permutation_that_seed_and_epoch_decide():
    first, again, other_epoch, other_seed = (
        epoch_order(labelled(), *key) for key in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    np.testing.assert_array_equal(np.sort(first), np.arange(N_PATCHES))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other_epoch)
    assert not np.array_equal(first, other_seed)
    np.testing.assert_array_equal(epoch_order(labelled(), 0, 1, 9), first[:9])


def test_weights_decide_how_often_a_sound_is_drawn():
    weights = np.array([0.0, 1.0, 1.0, 1.0, 3.0])
    order = epoch_order(labelled(sound_weights=weights), 0, 1, 60_000)
    shares = np.bincount(SOUNDS[order], minlength=N_SOUNDS) / len(order)
    np.testing.assert_allclose(shares, weights / weights.sum(), atol=0.01)


def test_frequencies_are_the_mean_target_of_the_patches():
    for targets in (TARGETS, sparse.csr_array(TARGETS)):
        np.testing.assert_allclose(
            labelled(targets=targets).target_frequencies(), TARGETS[SOUNDS].mean(0), atol=1e-6
        )


def test_the_digest_knows_what_matters():
    changed = VALUES.copy()
    changed[INDICES[0]] += 1
    digests = [
        patches.digest()
        for patches in (
            labelled(),
            labelled(targets=sparse.csr_array(TARGETS)),
            labelled(targets=1 - TARGETS),
            labelled(indices=INDICES[::-1]),
            labelled(sound_weights=np.ones(N_SOUNDS)),
            labelled(source=PatchArray(changed)),
        )
    ]
    assert len(set(digests)) == len(digests)
    assert labelled().digest() == digests[0]


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(TrainingError, match="23 patches, but 22 sounds"):
        labelled(sound_of_patch=SOUNDS[:-1])
    with pytest.raises(TrainingError, match="not among the 3"):
        labelled(targets=TARGETS[:3])
    with pytest.raises(TrainingError, match="4 weights for 5 sounds"):
        labelled(sound_weights=np.ones(4))
    with pytest.raises(TrainingError, match="not all 0"):
        epoch_order(labelled(sound_weights=np.zeros(5)), 0, 1)
