"""Left alone, workers of a parent that is killed would hold their memory for ever."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

POOL = """
import os, signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from semdnn.processes import end_with
if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, get_context("spawn"), end_with, (os.getpid(),))
    print(pool.submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
CHILD = """
import os, sys, time
from semdnn.processes import end_with
end_with(int(sys.argv[1]))
print("watching", flush=True)
time.sleep(600)
"""
LAUNCHER = f"""
import os, signal, subprocess, sys
command = [sys.executable, "-c", {CHILD!r}, str(os.getpid())]
child = subprocess.Popen(command, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def is_gone(process: Path) -> bool:
    try:
        return "Z" in (process / "stat").read_text().split()[2]
    except OSError:
        return True


@pytest.mark.parametrize("program", [POOL, LAUNCHER], ids=["worker of a pool", "launched"])
def test_ends_with_a_parent_that_is_killed(tmp_path, program):
    script = tmp_path / "parent.py"
    script.write_text(program)
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True, check=False)
    worker = Path("/proc") / done.stdout.strip()
    assert done.returncode == -signal.SIGKILL
    assert worker.name.isdigit()
    for _ in range(200):
        if is_gone(worker):
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived its parent")


def test_goes_on_while_its_parent_lives():
    program = (
        "import os, time\nfrom semdnn import processes\nprocesses._POLL_S = 0.01\n"
        "processes.end_with(os.getppid())\ntime.sleep(0.3)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
