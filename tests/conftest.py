"""Fixtures that every test may use."""

from pathlib import Path

import pytest

SUPPORT = Path(__file__).parent / "support"
pytest.register_assert_rewrite(*(path.stem for path in sorted(SUPPORT.glob("*.py"))))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; the test is skipped where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside the checkout: real recordings are not here")
    return folder


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory) -> Path:
    """An untrained network with a small real dictionary, as a file."""
    import torch

    from semdnn.features.store import FeatureSettings
    from semdnn.network.checkpoint import Checkpoint, save_checkpoint
    from semdnn.network.registry import build_network
    from semdnn.semantics.dictionary import DictionarySettings, build_dictionary
    from semdnn.semantics.word_space import open_word_space

    words = ("dog", "bark", "cat", "rain", "wind", "bell", "engine", "water", "door", "glass")
    build = build_dictionary(
        [[word] for word in words],
        open_word_space("minilm"),
        DictionarySettings(min_count=1, n_clusters=4),
    )
    network = build_network("tiny", "semdnn", 300, torch.Generator().manual_seed(0))
    path = tmp_path_factory.mktemp("checkpoint") / "tiny.safetensors"
    save_checkpoint(
        path,
        Checkpoint(
            network="tiny",
            kind="semdnn",
            state=network.state_dict(),
            features=FeatureSettings(),
            dictionary=build.dictionary,
            provenance={"trained": False},
            licence="Apache-2.0",
        ),
    )
    return path


@pytest.fixture
def sounds(tmp_path) -> Path:
    """A folder of three good sounds: noise, a tone in a sub-folder, and a short click."""
    import numpy as np
    import soundfile

    folder = tmp_path / "sounds"
    (folder / "inner").mkdir(parents=True)
    rng = np.random.default_rng(0)
    time = np.arange(44_100) / 44_100
    soundfile.write(folder / "noise.WAV", 0.1 * rng.standard_normal(32_000), 16_000)
    soundfile.write(folder / "inner" / "tone.flac", 0.3 * np.sin(2760 * time), 44_100)
    soundfile.write(folder / "click.wav", np.r_[np.zeros(200), 0.9, np.zeros(599)], 16_000)
    return folder


@pytest.fixture
def cluster(tmp_path):
    """Address of a Dask scheduler with three workers, and the workers."""
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    from dask_cluster import local_cluster

    with local_cluster(tmp_path) as found:
        yield found
