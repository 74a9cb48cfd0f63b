"""What the rules know of English: `lexicon.toml`, read when it is first needed."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["attributes", "cue_words", "cues", "groups", "kinds", "mapping", "persons", "words"]


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(files("erstwhile.claims").joinpath("lexicon.toml").read_text(encoding="utf-8"))


@cache
def words(name: str) -> frozenset[str]:
    """A list of words, by its name in the file."""
    return frozenset().union(*groups(name))


@cache
def groups(name: str) -> tuple[frozenset[str], ...]:
    """A list of words in the groups that ";" parts in the file."""
    return tuple(frozenset(part.split()) for part in _file()["words"][name].split(";"))


@cache
def mapping(name: str) -> Mapping[str, str]:
    """A list of words with what each stands for, by its name in the file."""
    return dict(pair.split("=") for pair in _file()["words"][name].split())


def persons(speaker: str) -> Mapping[str, frozenset[str]]:
    """The words for who speaks, for those they speak for, and for whom they speak to, by what claims call them."""
    return {f"@{speaker}": words("first"), "@we": words("several"), "@you": words("second")}


@cache
def attributes(name: str) -> str:
    """A text of the table of attributes, by its name."""
    return str(_file()["attributes"][name])


@cache
def cues() -> Mapping[str, re.Pattern[str]]:
    """For each kind of cue, a pattern that finds its phrases in a text in lower case."""
    return {name: _pattern(phrases) for name, phrases in _file()["cues"].items()}


@cache
def cue_words(name: str) -> frozenset[str]:
    """The words that the phrases of one kind of cue are made of."""
    return frozenset(word for phrase in _file()["cues"][name] for word in phrase.split())


@cache
def kinds() -> Mapping[str, frozenset[str]]:
    """Names of things to the kinds they are of: "postgres" is a database."""
    found: dict[str, set[str]] = {}
    for kind, names in _file()["kinds"].items():
        for name in names.split():
            found.setdefault(name, set()).add(kind)
    return {name: frozenset(kinds) for name, kinds in found.items()}


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    # The longest first, so that "no longer" is not taken for "no".
    ordered = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(_within_words(phrase) for phrase in ordered))


def _within_words(phrase: str) -> str:
    # "~" stands for up to four words in between; "n't" ends a word rather than being one.
    body = re.escape(phrase).replace(r"\~", r"(?:[^\s.;!?]+ ){0,3}?[^\s.;!?]+").replace(r"\ ", " ")
    start = "" if phrase.startswith("n't") else r"(?<![\w'-])"
    return rf"{start}{body}(?![\w-])"
