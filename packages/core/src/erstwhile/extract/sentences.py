"""From the text of a turn to its sentences, as places in the text: code, quotations and markup are left out.

Our own and small, because what is hard in a conversation is not what libraries for prose are good at: lines, bullets, code, paths and quotations. And since
the memories drawn are kept for years, where a sentence ends must not change with the release of a library.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from erstwhile.extract.words import ABBREVIATIONS, ENDING_ABBREVIATIONS, OPENERS

__all__ = ["Sentence", "quoted_spans", "sentences"]

_FENCE: Final = re.compile(r"[ \t]*(```|~~~)")
_BULLET: Final = re.compile(r"[ \t]*(?:[-*+•‣\u2013][ \t]+(?:\[[ xX]\][ \t]+)?|\(?(?:\d{1,3}|[a-zA-Z])[.)][ \t]+)")
_HEADING: Final = re.compile(r"[ \t]*(?:#{1,6}[ \t]|[=\-*_]{3,}[ \t]*$|\||>)")
_CODE: Final = re.compile(
    r"""[ \t]*(?:(?:import|from)\ [\w.]+(?:\ import\b|[ \t]*;?$)|(?:def|class|func|fn|interface|struct)\ \w+.{0,80}[:({]|(?:const|let|var|val)\ \w+[ \t]*[:=]
    |(?:public|private|protected|static|async\ def|export)\ \w+
    |return\b.{0,80};?$|\#include|\#!|//|/\*|<[/!?\w][^>]{0,200}>|@\w+[ \t]*[($]|\$[ \t]\w|>>>|\.\.\.[ \t]|%\w|\w+\ ?=\ ?\S
    |Traceback\ |File\ "|at\ [\w.$<>]+[( ]|Caused\ by:
    |[\w.]*(?:Error|Exception|Warning):|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?(?:INFO|DEBUG|WARN|WARNING|ERROR|FATAL|TRACE)\b[\]: ]
    |(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\ .{0,80}\b(?:FROM|INTO|SET|TABLE)\b|[{}\[\]()]|"[^"]{0,80}":)""",
    re.VERBOSE,
)
_CODE_END: Final = re.compile(r"(?:[{};]|\)\s*[{:;]|=>|\\)[ \t]*$")
_SYMBOLS: Final = re.compile(r"[{}\[\]<>=|\\;$^~]|::|->|\(\)")
_STOP: Final = re.compile(r"[.!?…。\uff01\uff1f]{1,8}[\"'”\u2019»)\]*_]{0,4}(?=\s|$)|[。\uff01\uff1f]")
_EMOJI_END: Final = re.compile(r"(?:[\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F\u200D]{1,12}|[:;]-?[)(DPp])(?=\s+[A-Z])")
_QUOTE: Final = re.compile(r"[\"“”«»'\u2018\u2019\n]")
_LAST_WORD: Final = re.compile(r"[\w.&'\u2019-]+$")
_INITIALS: Final = re.compile(r"[a-z](?:\.[a-z])+")
_WINDOW: Final = 40
"""How far back the word before a full stop is looked for, in characters."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as a place in the text.

    Attributes:
        start, end: Where it is; marks and blanks around it are left out.
        item: Whether it stands in a list.
    """

    start: int
    end: int
    item: bool


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Where quotations are, marks included. One that is never closed reaches to the end of its line."""
    spans: list[tuple[int, int]] = []
    opened = 0
    closing = ""
    for mark in _QUOTE.finditer(text):
        char, place = mark.group(), mark.start()
        if not closing:
            opened, closing = place, _closing(text, place)
        elif char == closing and not (char in "'\u2019" and text[place + 1 : place + 2].isalnum()):
            spans.append((opened, place + 1))
            closing = ""
        elif char == "\n" and closing in "'\u2019":
            # What the line does not close was an apostrophe.
            closing = ""
    if closing and closing not in "'\u2019":
        end = text.find("\n", opened)
        spans.append((opened, len(text) if end < 0 else end))
    return spans


def _closing(text: str, place: int) -> str:
    # The mark that would close a quotation opened here; none where this mark opens nothing, as in 5" or don't.
    char = text[place]
    if char == '"':
        return "" if text[place - 1 : place].isdigit() else char
    if char in "'\u2018" and text[place + 1 : place + 2].isalpha() and (place == 0 or text[place - 1] in " \t\n(:,"):
        return "'" if char == "'" else "\u2019"
    return {"“": "”", "«": "»"}.get(char, "")


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a turn that are prose, in order."""
    quoted = quoted_spans(text)
    for start, end, item in _paragraphs(text):
        for first, last in _split(text, start, end, quoted):
            yield Sentence(first, last, item)


def _paragraphs(text: str) -> Iterator[tuple[int, int, bool]]:
    # Lines that run on are one paragraph; a bullet, a heading, a blank line and code end it.
    fenced = False
    held: tuple[int, int, bool] | None = None
    place = 0
    for line in text.splitlines(keepends=True):
        start, place = place, place + len(line)
        body = line.rstrip()
        if _FENCE.match(body):
            # A fence that closes on its own line is a word in a sentence at most.
            fenced = fenced != (body.count("```") + body.count("~~~") == 1)
            kept = None
        else:
            kept = None if fenced else _prose(body)
        if kept is None:
            if held:
                yield held
            held = None
            continue
        offset, item = kept
        if held and not item and body[:1].islower() and text[held[1] - 1] not in ".!?:":
            held = (held[0], start + len(body), held[2])
            continue
        if held:
            yield held
        held = (start + offset, start + len(body), item)
    if held:
        yield held


def _prose(line: str) -> tuple[int, bool] | None:
    # Where the prose of a line begins, and whether it is an item of a list; None where it is no prose.
    if not line.strip() or _HEADING.match(line):
        return None
    bullet = _BULLET.match(line)
    offset = bullet.end() if bullet else len(line) - len(line.lstrip())
    if _CODE.match(line, offset) or _CODE_END.search(line[-80:]):
        return None
    if len(_SYMBOLS.findall(line)) * 12 > len(line):
        return None
    return offset, bullet is not None


def _split(text: str, start: int, end: int, quoted: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    # Spans do not overlap, so their ends are in order too.
    nearest = bisect_right(quoted, start, key=itemgetter(1))
    first = start
    for stop in sorted([*_STOP.finditer(text, start, end), *_EMOJI_END.finditer(text, start, end)], key=re.Match.end):
        while nearest < len(quoted) and quoted[nearest][1] < stop.end():
            nearest += 1
        # Within a quotation nothing ends but the quotation itself.
        if nearest < len(quoted) and quoted[nearest][0] < stop.start() and stop.end() < quoted[nearest][1]:
            continue
        if not _ends(text, stop, end, first):
            continue
        yield from _trimmed(text, first, stop.end())
        first = stop.end()
    yield from _trimmed(text, first, end)


def _ends(text: str, stop: re.Match[str], end: int, first: int) -> bool:
    following = text[stop.end() : min(end, stop.end() + 8)].lstrip()
    mark = stop.group()
    if not following:
        return True
    if mark.startswith("..") or (mark[0] != "." and mark[-1] in "\"'”\u2019»)"):
        return not following[0].islower()
    return mark[0] != "." or not _is_abbreviated(_LAST_WORD.search(text, max(first, stop.start() - _WINDOW), stop.start()), following)


def _is_abbreviated(word: re.Match[str] | None, following: str) -> bool:
    if word is None:
        return False
    last = word.group().lower()
    if last in ABBREVIATIONS:
        # "At 5 p.m. We left" ends a sentence; "Dr. Smith" and "e.g. this" do not.
        return not (last in ENDING_ABBREVIATIONS and following[0].isupper() and following.split(maxsplit=1)[0].lower() in OPENERS)
    return bool(_INITIALS.fullmatch(last)) or (len(last) == 1 and last != "i" and word.group().isupper())


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and (text[start].isspace() or text[start] in "*_•"):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in "*_"):
        end -= 1
    if start < end:
        yield start, end
