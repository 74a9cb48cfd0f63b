"""What a judgement leads to: a rule for each type of memory, and how far each source is trusted. Data, changed in one place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from erstwhile.errors import InvalidInputError
from erstwhile.guard import OnSecret, cues_of, words_of
from erstwhile.model import Explained, MemoryType, SourceKind, Version, check_share, one_of
from erstwhile.relations import Judgement, Relation
from erstwhile.time import as_duration, duration_text

__all__ = ["Policy", "Rule", "Verdict"]


class Rule(Explained):
    """What may end a memory of a type."""

    SUPERSEDE = "supersede", "A newer one takes its place."
    ACCUMULATE = "accumulate", "Nothing that may be a further record; what happened, a correction alone."
    CLOSE = "close", "That it was fulfilled or called off, or another of its type."
    GUARD = "guard", "A newer one from a source at least as trusted."


class Verdict(StrEnum):
    """What is done about one pair."""

    RETIRE = "retire"
    """The earlier one ends where the later one begins."""
    REINFORCE = "reinforce"
    """The earlier one is confirmed."""
    OPEN = "open"
    """A conflict is opened; both stay."""
    KEEP = "keep"
    """Both stay."""


_RULES: Final = {
    MemoryType.FACT: Rule.SUPERSEDE,
    MemoryType.PREFERENCE: Rule.SUPERSEDE,
    MemoryType.DECISION: Rule.SUPERSEDE,
    MemoryType.COMMITMENT: Rule.CLOSE,
    MemoryType.GOAL: Rule.SUPERSEDE,
    MemoryType.EVENT: Rule.ACCUMULATE,
    MemoryType.ARTIFACT: Rule.ACCUMULATE,
    MemoryType.INSTRUCTION: Rule.GUARD,
    MemoryType.RELATIONSHIP: Rule.SUPERSEDE,
    MemoryType.CONTEXT: Rule.SUPERSEDE,
    MemoryType.LEARNING: Rule.ACCUMULATE,
    MemoryType.OBSERVATION: Rule.ACCUMULATE,
    MemoryType.ERROR: Rule.ACCUMULATE,
}
_TRUST: Final = {
    SourceKind.CORRECTED: 3,
    SourceKind.VALIDATED: 3,
    SourceKind.STATED: 3,
    SourceKind.OBSERVED: 2,
    SourceKind.IMPORTED: 2,
    SourceKind.TOOL: 1,
    SourceKind.INFERRED: 1,
}
_THRESHOLDS: Final = ("retire_at", "open_at", "reinforce_at", "least_confidence")
_SAID: Final = 3
"""The trust from which on only a source as trusted may end a memory, whatever its type: what a person said."""
_SEEN: Final = 2
"""The trust from which on a source may give instructions: what was observed or imported, and a person."""
_SECRETS: Final = ("secrets", "turn_secrets")
_NO_ORDER: Final = MemoryType.OBSERVATION
"""What an instruction is kept as that comes from a source that may give none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A rule for each type of memory, the trust in each kind of source, and how sure a judge must be.

    Attributes:
        rules: What may end a memory, by its type. What is not named keeps the default.
        trust: How far a kind of source is trusted, a whole number. What is not named keeps the default: 3 for what a person stated, corrected or validated,
            2 for what was observed or imported, 1 for what was inferred or came from a tool.
        retire_at: How sure a judge must be, 0 to 1, before a memory is ended. Default 0.7. Below it a conflict is opened.
        open_at: How sure, before a conflict is opened. Default 0.5. Below it both stay without a word.
        reinforce_at: How sure, before a memory is taken for a repetition. Default 0.9: what is taken for one is not kept as a memory of its own.
        least_confidence: A memory of at least this confidence is not ended by one below it. Default 0.5.
        secrets: What is done about secrets in what is remembered, corrected or merged: "refuse", "mask" or "keep". Default "refuse": whoever writes learns
            of it at once, and a memory with its secret masked seldom says anything.
        turn_secrets: The same for the turns of a conversation and what is drawn from them. Default "mask": the rest of the conversation counts.
        quarantine: Whether text that gives orders to a model is kept apart, where it comes from a source trusted less than a person. Default yes.
        retention: How long a memory of a type is kept, from when it is written: a ``timedelta`` or a text such as "90 days" or "P90D", one hour to 36,525
            days. It is given an ``expires_at`` accordingly, unless it has one or is pinned; `Engine.expire` removes it for good after that. Default: for ever.
    """

    rules: Mapping[MemoryType, Rule] = field(default_factory=dict)
    trust: Mapping[SourceKind, int] = field(default_factory=dict)
    retire_at: float = 0.7
    open_at: float = 0.5
    reinforce_at: float = 0.9
    least_confidence: float = 0.5
    secrets: OnSecret = OnSecret.REFUSE
    turn_secrets: OnSecret = OnSecret.MASK
    quarantine: bool = True
    retention: Mapping[MemoryType, timedelta] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "rules", _RULES | {MemoryType.of(kind): one_of(Rule, rule, "a rule") for kind, rule in _mapping(self.rules, "rules").items()})
        put(self, "trust", _TRUST | {SourceKind.of(kind): _whole(trust, kind) for kind, trust in _mapping(self.trust, "trust").items()})
        put(
            self,
            "retention",
            {MemoryType.of(kind): as_duration(kept, name=f"retention of {kind}") for kind, kept in _mapping(self.retention, "retention").items()},
        )
        for name in _THRESHOLDS:
            put(self, name, check_share(getattr(self, name), name=name))
        for name in _SECRETS:
            put(self, name, OnSecret.of(getattr(self, name)))
        if not isinstance(self.quarantine, bool):
            raise InvalidInputError(f"policy quarantine: expected true or false, got {type(self.quarantine).__name__}.")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Policy":
        """Read a policy from plain data, such as a TOML file: tables ``rules``, ``trust`` and ``retention``, and the rest by name.

        Raises:
            InvalidInputError: Something in it is no part of a policy, or cannot be used.
        """
        names = ("rules", "trust", "retention", *_THRESHOLDS, *_SECRETS, "quarantine")
        if unknown := sorted(str(name) for name in _mapping(given, "policy") if name not in names):
            raise InvalidInputError(f"{', '.join(unknown)[:80]} is no part of a policy; the parts are {', '.join(names)}.")
        return cls(**given)

    def toml(self) -> str:
        """What differs from the shipped policy, as a TOML file that `of` reads."""
        shipped = Policy()
        thresholds = [f"{name} = {getattr(self, name)}" for name in _THRESHOLDS if getattr(self, name) != getattr(shipped, name)]
        thresholds += [f'{name} = "{getattr(self, name)}"' for name in _SECRETS if getattr(self, name) is not getattr(shipped, name)]
        thresholds += [] if self.quarantine else ["quarantine = false"]
        rules = [f'{kind} = "{rule}"' for kind, rule in self.rules.items() if rule is not shipped.rules[kind]]
        trust = [f"{kind} = {level}" for kind, level in self.trust.items() if level != shipped.trust[kind]]
        kept = [f'{kind} = "{duration_text(length)}"' for kind, length in self.retention.items()]
        tables = {"rules": rules, "trust": trust, "retention": kept}
        lines = [*thresholds, *(line for name, entries in tables.items() if entries for line in (f"[{name}]", *entries))]
        return "".join(f"{line}\n" for line in lines)

    def with_rule(self, kind: MemoryType | str, rule: Rule | str) -> "Policy":
        """The same policy with another rule for one type."""
        return replace(self, rules={**self.rules, MemoryType.of(kind): one_of(Rule, rule, "a rule")})

    def with_retention(self, kind: MemoryType | str, kept: timedelta | str | None) -> "Policy":
        """The same policy with memories of one type kept so long; ``None`` for ever."""
        lengths = {other: length for other, length in self.retention.items() if other is not MemoryType.of(kind)}
        if kept is not None:
            lengths[MemoryType.of(kind)] = as_duration(kept, name=f"retention of {kind}")
        return replace(self, retention=lengths)

    def trusts(self, kind: SourceKind) -> bool:
        """Whether a kind of source is trusted as a person is."""
        return self.trust[kind] >= _SAID

    def admitted(self, new: Version, kind: SourceKind | None = None) -> tuple[Version, str]:
        """What comes in as its source allows, and why, in words: an instruction only from who may give one, and what gives orders kept apart.

        Args:
            new: What comes in.
            kind: The kind of its source. Default: as it says itself.
        """
        kind, notes = kind or new.source.kind, []
        if new.type is MemoryType.INSTRUCTION and self.trust[kind] < _SEEN:
            new = replace(new, type=_NO_ORDER)
            notes.append(f"What comes by {kind} gives no instructions: it is kept as {_NO_ORDER}.")
        cues = cues_of(words_of(new)) if self.quarantine and not self.trusts(kind) else ()
        if cues:
            notes.append(f"It gives orders to a model ({', '.join(cues)}) and comes by {kind}: it is kept apart.")
        return (new if cues == new.quarantine else replace(new, quarantine=cues)), " ".join(notes)

    def may_end(self, kind: SourceKind, earlier: Version) -> bool:
        """Whether what comes to be known in this way may end or correct a memory, as far as trust goes."""
        said = self.trust[self._most_trusted(earlier)]
        guarded = self.rules[earlier.type or MemoryType.EVENT] is Rule.GUARD
        return self.trust[kind] >= said or not (guarded or said >= _SAID)

    def repeats(self, *, known: Version, incoming: Version) -> bool:
        """Whether an incoming memory may be taken for a repetition of a known one, and not be kept itself.

        What a person says is not dropped for the words of a less trusted source, unless these are the same words: those of the source might say more. And what
        may not end a memory does not make it reach back in time either.
        """
        if incoming.valid_from < known.valid_from and not self.may_end(incoming.source.kind, known):
            return False
        below = self.trust[self._most_trusted(known)] < min(_SAID, self.trust[incoming.source.kind])
        return not below or _words(known.content) == _words(incoming.content)

    def verdict(self, judgement: Judgement, *, earlier: Version, later: Version) -> tuple[Verdict, str]:
        """What to do about a pair, and why, in words to add to the judge's own.

        Args:
            judgement: What the judge said.
            earlier: The one that holds from earlier on.
            later: The other one.
        """
        relation, score = judgement.relation, judgement.score
        if relation is Relation.DUPLICATE:
            return (Verdict.REINFORCE if score >= self.reinforce_at else Verdict.KEEP), ""
        if relation in (Relation.COEXISTS, Relation.REFINES) or score < self.open_at:
            return Verdict.KEEP, ""
        if relation is not Relation.SUPERSEDES:
            return Verdict.OPEN, "Both stay until somebody settles it."
        return self._retiring(judgement, earlier, later)

    def _most_trusted(self, version: Version) -> SourceKind:
        # What a model inferred and a person then said, a person said.
        kinds = [version.source.kind, *(confirmation.source.kind for confirmation in version.confirmations)]
        return max(kinds, key=lambda kind: self.trust[kind])

    def _retiring(self, judgement: Judgement, earlier: Version, later: Version) -> tuple[Verdict, str]:
        rule = self.rules[earlier.type or MemoryType.EVENT]
        kind, said = self._most_trusted(later), self._most_trusted(earlier)
        if not self.may_end(kind, earlier):
            return Verdict.OPEN, f"But {kind} memories may not end what was {said}: both stay until somebody settles it."
        if later.confidence < self.least_confidence <= earlier.confidence:
            return Verdict.OPEN, "But it is too unsure itself to end the other: both stay until somebody settles it."
        if judgement.score < self.retire_at:
            return Verdict.OPEN, "That is too unsure to end a memory: both stay until somebody settles it."
        if rule is Rule.ACCUMULATE and not judgement.explicit:
            return Verdict.KEEP, f"Memories of type {earlier.type} accumulate."
        if rule is Rule.CLOSE and not (judgement.ends or judgement.explicit or later.type is earlier.type):
            return Verdict.OPEN, f"A {earlier.type} ends when it is fulfilled, called off or replaced: both stay until somebody settles it."
        return Verdict.RETIRE, ""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _mapping(value: object, name: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"policy {name}: expected a mapping, got {type(value).__name__}.")
    return value


def _whole(value: object, kind: object) -> int:
    if type(value) is not int:
        raise InvalidInputError(f"trust of {kind} is {value!r:.40}; give a whole number.")
    return value
