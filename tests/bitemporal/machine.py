"""The engine and a naive list of rows, driven side by side, on every store: what the tests of both run."""

import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from qdrant_client import QdrantClient
from tests.bitemporal import naive

from erstwhile.embed import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.errors import InvalidInputError, NotFoundError
from erstwhile.model import Provenance, Scope, Version
from erstwhile.results import Action, Outcome
from erstwhile.store import ReferenceStore, Store, Where
from erstwhile.store.edge import EdgeStore
from erstwhile.store.server import ServerStore
from erstwhile.testing import FixedClock
from erstwhile.time import AsOf

MODEL = HashingEmbedder()
PARTS: dict[str, Any] = {"fingerprint": MODEL.fingerprint, "dimension": MODEL.dimension}
TICK = timedelta(microseconds=1)
DAYS = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(9)]
ANA, BO = Scope(user="ana"), Scope(user="bo")

scopes = st.sampled_from([ANA, ANA, ANA, BO])
picks = st.integers(0, 11)
days = st.integers(0, len(DAYS) - 2)
lengths = st.integers(1, 4)
maybe_lengths = st.none() | lengths
contents = st.sampled_from(["Ana lives in Porto", "Ana lives in Lisbon", "Bo likes tea", "coffee at nine"])
kinds = st.sampled_from([None, None, "fact", "goal", "preference"])
maybe_days = st.none() | days
expiries = st.sampled_from([None, None, None, 1, 3])
refs = st.lists(picks, min_size=1, max_size=1) | st.lists(picks, min_size=1, max_size=3)
sources = st.sampled_from([None, None, "a page"])
keys = st.sampled_from([None, None, None, "k1", "k2"])


@cache
def _told(content: str) -> str:
    # The type of an untyped memory is told by its words alone, whatever the story.
    with Engine(store=ReferenceStore(**PARTS), embedder=MODEL, clock=FixedClock()) as engine:
        return str(engine.scope(ANA).remember(content, relate=False).version.type)


class Machine(RuleBasedStateMachine):
    """One engine, one naive list. Subclasses say on which store."""

    def make(self) -> Store:
        """A new, empty store."""
        return ReferenceStore(**PARTS)

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(DAYS[3])
        self.store = self.make()
        self.engine = Engine(store=self.store, embedder=MODEL, clock=self.clock)
        self.list = naive.Naive()
        self.last = DAYS[0] - timedelta(days=365)
        self.steps = 0

    def teardown(self) -> None:
        for time, _ in self.list.copies:
            for scope in (ANA, BO):
                self._same_snapshots((scope,), time, DAYS[::3])
        self.engine.close()

    # --- writes ---

    def _now(self) -> datetime:
        return max(self.clock.now(), self.last + TICK)

    def _written(self, outcome: Outcome, scope: Scope, lines: dict[str, Any], action: str) -> None:
        now = outcome.written[0].system_from
        assert now > self.last
        closed, appended = self.list.commit(scope, lines, now, action)
        self._take_ids(appended, outcome.written)
        assert {row.id for row in closed} == {version.id for version in outcome.ended}
        self.last = now

    def _take_ids(self, appended: list[Any], written: tuple[Version, ...]) -> None:
        assert sorted(map(repr, map(naive.Row.seen, appended))) == sorted(map(repr, map(naive.seen, written)))
        ids = {(version.memory_id, version.valid_from): version.id for version in written}
        for row in appended:
            row.id = ids[row.memory, row.start]

    @initialize(starts=st.tuples(days, days, days), expiry=lengths)
    def begin(self, starts: tuple[int, int, int], expiry: int) -> None:
        # A chain of two or three, something that expires, and something drawn from either: without them, most stories would be short of all that is hard.
        for number, start in enumerate(starts):
            self._say(ANA, f"story {number}", start=start, refs=[0] if number else ())
        self._say(ANA, "for a while", start=starts[0], expiry=expiry)
        self._say(ANA, "drawn", start=starts[1], drawn_from=starts[2])

    @rule(
        scope=scopes,
        content=contents,
        kind=kinds,
        start=maybe_days,
        length=maybe_lengths,
        expiry=expiries,
        drawn_from=st.none() | picks,
        source=sources,
        key=keys,
    )
    def remember(self, scope: Scope, content: str, **given: Any) -> None:  # noqa: ANN401 - as drawn
        self._say(scope, content, **given)

    @rule(scope=scopes, content=contents, kind=kinds, start=days, length=maybe_lengths, refs=refs)
    def supersede(self, scope: Scope, content: str, **given: Any) -> None:  # noqa: ANN401 - as drawn
        self._say(scope, content, **given)

    @rule(content=contents, start=maybe_days, expiry=expiries, refs=refs, key=keys)
    def supersede_now(self, content: str, **given: Any) -> None:  # noqa: ANN401 - as drawn
        self._say(ANA, content, **given)

    def _say(
        self,
        scope: Scope,
        content: str,
        *,
        kind: str | None = None,
        start: int | None = None,
        length: int | None = None,
        expiry: int | None = None,
        refs: list[int] | tuple[()] = (),
        drawn_from: int | None = None,
        source: str | None = None,
        key: str | None = None,
    ) -> None:
        known = self.list.memories(scope)
        chosen = tuple(dict.fromkeys(known[pick % len(known)] for pick in refs)) if known else ()
        now = self._now()
        since = None if start is None else DAYS[start]
        begin = since or now
        end = None if length is None else begin + timedelta(days=length)
        expires = None if expiry is None else begin + timedelta(days=expiry)
        rows = [row for row in self.list.rows if row.scope == scope]
        derived = (rows[drawn_from % len(rows)].id,) if rows and drawn_from is not None else ()
        said = (content, source, since, end, expires, chosen) if key is None else key
        before = [row for row in rows if said in row.fact.keys and (key or source or (row.until is None and row.holds(begin)))]
        oldest = min(chosen, default=None)
        inherited = {row.fact.kind for row in self.list.believed(oldest)} if oldest else {_told(content)}
        if len(inherited) > 1 and kind is None:
            return  # of which of its versions the type is taken is not said
        times = {"valid_from": since, "valid_to": end, "expires_at": expires}
        given: dict[str, Any] = {"type": kind, "supersedes": chosen, "derived_from": derived, "relate": False, **times}
        outcome = self.engine.scope(scope).remember(content, source=Provenance(reference=source), key=key, **given)
        if before:
            assert (outcome.action, outcome.written) == (Action.UNCHANGED, ())
            assert outcome.version.id == min(row.id for row in before)
            return
        memory = oldest or outcome.memory_id
        lines = self.list.tried(sorted(chosen) or [memory])
        naive.place(list(lines.values()), naive.Fact(content, kind or min(inherited), expires, derived, (said,)), begin, end)
        action = Action.REMEMBERED if not chosen else Action.SUPERSEDED if outcome.ended else Action.PLACED
        assert (outcome.action, outcome.memory_id) == (action, memory)
        self._written(outcome, scope, lines, action)

    @precondition(lambda self: self.list.memories(ANA))
    @rule(
        scope=scopes,
        pick=picks,
        by_version=st.booleans(),
        content=st.none() | contents,
        kind=kinds,
        start=st.none() | days,
        length=st.none() | st.just(0) | lengths,
        at=days,
    )
    def correct(
        self, *, scope: Scope, pick: int, by_version: bool, content: str | None, kind: str | None, start: int | None, length: int | None, at: int
    ) -> None:
        known = self.list.memories(scope)
        if not known:
            return
        memory = known[pick % len(known)]
        rows = self.list.believed(memory)
        old = rows[pick % len(rows)] if by_version else [rows[0], *(row for row in rows if row.start <= DAYS[at])][-1]
        begin = old.start if start is None else DAYS[start]
        end = old.end if length is None else None if length == 0 else begin + timedelta(days=length)
        given: dict[str, Any] = {"content": content, "type": kind, "valid_from": None if start is None else begin}
        given = {name: value for name, value in given.items() if value is not None} | ({} if length is None else {"valid_to": end})
        target = self.engine.scope(scope)
        ref = old.id if by_version else memory
        if (not given) or (end is not None and end <= begin) or (old.fact.expires is not None and old.fact.expires <= begin):
            with pytest.raises(InvalidInputError):
                target.correct(ref, at=DAYS[at], **given)
            return
        lines = self.list.tried([memory])
        lines[memory].paint(old.start, old.end, None)
        keys = (
            old.fact.keys
            if content in {None, old.fact.content}
            else (*(key for key in old.fact.keys if isinstance(key, str)), (content, None, None, None, None, ()))
        )
        fact = naive.Fact(content or old.fact.content, kind or old.fact.kind, old.fact.expires, old.fact.derived, keys)
        if (begin, end) == (old.start, old.end):
            lines[memory].paint(begin, end, fact)
        else:
            naive.place([lines[memory]], fact, begin, end, capped=old.end is not None)
        outcome = target.correct(ref, at=DAYS[at], **given)
        assert outcome.action is Action.CORRECTED
        self._written(outcome, scope, lines, Action.CORRECTED)

    @rule(scope=scopes, pick=picks, by_version=st.booleans(), turns=st.booleans())
    def retract(self, scope: Scope, pick: int, by_version: bool, turns: bool) -> None:
        known = self.list.memories(scope, turns=turns, believed=False)
        if not known:
            return
        memory = known[pick % len(known)]
        rows = self.list.believed(memory)
        if not rows:
            with pytest.raises(NotFoundError):
                self.engine.scope(scope).retract(memory)
            with pytest.raises(NotFoundError):
                self.engine.scope(scope).remember("late", supersedes=memory)
            return
        row = rows[pick % len(rows)]
        outcome = self.engine.scope(scope).retract(row.id if by_version else memory)
        lines = self.list.tried([memory])
        for gone in [row] if by_version else rows:
            lines[memory].paint(gone.start, gone.end, None)
        now = self._now()
        closed, appended = self.list.commit(scope, lines, now, Action.RETRACTED)
        assert ({each.id for each in closed}, appended) == ({version.id for version in outcome.ended}, [])
        self.last = now

    @rule(
        scope=scopes,
        session=st.sampled_from(["s1", "s2"]),
        said=st.lists(st.tuples(contents, st.sampled_from([None, "m1", "m2"]), st.none() | days), max_size=3),
    )
    def observe(self, scope: Scope, session: str, said: list[tuple[str, str | None, int | None]]) -> None:
        messages = [{"role": "user", "content": text, "id": id, "at": None if at is None else DAYS[at]} for text, id, at in said]
        turns = self.engine.scope(scope).observe(messages, session=session, draw=False)
        assert len(turns) == len(messages)
        if messages:
            self.last = self._now()
        new: dict[str, Any] = {}
        counts = Counter[object]()
        for message, turn in zip(messages, turns, strict=True):
            alike = (message["content"], message["at"]) if message["at"] else None
            counts[alike if message["id"] is None else None] += 1
            named = (session, message["id"]) if message["id"] else (session, alike, counts[alike]) if alike else None
            before = {row.id for row in self.list.rows if row.scope == scope and named in row.fact.keys}
            before |= {id for id, (_, _, keys) in new.items() if named in keys}
            if named and before:
                assert {turn.id} == before
            else:
                assert turn.id not in new
                new[turn.id] = (turn, message, (named,) if named else ())
        lines = {}
        for turn, message, keys in new.values():
            lines[turn.memory_id] = naive.Line()
            lines[turn.memory_id].paint(message["at"] or self.last, None, naive.Fact(message["content"], "turn", keys=keys))
        if lines:
            _, appended = self.list.commit(scope, lines, self.last, Action.REMEMBERED)
            self._take_ids(appended, tuple(turn for turn, *_ in new.values()))

    @rule(scope=scopes, pick=picks, everything=st.sampled_from([False, False, False, True]), evidence=st.booleans(), often=st.integers(0, 3))
    def erase(self, scope: Scope, pick: int, everything: bool, evidence: bool, often: int) -> None:
        known = self.list.memories(scope, turns=True, believed=False)
        if not known or often:
            return
        doomed = set(known) if everything else self.list.closure(scope, {known[pick % len(known)]}, evidence=evidence)
        rows = [row for row in self.list.rows if row.memory in doomed]
        target = self.engine.scope(scope)
        receipt = target.erase(everything=True) if everything else target.erase(known[pick % len(known)], evidence=evidence)
        self.last = max(self.last, self.clock.now())
        turns = {row.memory for row in rows if row.fact.kind == "turn"}
        assert set(receipt.memory_ids) == doomed
        assert (receipt.memories, receipt.turns, receipt.versions, receipt.remaining) == (len(doomed - turns), len(turns), len(rows), 0)
        self.list.erase(doomed)

    @rule(day=days)
    def move_clock(self, day: int) -> None:
        self.clock.set(DAYS[day])

    # --- reads ---

    def _same_snapshots(self, within: tuple[Scope, ...], system: datetime, points: list[datetime], *, turns: bool = False) -> None:
        target = self.engine.scope(within[0], also=within[1:])
        for point in points:
            found = target.snapshot(as_of=AsOf(valid=point, system=system), turns=turns)
            assert sorted((version.memory_id, version.content, version.valid_from) for version in found) == self.list.snapshot(
                within, point, system, turns=turns
            )

    @precondition(lambda self: self.list.copies)
    @rule(number=st.integers(0, 50), day=days, both=st.booleans(), turns=st.booleans(), edge=picks)
    def ask(self, number: int, day: int, both: bool, turns: bool, edge: int) -> None:
        time = self.list.copies[number % len(self.list.copies)][0]
        marks = sorted({mark for row in self.list.rows for mark in (row.start, row.end, row.fact.expires) if mark}) or DAYS
        point = marks[edge % len(marks)]
        within = (ANA, BO) if both else (ANA,)
        for system in (time, time - TICK):
            self._same_snapshots(within, system, [DAYS[day], point, point - TICK], turns=turns)
        hits = self.engine.scope(ANA, also=within[1:]).recall("Ana coffee", k=100, as_of=AsOf(valid=point, system=time), turns=False, min_relevance=0)
        # What is said twice is one hit.
        expected = self.list.snapshot(within, point, time)
        assert len(hits) + sum(len(hit.repeats) for hit in hits) == len(expected)
        assert {(hit.memory_id, hit.content, hit.version.valid_from) for hit in hits} <= set(expected)
        assert {hit.content for hit in hits} == {content for _, content, _ in expected}

    @invariant()
    def holds_what_was_written(self) -> None:
        # A write that was refused, or changed nothing, used up a moment too.
        self.last = max(self.last, self.clock.now(), self.engine._ledger.reading_time())
        self.steps += 1
        for scope in (ANA, BO):
            rows = [row for row in self.list.rows if row.scope == scope]
            stored = [row.version for row in self.store.all(Where(scopes=(scope,)))]
            assert {version.id: naive.seen(version) for version in stored} == {row.id: row.seen() for row in rows}
            naive.check_apart(stored)
            target = self.engine.scope(scope)
            stats, held = target.stats(), [row for row in rows if row.until is None]
            facts = [row for row in held if row.fact.kind != "turn"]
            assert (stats.versions, stats.believed, stats.turns) == (len(rows), len(facts), len(held) - len(facts))
            assert stats.holding == sum(stats.by_type.values()) == sum(row.holds(self.last) for row in facts)
            changes = target.changes(DAYS[0] - timedelta(days=999), turns=True)
            expected = {key: actions for key, actions in self.list.changes.items() if self.list.scopes[key[1]] == scope}
            assert [(change.at, change.memory_id) for change in changes] == sorted(expected)
            for change in changes:
                assert expected[change.at, change.memory_id] in {None, change.action}
        if self.list.copies:
            memory = self.list.rows[self.steps % len(self.list.rows)].memory if self.list.rows else None
            for time in {self.last, self.list.copies[self.steps % len(self.list.copies)][0]}:
                self._same_snapshots((ANA, BO), time, DAYS[self.steps % 2 :: 2])
            if memory:
                history = self.engine.scope(self.list.scopes[memory]).history(memory)
                kept = [row for row in self.list.rows if row.memory == memory]
                assert sorted(version.id for version in history) == sorted(row.id for row in kept)
                assert [version.system_from for version in history] == sorted(row.since for row in kept)


class EdgeMachine(Machine):
    """The same on the embedded store."""

    def make(self) -> Store:
        self.folder = tempfile.mkdtemp()
        return EdgeStore(Path(self.folder) / "store", **PARTS, durable=False)

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.folder)


class ServerMachine(Machine):
    """The same on a Qdrant server, in the client's local mode."""

    def make(self) -> Store:
        self.client = QdrantClient(":memory:")
        return ServerStore(self.client, **PARTS)

    def teardown(self) -> None:
        super().teardown()
        self.client.close()


def run(machine: type[Machine], examples: int, steps: int) -> None:
    """Drive so many stories of so many steps."""
    # What fails is made smaller on the reference store only: on the others that takes long.
    phases = [Phase.generate, Phase.shrink] if machine is Machine else [Phase.generate]
    run_state_machine_as_test(
        machine,
        settings=settings(
            phases=phases, max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )
