"""Hypothesis strategies for the model: instants, intervals, scopes, versions, rows and filters."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from erstwhile.errors import MissingDependencyError
from erstwhile.model import Links, MemoryType, Provenance, Scope, SourceKind, Version
from erstwhile.store import TURN, Row, Where
from erstwhile.testing.rows import make_row, make_version
from erstwhile.time import Interval
from erstwhile.versions import new_id

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["WORDS", "instants", "intervals", "names", "rows", "scopes", "shares", "texts", "versions", "wheres"]

WORDS: Final = ("porto", "lisbon", "moved", "likes", "coffee", "tea", "running", "runs", "manager", "Óbidos", "naïve", "42", "the", "日本", "🙂")
"""Few, so that texts share them: with accents, inflections, a stop word, a number, and what has no word at all."""
EARLIEST: Final = datetime(1685, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2255, 5, 1, tzinfo=UTC)
"""Between these, a store must tell microseconds apart."""


def instants(*, first: datetime = EARLIEST, last: datetime = LATEST) -> st.SearchStrategy[datetime]:
    """Aware times in UTC."""
    return st.datetimes(min_value=first.replace(tzinfo=None), max_value=last.replace(tzinfo=None), timezones=st.just(UTC))


@st.composite
def intervals(draw: st.DrawFn, times: st.SearchStrategy[datetime] | None = None, *, may_be_open: bool = True) -> Interval:
    """Closed-open stretches of time, some without an end."""
    ends = instants() if times is None else times
    if may_be_open and draw(st.booleans()):
        return Interval(start=draw(ends))
    start, end = sorted(draw(st.lists(ends, min_size=2, max_size=2, unique=True)))
    return Interval(start=start, end=end)


def names() -> st.SearchStrategy[str]:
    """Texts that can be a tag, a part of a scope or a key, in any script."""
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12).filter(str.strip)


def scopes() -> st.SearchStrategy[Scope]:
    """Scopes of which some share parts."""
    part = st.none() | st.sampled_from(["ana", "Ana", "bo", "日本", 'a"b'])
    parts = st.fixed_dictionaries({"tenant": part, "user": part, "agent": part, "session": part, "project": part})
    return parts.filter(lambda given: any(given.values())).map(lambda given: Scope(**given))


def shares() -> st.SearchStrategy[float]:
    """Numbers from 0 to 1, many of them alike, and some that differ by less than a millionth."""
    return st.sampled_from([0.0, 0.1, 0.1 + 1e-9, 0.7, 0.1 * 7, 1.0]) | st.floats(0, 1)


def texts() -> st.SearchStrategy[str]:
    """Contents that share words, and now and then any text at all."""
    sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
    return sentences | sentences | names()


@st.composite
def versions(draw: st.DrawFn, *, within: st.SearchStrategy[Scope] | None = None, times: st.SearchStrategy[datetime] | None = None) -> Version:
    """Versions of every kind: turns and memories, believed and closed, open and ended, expiring, tagged, linked.

    Args:
        within: Their scopes. Default: any of `scopes`.
        times: Where their times are taken from; few different ones make them meet. Default: `instants`.
    """
    ends = instants() if times is None else times
    valid, believed = draw(intervals(ends)), draw(intervals(ends))
    expires = draw(st.none() | st.none() | ends)
    few = st.lists(st.sampled_from(["red", "green", "blå"]), max_size=2, unique=True).map(tuple)
    ids = st.lists(st.sampled_from([f"00000000-0000-7000-8000-00000000000{digit}" for digit in range(3)]), max_size=2, unique=True).map(tuple)
    source = Provenance(
        kind=draw(st.sampled_from(SourceKind)),
        actor=draw(st.sampled_from(["user", "User", "日本"])),
        session=draw(st.sampled_from([None, "s1", "s2"])),
        turn=draw(st.none() | st.integers(0, 5)),
    )
    return make_version(
        draw(texts()),
        id=new_id(),
        memory_id=draw(st.sampled_from([f"00000000-0000-7000-8000-0000000000a{digit}" for digit in range(4)])),
        type=draw(st.none() | st.sampled_from(MemoryType)),
        scope=draw(scopes() if within is None else within),
        source=source,
        valid_from=valid.start,
        valid_to=valid.end,
        system_from=believed.start,
        system_to=believed.end,
        expires_at=expires if expires is not None and expires > valid.start else None,
        confidence=draw(shares()),
        pinned=draw(st.booleans()),
        quarantine=draw(st.sampled_from([(), (), ("override",)])),
        tags=draw(few),
        aliases=draw(few),
        metadata=draw(st.dictionaries(names(), st.none() | st.booleans() | st.integers(-9, 9) | names(), max_size=2)),
        links=Links(derived_from=draw(ids), contradicts=draw(st.sampled_from([(), (), ("00000000-0000-7000-8000-0000000000a0",)]))),
        keys=draw(st.lists(st.sampled_from(["k1", "k2", "k3"]), max_size=2, unique=True).map(tuple)),
    )


def rows(*, within: st.SearchStrategy[Scope] | None = None, times: st.SearchStrategy[datetime] | None = None) -> st.SearchStrategy[Row]:
    """Versions with the vectors of their contents."""
    return versions(within=within, times=times).map(make_row)


@st.composite
def wheres(draw: st.DrawFn, known: Sequence[Version], *, times: st.SearchStrategy[datetime] | None = None) -> Where:
    """Filters with up to four conditions, most of them met by some of the versions given.

    Args:
        known: The versions that are there; at least one.
        times: Further times to ask about. Default: `instants`.
    """
    marks = {time for version in known for time in (version.valid_from, version.valid_to, version.system_from, version.system_to, version.expires_at) if time}
    ends = st.sampled_from(sorted(marks)) | (instants() if times is None else times)
    some = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
    makers: dict[str, st.SearchStrategy[Any]] = {
        "ids": st.just(tuple(version.id for version in some)),
        "memory_ids": st.just(tuple(version.memory_id for version in some)),
        "types": st.lists(st.sampled_from([TURN, *MemoryType]), min_size=1, max_size=5).map(tuple),
        "tags": st.lists(st.sampled_from(["red", "green", "blå", "none"]), min_size=1, max_size=2).map(tuple),
        "keys": st.lists(st.sampled_from(["k1", "k2", "k4"]), min_size=1, max_size=2).map(tuple),
        "derived_from": st.just(tuple(id for version in some for id in version.links.derived_from)),
        "actors": st.lists(st.sampled_from(["user", "日本", "bo"]), min_size=1, max_size=2).map(tuple),
        "names": st.lists(st.sampled_from(["user", "日本", "bo"]), min_size=1, max_size=2).map(tuple),
        "related": st.just(tuple(tie.memory_id for version in some for tie in version.ties)),
        "kinds": st.lists(st.sampled_from(SourceKind), min_size=1, max_size=6).map(tuple),
        "session": st.sampled_from(["s1", "s2", "s3"]),
        "turns": st.tuples(st.integers(0, 5), st.integers(0, 6)),
        "places": st.lists(st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.integers(0, 6)), max_size=9).map(tuple),
        "confidence": shares(),
        "pinned": st.booleans(),
        "quarantined": st.booleans(),
        "contested": st.sampled_from([True]),
        "unended": st.sampled_from([True]),
        "expired": ends,
        "believed": st.booleans() | ends,
        "valid": ends,
        "during": intervals(ends),
        "changed": intervals(ends),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(makers)), max_size=4, unique=True))
    within = draw(st.lists(st.sampled_from([version.scope for version in known]) | scopes(), min_size=1, max_size=3, unique=True))
    return Where(scopes=tuple(within), **{name: draw(makers[name]) for name in chosen})
