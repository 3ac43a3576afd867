"""Problems such as word spaces pose to NNLS, for every solver, and what a solution has to meet."""

import numpy as np


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def word_like(rng, W, D, offset):
    """Clustered vectors with a falling spectrum, as word spaces have them; with an offset."""
    centres = rng.normal(size=(max(2, W // 12), D)) / np.sqrt(1 + np.arange(D))
    members = rng.zipf(1.7, size=W) % len(centres)
    rows = unit(centres[members] + 0.7 * rng.normal(size=(W, D)) / np.sqrt(1 + np.arange(D)))
    return np.hstack([rows, np.full((W, 1), offset)])


def word_mixtures(rng, vectors, S, noise):
    """Unit means of three words each, with noise around them; with the vectors' offset."""
    D = vectors.shape[1] - 1
    rows = unit(np.array([vectors[rng.choice(len(vectors), 3)].mean(0) for _ in range(S)])[:, :D])
    rows = unit(rows + noise * unit(rng.normal(size=(S, D))))
    return np.hstack([rows, np.full((S, 1), vectors[0, -1])])


def violation(vectors, predictions, betas):
    """Largest breach of the optimality conditions, for each problem."""
    gradients = (predictions - betas @ vectors) @ vectors.T
    return np.maximum(gradients.max(1), np.abs(gradients * (betas > 0)).max(1))
