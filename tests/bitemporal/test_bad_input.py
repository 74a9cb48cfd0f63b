"""What cannot be used is refused: with the right error, one that names what is wrong and repeats no content, and with nothing written."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from erstwhile.draft import Draft
from erstwhile.engine import Engine
from erstwhile.errors import ErstwhileError, InvalidInputError, NotFoundError
from erstwhile.model import Provenance, Scope
from erstwhile.scoped import ScopedMemory
from erstwhile.time import AsOf, Interval

SECRET = "SECRET"
NAIVE = datetime(2025, 1, 1, 12)  # noqa: DTZ001 - that is what must be refused
UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"

Act = Callable[[ScopedMemory], Any]


def _refused(ana: ScopedMemory, engine: Engine, act: Act, kind: type[ErstwhileError], says: str) -> None:
    versions = engine.info().versions
    with pytest.raises(kind, match=says) as caught:
        act(ana)
    error: BaseException | None = caught.value
    assert type(error) is kind
    while error is not None:
        assert SECRET not in str(error)
        assert SECRET not in repr(error)
        error = error.__cause__ or error.__context__
    assert engine.info().versions == versions


def _nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(depth):
        made = {"a": made}
    return made


CONTENTS: dict[str, tuple[Any, str]] = {
    "empty": ("", r"empty; give 1 to 32,768"),
    "blank": (" \n\t", r"empty; give 1 to 32,768"),
    "too long": (SECRET * 6_000, r"36,000 characters and at most 32,768.*shorten"),
    "NUL": (f"{SECRET}\0", r"NUL character at position 6; remove it"),
    "surrogate": (f"{SECRET}\ud800", r"lone surrogate at position 6; decode"),
    "bytes": (SECRET.encode(), r"expected text, got bytes"),
    "none": (None, r"expected text, got NoneType"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_content_that_cannot_be_kept(ana: ScopedMemory, engine: Engine, name: str) -> None:
    """Content that is no text, empty, too long or cannot be encoded is refused in each verb that takes it, by its length or place and never by its words."""
    content, says = CONTENTS[name]
    known = ana.remember("Ana lives in Porto")
    acts: list[Act] = [
        lambda ana: ana.remember(content),
        lambda ana: ana.correct(known, content),
        lambda ana: ana.recall(content),
        lambda ana: ana.remember_many(["fine", {"content": content}]),
    ]
    if name in {"too long", "NUL", "surrogate"}:
        acts.append(lambda ana: ana.observe([{"role": "user", "content": content}]))
    for act in acts:
        _refused(ana, engine, act, InvalidInputError, says)


PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({"type": "rumour"}, "'rumour' is not a memory type; choose one of fact"),
    "type number": ({"type": 3}, "Expected a memory type, got int; choose one of fact"),
    "naive start": ({"valid_from": NAIVE}, r"valid_from: 2025-01-01T12:00:00 has no time zone; say which"),
    "naive end": ({"valid_to": NAIVE}, r"valid_to: .* has no time zone"),
    "naive text": ({"expires_at": "2025-01-01T12:00"}, r"expires_at: .* has no time zone"),
    "no time": ({"valid_from": "next tuesday"}, r"valid_from: a text of 12 characters is not a time; give"),
    "a number": ({"valid_from": 5}, r"valid_from: expected an aware datetime.*got int"),
    "reversed": ({"valid_from": "2025-02-01", "valid_to": "2025-01-01"}, r"ends at 2025-01-01.*give an end later"),
    "empty interval": ({"valid_from": "2025-02-01", "valid_to": "2025-02-01"}, r"not after its start"),
    "ended before now": ({"valid_to": "2024-01-01"}, r"ends at 2024-01-01.*give an end later"),
    "expired before it began": ({"valid_from": "2025-02-01", "expires_at": "2025-01-01"}, r"expires at 2025-01-01.*give a later expiry"),
    "expired before now": ({"expires_at": "2024-01-01"}, r"expires at 2024-01-01.*give a later expiry"),
    "huge metadata": ({"metadata": {"a": SECRET * 20_000}}, r"metadata takes 120,009 bytes.*at most 65,536.*reference"),
    "unserialisable metadata": ({"metadata": {"a": object()}}, r"metadata cannot be written as JSON; use"),
    "surrogate in metadata": ({"metadata": {"a": f"{SECRET}\ud800"}}, r"metadata cannot be written as JSON"),
    "deep metadata": ({"metadata": _nested(100_000)}, r"metadata cannot be written as JSON"),
    "many tags": ({"tags": [f"t{number}" for number in range(65)]}, r"tags: 65 given and at most 64"),
    "many aliases": ({"aliases": [f"t{number}" for number in range(65)]}, r"aliases: 65 given and at most 64"),
    "one tag": ({"tags": SECRET}, r"tags: expected a list of texts, got str"),
    "empty tag": ({"tags": [""]}, r"each of tags is empty"),
    "long tag": ({"tags": [SECRET * 50]}, r"each of tags has 300 characters and at most 256"),
    "number tag": ({"tags": [7]}, r"each of tags: expected text, got int"),
    "confidence": ({"confidence": 1.5}, r"confidence is 1.5; give a number from 0 to 1"),
    "negative": ({"importance": -0.1}, r"importance is -0.1; give"),
    "not a number": ({"confidence": float("nan")}, r"confidence is nan; give"),
    "boolean": ({"confidence": True}, r"confidence is True; give"),
    "text": ({"confidence": "high"}, r"confidence is 'high'; give"),
    "source": ({"source": SECRET}, r"source: expected a Provenance, got str"),
}


@pytest.mark.parametrize("name", PARTS)
def test_parts_that_cannot_be_kept(ana: ScopedMemory, engine: Engine, name: str) -> None:
    """A part of a memory that cannot be kept is refused by name, with the mend, when it is remembered and when it is corrected."""
    given, says = PARTS[name]
    known = ana.remember("Ana lives in Porto")
    _refused(ana, engine, lambda ana: ana.remember(f"{SECRET} plan", **given), InvalidInputError, says)
    _refused(ana, engine, lambda ana: ana.correct(known, f"{SECRET} plan", **given), InvalidInputError, says)


@pytest.mark.parametrize("name", PARTS)
def test_parts_that_cannot_be_kept_among_others(ana: ScopedMemory, engine: Engine, name: str) -> None:
    """A part that cannot be kept stops all drafts that it came with, those before it included."""
    given, says = PARTS[name]
    _refused(ana, engine, lambda ana: ana.remember_many(["fine", {"content": f"{SECRET} plan", **given}]), InvalidInputError, says)


REFS: dict[str, tuple[Any, type[ErstwhileError], str]] = {
    "content": (f"{SECRET} plan", InvalidInputError, r"a text of 11 characters is not an id; ids look like"),
    "part of an id": ("01890a5d", InvalidInputError, r"'01890a5d' is not an id"),
    "empty": ("", InvalidInputError, r"'' is not an id; ids look like"),
    "number": (7, InvalidInputError, r"Expected a memory id or what a call returned, got int"),
    "none": (None, InvalidInputError, r"got NoneType"),
    "unknown": (UNKNOWN, NotFoundError, rf"no memory or version {UNKNOWN} in this scope; check the id and the scope"),
}


@pytest.mark.parametrize("name", REFS)
def test_references_that_lead_nowhere(ana: ScopedMemory, engine: Engine, name: str) -> None:
    """What is no id, or the id of nothing in this scope, is refused by every verb; a content given by mistake is not repeated."""
    ref, kind, says = REFS[name]
    known = ana.remember("Ana lives in Porto")
    acts: list[Act] = [
        lambda ana: ana.correct(ref, "Ana lives in Gaia"),
        lambda ana: ana.retract(ref),
        lambda ana: ana.history(ref),
        lambda ana: ana.erase(ref),
        lambda ana: ana.erase(known, ref),
        lambda ana: ana.remember("Ana lives in Gaia", supersedes=[known, ref]),
    ]
    for act in acts:
        _refused(ana, engine, act, kind, says)


CALLS: dict[str, tuple[Act, str]] = {
    "nothing to correct": (lambda ana: ana.correct(ana.snapshot()[0]), r"Nothing to correct was given; give the new content"),
    "correct after expiry": (lambda ana: ana.correct(ana.snapshot()[0], expires_at="2020-01-01"), r"expires at 2020-01-01.*give a later expiry"),
    "correct to before its start": (lambda ana: ana.correct(ana.snapshot()[0], valid_to="2020-01-01"), r"ends at 2020-01-01.*give an end later"),
    "correct at no time": (lambda ana: ana.correct(ana.snapshot()[0], "x", at=NAIVE), r"at: .* has no time zone"),
    "k zero": (lambda ana: ana.recall("tea", k=0), r"k is 0; give a whole number from 1 to 1,000"),
    "k true": (lambda ana: ana.recall("tea", k=True), r"k is True; give"),
    "k text": (lambda ana: ana.recall("tea", k="5"), r"k is '5'; give"),  # type: ignore[arg-type]
    "k float": (lambda ana: ana.recall("tea", k=5.0), r"k is 5.0; give"),  # type: ignore[arg-type]
    "k large": (lambda ana: ana.recall("tea", k=1_001), r"k is 1001; give"),
    "system in the future": (lambda ana: ana.recall("tea", as_of=AsOf(system="2031-01-01")), r"system time 2031-01-01.*lies in the future.*Leave it out"),
    "snapshot of the future": (lambda ana: ana.snapshot(as_of=AsOf(system="2031-01-01")), r"lies in the future"),
    "during and as_of": (lambda ana: ana.recall("tea", as_of="2025-01-01", during=Interval(start="2025-01-01")), r"Both during and a valid time.*give either"),
    "naive as_of": (lambda ana: ana.recall("tea", as_of=NAIVE), r"as_of: .* has no time zone"),
    "unknown type": (lambda ana: ana.recall("tea", types=["rumour"]), r"'rumour' is not a memory type"),
    "tags as a text": (lambda ana: ana.recall("tea", tags=SECRET), r"tags: expected a list of texts, got str"),
    "changes backwards": (lambda ana: ana.changes("2025-02-01", "2025-01-01"), r"ends at 2025-01-01"),
    "naive since": (lambda ana: ana.changes(NAIVE), r"since: .* has no time zone"),
    "erase nothing": (lambda ana: ana.erase(), r"Say what to erase: either memories, or everything=True"),
    "erase both": (lambda ana: ana.erase(ana.snapshot()[0], everything=True), r"Say what to erase"),
    "one draft": (lambda ana: ana.remember_many(Draft(content=SECRET)), r"Expected a list of drafts, got one Draft"),  # type: ignore[arg-type]
    "one text": (lambda ana: ana.remember_many(SECRET), r"Expected a list of drafts, got one str"),
    "one message": (lambda ana: ana.observe({"role": "user", "content": SECRET}), r"expected a list of messages, got one dict"),  # type: ignore[arg-type]
    "no role": (lambda ana: ana.observe([{"content": SECRET}]), r"message 0 has no role"),
    "naive message": (lambda ana: ana.observe([{"role": "user", "content": SECRET, "at": NAIVE}]), r"message 0 at: .* has no time zone"),
    "not a message": (lambda ana: ana.observe([{"role": "user", "content": "fine"}, SECRET]), r"message 1: expected a Message"),  # type: ignore[list-item]
    "empty key": (lambda ana: ana.remember(SECRET, key=" "), r"idempotency key is empty"),
    "source turn": (lambda ana: ana.remember(SECRET, source=Provenance(turn=-1)), r"source turn is -1; give its place"),
    "surrogate in derived_from": (lambda ana: ana.remember(SECRET, derived_from=["\ud800"]), r"derived_from has a lone surrogate"),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_that_make_no_sense(ana: ScopedMemory, engine: Engine, name: str) -> None:
    """A call with arguments that cannot be used, or not together, is refused with the mend; nothing is written or removed."""
    act, says = CALLS[name]
    ana.remember("Ana likes tea")
    _refused(ana, engine, act, InvalidInputError, says)


@pytest.mark.parametrize(
    ("open_scope", "says"),
    [
        (lambda engine: engine.scope(), "scope is empty; name at least one of tenant, user, agent, session, project"),
        (lambda engine: engine.scope(user=""), "scope user is empty"),
        (lambda engine: engine.scope(Scope(user="ana"), user="ana"), "Both a Scope and parts of one were given; give either"),
        (lambda engine: engine.scope(user=7), "scope user: expected text, got int"),
        (lambda engine: engine.scope(user="\ud800"), "scope user has a lone surrogate"),
    ],
)
def test_scopes_that_are_none(engine: Engine, open_scope: Callable[[Engine], object], says: str) -> None:
    """A scope without parts never means everything, and one that is given twice is never guessed at."""
    with pytest.raises(InvalidInputError, match=says):
        open_scope(engine)


@pytest.mark.parametrize(
    "bad", ["", {"content": "fine", "colour": SECRET}, {"content": "fine", "type": "rumour"}, 7, {"type": "fact"}, {"supersedes": "x", "content": "a"}]
)
def test_one_bad_draft_stops_them_all(ana: ScopedMemory, engine: Engine, bad: Any) -> None:  # noqa: ANN401 - whatever a caller may give
    """Of many drafts with a bad one among them none is written, and the error names its place."""
    _refused(ana, engine, lambda ana: ana.remember_many(["one", {"content": "two"}, bad, Draft(content="four")]), InvalidInputError, "Draft 2: ")
    assert [outcome.action for outcome in ana.remember_many(["one", {"content": "two"}])] == ["remembered", "remembered"]


def test_a_bad_reference_in_one_of_many_writes_nothing(ana: ScopedMemory, engine: Engine) -> None:
    """A draft that supersedes what is not there is found before the first of them is written."""
    drafts = [{"content": "one"}, {"content": "two", "supersedes": [UNKNOWN]}]
    _refused(ana, engine, lambda ana: ana.remember_many(drafts), NotFoundError, UNKNOWN)
