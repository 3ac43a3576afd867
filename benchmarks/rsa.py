"""Speed of the RSA permutation test against a plain loop of `numpy.linalg.lstsq`.

    python benchmarks/rsa.py [--permutations 10000] [--loop-permutations 2]

12 models of 14 layers, 80 stimuli (3,160 pairs), 20 listeners, 1,000 splits. The peer fits
every model, under every order of the stimuli, to the train half of every split; it runs in the
same process on a sample, and its time is scaled to the whole. Two versions: one regression a
split, as one would write it first, and one call of lstsq for the halves of all splits at once.
The second agrees with ours. Wall-clock ratios suffer on a busy machine, those of CPU
time do not. Memory is the peak of the whole process.
"""

import resource

import numpy as np
from scipy.spatial.distance import pdist

from measure import Report, parser, timed
from semdnn.evaluation.rsa_data import stimulus_pairs
from semdnn.evaluation.rsa_fit import draw_splits
from semdnn.evaluation.rsa_interval import jackknife
from semdnn.evaluation.rsa_permutation import permutation_test

N_STIMULI, N_LISTENERS, N_SPLITS = 80, 20, 1_000
N_LAYERS = 12 * (14,)


def example(rng):
    """Return listeners, and twelve models of which the first half is related to them."""
    meaning = rng.standard_normal((N_STIMULI, 6))
    models = {}
    for number, n_layers in enumerate(N_LAYERS):
        own = rng.standard_normal((N_STIMULI, 6)) if number % 2 else meaning
        models[f"model {number}"] = np.array(
            [pdist(own + rng.standard_normal(own.shape)) for _ in range(n_layers)]
        )
    heard = pdist(meaning)
    return heard + 2 * heard.std() * rng.standard_normal((N_LISTENERS, heard.size)), models


def r2(truth, predicted):
    """Return 1 − SSE/SST of every row."""
    errors = ((truth - predicted) ** 2).sum(axis=1)
    return 1 - errors / ((truth - truth.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)


def loop(layers, train, test):
    """Return R²cv by one regression a split."""
    design = np.column_stack([np.ones(layers.shape[1]), layers.T])
    scores = []
    for one, other in zip(train, test, strict=True):
        weights = np.linalg.lstsq(design, one, rcond=None)[0]
        scores.append(r2(other[None], (design @ weights)[None])[0])
    return np.mean(scores)


def together(layers, train, test):
    """Return R²cv by one call of lstsq for all splits."""
    design = np.column_stack([np.ones(layers.shape[1]), layers.T])
    weights = np.linalg.lstsq(design, train.T, rcond=None)[0]
    return r2(test, (design @ weights).T).mean()


def peer(listeners, models, orders, fit, n_splits):
    """Return R²cv of every order and model, by `fit`."""
    splits = draw_splits(N_LISTENERS, N_SPLITS, np.random.default_rng(1))
    train, test = (half[:n_splits] @ listeners for half in splits)
    places = stimulus_pairs(listeners.shape[1]).permuted(np.argsort(orders, axis=1))
    return np.array(
        [[fit(layers[:, place], train, test) for layers in models.values()] for place in places]
    )


def main():
    """Run ours, the peers on a sample, and print what they took."""
    made = parser(__doc__)
    made.add_argument("--permutations", type=int, default=10_000)
    made.add_argument("--loop-permutations", type=int, default=2)
    made.add_argument("--loop-splits", type=int, default=40, help="of 1,000, in the plain loop")
    options = made.parse_args()
    report = Report(options)
    listeners, models = example(np.random.default_rng(0))
    n_permutations = options.permutations
    test, wall, cpu = timed(
        lambda: permutation_test(
            listeners, models, rng=np.random.default_rng(1), n_permutations=n_permutations
        )
    )
    print(f"{n_permutations:,} permutations of {len(models)} models, {sum(N_LAYERS)} layers:")
    print(f"  ours: {wall:.1f} s, {cpu:.1f} s of CPU time")
    _, jack_wall, _ = timed(lambda: jackknife(listeners, models, rng=np.random.default_rng(1)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  jackknife intervals of all models: {jack_wall:.1f} s")
    print(f"  peak memory of the process: {memory:.2f} GB")
    rng = np.random.default_rng(1)
    draw_splits(N_LISTENERS, N_SPLITS, rng)
    orders = stimulus_pairs(listeners.shape[1]).random_orders(options.loop_permutations, rng)
    orders[0] = np.arange(N_STIMULI)  # the observed one, to compare results
    for name, fit, n_splits in (
        ("one regression a split", loop, options.loop_splits),
        ("all splits in one call", together, N_SPLITS),
    ):
        found, peer_wall, peer_cpu = timed(
            lambda fit=fit, n=n_splits: peer(listeners, models, orders, fit, n)
        )
        scale = n_permutations / len(orders) * N_SPLITS / n_splits
        print(f"  lstsq, {name}: {peer_wall * scale / 3600:.1f} h, on {len(orders)} orders,")
        print(f"    {n_splits} splits: ratio {peer_wall * scale / wall:,.0f} of wall-clock time,")
        print(f"    {peer_cpu * scale / cpu:,.0f} of CPU time")
        what = f"RSA, {n_permutations:,} permutations, {len(models)} models"
        peer_name = f"numpy.linalg.lstsq, {name}"
        report.add(what, "speed", peer_wall * scale / wall, peer_name)
        report.add(what, "speed in processor time", peer_cpu * scale / cpu, peer_name)
        if n_splits == N_SPLITS:
            print(f"    R²cv differ by at most {np.abs(found[0] - test.observed).max():.1e}")
    report.write()


if __name__ == "__main__":
    main()
