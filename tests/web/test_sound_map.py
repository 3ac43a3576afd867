"""The map's arithmetic: places, clusters, names."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from semdnn.web.sound_map import MAX_CLUSTERS, clustered, laid_out, names_of, sampled


def groups(n_groups, size, seed=0, n_dims=30):
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.standard_normal((n_groups, n_dims)), size, axis=0)
    vectors = centres + 0.15 * rng.standard_normal(centres.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_groups_of_vectors_are_groups_on_the_map_and_clusters():
    vectors = groups(4, 12)
    truth = np.repeat(np.arange(4), 12)
    places = laid_out(vectors)
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + 9 * np.eye(48)
    assert (truth[distances.argmin(axis=1)] == truth).all()
    found = clustered(vectors, [[f"word{t}"] for t in truth])
    assert len(found.names) >= 4
    assert all(len(set(truth[found.of_sound == c])) == 1 for c in range(len(found.names)))
    sizes = np.bincount(found.of_sound)
    assert (np.diff(sizes) <= 0).all()


def test_the_same_vectors_give_the_same_map():
    vectors = groups(3, 10)
    np.testing.assert_array_equal(laid_out(vectors), laid_out(vectors))


@pytest.mark.parametrize("n_sounds", [0, 1, 2, 3, 4, 5, 6, 9])
def test_small_libraries_have_a_map(n_sounds):
    vectors = groups(1, n_sounds)
    places = laid_out(vectors)
    assert places.shape == (n_sounds, 2)
    assert np.isfinite(places).all()
    assert ((places >= -1e-9) & (places <= 1 + 1e-9)).all()
    found = clustered(vectors, [["dog"]] * n_sounds)
    assert len(found.of_sound) == n_sounds
    assert len(found.names) == len(set(found.of_sound))


def test_sounds_that_are_all_the_same_have_a_map():
    vectors = np.tile(groups(1, 1), (20, 1))
    assert np.isfinite(laid_out(vectors)).all()
    assert len(clustered(vectors, [["dog"]] * 20).names) == 1


def test_three_sounds_keep_their_distances():
    vectors = groups(3, 1)
    ratio = pdist(laid_out(vectors)) / pdist(vectors.astype(float))
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)


def test_names_are_what_stands_out_and_no_word_twice():
    of_sound = np.array([0, 0, 0, 1, 1])
    words = [["hit", "dog"], ["hit", "dog"], ["hit"], ["hit", "rain"], ["hit", "rain"]]
    names = names_of(of_sound, words)
    listed = [word for name in names for word in name.split(", ")]
    assert len(listed) == len(set(listed))
    assert names[1].split(", ")[0] == "rain"
    assert names_of(np.array([0, 1]), [[], []]) == ("group 1", "group 2")


def test_large_libraries_are_sampled_and_clusters_bounded():
    chosen = sampled(50_000, 1000)
    assert len(set(chosen)) == 1000
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(chosen, sampled(50_000, 1000))
    assert len(clustered(groups(20, 20), [["x"]] * 400).names) == MAX_CLUSTERS
