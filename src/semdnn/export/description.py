"""What a network is, as plain JSON values: the same in an ONNX file and in a model folder."""

import dataclasses
from typing import Any

from semdnn.audio.patches import PATCH_FRAMES
from semdnn.features import logmel
from semdnn.network.checkpoint import Checkpoint


def describe(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return network, log-mel constants, dictionary and licence of a checkpoint.

    Returns
    -------
    dict of str to JSON values
        ``model_type``, ``kind``, ``network``, ``layers`` (sizes), ``log_mel``, ``dictionary``
        (without the vectors), ``licence`` and ``provenance``.
    """
    words = checkpoint.dictionary
    features = checkpoint.features
    return {
        "model_type": "semdnn",
        "kind": checkpoint.kind,
        "network": {"name": checkpoint.network, **dataclasses.asdict(checkpoint.row)},
        "n_outputs": checkpoint.n_outputs,
        "log_mel": {
            "sample_rate": logmel.SAMPLE_RATE,
            "window_samples": logmel.WINDOW_SAMPLES,
            "hop_samples": logmel.HOP_SAMPLES,
            "n_fft": logmel.N_FFT,
            "n_mels": logmel.N_MELS,
            "lowest_hz": logmel.LOWEST_HZ,
            "highest_hz": logmel.HIGHEST_HZ,
            "log_offset": features.log_offset,
            "patch_frames": PATCH_FRAMES,
            "patch_hop_s": features.hop_s,
        },
        "dictionary": {
            "words": list(words.words),
            "n_dims": int(words.vectors.shape[1]),
            "word_space": words.word_space,
            "offset": words.offset,
        },
        "licence": checkpoint.licence,
        "provenance": checkpoint.provenance,
    }
