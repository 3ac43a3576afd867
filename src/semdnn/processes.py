"""Processes: that none outlives the one that started it, and how many files one may open."""

import multiprocessing
import os
import resource
import threading
import time

_POLL_S = 1.0
_SPARE_FILES = 256


def allow_open_files(n: int) -> None:
    """Let this process open `n` files more than it has, as far as the system's hard limit goes.

    The usual soft limit of 1,024 is for programs that use ``select``; nothing here does.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = n + _n_open() + _SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _n_open() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
    except OSError:
        return _SPARE_FILES


def end_with(parent: int) -> None:
    """Let this process end when the one that started it has ended, however that came.

    A worker of a pool would wait for work for ever otherwise, and one of a team for the others.
    A worker that `multiprocessing` started ends at once, another within a second. Returns
    immediately: a thread watches.

    Parameters
    ----------
    parent : int
        Process id of the starter: ``os.getpid()`` there. If it has ended already, so does this one.
    """
    starter = multiprocessing.parent_process()

    def watch() -> None:
        if starter is not None and starter.pid == parent:
            starter.join()
        else:
            while os.getppid() == parent:
                time.sleep(_POLL_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
