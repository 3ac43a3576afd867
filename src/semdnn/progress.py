"""Progress of long work, shown on standard error when a person is watching."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def track(items: Iterable[Item], *, label: str, total: int | None = None) -> Iterator[Item]:
    """Yield `items`, drawing a bar labelled `label` if standard error is a terminal.

    Parameters
    ----------
    items : iterable
        What is worked through.
    label : str
        A few words before the bar.
    total : int, optional
        Number of items where `items` has no length.
    """
    from tqdm import tqdm  # noqa: PLC0415 - start-up stays fast

    yield from tqdm(
        items, desc=label, total=total, file=sys.stderr, disable=not sys.stderr.isatty()
    )
