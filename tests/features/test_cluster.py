"""Featurising on a real Dask cluster: a scheduler and workers in processes of their own."""

import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dask_cluster import executed, wait_for
from folder_content import bytes_of
from semdnn.cli.main import main
from semdnn.features.cluster import cluster_executor
from semdnn.features.store import FeatureSettings, StoreError, featurise

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture
def sounds(tmp_path):
    """Twelve sounds of half a minute, of which each shard takes two; one is no sound."""
    made = []
    for i in range(12):
        path = tmp_path / f"{i}.wav"
        noise = np.random.default_rng(i).standard_normal(1_400_000)
        soundfile.write(path, 0.1 * noise, 44_100, subtype="PCM_16")
        made.append((path.name, path))
    made[5][1].write_text("no sound")
    return made


def busy_worker(workers, folder):
    """The worker that has a file of the store open, half written."""
    for worker in workers:
        for handle in Path(f"/proc/{worker.pid}/fd").iterdir():
            try:
                target = handle.readlink()
                is_ours = target.parent == folder and target.suffix == ".part"
                if is_ours and target.stat().st_size:
                    return worker
            except FileNotFoundError:  # just closed, or moved
                continue
    return None


@pytest.mark.slow
def test_a_worker_killed_at_work_changes_nothing(
    tmp_path, sounds, cluster, small_shards, monkeypatch
):
    featurise(sounds, tmp_path / "local", FeatureSettings(), n_workers=1)
    address, workers = cluster
    folder = tmp_path / "shared"
    killed = []

    def kill():
        worker = wait_for(lambda: busy_worker(workers, folder))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed.append(worker.returncode)

    killer = threading.Thread(target=kill)
    monkeypatch.chdir(tmp_path)  # workers have another working folder: paths must not be relative
    listed = [(name, path.relative_to(tmp_path)) for name, path in sounds]
    with cluster_executor(address) as executor:
        killer.start()
        made = featurise(listed, folder.relative_to(tmp_path), FeatureSettings(), executor=executor)
        killer.join()
    assert killed == [-signal.SIGKILL]
    assert [failure.name for failure in made.failures] == ["5.wav"]
    assert bytes_of(folder) == bytes_of(tmp_path / "local")
    assert len(executed(address)) == 2


def test_no_address_is_a_local_pool():
    with cluster_executor(None) as executor:
        assert executor is None


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://here"])
def test_a_cluster_that_cannot_be_reached_is_one_line(monkeypatch, address):
    monkeypatch.setattr("semdnn.features.cluster.ANSWER_S", 0.3)
    with (
        pytest.raises(StoreError, match="no Dask cluster answers there: start one") as error,
        cluster_executor(address),
    ):
        pytest.fail("there is none")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "command", [["train", "quick"], ["evaluate", "semdnn-small", "--on", "formulas=."]]
)
def test_the_command_line_tells_it_too(monkeypatch, tmp_path, capsys, command):
    monkeypatch.setattr("semdnn.features.cluster.ANSWER_S", 0.3)
    assert main([*command, "-o", str(tmp_path), "--cluster", "tcp://127.0.0.1:1"]) == 2
    assert "no Dask cluster answers there" in capsys.readouterr().err


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(StoreError, match=r"semdnn\[cluster\]"), cluster_executor("tcp://x:1"):
        pytest.fail("Dask is hidden")
