"""Claims: who or what, which attribute, which value. By word order and word lists, for a sentence is short and English is regular there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from erstwhile.claims.lexicon import LEXICON
from erstwhile.claims.words import Token, stem, tokens_of
from erstwhile.relations import Claim

__all__ = ["Clause", "Said", "claims_of", "lasting"]

_BE: Final = frozenset(
    ["is", "are", "was", "were", "be", "been", "am", "'m", "'re", "isn't", "aren't", "wasn't", "weren't", "it's", "i'm", "we're", "they're", "he's", "she's"]
)
_AUXILIARY: Final = frozenset(
    [
        "has",
        "have",
        "had",
        "will",
        "would",
        "do",
        "does",
        "did",
        "don't",
        "doesn't",
        "didn't",
        "won't",
        "hasn't",
        "haven't",
        "hadn't",
        "been",
        "being",
        "be",
        "to",
    ]
)
_ADVERBS: Final = frozenset(
    [
        "now",
        "currently",
        "actually",
        "still",
        "also",
        "just",
        "already",
        "always",
        "usually",
        "mainly",
        "mostly",
        "only",
        "really",
        "officially",
        "finally",
        "recently",
        "both",
        "instead",
        "again",
        "today",
        "never",
        "not",
        "no",
        "longer",
        "since",
        "temporarily",
        "then",
        "here",
        "more",
        "exclusively",
        "primarily",
    ]
)
_PREPOSITIONS: Final = frozenset(["in", "at", "on", "by", "to", "for", "of", "with", "as", "from", "under", "into", "near"])
_OPENINGS: Final = re.compile(
    r"^(?:(?:actually|sorry|correction|update|note|fyi|btw|by the way|just so you know|ok|okay|well|so|and|but|oh|hey|hi|hello|in fact|for the record|remember(?: that)?|"
    r"please note(?: that)?|turns out(?: that)?|it turns out(?: that)?|as it turns out|from now on|as of [\w ]{2,20}?|these days|nowadays|meanwhile|finally|today|right now|at the moment|currently|since [\w ]{2,20}?)\b[\s,:—–-]*)+",
    re.IGNORECASE,
)
_BREAK: Final = re.compile(
    r"\s*(?:,\s+(?!(?:jr|sr|inc|ltd|d\.c)\b)|\s[—–-]\s|\s\(|:\s|\bbecause\b|\bso that\b|\balthough\b|\bthough\b|\bwhich\b|\bwhere\b(?! )|\bbut\b|\band (?=(?:i|i'm|i've|we|we've|he|she|they|it|it's|my|our|now)\b))",
    re.IGNORECASE,
)
_FROM_TO: Final = re.compile(r"\bfrom (?P<old>[^,;.]{1,60}?) (?:to|over to|onto|into) (?P<new>[^,;.]{1,60})")
_INSTEAD: Final = re.compile(
    r"\b(?:instead of|rather than|in place of|replac(?:es|ed|ing)|supersedes|superseded|in favou?r of|away from)\s+(?P<old>[^,;.]{1,60}?)(?=$|[,;.]| with | by | for | on | at | because | and )"
)
_REPLACED_WITH: Final = re.compile(
    r"\b(?:replaced|replacing|swapped(?: out)?|traded(?: in)?|exchanged|substituted)\s+(?P<old>[^,;.]{1,60}?)\s+(?:with|for|by)\s+(?P<new>[^,;.]{1,60})"
)
_NOT: Final = re.compile(r"(?:,|\band\b)\s*not\s+(?:on |in |at |by |to |the |a )*(?P<old>[^,;.]{1,40})")
_ARROW: Final = re.compile(r"(?P<old>[^,;.:]{1,40}?)\s*(?:->|→|=>)\s*(?P<new>[^,;.]{1,40})")
_DROPPED: Final = re.compile(
    r"\b(?:no longer|stopped|quit|dropped|dropping|ditched|abandoned|scrapped|retired|deprecated|removed|deleted|got rid of|done with|finished with|through with|gave up(?: on)?|given up(?: on)?|"
    r"cancell?ed|called off|sold|left|used to|unsubscribed from|withdrawn from|withdrew from|moved away from|moved off|moved out of|decommissioned|shut down|not)\s+(?P<old>[^,;.]{1,60})"
)
_MOVED: Final = re.compile(
    r"^(?:i|we|i've|we've|the team|our team|my family|[\w' ]{1,25}?)\s*(?:(?:have|has|had|just|finally|recently|already|now|all|both|officially)\s+)*(?:moved|relocated|switched|migrated|changed|converted|upgraded|downgraded|transitioned|shifted|went)"
    r"(?:\s+(?P<what>(?:the|our|my|all|everything|its|their|his|her)\b[^,;.]{0,40}?))?(?:\s+(?:over|back|house|home|cities|jobs|companies))?(?:\s+from\s+(?P<old>[^,;.]{1,40}?))?\s+(?:to|into|onto|over to|in with)\s+(?P<new>[^,;.]{1,60})"
)


_FIRST: Final = frozenset(("i", "my", "me", "mine", "i'm", "i've", "i'll", "i'd", "user"))
_SEVERAL: Final = frozenset(("we", "our", "us", "ours", "we're", "we've", "we'll"))
_SECOND: Final = frozenset(("you", "your", "yours"))
_PERSONS: Final = _FIRST | _SEVERAL | _SECOND


@dataclass(frozen=True)
class Said:
    """What a text claims.

    Attributes:
        claims: The claims.
        former: Values, in normal form, that it names as having been before: "from X", "instead of X", "no longer X".
        switched: Values, in normal form, that it names as what is now.
    """

    claims: tuple[Claim, ...] = ()
    former: frozenset[str] = field(default_factory=frozenset)
    switched: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that can stand by itself.

    Attributes:
        text: As it stands, openings cut off.
        tokens: Its tokens.
    """

    text: str
    tokens: tuple[Token, ...]

    @classmethod
    def split(cls, sentence: str) -> list["Clause"]:
        """The clauses of a sentence."""
        body = _OPENINGS.sub("", sentence.strip()).strip()
        parts = [part.strip() for part in _BREAK.split(body) if part and part.strip()]
        return [cls(text=part, tokens=tokens_of(part).tokens) for part in parts[:6]]


def claims_of(clauses: Sequence[Clause], speaker: str) -> Said:
    """What some clauses claim."""
    claims = [claim for clause in clauses for claim in _claims(clause, speaker)]
    former: set[str] = set()
    switched: set[str] = set()
    whole = " , ".join(clause.text.lower() for clause in clauses)
    for pattern in (_REPLACED_WITH, _FROM_TO, _ARROW, _INSTEAD, _NOT, _DROPPED):
        for match in pattern.finditer(whole):
            former.add(_normal(match["old"]))
            if "new" in match.groupdict():
                switched.add(_normal(match["new"]))
    for clause in clauses:
        if moved := _MOVED.match(clause.text.lower().replace("’", "'")):
            switched.add(_normal(moved["new"]))
            if moved["old"]:
                former.add(_normal(moved["old"]))
            if not moved["what"]:
                claims.append(Claim(subject=_owner(clause.tokens[:1], speaker), attribute="switch to", value=_normal(moved["new"]), single=None))
    return Said(claims=tuple(dict.fromkeys(claims)), former=frozenset(former - {""}), switched=frozenset(switched - {""}))


def _normal(phrase: str) -> str:
    return _joined(tokens_of(phrase).tokens)


def _joined(tokens: Iterable[Token]) -> str:
    return " ".join(token.norm for token in tokens if token.value is not None or token.name or token.lower not in LEXICON.stop)


def _owner(tokens: Sequence[Token], speaker: str) -> str:
    """Who or what a noun phrase stands for, in normal form: "@user" for "I" and "my", "@user mother" for "my mother"."""
    words = {token.lower for token in tokens}
    rest = _joined(token for token in tokens if token.lower not in _PERSONS)
    for who, persons in ((f"@{speaker}", _FIRST), ("@we", _SEVERAL), ("@you", _SECOND)):
        if words & persons:
            return f"{who} {rest}".strip()
    return _joined(tokens)


@cache
def _verbs() -> dict[str, bool]:
    """Verb phrases in normal form, to whether their object is one at a time."""
    listed = {True: LEXICON.raw["attributes"]["one"], False: LEXICON.raw["attributes"]["several"]}
    return {_phrase(phrase): single for single, phrases in listed.items() for phrase in " ".join(phrases.split()).split(";")}


def _phrase(phrase: str) -> str:
    return " ".join(word if word in _PREPOSITIONS or word in ("be", "the") else stem(word) for word in phrase.split())


@cache
def _lasting() -> tuple[str, ...]:
    return tuple(_phrase(phrase) for phrase in LEXICON.raw["attributes"]["lasting"].split(";"))


def lasting(claim: Claim) -> bool:
    """Whether it says what is so for good once it happened: where somebody was born, who founded a firm."""
    return (claim.attribute == "be" and claim.single is True) or any(f"{claim.attribute} ".startswith(f"{phrase} ") for phrase in _lasting())


@cache
def _heads() -> frozenset[str]:
    return frozenset(phrase.split()[0] for phrase in _verbs()) - {"be"}


@cache
def _many() -> frozenset[str]:
    return frozenset(stem(word) for word in LEXICON.raw["attributes"]["many"].split())


@cache
def _roles() -> dict[str, str]:
    return dict(pair.split("=") for pair in LEXICON.raw["attributes"]["roles"].split())


def _claims(clause: Clause, speaker: str) -> list[Claim]:
    tokens = list(clause.tokens)
    pivot = _pivot(tokens)
    if pivot is None or pivot == 0:
        return _labelled(clause, speaker)
    subject = [token for token in tokens[:pivot] if token.lower not in _ADVERBS and token.lower not in _AUXILIARY]
    if tokens[pivot].lower in ("it's", "i'm", "we're", "they're", "he's", "she's"):
        subject = [*subject, tokens[pivot]]
    rest = list(tokens[pivot + 1 :])
    words = [token.lower for token in tokens]
    positive = not any(word in ("not", "never", "no", "longer", "cannot") or word.endswith("n't") for word in words)
    rest = [
        token
        for token in rest
        if token.lower
        not in (
            "a",
            "an",
            "not",
            "never",
            "now",
            "currently",
            "actually",
            "also",
            "already",
            "just",
            "still",
            "longer",
            "anymore",
            "again",
            "been",
            "always",
            "usually",
            "being",
        )
    ]
    if not subject or not rest:
        return []
    if tokens[pivot].lower in _BE:
        return _copular(subject, rest, speaker, positive=positive)
    return _verbal(tokens[pivot], subject, rest, speaker, positive=positive)


def _pivot(tokens: Sequence[Token]) -> int | None:
    relative = next((place for place, token in enumerate(tokens[:-1]) if place and token.lower in ("where", "that", "which", "who")), None)
    if relative is not None and tokens[0].lower == "the":
        # "The university where X was educated is Y": what follows the last form of "be" is said of all that comes before.
        forms = [place for place, token in enumerate(tokens) if place > relative and token.lower in ("is", "are", "was", "were")]
        if forms:
            return forms[-1]
    for place, token in enumerate(tokens):
        if token.lower in _BE and token.lower not in ("been", "be"):
            return place
        if token.lower == "be" and place > 0 and tokens[place - 1].lower in ("will", "to", "should", "must"):
            return place
        if token.lower == "been" and place > 0 and tokens[place - 1].lower in ("has", "have", "had"):
            return place
        if place > 0 and token.norm in _heads() and not token.owner and _may_be_verb(tokens, place):
            return place
    return None


def _may_be_verb(tokens: Sequence[Token], place: int) -> bool:
    previous = tokens[place - 1].lower
    if (
        previous in ("the", "a", "an", "my", "our", "your", "his", "her", "their", "this", "that", "of", "in", "on", "at", "for", "with", "no", "every", "each")
        or tokens[place - 1].owner
    ):
        return False
    # "play" after "I", "plays" after "he", "played": a plural noun looks the same, so what comes before it must be able to be a subject.
    return not any(later.lower in _BE for later in tokens[place + 1 : place + 3]) or tokens[place].lower.endswith("ed")


def _copular(subject: Sequence[Token], rest: list[Token], speaker: str, *, positive: bool) -> list[Claim]:
    phrase, value = _attribute(rest)
    if phrase is not None:
        owner = _owner(subject, speaker)
        role = _passive_role(phrase, owner, value, positive=positive)
        return role or [Claim(subject=owner, attribute=phrase, value=value, positive=positive, single=_single(phrase))] if value else []
    value = _joined(rest)
    if not value:
        return []
    found = _noun_slot(subject, speaker)
    if found is not None:
        owner, noun = found
        return [Claim(subject=owner, attribute=_role_of(noun), value=value, positive=positive, single=not any(part in _many() for part in noun.split()[-1:]))]
    if (named := _role_claim(subject, rest, speaker, positive=positive)) is not None:
        return [named]
    # "The university where he studied is Y": a definite description stands for one.
    definite = subject[0].lower == "the" and len(subject) > 2 and not any(token.norm in _many() for token in subject[1:3])
    return [Claim(subject=_owner(subject, speaker), attribute="be", value=value, positive=positive, single=definite or None)]


def _role_of(noun: str) -> str:
    words = noun.split()
    return _roles().get(words[-1], noun) if len(words) == 1 else noun


def _passive_role(phrase: str, owner: str, value: str, *, positive: bool) -> list[Claim] | None:
    # "The platform team is led by Marguerite" and "Farid leads the platform team" are claims of the same slot.
    words = phrase.split()
    if len(words) == 3 and words[0] == "be" and words[2] == "by" and words[1] in set(_roles().values()):
        return [Claim(subject=owner, attribute=words[1], value=value, positive=positive, single=True)]
    return None


def _noun_slot(subject: Sequence[Token], speaker: str) -> tuple[str, str] | None:
    words = [token.lower for token in subject]
    if "of" in words[1:-1]:
        place = words.index("of", 1)
        noun = _joined(subject[:place])
        after = subject[place + 1 :]
        return (_owner(after, speaker), noun) if noun else None
    owners = [place for place, token in enumerate(subject) if token.owner]
    if owners and owners[-1] < len(subject) - 1:
        return _owner(subject[: owners[-1] + 1], speaker), _joined(subject[owners[-1] + 1 :])
    if words[0] in ("my", "our", "your") and len(subject) > 1:
        return _owner(subject[:1], speaker), _joined(token for token in subject[1:] if token.lower not in ("new", "current", "latest", "old", "own"))
    return None


def _role_claim(subject: Sequence[Token], rest: Sequence[Token], speaker: str, *, positive: bool) -> Claim | None:
    # "Tim is the CEO of Apple", "Anna is my dentist": the value is who, the slot is the role.
    words = [token.lower for token in rest]
    if len(rest) < 2 or not (subject[0].name or subject[0].text[:1].isupper()) or subject[0].lower in ("the", "this", "it", "i", "we"):
        return None
    if words[0] == "the" and "of" in words[2:]:
        place = words.index("of", 2)
        noun, owner = _joined(rest[1:place]), _owner(rest[place + 1 :], speaker)
    elif words[0] in ("my", "our") or rest[0].owner:
        noun, owner = _joined(token for token in rest[1:4] if token.lower not in ("new", "current", "latest")), _owner(rest[:1], speaker)
    else:
        return None
    if not noun or not owner or len(noun.split()) > 3:
        return None
    return Claim(
        subject=owner, attribute=_role_of(noun), value=_joined(subject), positive=positive, single=not any(part in _many() for part in noun.split()[-1:])
    )


def _phrase_end(words: Sequence[str]) -> int:
    """How many of the words make up the verb phrase; 0 where none is known. The longest that is listed, or up to the first "the … of"."""
    for end in range(min(8, len(words) - 1), 0, -1):
        if " ".join(words[:end]) in _verbs():
            return max(end, _appositive_end(words))
    return _appositive_end(words)


def _appositive_end(words: Sequence[str]) -> int:
    # "in the city of", "the position of": the noun after "the" only says what kind of value follows.
    for place in range(1, min(6, len(words) - 3)):
        if words[place] == "the" and words[place + 2] == "of":
            return place + 3
    return 0


def _single(phrase: str) -> bool | None:
    if phrase in _verbs():
        return _verbs()[phrase]
    if phrase.endswith(" of") and " the " in phrase:
        short = phrase.rsplit(" the ", 1)[0]
        # "plays the position of", "is associated with the sport of": the article makes it the only one, unless the verb takes several.
        return _verbs().get(short, _verbs().get(short.split()[0], True) is not False)
    return None


def _attribute(rest: Sequence[Token]) -> tuple[str | None, str]:
    """The phrase that a form of "be" begins, up to its object, and the object."""
    words = ["be", *(_word(token) for token in rest)]
    if end := _phrase_end(words):
        return " ".join(words[:end]), _joined(rest[end - 1 :])
    if words[1] in _PREPOSITIONS and len(words) > 2:
        return f"be {words[1]}", _joined(rest[1:])
    if len(words) > 3 and words[2] in _PREPOSITIONS and (rest[0].lower.endswith(("ed", "en")) or rest[0].lower in LEXICON.irregular):
        return f"be {words[1]} {words[2]}", _joined(rest[2:])
    return None, ""


def _word(token: Token) -> str:
    return token.lower if token.lower in _PREPOSITIONS or token.lower == "the" else token.norm


def _verbal(verb: Token, subject: Sequence[Token], rest: list[Token], speaker: str, *, positive: bool) -> list[Claim]:
    owner = _owner(subject, speaker)
    named = subject[0].name or subject[0].text[:1].isupper() or owner.startswith("@")
    if verb.lower in _roles() and named and rest[0].lower in ("the", "our", "my") and len(rest) > 1:
        led = _owner(rest[1:] if rest[0].lower == "the" else rest, speaker)
        return [Claim(subject=led, attribute=_roles()[verb.lower], value=owner, positive=positive, single=True)]
    words = [verb.norm, *(_word(token) for token in rest)]
    end = _phrase_end(words)
    value = _joined(rest[end - 1 :]) if end else ""
    if not value:
        return []
    phrase = " ".join(words[:end])
    # What was, and what is, are two things.
    past = verb.lower.endswith("ed") or LEXICON.irregular.get(verb.lower, verb.lower) != verb.lower
    return [Claim(subject=owner, attribute=f"{phrase} (past)" if past else phrase, value=value, positive=positive, single=_single(phrase))]


def _labelled(clause: Clause, speaker: str) -> list[Claim]:
    # "Wifi password: hunter2", "staging port = 9443".
    if match := re.match(r"^(?P<label>[\w' /.-]{2,50}?)\s*[:=]\s+?(?P<value>\S.{0,80})$", clause.text):
        return [Claim(subject=_owner(tokens_of(match["label"]).tokens, speaker), attribute="be", value=_normal(match["value"]), single=True)]
    return []
