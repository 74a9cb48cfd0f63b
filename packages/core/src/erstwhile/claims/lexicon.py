"""What the rules know of English: `lexicon.toml`, read once."""

import re
import tomllib
from functools import cached_property
from importlib.resources import files
from typing import Any, Final

__all__ = ["LEXICON", "Lexicon"]


class Lexicon:
    """The lists of `lexicon.toml`, as sets, mappings and patterns, each made when it is first needed."""

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The file as it was read."""
        return tomllib.loads(files("erstwhile.claims").joinpath("lexicon.toml").read_text(encoding="utf-8"))

    def _set(self, name: str) -> frozenset[str]:
        return frozenset(self.raw["words"][name].split())

    def _map(self, name: str) -> dict[str, str]:
        return dict(pair.split("=") for pair in self.raw["words"][name].split())

    @cached_property
    def stop(self) -> frozenset[str]:
        """Words that carry no meaning of their own."""
        return self._set("stop")

    @cached_property
    def months(self) -> frozenset[str]:
        """Names of months, abbreviations included."""
        return self._set("months")

    @cached_property
    def currencies(self) -> frozenset[str]:
        """Names of currencies."""
        return self._set("currencies")

    @cached_property
    def labels(self) -> frozenset[str]:
        """Nouns that a number comes after: port 8443."""
        return self._set("labels")

    @cached_property
    def weekdays(self) -> dict[str, str]:
        """Names of weekdays to their abbreviations."""
        return self._map("weekdays")

    @cached_property
    def units(self) -> dict[str, str]:
        """Units of measure to one name for each."""
        return self._map("units")

    @cached_property
    def irregular(self) -> dict[str, str]:
        """Irregular forms, spellings and everyday words to the form they are compared by."""
        return self._map("irregular")

    @cached_property
    def cues(self) -> dict[str, re.Pattern[str]]:
        """For each kind of cue, a pattern that finds its phrases in a text in lower case."""
        return {name: _pattern(phrases) for name, phrases in self.raw["cues"].items()}

    @cached_property
    def opposites(self) -> dict[str, frozenset[str]]:
        """Words to those that exclude them."""
        found: dict[str, set[str]] = {}
        for group in self.raw["antonyms"]["groups"]:
            for word in group:
                found.setdefault(word, set()).update(other for other in group if other != word)
        return {word: frozenset(others) for word, others in found.items()}

    @cached_property
    def kinds(self) -> dict[str, frozenset[str]]:
        """Names of things to the kinds they are of."""
        found: dict[str, set[str]] = {}
        for kind, names in self.raw["kinds"].items():
            for name in names.split():
                found.setdefault(name, set()).add(kind)
        return {name: frozenset(kinds) for name, kinds in found.items()}

    @cached_property
    def _stemmed_kinds(self) -> dict[str, frozenset[str]]:
        from erstwhile.claims.words import stem

        return {stem(name): kinds for name, kinds in self.kinds.items()} | self.kinds

    def kinds_of(self, name: str) -> frozenset[str]:
        """What kinds of thing a name in normal form stands for; empty where it is not known."""
        return self._stemmed_kinds.get(name, frozenset())


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    ordered = sorted(phrases, key=len, reverse=True)
    return re.compile(
        "|".join(rf"(?<![\w'-]){_phrase(phrase)}(?![\w-])" if not phrase.startswith("n't") else _phrase(phrase) + r"(?![\w-])" for phrase in ordered)
    )


def _phrase(phrase: str) -> str:
    return re.escape(phrase).replace(r"\~", r"(?:[^\s.;!?]+ ){0,3}?[^\s.;!?]+").replace(r"\ ", r" ")


LEXICON: Final = Lexicon()
