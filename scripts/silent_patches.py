"""How many patches of log-mel stores are silent, and take no part in their sound's mean.

    python scripts/silent_patches.py STORE …

A store is the folder ``features`` of a run, or one below its ``external``. The rule is
`semdnn.audio.silence`'s.
"""

import argparse
from pathlib import Path

import numpy as np

from semdnn.features.silence import sounding_patches
from semdnn.features.store import LogMelStore


def main() -> None:
    """Print a line a store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stores", nargs="+", type=Path)
    for path in parser.parse_args().stores:
        store = LogMelStore(path)
        silent = ~sounding_patches(store, np.arange(store.n_patches))
        n_patches = np.bincount(store.sound_of_patch, minlength=len(store))
        n_silent = np.bincount(store.sound_of_patch[silent], minlength=len(store))
        print(
            f"{path}: {silent.mean():.1%} of {len(silent):,} patches are silent, in "
            f"{np.count_nonzero(n_silent):,} of {len(store):,} sounds; "
            f"{np.count_nonzero(n_silent == n_patches):,} sounds are silent throughout"
        )


if __name__ == "__main__":
    main()
