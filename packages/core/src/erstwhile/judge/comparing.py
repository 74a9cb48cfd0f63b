"""What a judge without rules says of two texts, held against their claims, values and names: these are compared, not embedded."""

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Final

from erstwhile.claims import lexicon
from erstwhile.claims.attributes import SWITCH, is_post, kinds_of, single
from erstwhile.claims.reading import Reading, read
from erstwhile.claims.words import is_past, stem
from erstwhile.judge.parties import ended_of_the_other, exchanged
from erstwhile.judge.protocol import Pair
from erstwhile.judge.revising import TO_DO
from erstwhile.judge.rules import is_done
from erstwhile.judge.speakers import each_of_oneself
from erstwhile.judge.values import two_measures
from erstwhile.model import MemoryType, Version
from erstwhile.relations import CLASHES, Claim, Judgement, Relation

__all__ = ["compared"]

SAME_WORDS: Final = 0.6
"""Two texts of which one has this share of the other's words of meaning are told apart by a "not"."""
ALIKE: Final = 0.85
"""How sure a judge without rules is at most that two texts which name different things say the same."""
LIKELY: Final = 0.5
"""A judge so sure that two texts say the same is believed though they differ in a value or a denial: "not later than noon", "by 12:00". They are not merged."""
CERTAIN: Final = 0.95
"""A judge so sure is believed though the words are the same but for that, or both are said of one time; and though claims seem to be of two things:
"Search's owner is Bastian"."""
LONGEST_SIGN: Final = 2
"""Characters of the longest part of what is written with a slash and is no path."""
WHOLE: Final = 0.75
"""A claim that has this share of a text's words of meaning is what the text says."""
PARTLY: Final = 0.6
"""How sure a judgement is at most of a memory that says several things: enough to open a conflict, not to end it."""
LONGEST_COUNTED: Final = 4
"""Words of a text that only counts things, at most."""
_AXES: Final = {"high": "height", "tall": "height", "wide": "width", "broad": "width", "long": "length"}
_MEASURED: Final = re.compile(rf"\d\s?(?:[cmk]?m|(?:centi|milli|kilo)?met(?:re|er)s?|feet|foot|ft|inch(?:es)?|yards?) ({'|'.join(_AXES)})\b")
"""How high or how wide something is said to be: "3.2 metres high"."""
_PATH: Final = re.compile(r"(?<![\w/.-])[\w.~-]*/[\w./-]*\w|(?<![\w/.-])[\w-]+\.[a-z]{2,4}(?![\w.])")
"""A path, an address or a file's name."""


def compared(judgement: Judgement, pair: Pair) -> Judgement:
    """As much of what a judge without rules says as the claims, values and names of the two bear out."""
    reason = _of_two(pair, judgement)
    if not reason and judgement.relation is Relation.SUPERSEDES and _unmade(pair):
        reason = "It tells of what did not come about, or not for good."
    if not reason and judgement.relation in CLASHES and _out_of_context(pair):
        reason = "They have no word in common, and stood in a conversation."
    if reason:
        return Judgement(relation=Relation.COEXISTS, score=judgement.score, reason=reason, judge=judgement.judge)
    if judgement.relation is Relation.DUPLICATE:
        return _repeated(judgement, pair)
    if judgement.relation is Relation.SUPERSEDES and len({claim.slot for claim in pair.earlier.claims}) > 1:
        reason = f"{judgement.reason} The earlier one says several things, some of which may still hold."
        return replace(judgement, relation=Relation.UNSURE, score=min(judgement.score, PARTLY), reason=reason, ends=False)
    return judgement


def _unmade(pair: Pair) -> bool:
    """Whether the later one has words for what did not come about, and the earlier one has none."""
    return _reading(pair.later).has("unmade") and not _reading(pair.earlier).has("unmade")


def _out_of_context(pair: Pair) -> bool:
    """Whether one of the two is a bare sentence out of a conversation, and they have no word of meaning in common.

    What an agent is told to remember says what it is about; what is drawn from a conversation leaves much unsaid. Of 64 pairs drawn from dialogues that have no
    word in common and that a judge took for a clash, 2 were one to readers; of 121 with such a word, 49 (scripts/build_judge/pairs, `ca` and `cb`).
    """
    return pair.drawn and _reading(pair.earlier).text.content.isdisjoint(_reading(pair.later).text.content)


def _of_two(pair: Pair, judgement: Judgement) -> str:
    """Why the two speak of two things; empty where nothing says that they do."""
    earlier, later, repeated = _reading(pair.earlier), _reading(pair.later), judgement.relation is Relation.DUPLICATE
    # Of what is said again in other words, `_repeated` sees to it that both are kept.
    if _claimed_of_two(pair, repeated=repeated, certain=judgement.score >= CERTAIN) and not (repeated and _reworded(pair)):
        return "They speak of two things."
    if judgement.relation in CLASHES and _of_before(pair):
        return "The later one tells of what was."
    if numbered := _numbered_apart(earlier, later):
        return numbered
    if exchanged(earlier, later) or (later.ends and ended_of_the_other(earlier, later)):
        return "They exchange who does it, and to whom."
    return "They speak of two sides." if repeated and earlier.shares(later, SAME_WORDS) and _on_two_sides(earlier, later) else ""


def _of_before(pair: Pair) -> bool:
    """Whether the later one claims in the past what the earlier one claims of now: "runs on Node 18", "ran on Node 16"."""
    if (claims := _only_claims(pair)) is None:
        return False
    before, after = claims
    return before.subject == after.subject and after.attribute == f"{before.attribute} (past)"


def _only_claims(pair: Pair) -> tuple[Claim, Claim] | None:
    """The claim of each of the two; ``None`` where either has none, or several."""
    if len(pair.earlier.claims) != 1 or len(pair.later.claims) != 1:
        return None
    return pair.earlier.claims[0], pair.later.claims[0]


def _on_two_sides(earlier: Reading, later: Reading) -> bool:
    """Whether they name two environments, sides or times of day of which one can be in the other's place: left and right, and not left and second."""
    for group in lexicon.groups("qualifiers"):
        before, after = earlier.among(group), later.among(group)
        if before and after and before.isdisjoint(after):
            return True
    return False


def _repeated(judgement: Judgement, pair: Pair) -> Judgement:
    differs = _differs(pair)
    enough = CERTAIN if _in_same_words(pair) or _may_contradict(pair) else LIKELY
    if other := _opposed(pair) or (differs if judgement.score < enough else ""):
        return replace(judgement, relation=Relation.UNSURE, score=min(judgement.score, PARTLY), reason=f"It is much the same, but {other}.")
    of_two = pair.spoken and each_of_oneself(_reading(pair.earlier), _reading(pair.later))
    aside = of_two or _out_of_context(pair) or _named(pair.earlier) != _named(pair.later) or _claimed_of_two(pair, repeated=True)
    if differs or _reading(pair.later).mood or aside:
        # Likely the same; but what names or is about somebody or something else, or is said on a condition, is kept as a memory of its own.
        return replace(judgement, score=min(judgement.score, ALIKE))
    return judgement


def _in_same_words(pair: Pair) -> bool:
    """Whether the two have the same words of meaning, values aside, but for one at most."""
    before, after = (_reading(version).text.content for version in (pair.earlier, pair.later))
    return len(before ^ after) <= 1


def _may_contradict(pair: Pair) -> bool:
    """Whether both are said of the same time, or come from sources of two kinds: then a value that differs is more likely another value."""
    return pair.same_time or pair.earlier.source.kind is not pair.later.source.kind


def _named(version: Version) -> Counter[str]:
    # Counted: "note 2 of server one" and "note 2 of server two" have the same numbers otherwise.
    tokens = _reading(version).text.tokens
    return Counter(token.norm for token in tokens if token.value or token.name or (token.text[:1].isupper() and token.lower not in lexicon.words("stop")))


def _reading(version: Version) -> Reading:
    return read(version.content, version.source.actor)


def _claimed_of_two(pair: Pair, *, repeated: bool, certain: bool = False) -> bool:
    """Whether the only claims of the two are not of the same: what sounds alike is told apart by them.

    Attributes that are known for different matters are: where one lives, where one works. Of the world, the same attribute of another subject is another
    thing, and so are subjects without a word in common, and attributes without one of the same subject; a thing that is named otherwise is left to the
    judge. What people say of themselves goes by more names than the rules know, so there only subjects without a word in common are, and, unless it is to
    be a repetition, with the same attribute. And where the later one says more than it claims, what it replaces may be in that. A post that another holds
    is one, for a clash. A judge that is certain is believed, unless different matters are known, or, of a clash, what may not be one thing in other words and
    what the later one, which names its value, does not correct.
    """
    if (claims := _only_claims(pair)) is None:
        return False
    before, after = claims
    persons = {before.subject, after.subject} <= lexicon.persons(pair.later.source.actor).keys()
    apart, same = not persons and not _overlap(before.subject, after.subject), before.attribute == after.attribute
    if not apart and _of_two_matters(before, after):
        return True
    told = _turned_round(pair, before, after) if repeated else _told_of_one(pair, before, after, apart=apart)
    if persons or told or (certain and (repeated or _corrects(pair, before, after) or _may_be_one(before, after))):
        return False
    if "@" in before.subject + after.subject:
        # My manager is not my manager's manager.
        return (apart and (repeated or same)) or (same and before.subject != after.subject and not _left_unsaid(before.subject, after.subject))
    if before.slot == after.slot:
        return two_measures(before, after)
    return apart or same or (before.subject == after.subject and _of_two_attributes(before.attribute, after.attribute, repeated=repeated))


def _corrects(pair: Pair, before: Claim, after: Claim) -> bool:
    """Whether the later one says that it was not so, of the same thing: "It wasn't the driver after all, the crashes come from a bad cable"."""
    later = _reading(pair.later)
    return before.subject == after.subject and later.has("corrected") and not later.text.content.isdisjoint(before.value.split())


def _told_of_one(pair: Pair, before: Claim, after: Claim, *, apart: bool) -> bool:
    """Whether two claims that may clash can be of one thing all the same, by what is said beside them or by a post that another holds."""
    return (apart and _concerns(pair, before, after)) or not _says_all(after, pair.later) or _handed_on(before, after)


def _handed_on(before: Claim, after: Claim) -> bool:
    """Whether another holds a post that one alone holds: "Ines is the treasurer of the choir", "Ruben is the treasurer of the choir"."""
    return before.attribute == after.attribute and before.value == after.value and is_post(before.attribute)


def _may_be_one(before: Claim, after: Claim) -> bool:
    """Whether claims of the world, which no list knows for different matters, may be of one thing in other words.

    Not where they give two things one attribute, or one thing two attributes, either of which is known.
    """
    return "@" not in before.subject + after.subject and not _of_two_matters(before, after) and not _plainly_of_two(before, after)


def _plainly_of_two(before: Claim, after: Claim) -> bool:
    if before.attribute == after.attribute:
        return not _overlap(before.subject, after.subject)
    return before.subject == after.subject and (_is_known(before) or _is_known(after))


def _is_known(claim: Claim) -> bool:
    return single(claim.attribute.removesuffix(" (past)")) is not None


def _left_unsaid(one: str, other: str) -> bool:
    """Whether the two are one subject, of which only one text says whose it is: "our reception" and "reception"."""
    return any(whole.startswith("@") and whole.partition(" ")[2] == part for whole, part in ((one, other), (other, one)))


def _says_all(claim: Claim, version: Version) -> bool:
    said = _reading(version).text.content
    return len(said.intersection(f"{claim.subject} {claim.attribute} {claim.value}".split())) >= WHOLE * len(said)


def _reworded(pair: Pair) -> bool:
    """Whether two claims that are not of the same may be one in other words: "The rental car is a Fiat", "We rent a Fiat".

    Not where they give one attribute of two subjects, or where each text has but one word that the other has not.
    """
    (before,), (after,) = pair.earlier.claims, pair.later.claims
    if _of_two_matters(before, after) or (before.attribute == after.attribute and _meaning(before.attribute)):
        return False
    said, again = _reading(pair.earlier).text.content, _reading(pair.later).text.content
    return not len(said - again) == len(again - said) == 1


def _concerns(pair: Pair, before: Claim, after: Claim) -> bool:
    """Whether the later text speaks of what the earlier one is about, though as something else than its subject, or says of something in it that it is over."""
    return _named_in(pair.later, before.subject) or (_reading(pair.later).ends and _named_in(pair.earlier, after.subject))


def _of_two_attributes(before: str, after: str, *, repeated: bool) -> bool:
    """Whether two attributes of one subject have no word in common: where a country lies, who founded it. Who moved may have moved from anything.

    What something is said to "be" may be any of its attributes, "The class starts at six", "The class was discontinued"; but is not likely to repeat them.
    """
    if after == SWITCH:
        return False
    one, other = _meaning(before), _meaning(after)
    if not one or not other:
        return repeated and not _overlap(before, after)
    return one.isdisjoint(other) and (not _matter(before) or _matter(before) != _matter(after))


def _meaning(attribute: str) -> frozenset[str]:
    """The words of an attribute that carry meaning: none of "be in"."""
    return frozenset(attribute.split()) - lexicon.words("prepositions") - {"be", "the", "(past)"}


def _of_two_matters(before: Claim, after: Claim) -> bool:
    """Whether two claims are about different matters, as far as these are known: work and home, a city and a chat."""
    matters = _matter(before.attribute), _matter(after.attribute)
    if after.attribute == SWITCH:
        old, new = kinds_of(before.value), kinds_of(after.value)
        # Who moved may have moved house.
        return matters[0] in ("work", "study") or (bool(old and new) and old.isdisjoint(new))
    return all(matters) and matters[0] != matters[1]


def _matter(attribute: str) -> str:
    """What an attribute is about, empty where that is not known: "work at" is about work. Where something comes from is another matter than where it is."""
    known, words = lexicon.mapping("matters"), attribute.split()
    about = next((known[word] for word in words if word in known), "")
    return f"{about} from" if about and words[-1] == "from" else about


@cache
def _opposites() -> frozenset[frozenset[str]]:
    return frozenset(frozenset(map(stem, pair.split("="))) for pair in lexicon.words("opposites"))


def _opposite(earlier: Reading, later: Reading) -> bool:
    """Whether one word stands in the place of its opposite: "love" and "hate", "happy" and "unhappy"."""
    before, after = ({token.lower for token in reading.text.tokens} for reading in (earlier, later))
    if len(before - after) != 1 or len(after - before) != 1:
        return False
    one, other = stem(*before - after), stem(*after - before)
    prefixed = {f"{prefix}{word}" for prefix in ("un", "dis", "in") for word in (one, other)}
    return frozenset((one, other)) in _opposites() or not prefixed.isdisjoint((one, other))


def _numbered_apart(earlier: Reading, later: Reading) -> str:
    """Why the numbers of the two are of two things; empty where nothing says that they are."""
    if _of_a_series(earlier, later):
        return "A number says which of several each speaks of."
    if _only_counts(earlier) and _only_counts(later):
        return "Each counts some things, and neither says whose or where."
    return "They measure two things." if _of_two_dimensions(earlier, later) else ""


def _of_two_dimensions(earlier: Reading, later: Reading) -> bool:
    """Whether the one gives how high something is, the other how wide or how long, and neither what the other gives."""
    before, after = ({_AXES[word] for word in _MEASURED.findall(reading.lower)} for reading in (earlier, later))
    return bool(before and after) and before.isdisjoint(after)


def _only_counts(reading: Reading) -> bool:
    """Whether it is a number and what is counted, and nothing more, as in a list: "12 tent pegs", and not "12 tests failed"."""
    first, *others = reading.text.tokens or (None,)
    if first is None or first.value is None or not first.value.kind.startswith("number") or not 0 < len(others) < LONGEST_COUNTED:
        return False
    verbs = lexicon.words("be") | lexicon.words("auxiliary")
    return not any(token.value or token.lower in verbs or is_past(token.lower) for token in others)


def _of_a_series(earlier: Reading, later: Reading) -> bool:
    """Whether both begin with the same noun and another number, as "note 7" and "note 8" do: the number says which one is meant, and not how much."""
    before, after = _first_number(earlier), _first_number(later)
    return before is not None and after is not None and before[0] == after[0] and before[1] != after[1]


def _first_number(reading: Reading) -> tuple[str, str] | None:
    """The noun that a text begins with and the number right after it, where that is no measure: not "age 34", and not "lunch 30 minutes"."""
    tokens = reading.text.tokens
    start = 1 if tokens and tokens[0].lower in lexicon.words("articles") else 0
    if len(tokens) < start + 2:
        return None
    noun, number = tokens[start : start + 2]
    if noun.value is not None or number.value is None:
        return None
    kind, _, counted = number.value.kind.partition(" of ")
    if kind != "number" or counted in lexicon.mapping("units").values() or noun.lower in lexicon.words("stop") | lexicon.words("measures"):
        return None
    return noun.norm, number.norm


def _turned_round(pair: Pair, before: Claim, after: Claim) -> bool:
    """Whether each text names what the other is about, and they have more words in common: "I'm allergic to penicillin", "Penicillin, I'm allergic to it".

    "Bo leads Ada" and "Ada leads Bo" exchange it, and so say two things.
    """
    if before.attribute == after.attribute and _overlap(after.subject, before.value):
        return False
    shared = _reading(pair.earlier).text.content & _reading(pair.later).text.content
    more = shared - set(before.subject.split()) - set(after.subject.split())
    return bool(more) and _named_in(pair.later, before.subject) and _named_in(pair.earlier, after.subject)


def _named_in(version: Version, subject: str) -> bool:
    tokens = _reading(version).text.tokens
    lower = {token.lower for token in tokens}
    said = {token.norm for token in tokens} | {who for who, words in lexicon.persons(version.source.actor).items() if words & lower}
    return said.issuperset(subject.split())


def _overlap(value: str, other: str) -> bool:
    return not set(value.split()).isdisjoint(other.split())


def _opposed(pair: Pair) -> str:
    """What no repetition has: a deed for a promise, another path, the opposite."""
    earlier, later = _reading(pair.earlier), _reading(pair.later)
    if pair.earlier.type in TO_DO and pair.later.type is MemoryType.EVENT and is_done(later, pair.later.type):
        return "only one of the two is still to be done"
    if _of_two_places(earlier, later):
        return "it names another place"
    return "it says the opposite" if _opposite(earlier, later) else ""


def _differs(pair: Pair) -> str:
    """What a repetition seldom has that the other has not: numbers and dates, a denial, an ending. They are compared, not embedded."""
    earlier, later = _reading(pair.earlier), _reading(pair.later)
    for kind in {value.kind for value in earlier.text.values} & {value.kind for value in later.text.values}:
        before, after = ({value for value in reading.text.values if value.kind == kind} for reading in (earlier, later))
        if not before & after:
            return "it names other values"
    over = [reading.ends for reading in (earlier, later)]
    # What does not work any more does not work: an ending denies as well.
    if (earlier.negated or over[0]) == (later.negated or over[1]):
        return ""
    if any(over):
        return "only one of the two says that it is over"
    return "only one of the two denies it" if earlier.shares(later, SAME_WORDS) else ""


def _of_two_places(earlier: Reading, later: Reading) -> bool:
    """Whether each names a path, and the one with fewer names one that the other has not; "team/rota.xlsx" may be in "shared"."""
    fewer, more = sorted((_paths(reading) for reading in (earlier, later)), key=len)
    return bool(fewer) and not all(any(one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}") for other in more) for one in fewer)


def _paths(reading: Reading) -> list[str]:
    # "24/7", "km/h" and "and/or" are none.
    return [path for path in _PATH.findall(reading.lower) if path.startswith(("/", "~", ".")) or "." in path or min(map(len, path.split("/"))) > LONGEST_SIGN]
