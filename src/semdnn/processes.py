"""Processes that do not outlive the one that started them."""

import multiprocessing
import os
import threading
import time

_POLL_S = 1.0


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
