"""Claims: who or what, which attribute, which value. By word order and word lists, for such sentences are short and English is regular there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.attributes import SWITCH, is_several, kinds_of, noun_role, phrase_end, roles, same_as, single, verbs
from erstwhile.claims.changes import moved
from erstwhile.claims.clauses import Clause, joined, normal
from erstwhile.claims.words import Token, is_past, tokens_of, word_stems
from erstwhile.relations import Claim

__all__ = ["claims_of"]

_LABELLED: Final = re.compile(r"^(?P<label>[\w' /.-]{2,50}?)\s*[:=]\s+?(?P<value>\S.{0,80})$")
_CALLED: Final = re.compile(r"^(?:(?:please|just|always|you can) )*call me (?P<name>(?-i:[A-Z])[\w'-]*\.?(?: (?-i:[A-Z])[\w'-]*){0,2})[.!]*$", re.IGNORECASE)
_DETERMINERS: Final = frozenset("the a an my our your his her their this that of in on at for with no every each".split())  # noqa: SIM905 - a list of words
LONGEST_ROLE: Final = 3
"""Words of the longest role; of one that is told apart by a place or a firm, twice as many."""
LONGEST_NAME: Final = 2
"""Words of the longest name of a person that is told from a place or an office."""
_MODALS: Final = frozenset(("can", "could", "may", "might", "must", "shall", "should", "will", "would"))
_NEW: Final = frozenset(("new", "current", "latest", "old", "own"))


def claims_of(clauses: Sequence[Clause], speaker: str) -> tuple[Claim, ...]:
    """What some clauses claim."""
    claims = [_on_days(claim, clause.days) for clause in clauses for claim in _read(clause, speaker)]
    switched = [found for clause in clauses if (found := moved(clause)) is not None and found[1]]
    claims += [Claim(subject=_owner(tokens_of(who).tokens, speaker), attribute=SWITCH, value=value) for who, value in switched]
    return tuple(dict.fromkeys(claims))


def _on_days(claim: Claim, days: str) -> Claim:
    """The claim with the days told first among its value, as though they were told last."""
    return replace(claim, value=f"{claim.value} {normal(days.lower())}") if days else claim


def _owner(tokens: Sequence[Token], speaker: str) -> str:
    """Who or what a noun phrase stands for, in normal form: "@user" for "I" and "my", "@user mother" for "my mother"."""
    words = {token.lower for token in tokens}
    for who, persons in lexicon.persons(speaker).items():
        if words & persons:
            return f"{who} {joined(token for token in tokens if token.lower not in persons)}".strip()
    return joined(tokens)


@dataclass(frozen=True)
class _Parts:
    """A clause taken apart at its verb.

    Attributes:
        subject: What comes before the verb, adverbs and auxiliaries left out.
        verb: The verb.
        rest: What comes after it, empty words left out.
        positive: Whether nothing in it denies.
        modal: Whether it says what may, must or will be.
        speaker: Whom "I" stands for.
    """

    subject: Sequence[Token]
    verb: Token
    rest: Sequence[Token]
    positive: bool
    modal: bool
    speaker: str

    def claim(self, subject: str, attribute: str, value: str, *, single: bool | None) -> list[Claim]:
        """The claim, if it has all its parts."""
        if not (subject and attribute and value):
            return []
        return [Claim(subject=subject, attribute=attribute, value=value, positive=self.positive, single=single)]

    @property
    def owner(self) -> str:
        """Who or what the clause is about."""
        return _owner(self.subject, self.speaker)

    @property
    def adjoined(self) -> bool:
        """Whether "I" or "we" stand before the verb with words that are no part of who that is: "on trains I like …", "I prefer to have …"."""
        return len(self.subject) > 1 and any(token.lower.partition("'")[0] in ("i", "we") for token in self.subject)

    def of_two_people(self, rest: Sequence[Token]) -> bool:
        """Whether somebody is said to do it with somebody, and nothing more: "I report to Ida", and not "the sensor reports to the hub", "must report"."""
        names = [token for token in rest if token.lower != "now"]
        someone = (self.owner.startswith("@") or self.named) and len(self.owner.split()) == 1
        called = all((token.name or token.text[:1].isupper()) and not token.text.isupper() for token in names)
        return someone and not self.modal and 0 < len(names) <= LONGEST_NAME and called and not kinds_of(joined(names))

    @property
    def named(self) -> bool:
        """Whether it is about somebody or something with a name."""
        first = self.subject[0]
        return (first.name or first.text[:1].isupper()) and first.lower not in ("the", "this", "it", "i", "we")


def _read(clause: Clause, speaker: str) -> list[Claim]:
    tokens = list(clause.tokens)
    pivot = _pivot(tokens)
    if pivot is None:
        return _called(clause, speaker) or _labelled(clause, speaker)
    left_out = lexicon.words("adverbs") | lexicon.words("auxiliary")
    subject = [token for token in tokens[:pivot] if token.lower not in left_out]
    if tokens[pivot].lower in ("i'm", "we're"):
        subject.append(tokens[pivot])
    rest = [token for token in tokens[pivot + 1 :] if token.lower not in lexicon.words("hollow")]
    if not subject or not rest or any(token.lower in lexicon.words("telling") for token in subject):
        return []
    denied = any(token.lower in ("not", "never", "no", "longer", "cannot") or token.lower.endswith("n't") for token in tokens)
    denied = denied and not lexicon.cues()["bounded"].search(clause.text.lower())
    modal = any(token.lower in _MODALS or token.lower.endswith("'ll") for token in tokens[:pivot])
    parts = _Parts(subject=subject, verb=tokens[pivot], rest=rest, positive=not denied, modal=modal, speaker=speaker)
    return _copular(parts) if parts.verb.lower in lexicon.words("be") else _verbal(parts)


def _pivot(tokens: Sequence[Token]) -> int | None:
    """The place of the verb that the clause is built on."""
    words = [token.lower for token in tokens]
    if words and words[0] == "the" and (relative := _first_of(words, ("where", "that", "which", "who"))) is not None:
        # "The university where X was educated is Y": what follows the last form of "be" is said of all that comes before.
        forms = [place for place, word in enumerate(words) if place > relative and word in ("is", "are", "was", "were")]
        if forms:
            return forms[-1]
    for place, token in enumerate(tokens):
        if _is_form_of_be(words, place) or (place and token.norm in verbs() and not token.owner and _may_be_verb(tokens, place)):
            return place
    return 0 if words and words[0] in ("i'm", "we're") else None


def _first_of(words: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((place for place, word in enumerate(words) if place and word in wanted), None)


def _is_form_of_be(words: Sequence[str], place: int) -> bool:
    before = words[place - 1] if place else ""
    if words[place] in ("be", "been"):
        return before in ("will", "to", "should", "must", "has", "have", "had")
    return place > 0 and words[place] in lexicon.words("be")


def _may_be_verb(tokens: Sequence[Token], place: int) -> bool:
    # "play" after "I", "plays" after "he", "played": a plural noun looks the same, so what comes before it must be able to be a subject.
    if tokens[place - 1].lower in _DETERMINERS or tokens[place - 1].owner:
        return False
    if tokens[place].lower.endswith("ing") and is_past(tokens[place - 1].lower):
        # "I noticed running on grass": what was noticed, and no predicate.
        return False
    if not _is_inflected(tokens[place]) and place + 1 < len(tokens) and tokens[place + 1].norm in verbs() and _is_inflected(tokens[place + 1]):
        # "The front end runs on Node": a noun, and its verb behind it.
        return False
    return tokens[place].lower.endswith("ed") or not any(later.lower in lexicon.words("be") for later in tokens[place + 1 : place + 3])


def _is_inflected(token: Token) -> bool:
    return token.lower.endswith(("s", "ed"))


def _copular(parts: _Parts) -> list[Claim]:
    phrase, value = _phrase(parts.rest)
    if phrase is not None:
        words = phrase.split()
        if len(words) == 3 and words[2] == "by" and words[1] in roles().values():
            # "The platform team is led by Marguerite" and "Farid leads the platform team" are claims of the same slot.
            return parts.claim(parts.owner, words[1], value, single=True)
        return parts.claim(parts.owner, phrase, value, single=_single(parts.owner, phrase))
    if (age := _age(parts)) is not None:
        return parts.claim(parts.owner, "age", age, single=True)
    value = joined(parts.rest)
    if (found := _noun_slot(parts.subject, parts.speaker)) is not None:
        owner, tokens = found
        noun = joined(tokens) or "be"
        one = _is_one(tokens) and (_names_one(noun, parts.rest, value) or None)
        return parts.claim(owner, noun_role(noun), value, single=one)
    if parts.named and (named := _role(parts)):
        return named
    # "The university where he studied is Y": a definite description stands for one.
    definite = parts.subject[0].lower == "the" and len(parts.subject) > 2 and not any(is_several(token.norm) for token in parts.subject[1:3] if token.norm)
    one = definite and (_names_one("", parts.rest, value) or any(token.lower in lexicon.mapping("units") for token in parts.rest))
    return parts.claim(parts.owner, "be", value, single=one or None)


def _single(owner: str, phrase: str) -> bool | None:
    # One works for one firm at a time, but may be in charge of several things, and the captain of two teams.
    of_a_person = owner.startswith("@") and " " not in owner
    return single(phrase) if not of_a_person or phrase.split()[1] in word_stems("personal") else None


def _age(parts: _Parts) -> str | None:
    """The number of "I am 34 years old" and "Lena is 36 years old": of one who is named, now, and nothing more."""
    number, *others = parts.rest
    if len(parts.subject) > 1 or not (parts.named or parts.subject[0].lower in ("i", "i'm")) or parts.verb.lower in ("was", "were", "be", "been"):
        return None
    return number.norm if number.value is not None and [token.norm for token in others] == ["year", "old"] else None


def _names_one(noun: str, rest: Sequence[Token], value: str) -> bool:
    # "My manager is tired" and "My manager is Dana": only what names something is the value of an attribute, the rest describes.
    named = any(token.name or (token.value is not None and not token.lower.endswith("days")) for token in rest) or bool(kinds_of(value))
    return named or any(word in word_stems("identities") for word in noun.split())


def _phrase(rest: Sequence[Token]) -> tuple[str | None, str]:
    """The phrase that a form of "be" begins, up to its object, and the object."""
    words = ["be", *map(_word, rest)]
    if end := phrase_end(words):
        return " ".join(words[:end]), joined(rest[end - 1 :])
    if words[1] in lexicon.words("prepositions") and len(words) > 2:
        return f"be {words[1]}", joined(rest[1:])
    participle = rest[0].lower.endswith(("ed", "en")) or rest[0].lower in lexicon.mapping("irregular")
    if participle and len(words) > 3 and words[2] in lexicon.words("prepositions"):
        return f"be {words[1]} {words[2]}", joined(rest[2:])
    return None, ""


def _word(token: Token) -> str:
    return token.lower if token.lower in lexicon.words("prepositions") or token.lower == "the" else token.norm


def _is_one(noun: Sequence[Token]) -> bool:
    """Whether one has but one of what a noun phrase stands for: no friend, at work or anywhere. Of contacts one has many, but one at the bank."""
    end = next((place for place, token in enumerate(noun) if place and token.lower in lexicon.words("prepositions")), len(noun))
    head = joined(noun[:end]) or joined(noun)
    return not is_several(head) or (end < len(noun) and head in lexicon.words("one_at"))


def _noun_slot(subject: Sequence[Token], speaker: str) -> tuple[str, Sequence[Token]] | None:
    """Of whom, and which attribute, a subject such as "the capital of Malta", "Donovan's child" or "my favourite colour" speaks."""
    words = [token.lower for token in subject]
    if "of" in words[1:-1]:
        place = words.index("of", 1)
        noun, owner = subject[:place], _owner(subject[place + 1 :], speaker)
        return (owner, noun) if joined(noun) and owner else None
    owners = [place for place, token in enumerate(subject[:-1]) if token.owner]
    if owners:
        return _owner(subject[: owners[-1] + 1], speaker), subject[owners[-1] + 1 :]
    if words[0] in ("my", "our", "your") and len(subject) > 1:
        noun = [token for token in subject[1:] if token.lower not in _NEW]
        return (_owner(subject[:1], speaker), noun) if joined(noun) else None
    return None


def _role(parts: _Parts) -> list[Claim]:
    """ "Tim is the CEO of Apple", "Anna is my dentist", "Anna is the user's dentist": the value is who, the slot is the role."""
    rest, longest, is_so = parts.rest, LONGEST_ROLE, parts.verb.lower in ("is", "are")
    if is_so and len(rest) > 1 and rest[0].lower == "the" and rest[1].owner and rest[1].lower in lexicon.words("first"):
        rest = rest[1:]
    words = [token.lower for token in rest]
    if words[0] == "the" and "of" in words[2:]:
        place = words.index("of", 2)
        tokens, owner = rest[1:place], _owner(rest[place + 1 :], parts.speaker)
    elif len(words) > 1 and (words[0] in ("my", "our") or rest[0].owner):
        if not lexicon.words("prepositions").isdisjoint(words):
            # One's contact at the bank is another than one's contact at the insurance.
            longest *= 2
        tokens, owner = [token for token in rest[1 : longest + 1] if token.lower not in _NEW], _owner(rest[:1], parts.speaker)
    else:
        return []
    noun = joined(tokens)
    if not noun or len(noun.split()) > longest:
        return []
    only = is_so and any(token.lower == "only" for token in tokens)
    return parts.claim(owner, noun_role(noun), joined(parts.subject), single=only or _is_one(tokens))


def _verbal(parts: _Parts) -> list[Claim]:
    verb, rest = parts.verb.lower, parts.rest
    if verb in roles() and (parts.named or parts.owner.startswith("@")) and rest[0].lower in ("the", "our", "my") and len(rest) > 1:
        led = _owner(rest[1:] if rest[0].lower == "the" else rest, parts.speaker)
        return parts.claim(led, roles()[verb], parts.owner, single=True)
    words = [parts.verb.norm, *map(_word, rest)]
    end = phrase_end(words)
    if not end:
        return []
    phrase = " ".join(words[:end])
    if parts.adjoined and single(phrase) is not True:
        return []
    # What was, and what is, are two things; but that something is so, once learnt, is known.
    past = is_past(verb) and not (parts.verb.norm == "learn" and any(token.lower == "that" for token in rest))
    attribute = same_as(phrase) if parts.of_two_people(rest[end - 1 :]) else phrase
    return parts.claim(parts.owner, f"{attribute} (past)" if past else attribute, joined(rest[end - 1 :]), single=single(phrase))


def _called(clause: Clause, speaker: str) -> list[Claim]:
    """What one wants to be called: "Please call me Dave", and neither "Call me Monday" nor "Call me ASAP"."""
    match = _CALLED.match(clause.text) if clause.first else None
    if match is None:
        return []
    name, refused = tokens_of(match["name"]).tokens, lexicon.words("stop") | lexicon.words("called")
    if any(token.value is not None or token.lower in refused or (token.text.isupper() and len(token.text) > 2) for token in name):
        return []
    return [Claim(subject=f"@{speaker}", attribute="call", value=joined(name), single=True)]


def _labelled(clause: Clause, speaker: str) -> list[Claim]:
    # Such as a port that is given after a colon or a sign of equality.
    match = _LABELLED.match(clause.text)
    if match is None:
        return []
    subject, value = _owner(tokens_of(match["label"]).tokens, speaker), normal(match["value"])
    return [Claim(subject=subject, attribute="be", value=value, single=True)] if subject and value else []
