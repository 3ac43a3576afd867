"""YAMNet as a teacher: its scores and embedding of log-mel patches made for another network."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semdnn.comparison.interface import ComparisonError
from semdnn.comparison.yamnet import LAYER_SHAPES
from semdnn.comparison.yamnet_files import open_yamnet

LOG_OFFSET = 0.001
"""YAMNet's own: it was trained on ln(mel + 0.001)."""


class Heard(NamedTuple):
    """Scores (0–1) [shape=(B, 521)] and embedding [shape=(B, 1024)] of some patches."""

    scores: NDArray[np.float32]
    embedding: NDArray[np.float32]


class YamnetTeacher:
    """YAMNet on one thread.

    Parameters
    ----------
    path : Path
        As `semdnn.comparison.yamnet.Yamnet` takes it: an ONNX or TFLite file.

    Attributes
    ----------
    checksum : str
        SHA-256 of the file.
    sizes : (int, int)
        521 classes, 1,024 units.

    Raises
    ------
    ComparisonError
        If the file cannot be read or is none of YAMNet.
    """

    name: str = "yamnet"
    sizes: tuple[int, int] = (LAYER_SHAPES["scores"][0], LAYER_SHAPES["embedding"][0])

    def __init__(self, path: Path) -> None:
        shapes = {name: LAYER_SHAPES[name] for name in ("scores", "embedding")}
        self._run = open_yamnet(path, shapes, n_threads=1)
        self.checksum = hashlib.sha256(path.read_bytes()).hexdigest()

    def hear(self, patches: NDArray[np.float32], log_offset: float) -> Heard:
        """Return what YAMNet says of ln(mel + log_offset) patches.

        Parameters
        ----------
        patches : float32 array [shape=(B, 96, 64)]
            The same mel magnitudes as YAMNet's; only the constant in the logarithm differs.
        log_offset : float
            That constant, above 0.

        Raises
        ------
        ComparisonError
            If YAMNet's answer is not finite.
        """
        magnitudes = np.maximum(np.exp(patches) - np.float32(log_offset), 0)
        found = self._run(np.log(magnitudes + np.float32(LOG_OFFSET)))
        heard = Heard(found["scores"], found["embedding"])
        if not all(np.isfinite(values).all() for values in heard):
            raise ComparisonError("YAMNet's answer is not finite: check the log-mel patches")
        return heard
