"""Three listeners' judgements of four sounds, and how a file of them is refused."""

import numpy as np
import pytest
from scipy.spatial.distance import squareform

from semdnn.evaluation.behaviour import (
    BehaviourError,
    read_behaviour,
)

NAMES = ("dog", "cat", "rain", "bell")
ROWS = np.array([[1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5], [3, 3, 1, 1, 2, 2.0]])  # L x pairs
SQUARES = np.array([squareform(row) for row in ROWS])
HEIGHTS = np.array([[0, 1, 1.0], [2, 3, 2.0], [4, 5, 3.0]])


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def refused(path, message, **options):
    with pytest.raises(BehaviourError, match=message) as caught:
        read_behaviour(path, **options)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)
