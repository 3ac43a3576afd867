"""A real Dask cluster on this machine: a scheduler and workers in processes of their own."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

N_WORKERS = 3


@contextmanager
def local_cluster(folder):
    """Yield the address of a scheduler with three workers, and the workers' processes."""
    file = folder / "scheduler.json"
    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)
    processes = [scheduler]
    try:
        address = wait_for(lambda: file.exists() and json.loads(file.read_text())["address"])
        one_thread = ("--nthreads", "1", "--no-nanny", "--local-directory", folder)
        workers = [dask("worker", address, *one_thread) for _ in range(N_WORKERS)]
        processes += workers
        wait_for(lambda: len(executed(address)) == N_WORKERS)
        yield address, workers
    finally:
        for process in processes:
            process.kill()
            process.wait()


def dask(*arguments):
    command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(found, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := found():
                return result
        except ValueError:  # a file that is being written
            pass
        time.sleep(0.05)
    pytest.fail("it never came")


def executed(address):
    """Return how many tasks each living worker has run."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        counts = client.run(lambda dask_worker: dask_worker.state.executed_count)
    return list(counts.values())
