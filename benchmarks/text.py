"""How fast descriptions become words, at the paper's scale.

    python benchmarks/text.py [--n 388211]

Descriptions are generated in the manner of sound libraries: parts of the 304 hand-written test
descriptions put together anew, words of the shipped table by Zipf's law, and catalogue codes,
takes, dates and sample rates that never come twice, so that no cache can know every token. The
peer is what the pipeline cannot do without: simplemma's lemma of every token between blanks.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import simplemma

from measure import Report, parser, timed
from semdnn.semantics.minilm import open_minilm
from semdnn.semantics.text import words_of

N_DESCRIPTIONS = 388_211
SEEDS = Path(__file__).resolve().parents[1] / "tests/semantics/descriptions.tsv"


def descriptions(n: int, rng: np.random.Generator) -> list[str]:
    """Return `n` descriptions with 1 to 3 written parts, 0 to 3 rarer words, and codes."""
    lines = SEEDS.read_text(encoding="utf-8").splitlines()
    written = [line.split("\t")[1] for line in lines if line[:1] != "#"]
    parts = [part.strip() for text in written for part in text.split(",")]
    words = rng.permutation([word for word in open_minilm().table.words if word.isalpha()])
    shares = 1 / np.arange(1, len(words) + 1)
    drawn = iter(rng.choice(words, 3 * n, p=shares / shares.sum()).tolist())
    chosen = iter(rng.choice(parts, 3 * n).tolist())
    n_parts, n_rare = rng.integers(1, 4, n), rng.integers(0, 4, n)
    codes = rng.integers(0, 1_000_000, (n, 3))
    return [
        " ".join(
            [
                ", ".join(next(chosen) for _ in range(n_parts[i])),
                *(next(drawn) for _ in range(n_rare[i])),
                f"TK{a % 40}",
                f"SFX{a:06d}_{'ABCDEFGH'[b % 8]}{b % 9999}",
                f"{c % 96}kHz.wav" if c % 3 else f"2019-{c % 12 + 1:02d}-{c % 28 + 1:02d}",
            ]
        )
        for i, (a, b, c) in enumerate(codes.tolist())
    ]


def lemmas_of(description: str) -> list[str]:
    """Return simplemma's lemmas of the tokens between blanks: the peer."""
    return [simplemma.lemmatize(token, lang="en") for token in description.lower().split()]


def seconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return the wall-clock time of `work` on every text, in one process."""

    def every() -> None:
        for text in texts:
            work(text)

    return timed(every).wall


def main() -> None:
    """Print descriptions a second, the total and the ratio to the peer."""
    made = parser(__doc__)
    made.add_argument("--n", type=int, default=N_DESCRIPTIONS)
    options = made.parse_args()
    report = Report(options)
    if not SEEDS.is_file():
        report.not_run("text", f"no {SEEDS.name} here")
        report.write()
        return
    texts = descriptions(options.n, np.random.default_rng(0))
    n_tokens = len({token for text in texts for token in text.lower().split()})
    print(f"{len(texts):,} descriptions, {n_tokens:,} different tokens; for example")
    for text in texts[:3]:
        print(f"  {text!r} -> {words_of(text)}")
    simplemma.lemmatize("dogs", lang="en")  # both have their tables in memory
    theirs, ours = seconds(lemmas_of, texts), seconds(words_of, texts)
    for name, took in (("semdnn words_of", ours), ("simplemma, tokens between blanks", theirs)):
        print(f"{name:<34} {len(texts) / took:9,.0f} a second   {took:6.1f} s in all")
    print(f"ratio of times {ours / theirs:.2f}, one process; the aim is 120 s on two cores")
    what = f"{len(texts):,} descriptions to words, one process"
    report.add(what, "time", ours / theirs, "simplemma, tokens between blanks")
    report.write()


if __name__ == "__main__":
    main()
