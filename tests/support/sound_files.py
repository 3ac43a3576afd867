"""Sound files of every format, and how a bad one is refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from semdnn.audio.waveform import AudioError, read

FORMATS = [
    ("wav", "WAV", "PCM_U8"),
    ("wav", "WAV", "PCM_16"),
    ("WAV", "WAV", "PCM_24"),
    ("wav", "WAV", "PCM_32"),
    ("wav", "WAV", "FLOAT"),
    ("wav", "WAV", "DOUBLE"),
    ("wav", "WAV", "ULAW"),
    ("wav", "WAV", "ALAW"),
    ("wav", "WAV", "MS_ADPCM"),
    ("wav", "WAVEX", "PCM_24"),
    ("rf64", "RF64", "PCM_24"),
    ("flac", "FLAC", "PCM_16"),
    ("FLAC", "FLAC", "PCM_24"),
    ("ogg", "OGG", "VORBIS"),
    ("opus", "OGG", "OPUS"),
    ("Mp3", "MP3", "MPEG_LAYER_III"),
    ("aiff", "AIFF", "PCM_16"),
    ("AIF", "AIFF", "FLOAT"),
    ("w64", "W64", "PCM_16"),
    ("caf", "CAF", "PCM_16"),
    ("caf", "CAF", "ALAC_16"),
    ("au", "AU", "PCM_16"),
    ("voc", "VOC", "PCM_16"),
]
COARSE = {"PCM_U8", "ULAW", "ALAW", "MS_ADPCM", "VORBIS", "OPUS", "MPEG_LAYER_III"}


def tone(n: int, rate: int = 16_000) -> NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * 500 * np.arange(n) / rate)).astype(np.float32)


def written(path: Path, samples: NDArray[np.floating], rate: int = 16_000, **how: str) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


def kind_of(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert caught.value.path == path
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.kind, str(copy)) == (caught.value.kind, message)
    return caught.value.kind
