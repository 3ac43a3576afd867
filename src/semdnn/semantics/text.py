"""Descriptions of sounds turned into words.

Every rule is data: the tables and patterns in ``semantics/data``. This module only applies them,
in this order: cut out what is no text (URLs, file endings, dates); read a UCS file name by its
fields; split into tokens at everything that is not a letter and inside CamelCase; expand
abbreviations; unify spelling; join multiword sources into one phrase; drop stop words, recordists'
jargon, codes and proper names; bring each word to its lemma.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import simplemma

_LANGUAGE = "en"
_CACHED_TOKENS = 200_000


class Suffix(NamedTuple):
    """An ending of inflected forms and what replaces it to give the lemma.

    Where `checked`, the result must be a known word; where not, the form must be unknown.
    """

    pattern: re.Pattern[str]
    replacement: str
    checked: bool


class _Phrases(NamedTuple):
    """Multiword sources by the lemmas of their words, and their lengths by the first lemma."""

    kept: dict[tuple[str, ...], str]
    lengths: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class TextRules:
    """All tables and patterns that turn a description into words.

    Attributes
    ----------
    remove : tuple of pattern
        Cut out of the raw description.
    token, camel, ucs : pattern
        What a token is, where CamelCase is split, what a UCS file name looks like.
    endings : tuple of str
        Taken off the end of a token ("'s").
    suffixes : tuple of Suffix
        Tried in turn on a form that the dictionary leaves as it is.
    abbreviations, spellings, lemmas, ucs_codes : dict
        Token to what replaces it; empty text drops the token.
    phrases : dict
        Multiword source to the phrase that is kept for it; empty text drops it.
    stop_words, short_words : frozenset of str
        What is dropped; what is kept although it looks like a code.
    vowels : frozenset of str
        A token without any of these letters is a code.
    shortest : int
        Shortest word in letters.
    """

    remove: tuple[re.Pattern[str], ...]
    token: re.Pattern[str]
    camel: re.Pattern[str]
    ucs: re.Pattern[str]
    endings: tuple[str, ...]
    suffixes: tuple[Suffix, ...]
    abbreviations: dict[str, str]
    spellings: dict[str, str]
    lemmas: dict[str, str]
    ucs_codes: dict[str, str]
    phrases: dict[str, str]
    stop_words: frozenset[str]
    short_words: frozenset[str]
    vowels: frozenset[str]
    shortest: int


def words_of(description: str) -> list[str]:
    """Return the words of a description that say what sounds.

    Parameters
    ----------
    description : str
        Free text, a list of tags, or a file name, in English.

    Returns
    -------
    list of str
        Lower-case lemmas in order of appearance, none twice; a multiword source is one word with
        spaces. No word space has been asked yet which of them it holds.

    Examples
    --------
    >>> words_of("AMB - EXT City Park w/ Dogs Barking, Fire Truck passing TK3 (24bit/96kHz).wav")
    ['ambience', 'exterior', 'city', 'park', 'dog', 'bark', 'fire truck', 'pass']
    """
    for pattern in text_rules().remove:
        description = pattern.sub(" ", description)
    return list(dict.fromkeys(_joined(_tokens(description.strip()))))


def lemma_of(token: str) -> str:
    """Return the lemma of one lower-case token, whether or not `words_of` would keep it.

    The noun reading wins where a form has several ("leaves" is "leaf", "saw" stays); a participle
    gives its verb ("barking" is "bark"). A proper name comes back with its capital.

    Examples
    --------
    >>> [lemma_of(token) for token in ("hooves", "crying", "glass", "ceiling")]
    ['hoof', 'cry', 'glass', 'ceiling']
    """
    rules = text_rules()
    if token in rules.lemmas:
        return rules.lemmas[token]
    lemma = simplemma.lemmatize(token, lang=_LANGUAGE)
    if lemma == token or not _is_known(lemma):
        lemma = _without_suffix(token)
    return rules.spellings.get(lemma, lemma)


@lru_cache(maxsize=1)
def text_rules() -> TextRules:
    """Read the rules that the package ships."""
    patterns = tomllib.loads(_data("rules.toml"))
    return TextRules(
        remove=tuple(re.compile(pattern) for pattern in patterns["remove"]),
        token=re.compile(patterns["token"]),
        camel=re.compile(patterns["camel"]),
        ucs=re.compile(patterns["ucs"]),
        endings=tuple(patterns["endings"]),
        suffixes=tuple(
            Suffix(re.compile(row["pattern"]), row["replacement"], row["checked"])
            for row in patterns["suffixes"]
        ),
        abbreviations=_table("abbreviations.tsv"),
        spellings=_table("spellings.tsv"),
        lemmas=_table("lemmas.tsv"),
        ucs_codes=_table("ucs.tsv"),
        phrases=_table("phrases.tsv"),
        stop_words=_word_list("stop_words.txt")
        | _word_list("jargon.txt")
        | _word_list("names.txt"),
        short_words=_word_list("short_words.txt"),
        vowels=frozenset(patterns["vowels"]),
        shortest=patterns["shortest"],
    )


def _tokens(text: str) -> list[str]:
    rules = text_rules()
    name = rules.ucs.match(text)
    if name is None or name["category"] not in rules.ucs_codes:
        return _split(text)
    category = rules.ucs_codes[name["category"]].split()
    subcategory = [
        word
        for code in rules.camel.split(name["subcategory"].strip())
        for word in rules.ucs_codes.get(code.lower(), code.lower()).split()
    ]
    return [*category, *subcategory, *_split(name["title"])]


def _split(text: str) -> list[str]:
    rules = text_rules()
    return [
        token
        for run in rules.token.findall(text)
        for part in rules.camel.split(run)
        for token in _expanded(part.lower())
    ]


@lru_cache(maxsize=_CACHED_TOKENS)
def _expanded(token: str) -> tuple[str, ...]:
    rules = text_rules()
    for ending in rules.endings:
        token = token.removesuffix(ending)
    token = token.replace("’", "'")
    if token in rules.abbreviations:
        return tuple(rules.abbreviations[token].split())
    return (rules.spellings.get(token, token),)


def _joined(tokens: list[str]) -> Iterator[str]:
    phrases = _phrases()
    lemmas = [_cached_lemma(token) for token in tokens]
    at = 0
    while at < len(tokens):
        for length in phrases.lengths.get(lemmas[at], ()):
            kept = phrases.kept.get(tuple(lemmas[at : at + length]))
            if kept is not None:
                yield from [kept] if kept else []
                at += length
                break
        else:
            if _is_kept(tokens[at]):
                yield lemmas[at]
            at += 1


@lru_cache(maxsize=_CACHED_TOKENS)
def _is_kept(token: str) -> bool:
    rules = text_rules()
    lemma = _cached_lemma(token)
    if not {token, lemma}.isdisjoint(rules.stop_words):
        return False
    if token in rules.short_words:
        return True
    is_code = len(token) < rules.shortest or rules.vowels.isdisjoint(token)
    is_code = is_code or any(letter.isnumeric() for letter in token)
    is_proper_name = lemma != lemma.lower()
    return bool(lemma) and not is_code and not is_proper_name


@lru_cache(maxsize=_CACHED_TOKENS)
def _cached_lemma(token: str) -> str:
    return lemma_of(token)


def _without_suffix(token: str) -> str:
    """Return the word that `token` inflects by one of the suffix rules, or `token`."""
    for suffix in text_rules().suffixes:
        candidate = suffix.pattern.sub(suffix.replacement, token)
        if candidate == token:
            continue
        if _is_known(candidate) if suffix.checked else not _is_known(token):
            return candidate
    return token


def _is_known(word: str) -> bool:
    return simplemma.is_known(word, lang=_LANGUAGE)


@lru_cache(maxsize=1)
def _phrases() -> _Phrases:
    kept: dict[tuple[str, ...], str] = {}
    lengths: dict[str, set[int]] = {}
    for phrase, word in text_rules().phrases.items():
        key = tuple(_cached_lemma(part) for part in phrase.split())
        kept[key] = word
        lengths.setdefault(key[0], set()).add(len(key))
    return _Phrases(kept, {first: tuple(sorted(n, reverse=True)) for first, n in lengths.items()})


def _table(name: str) -> dict[str, str]:
    """Read a table of two columns; what follows a ``#`` at a line's start is a comment."""
    rows = (line.split("\t") for line in _data(name).splitlines() if line[:1] not in ("", "#"))
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows}


def _word_list(name: str) -> frozenset[str]:
    lines = (line for line in _data(name).splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def _data(name: str) -> str:
    return resources.files("semdnn.semantics").joinpath("data", name).read_text(encoding="utf-8")
