"""The part of the store's contract that is about filters: every condition, alone and together, means what `Where.matches` says."""

from typing import Any

from erstwhile.errors import MissingDependencyError
from erstwhile.model import Links, MemoryType, Provenance, Scope, SourceKind
from erstwhile.relations import Relation, Tie
from erstwhile.store import TURN, Find, Row, Store, Where
from erstwhile.testing.case import ANA, BO, StoreCase, everything, ids_of, put
from erstwhile.testing.rows import make_row
from erstwhile.testing.strategies import intervals, rows, wheres
from erstwhile.time import Interval, as_utc

try:
    import pytest
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError as error:
    raise MissingDependencyError('Test suites need pytest and hypothesis; install them with: pip install "erstwhile[testing]"') from error

__all__ = ["FilterTests"]

FEW_TIMES = st.sampled_from([as_utc(f"{year:04}-01-01") for year in (1, 1685, 1700, 1969, 1970, 2000, 2024, 2025, 2026, 2255, 9999)])
"""So few that intervals meet, end where others begin, and reach as far as a store must tell them apart."""
SMALL = [Scope(user="ana"), Scope(user="bo"), Scope(user="ana", session="s1"), Scope(tenant="ana")]


class FilterTests(StoreCase):
    """Conditions."""

    def found(self, store: Store, where: Where) -> list[str]:
        """Ids found, once `count` has agreed."""
        found = store.find(Find(where=where))
        assert store.count(where) == len(found)
        return ids_of(found)

    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors])
    @given(data=st.data())
    def test_filters_agree_with_their_definition(self, data: st.DataObject) -> None:
        """Whatever is stored and asked for, a store's own filter selects what `Where.matches` selects: nothing leaks and nothing is missed."""
        times = data.draw(st.sampled_from([FEW_TIMES, None]))
        stored = data.draw(st.lists(rows(within=st.sampled_from(SMALL), times=times), min_size=1, max_size=25))
        known = [row.version for row in stored]
        store = self.make()
        try:
            put(store, *stored)
            for where in data.draw(st.lists(wheres(known, times=times), min_size=1, max_size=15)):
                assert self.found(store, where) == sorted(version.id for version in known if where.matches(version)), where
        finally:
            store.close()

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ({"types": ("fact",)}, ["fact", "far"]),
            ({"types": (TURN,)}, ["turn"]),
            ({"types": (TURN, "goal")}, ["goal", "turn"]),
            ({"types": tuple(MemoryType)}, ["fact", "goal", "far"]),
            ({"tags": ("red",)}, ["fact"]),
            ({"tags": ("red", "blå")}, ["fact", "goal"]),
            ({"tags": ("RED",)}, []),
            ({"keys": ("k1",)}, ["fact", "goal"]),
            ({"keys": ("k2", "k9")}, ["goal"]),
            ({"keys": ("t1", "m1", "s1", "ana")}, []),
            ({"derived_from": ("t1",)}, ["goal"]),
            ({"session": "s1"}, ["goal", "turn"]),
            ({"session": "s"}, []),
            ({"session": "s1", "turns": (3, 4)}, ["turn"]),
            ({"turns": (0, 3)}, ["goal"]),
            ({"turns": (4, 4)}, []),
            ({"places": (("s1", 3),)}, ["turn"]),
            ({"places": (("s1", 2), ("s2", 3), ("s1", 3), ("s1", 13))}, ["turn"]),
            ({"places": (("s1", 2), ("s", 13), ("s2", 3))}, []),
            ({"related": ("m1", "m9")}, ["goal"]),
            ({"related": ("m2",)}, ["goal", "far"]),
            ({"related": ("t1",)}, []),
            ({"expired": as_utc("2024-12-31")}, []),
            ({"expired": as_utc("2025-01-01")}, ["fact"]),
            ({"expired": as_utc("2030-01-01")}, ["fact", "far"]),
            ({"actors": ("user",)}, ["fact", "turn"]),
            ({"actors": ("ana", "crawler")}, ["goal", "far"]),
            ({"actors": ("Ana",)}, []),
            ({"kinds": ("tool",)}, ["far"]),
            ({"kinds": ("stated", "inferred")}, ["fact", "goal", "turn"]),
            ({"kinds": tuple(kind for kind in SourceKind if kind != "tool")}, ["fact", "goal", "turn"]),
            ({"confidence": 0.0}, ["fact", "goal", "turn", "far"]),
            ({"confidence": 0.7}, ["fact", "goal", "turn"]),
            ({"confidence": 0.1 * 7}, ["fact", "goal", "turn"]),
            ({"confidence": 0.700001}, ["fact", "turn"]),
            ({"confidence": 1.0}, ["fact", "turn"]),
            ({"pinned": True}, ["goal"]),
            ({"pinned": False}, ["fact", "turn", "far"]),
            ({"quarantined": True}, ["far"]),
            ({"quarantined": False}, ["fact", "goal", "turn"]),
            ({"quarantined": False, "believed": True, "types": tuple(MemoryType), "unended": True}, ["fact", "goal"]),
            ({"pinned": False, "kinds": ("tool",), "confidence": 0.2, "actors": ("crawler",)}, ["far"]),
            ({"types": ("fact", "goal"), "tags": ("red", "blå"), "keys": ("k2",)}, ["goal"]),
            ({"types": ("fact",), "tags": ("blå",)}, []),
        ],
    )
    def test_conditions(self, store: Store, condition: dict[str, Any], expected: list[str]) -> None:
        """A condition on names selects by equality with one of them, one on numbers by its bounds; together, all must hold."""
        stored = {
            "fact": make_row(tags=("red", "green"), keys=("k1",), expires_at="2025-01-01"),
            "goal": make_row(
                type=MemoryType.GOAL,
                tags=("blå",),
                keys=("k1", "k2"),
                source=Provenance(kind=SourceKind.INFERRED, actor="ana", session="s1", turn=2),
                links=Links(derived_from=("t1", "t2"), supersedes=("t3",)),
                confidence=0.7,
                pinned=True,
                ties=(_tie("m1"), _tie("m2"), _tie("m2")),
            ),
            "turn": make_row(type=None, source=Provenance(session="s1", turn=3)),
            "far": make_row(
                source=Provenance(kind=SourceKind.TOOL, actor="crawler"),
                confidence=0.2,
                expires_at="2026-01-01",
                ties=(_tie("m2"),),
                quarantine=("override",),
            ),
        }
        put(store, *stored.values())
        assert self.found(store, Where(scopes=(ANA,), **condition)) == [stored[name].version.id for name in expected]

    @pytest.mark.parametrize(
        ("condition", "there"),
        [
            ({"actors": ("Ana Costa",)}, True),
            ({"actors": ("ana",)}, False),
            ({"names": ("ana",)}, True),
            ({"names": ("ana costa",)}, True),
            ({"names": ("Ana Costa",)}, False),
            ({"names": ("an",)}, False),
        ],
    )
    def test_an_actor_goes_by_names(self, store: Store, condition: dict[str, Any], there: bool) -> None:  # noqa: FBT001 - pytest passes it
        """An actor is the whole name as it was given; the names are that in lower case, and each of its words."""
        row = make_row(source=Provenance(actor="Ana Costa"))
        put(store, row)
        assert self.found(store, Where(scopes=(ANA,), **condition)) == [row.version.id] * there

    def test_by_id_and_by_memory(self, store: Store) -> None:
        """Ids select exactly the versions named, wherever they stand in the list; naming nothing selects nothing."""
        first, second, third = make_row(), make_row(), make_row()
        sibling = make_row(memory_id=first.version.memory_id)
        put(store, first, second, third, sibling)
        unknown = make_row().version.id
        assert self.found(store, Where(scopes=(ANA,), ids=(third.version.id, first.version.id, unknown))) == ids_of([first, third])
        assert self.found(store, Where(scopes=(ANA,), memory_ids=(first.version.memory_id, unknown))) == ids_of([first, sibling])
        assert self.found(store, Where(scopes=(ANA,), ids=(unknown,))) == []
        for name in ("ids", "memory_ids", "types", "tags", "keys", "derived_from", "related", "actors", "kinds", "places"):
            nothing: dict[str, Any] = {name: ()}
            assert self.found(store, Where(scopes=(ANA,), **nothing)) == [], name

    @pytest.mark.parametrize("condition", [{"pinned": True}, {"pinned": False}, {"contested": True}, {"unended": True}, {"quarantined": True}])
    def test_a_mark_counts_in_every_scope(self, store: Store, condition: dict[str, Any]) -> None:
        """What a version is marked with is found in each scope that is named, and in no other."""
        parts = {"pinned": condition.get("pinned", False), "links": Links(contradicts=("m1",)), "quarantine": ("override",)}
        stored = [make_row(scope=scope, **parts) for scope in SMALL]
        put(store, *stored)
        assert self.found(store, Where(scopes=(BO, ANA), **condition)) == ids_of(stored[:2])

    def test_an_id_of_another_kind_selects_nothing(self, store: Store) -> None:
        """A reference that is no id of this store, such as one a caller made up, is not found; it breaks nothing."""
        row = make_row()
        put(store, row)
        assert self.found(store, Where(scopes=(ANA,), ids=("turn 7", row.version.id))) == ids_of([row])
        assert self.found(store, Where(scopes=(ANA,), ids=("turn 7",))) == []

    @pytest.mark.parametrize("year", [1685, 1969, 1970, 2024, 2255])
    def test_intervals_are_closed_open(self, store: Store, year: int) -> None:
        """To the microsecond, on both axes: the first instant is inside and the last is not, before 1970 as after."""
        start, end = as_utc(f"{year}-02-01T00:00:00.000001Z"), as_utc(f"{year}-02-01T00:00:00.000003Z")
        inside, before, after = as_utc(f"{year}-02-01T00:00:00.000002Z"), as_utc(f"{year}-02-01"), as_utc(f"{year}-02-01T00:00:00.000004Z")
        row = make_row(valid_from=start, valid_to=end, system_from=start, system_to=end)
        put(store, row)
        for name in ("valid", "believed"):
            for at, holds in ((before, False), (start, True), (inside, True), (end, False), (after, False)):
                condition: dict[str, Any] = {name: at}
                assert self.found(store, Where(scopes=(ANA,), **condition)) == ([row.version.id] if holds else []), (name, at)
        stretches = [
            (Interval(start=before, end=start), False, False),
            (Interval(start=before, end=inside), True, True),
            (Interval(start=inside, end=end), True, False),
            (Interval(start=inside, end=after), True, True),
            (Interval(start=end, end=after), False, True),
            (Interval(start=after), False, False),
            (Interval(start=before), True, True),
        ]
        for stretch, overlaps, changed in stretches:
            assert bool(self.found(store, Where(scopes=(ANA,), during=stretch))) is overlaps, stretch
            assert bool(self.found(store, Where(scopes=(ANA,), changed=stretch))) is changed, stretch

    @pytest.mark.parametrize("last", ["9999-12-31", "9999-12-31T23:59:59.999999Z"])
    def test_an_open_end_is_later_than_any_time(self, store: Store, last: str) -> None:
        """Until changed means also at the end of the calendar, and an end there is still an end."""
        lasting, ending = make_row(), make_row(valid_to="9999-12-31", system_to="9999-12-31")
        put(store, lasting, ending)
        at = as_utc(last)
        assert self.found(store, Where(scopes=(ANA,), valid=at)) == ids_of([lasting])
        assert self.found(store, Where(scopes=(ANA,), believed=at)) == ids_of([lasting])
        assert self.found(store, Where(scopes=(ANA,), during=Interval(start=at))) == ids_of([lasting])
        assert self.found(store, Where(scopes=(ANA,), during=Interval(start=as_utc("9999-12-30")))) == ids_of([lasting, ending])

    def test_the_first_years(self, store: Store) -> None:
        """Whole seconds count from the first year of the calendar on."""
        row = make_row(valid_from="0001-01-01", valid_to="0001-01-02")
        put(store, row)
        assert self.found(store, Where(scopes=(ANA,), valid=as_utc("0001-01-01"))) == ids_of([row])
        assert self.found(store, Where(scopes=(ANA,), valid=as_utc("0001-01-01T23:59:59Z"))) == ids_of([row])
        assert self.found(store, Where(scopes=(ANA,), valid=as_utc("0001-01-02"))) == []

    def test_what_expired_holds_no_longer(self, store: Store) -> None:
        """The earlier of end and expiry counts."""
        early = make_row(expires_at="2024-06-01")
        late = make_row(valid_to="2024-03-01", expires_at="2024-06-01")
        put(store, early, late)
        assert self.found(store, Where(scopes=(ANA,), valid=as_utc("2024-02-01"))) == ids_of([early, late])
        assert self.found(store, Where(scopes=(ANA,), valid=as_utc("2024-05-31T23:59:59.999999Z"))) == ids_of([early])
        assert self.found(store, Where(scopes=(ANA,), valid=as_utc("2024-06-01"))) == []
        assert self.found(store, Where(scopes=(ANA,), during=Interval(start=as_utc("2024-03-01")))) == ids_of([early])

    def test_belief(self, store: Store) -> None:
        """Now, no longer, whenever, and at a time are four different questions."""
        standing, closed = make_row(system_from="2024-02-01"), make_row(system_to="2024-03-01")
        put(store, standing, closed)
        expected: list[tuple[Any, list[Row]]] = [
            (True, [standing]),
            (False, [closed]),
            (None, [standing, closed]),
            (as_utc("2024-01-15"), [closed]),
            (as_utc("2024-02-15"), [standing, closed]),
            (as_utc("2024-03-01"), [standing]),
            (as_utc("2023-12-31"), []),
        ]
        for believed, answer in expected:
            assert self.found(store, Where(scopes=(ANA,), believed=believed)) == ids_of(answer), believed

    def test_scopes_are_exact(self, store: Store) -> None:
        """A read sees exactly the scopes it names: none that has more parts, fewer, or the same value in another part or letter case."""
        kinds = [ANA, BO, Scope(user="Ana"), Scope(user="ana", session="s"), Scope(tenant="ana"), Scope(user='ana","session":"s'), Scope(user="ána")]
        stored = [make_row(scope=scope) for scope in kinds]
        put(store, *stored)
        for scope, row in zip(kinds, stored, strict=True):
            assert self.found(store, everything(scope)) == [row.version.id], scope
            assert self.found(store, Where(scopes=(scope,), believed=True)) == [row.version.id], scope
        assert self.found(store, Where(scopes=(BO, ANA), believed=True)) == ids_of(stored[:2])
        assert self.found(store, Where(scopes=(BO, ANA, BO))) == ids_of(stored[:2])
        assert self.found(store, everything(Scope(user="nobody"))) == []

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(stretch=intervals(FEW_TIMES), other=intervals(FEW_TIMES))
    def test_the_definition_is_symmetric(self, stretch: Interval, other: Interval) -> None:
        """Two stretches overlap exactly if they share an instant: the definition that stores are held to is itself right."""
        marks = [stretch.start, other.start]
        assert stretch.overlaps(other) is other.overlaps(stretch) is any(stretch.contains(mark) and other.contains(mark) for mark in marks)


def _tie(memory_id: str) -> Tie:
    return Tie(memory_id=memory_id, version_id=memory_id, relation=Relation.REFINES, score=1.0, reason="It adds detail.")
