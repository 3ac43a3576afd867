"""Which word space says best how similar sounds are imagined to be.

    python benchmarks/word_spaces.py [--pairs pairs.csv] [--space vectors.bin ...]

The judgements are those of Nazir & Sadrzadeh 2023: 3,144 pairs of adjective-noun phrases that
share the adjective ("angry bark", "angry crowd"), each rated by 15 people for how similar the
two sound. Printed is Spearman's correlation of the cosines in a space with the ratings, over the
pairs that every space has, with 95 % bootstrap intervals and the difference from the first row.
Resampled are the adjectives, not the pairs, because pairs of one adjective share phrases.
"""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from measure import SHARED, Report, parser
from semdnn.semantics.minilm import has_text_model, load_text_model, open_minilm, unit_rows
from semdnn.semantics.word_space import WordSpace, WordSpaceError, open_word_space

PAIRS = SHARED / "behaviour/phrases_semsim_audsim/pairs.csv"
N_RESAMPLES = 2_000
PEOPLE = "(people: similarity of meaning)"


class Judgements(NamedTuple):
    """Pairs of phrases, how alike they sound and mean, and the adjective of each pair."""

    first: list[str]
    second: list[str]
    sound: NDArray[np.float64]
    meaning: NDArray[np.float64]
    adjective: NDArray[np.intp]


def read_pairs(path: Path) -> Judgements:
    """Return the table of judgements."""
    with path.open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    first, second = zip(*(row["Pair"].split(",") for row in rows), strict=True)
    _, adjective = np.unique([phrase.split()[0] for phrase in first], return_inverse=True)
    sound, meaning = (np.array([float(row[key]) for row in rows]) for key in ("Aud_Sim", "Sem_Sim"))
    return Judgements(
        [p.strip() for p in first], [p.strip() for p in second], sound, meaning, adjective
    )


def word_means(space: WordSpace, phrases: Sequence[str]) -> NDArray[np.float32]:
    """Return the mean of the unit vectors of each phrase's words; NaN where one is missing."""
    found = space.look_up(sorted({word for phrase in phrases for word in phrase.split()}))
    vectors = dict(zip(found.words, unit_rows(found.vectors), strict=True))
    unknown = np.full(space.n_dims, np.nan, dtype=np.float32)
    return np.array(
        [np.mean([vectors.get(w, unknown) for w in phrase.split()], axis=0) for phrase in phrases]
    )


def spaces(
    paths: Sequence[str], report: Report
) -> dict[str, Callable[[Sequence[str]], NDArray[np.float32]]]:
    """Return what turns phrases into vectors, by name; what is not installed is told and left."""
    minilm = open_minilm()
    found: dict[str, Callable[[Sequence[str]], NDArray[np.float32]]] = {}
    if has_text_model():
        model = load_text_model()
        found["minilm, phrases"] = lambda phrases: minilm.projection(model(phrases))
        found["minilm, phrases, not centred (384)"] = model
    else:
        report.not_run("minilm, phrases", "the minilm extra is not installed")
    found["minilm, mean of words"] = lambda phrases: word_means(minilm, phrases)
    for name in ("glove-50", *paths):
        try:
            space = open_word_space(name)
        except WordSpaceError as error:
            report.not_run(name, str(error))
            continue
        found[f"{name}, mean of words"] = lambda phrases, space=space: word_means(space, phrases)
    return found


def cosines(
    judged: Judgements, vectors_of: Callable[[Sequence[str]], NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Return the cosine of every pair; NaN where a phrase has no vector."""
    phrases = sorted({*judged.first, *judged.second})
    rows = {phrase: row for row, phrase in enumerate(phrases)}
    vectors = unit_rows(vectors_of(phrases)).astype(np.float64)
    left, right = ([rows[p] for p in side] for side in (judged.first, judged.second))
    return np.sum(vectors[left] * vectors[right], axis=1)


def spearman(predicted: NDArray[np.float64], judged: NDArray[np.float64]) -> float:
    """Return Spearman's correlation, ties at their average rank."""
    return float(np.corrcoef(rankdata(predicted), rankdata(judged))[0, 1])


def resamples(
    adjective: NDArray[np.intp], n: int, rng: np.random.Generator
) -> list[NDArray[np.intp]]:
    """Return rows of the pairs of adjectives drawn with replacement, `n` times."""
    rows = [np.flatnonzero(adjective == one) for one in np.unique(adjective)]
    draws = rng.integers(len(rows), size=(n, len(rows)))
    return [np.concatenate([rows[one] for one in draw]) for draw in draws]


def main() -> None:
    """Print the table."""
    made = parser(__doc__)
    made.add_argument("--pairs", type=Path, default=PAIRS)
    made.add_argument("--resamples", type=int, default=N_RESAMPLES)
    made.add_argument("--space", action="append", default=[], help="a file of word vectors")
    options = made.parse_args()
    report = Report(options)
    if not options.pairs.is_file():
        report.not_run("word_spaces", "no listeners' judgements here (--pairs)")
        report.write()
        return
    judged = read_pairs(options.pairs)
    predicted = {name: cosines(judged, of) for name, of in spaces(options.space, report).items()}
    everywhere = np.all([np.isfinite(values) for values in predicted.values()], axis=0)
    predicted[PEOPLE] = judged.meaning
    sound, adjective = judged.sound[everywhere], judged.adjective[everywhere]
    chosen = resamples(adjective, options.resamples, np.random.default_rng(0))
    n_adjectives = len(np.unique(adjective))
    print(f"{len(sound):,} of {len(everywhere):,} pairs, {n_adjectives} adjectives; Spearman")
    ceiling = spearman(judged.meaning[everywhere], sound)
    first = None
    for name, values in predicted.items():
        own = values[everywhere]
        drawn = np.array([spearman(own[rows], sound[rows]) for rows in chosen])
        first = drawn if first is None else first
        low, high = np.quantile(drawn, (0.025, 0.975))
        below, above = np.quantile(drawn - first, (0.025, 0.975))
        print(
            f"{name:<36} {spearman(own, sound):6.3f} [{low:6.3f}, {high:6.3f}]   "
            f"difference from the first [{below:+.3f}, {above:+.3f}]"
        )
        if name != PEOPLE:
            what = f"cosines of phrases with how alike they sound: {name}"
            ratio = spearman(own, sound) / ceiling
            report.add(what, "correlation", ratio, "people's similarity of meaning")
    report.write()


if __name__ == "__main__":
    main()
