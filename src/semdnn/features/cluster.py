"""Featurising on a Dask cluster in place of this machine's processes.

Every worker has to see the recordings and the store's folder under the same paths, and to have the
same version of semdnn installed.
"""

from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager

from semdnn.features.store import StoreError

ANSWER_S = 10.0  # how long a scheduler may take to answer


@contextmanager
def cluster_executor(address: str | None) -> Iterator[Executor | None]:
    """Open what `featurise` runs its shards on.

    Parameters
    ----------
    address : str or None
        Of a Dask scheduler, such as ``tcp://10.0.0.1:8786``. None yields None: a local pool.

    Yields
    ------
    concurrent.futures.Executor or None
        The cluster's; the work of a worker that dies is given to another one.

    Raises
    ------
    StoreError
        Dask is not installed, no cluster answers, it has no workers, or it is lost in the middle.

    References
    ----------
    Rocklin (2015), "Dask: parallel computation with blocked algorithms and task scheduling",
    doi 10.25080/Majora-7b98e3ed-013.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 - an extra
        from distributed.comm import CommClosedError  # noqa: PLC0415
    except ImportError as error:
        raise StoreError(
            'a cluster needs Dask, which is not installed: pip install "semdnn[cluster]"'
        ) from error
    try:
        client = Client(address, timeout=ANSWER_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(
            f"{address}: no Dask cluster answers there: start one (dask scheduler; dask worker "
            "ADDRESS), or correct the address"
        ) from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise StoreError(f"{address}: the cluster has no workers: start some (dask worker)")
        try:
            yield client.get_executor(pure=False)
        except (KilledWorker, CommClosedError, CancelledError) as error:
            raise StoreError(
                f"{address}: the cluster was lost, or a shard killed several workers in a row "
                "(for want of memory?): run the same command again, finished sounds are kept"
            ) from error
