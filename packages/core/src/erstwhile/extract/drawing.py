"""What is drawn from one turn, and what is left out of it."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from typing import Final

from erstwhile.extract.clauses import clauses
from erstwhile.extract.openings import plain, without_opening
from erstwhile.extract.protocol import Drawn
from erstwhile.extract.scoring import weighed
from erstwhile.extract.sentences import Sentence, quoted_spans, sentences
from erstwhile.extract.worth import is_own, said_by_agent, worth
from erstwhile.model import SourceKind, Version
from erstwhile.turns import AGENTS, SILENT, role_name

__all__ = ["drawn_from"]

MAX_DRAWN: Final = 20
"""Most memories of one turn."""
MAX_SENTENCE: Final = 400
"""Longest sentence that is read, in characters: what is longer is rarely one statement."""
MAX_READ: Final = 600
"""Most sentences of one turn that are read."""
MATERIAL: Final = 12
"""From so many sentences on, a turn that hardly speaks of its speaker is taken for pasted material."""
OWN_SHARE: Final = 0.25
"""Below this share of sentences in the first person, a long turn is material: only what is in the first person is drawn from it."""
_AROUND: Final = " \t\r\n,;:-\u2013—*_"


def drawn_from(turn: Version, *, place: int) -> list[Drawn]:
    """The memories of one turn, in the order of its text; ``place`` is the turn's among those that were handed in."""
    role = role_name(str(turn.metadata.get("role") or turn.source.actor))
    if role in SILENT or turn.source.kind is SourceKind.TOOL:
        return []
    text = turn.content
    found: dict[str, Drawn] = {}
    for content, confidence in _by_agent(text) if role in AGENTS else _by_person(text):
        if content not in found:
            kind, sure = weighed(content)
            found[content] = Drawn(turn=place, content=content, type=kind, type_confidence=sure, confidence=confidence, quote=content)
    drawn = list(found.values())
    if len(drawn) <= MAX_DRAWN:
        return drawn
    surest = sorted(range(len(drawn)), key=lambda at: (-drawn[at].confidence, at))[:MAX_DRAWN]
    return [drawn[at] for at in sorted(surest)]


def _by_person(text: str) -> Iterator[tuple[str, float]]:
    quoted = quoted_spans(text)
    read = list(islice(sentences(text), MAX_READ))
    pasted = _is_pasted(text, read)
    for sentence in read:
        for content, low in _parts(text, sentence, quoted):
            confidence = worth(low)
            if confidence is None or (pasted and not is_own(low)):
                continue
            yield content, confidence


def _by_agent(text: str) -> Iterator[tuple[str, float]]:
    quoted = quoted_spans(text)
    for sentence in islice(sentences(text), MAX_READ):
        if sentence.item:
            # What an agent lists is advice or explanation.
            continue
        for content, low in _parts(text, sentence, quoted):
            if (confidence := said_by_agent(low)) is not None:
                yield content, confidence


def _parts(text: str, sentence: Sentence, quoted: list[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    # The clauses of a sentence, as written and in lower case; nothing where it is too long or mostly somebody's quoted words.
    if sentence.end - sentence.start > MAX_SENTENCE:
        return
    start = sentence.start + without_opening(text[sentence.start : sentence.end])
    body = text[start : sentence.end]
    first = bisect_right(quoted, start, key=itemgetter(1))
    inside = [(max(opened - start, 0), closed - start) for opened, closed in islice(quoted, first, first + MAX_SENTENCE) if opened < sentence.end]
    if inside and (inside[0][0] == 0 and quoted[first][0] < start):
        return
    if sum(min(closed, len(body)) - opened for opened, closed in inside) * 2 > len(body):
        return
    for begun, ended in clauses(body, plain(body), inside):
        content = body[begun:ended].strip(_AROUND)
        cut = without_opening(content)
        content = content[cut:].rstrip(_AROUND)
        if content:
            yield content, plain(content)


def _is_pasted(text: str, read: list[Sentence]) -> bool:
    # Whether the turn is mostly material for a task, such as a text to summarise.
    if len(read) < MATERIAL:
        return False
    spoken = [plain(text[sentence.start : min(sentence.end, sentence.start + MAX_SENTENCE)]) for sentence in read]
    return sum(map(is_own, spoken)) < OWN_SHARE * len(read)
