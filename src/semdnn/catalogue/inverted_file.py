"""The nearest of many vectors, nearly always: faiss reads the lists near the question, no others.

The lists lie on disk, one after the other, each as its vectors in half precision and their rows.
faiss maps that file and gives more candidates than are asked for; those are scored here from the
catalogue's own vectors in double precision, by `nearest`, which faiss does not offer. What a search
gives is therefore right, but something nearer may lie in a list that was not read. Rows that were
added later are in no list and are always scored.

Why in this way. An `IndexIVFFlat` in memory would hold every vector a second time and be filled
anew by every process, for longer than an exact search takes; the mapped file is half as large,
opens at once, is shared by processes, and its lists are read in one piece. Half precision is a
choice for speed and space: its error, below 0.001 for unit vectors, only matters to which
candidates are looked at. The vectors are padded to a multiple of 8, for which faiss has its fast
code.

Why no `faiss.read_index`. It trusts the sizes that a file states, so a crafted one can corrupt
memory (facebookresearch/faiss, issue 5400), and a checksum that lies beside the file helps nothing
where both came from a stranger. Here faiss parses no file: the index is built from arrays that were
checked, and the mapped bytes are numbers only. A row among them that is none of the vectors' is
left out.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semdnn.catalogue.lists import Lists
from semdnn.catalogue.nearest import FEW, Floats, Nearest, nearest
from semdnn.progress import track

_FAST_DIMS = 8
_SPARE = 2  # candidates for each sound that is asked for: rounding may change their order
_ROW_BYTES = 8


def write_inverted_file(path: Path, vectors: Floats, lists: Lists) -> None:
    """Write the vectors [shape=(N, D)] list after list, as `InvertedFile` maps them."""
    with path.open("wb") as file:
        parts = list(zip(lists.starts, lists.starts[1:], strict=False))
        for start, end in track(parts, label="writing lists"):
            rows = lists.rows[start:end]
            file.write(_padded(vectors[rows]).astype(np.float16).tobytes())
            file.write(rows.astype(np.int64).tobytes())


class InvertedFile:
    """Lists on disk, ready to be searched from any thread.

    Parameters
    ----------
    path : Path
        Written by `write_inverted_file`.
    centres : float32 [shape=(K, D)]
        Of the lists.
    sizes : int64 [shape=(K,)]
        Rows in each list.
    n_probes : int
        Lists that a search reads, 1 to K.

    Raises
    ------
    ValueError
        If these do not fit together or the file is not as long as they say.
    OSError
        If there is no such file.
    """

    def __init__(
        self, path: Path, centres: Floats, sizes: NDArray[np.int64], n_probes: int
    ) -> None:
        import faiss  # noqa: PLC0415 - an extra

        self.n_rows = _checked_count(centres, sizes, n_probes)
        self._n_probes = n_probes
        self._centres = faiss.IndexFlatIP(_wide(centres.shape[1]))
        self._centres.add(_padded(centres))
        self._index = faiss.IndexIVFScalarQuantizer(
            self._centres,
            self._centres.d,
            len(centres),
            faiss.ScalarQuantizer.QT_fp16,
            faiss.METRIC_INNER_PRODUCT,
            False,  # the vectors themselves, not how far they are from their centre
        )
        n_bytes = self.n_rows * (self._index.code_size + _ROW_BYTES)
        if path.stat().st_size != n_bytes:
            raise ValueError(f"{path}: should be of {n_bytes:,} bytes")
        lists = faiss.OnDiskInvertedLists(len(centres), self._index.code_size, str(path))
        lists.read_only, lists.totsize = True, n_bytes
        counts = np.ascontiguousarray(sizes, np.uint64)
        lists.set_all_lists_sizes(faiss.swig_ptr(counts))
        lists.do_mmap()
        self._lists = lists  # the index only borrows it, and the centres
        self._index.replace_invlists(lists, False)
        self._index.ntotal, self._index.is_trained = self.n_rows, True

    def candidates(
        self, query: NDArray[np.float64], n: int, allowed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Return up to `n` rows that are about the nearest of the lists near `query`, ascending.

        Parameters
        ----------
        query : float64 [shape=(D,)]
            Of any length.
        n : int
            How many.
        allowed : bool [shape=(N,)], optional
            Which rows may be in the answer.
        """
        import faiss  # noqa: PLC0415 - an extra

        how: dict[str, Any] = {"nprobe": self._n_probes}
        if allowed is not None:
            bits = np.packbits(allowed[: self.n_rows], bitorder="little")
            selector: Any = faiss.IDSelectorBitmap  # its types are those of its C++ side
            how["sel"] = selector(bits)
        point = _padded(query[np.newaxis].astype(np.float32))
        n_asked = max(1, min(n, self.n_rows))
        parameters = faiss.SearchParametersIVF(**how)
        rows: NDArray[np.int64] = self._index.search(point, n_asked, params=parameters)[1][0]
        return np.unique(rows[(rows >= 0) & (rows < self.n_rows)])


def nearest_in_lists(
    vectors: Floats,
    lists: InvertedFile,
    query: NDArray[np.floating],
    n: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
) -> Nearest:
    """Return the `n` nearest vectors among the lists near the query and rows that are in none.

    Where few rows are allowed, or these hold fewer than `n` of them, the answer is exact.

    Parameters
    ----------
    vectors : float32 [shape=(N, D)]
        Those that `lists` were made of, and perhaps more after them.
    lists : InvertedFile
        Of the first rows of `vectors`.
    query : float [shape=(D,)]
        Of any length.
    n : int
        How many; all where there are fewer.
    allowed : bool [shape=(N,)], optional
        Which rows may be in the answer.
    """
    point = np.asarray(query, np.float64)
    if allowed is not None and FEW * np.count_nonzero(allowed) < len(vectors):
        return nearest(vectors, point, n, allowed=allowed)
    listed = lists.candidates(point, _SPARE * n, allowed)
    rows = np.concatenate([listed, np.arange(lists.n_rows, len(vectors))])
    if allowed is not None:
        rows = rows[allowed[rows]]
    if len(rows) < n:
        return nearest(vectors, point, n, allowed=allowed)
    found = nearest(vectors[rows], point, n)
    return Nearest(rows[found.rows], found.scores)


def _checked_count(centres: Floats, sizes: NDArray[np.int64], n_probes: int) -> int:
    """Return the number of rows in all lists.

    Raises
    ------
    ValueError
        If centres, sizes and the number of lists that are read do not fit together.
    """
    is_right = (
        centres.ndim == 2
        and centres.dtype == np.float32
        and centres.size > 0
        and sizes.dtype == np.int64
        and sizes.shape == centres.shape[:1]
        and 1 <= n_probes <= len(sizes)
    )
    if not is_right or sizes.min() < 0:
        raise ValueError("centres and sizes of lists do not fit together")
    return sum(sizes.tolist())


def _wide(n_dims: int) -> int:
    return -(-n_dims // _FAST_DIMS) * _FAST_DIMS


def _padded(vectors: Floats) -> Floats:
    """Return vectors with zeros after them, up to a width that faiss is fast with."""
    n_dims = vectors.shape[1]
    return np.pad(vectors, ((0, 0), (0, _wide(n_dims) - n_dims)))
