"""Work on sounds: in threads, few at a time, each with a time limit, stopped with its client."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from semdnn.web.limits import Limits, RefusedError, busy, too_slow

if TYPE_CHECKING:
    from fastapi import Request

Result = TypeVar("Result")

_LOOK_S = 0.2
_GRACE_S = 2.0
"""Seconds between the time limit and giving up on a thread that does not look at it."""


class GoneError(RefusedError):
    """The client is gone; nobody reads this."""

    def __init__(self) -> None:
        super().__init__(499, "gone", "the client is gone")


class Clock:
    """When one piece of work must end. Work calls `check` between blocks of a sound."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ends = time.monotonic() + limits.timeout_s
        self._stopped = threading.Event()

    @property
    def left_s(self) -> float:
        """Seconds left; negative when time is over."""
        return self._ends - time.monotonic()

    def stop(self) -> None:
        """Let the work end at its next `check`."""
        self._stopped.set()

    def check(self) -> None:
        """Raise `GoneError` if the work was stopped, a `RefusedError` if its time is over."""
        if self._stopped.is_set():
            raise GoneError
        if self.left_s <= 0:
            raise too_slow(self._limits)


class Desk:
    """A number of seats, each a piece of work with its thread; used from the event loop alone."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pool = ThreadPoolExecutor(limits.max_at_once, thread_name_prefix="sound")
        self._clocks: set[Clock] = set()
        self._n_free = limits.max_at_once

    @property
    def n_free(self) -> int:
        """Seats that are free."""
        return self._n_free

    @asynccontextmanager
    async def seat(self) -> AsyncIterator["Seat"]:
        """Yield a seat; it is free again when the work done there has ended.

        Raises
        ------
        RefusedError
            If none is free.
        """
        if self._n_free == 0:
            raise busy()
        self._n_free -= 1
        seat = Seat(self._pool, Clock(self._limits))
        self._clocks.add(seat.clock)
        try:
            yield seat
        finally:
            seat.clock.stop()
            self._clocks.discard(seat.clock)
            if seat.work is None or seat.work.done():
                self._free()
            else:
                seat.work.add_done_callback(self._free)

    def close(self) -> None:
        """Stop all work; threads end at their next look at the clock."""
        for clock in self._clocks:
            clock.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _free(self, _work: object = None) -> None:
        self._n_free += 1


class Seat:
    """One piece of work and its clock."""

    def __init__(self, pool: ThreadPoolExecutor, clock: Clock) -> None:
        self.clock = clock
        self.work: asyncio.Future[object] | None = None
        self._pool = pool

    async def run(self, request: "Request", function: Callable[[], Result]) -> Result:
        """Return what `function` returns, called in a thread.

        Raises
        ------
        RefusedError
            If the client goes away or time runs out before it is done.
        """
        work = asyncio.get_running_loop().run_in_executor(self._pool, function)
        self.work = work  # type: ignore[assignment] # only whether it is done matters
        work.add_done_callback(_taken_note_of)
        while not work.done():
            await asyncio.wait({work}, timeout=_LOOK_S)
            if not work.done() and await request.is_disconnected():
                self.clock.stop()
                raise GoneError
            if self.clock.left_s < -_GRACE_S:
                self.clock.check()
        return work.result()


def _taken_note_of(work: "asyncio.Future[Result]") -> None:
    """Look at the error of work that nobody waits for any more, so that it is not warned of."""
    if not work.cancelled():
        work.exception()
