"""Time and memory of an RDM and its class analysis, against scipy's pdist in the same run.

    python benchmarks/rdm.py [--sounds 2000] [--units 512] [--permutations 200]

`--sounds 10000 --no-peer` shows the memory that 10,000 sounds take. Wall-clock times suffer on a
busy machine, CPU times do not. Memory is the peak of the whole process, in GB of 10^9 bytes.
"""

import resource

import numpy as np
from scipy.spatial.distance import pdist

from measure import Report, parser, timed
from semdnn.evaluation.dissimilarity import macro_class_correlation, rdm


def peak():
    """Return the largest memory of this process so far in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main():
    """Run ours and the peer on the same activations, and print what they took."""
    made = parser(__doc__)
    made.add_argument("--sounds", type=int, default=2_000)
    made.add_argument("--units", type=int, default=512)
    made.add_argument("--permutations", type=int, default=200)
    made.add_argument("--no-peer", action="store_true")
    options = made.parse_args()
    report = Report(options)
    rng = np.random.default_rng(0)
    labels = rng.integers(5, size=options.sounds)
    shape = (options.sounds, options.units)
    features = np.maximum(rng.standard_normal(shape) + 0.3 * np.eye(5, options.units)[labels], 0)
    features = features.astype(np.float32)
    distances, wall, cpu = timed(lambda: rdm(features))
    print(f"RDM of {options.sounds:,} sounds, {options.units} units:")
    print(f"  ours: {wall:.2f} s, {cpu:.2f} s of CPU time; peak {peak():.2f} GB")
    if not options.no_peer:
        expected, peer_wall, peer_cpu = timed(lambda: pdist(features, "cosine"))
        print(f"  scipy pdist: {peer_wall:.2f} s, {peer_cpu:.2f} s of CPU time")
        print(
            f"  ratio {peer_wall / wall:.1f} of wall-clock time, {peer_cpu / cpu:.1f} of CPU time"
        )
        what = f"RDM of {options.sounds:,} sounds, {options.units} units"
        report.add(what, "speed", peer_wall / wall, "scipy pdist")
        report.add(what, "speed in processor time", peer_cpu / cpu, "scipy pdist")
        print(f"  they differ by at most {np.abs(distances - expected).max():.1e}")
    found, wall, cpu = timed(
        lambda: macro_class_correlation(distances, labels, rng, n_permutations=options.permutations)
    )
    print(f"five classes, Pearson and Spearman, {options.permutations} permutations:")
    print(f"  {wall:.1f} s, {cpu:.1f} s of CPU time; r = {found.pearson:.3f}, peak {peak():.2f} GB")
    report.write()


if __name__ == "__main__":
    main()
