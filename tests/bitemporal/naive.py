"""What an engine should hold, worked out the slow way: a list of rows, and for every memory what is believed at each point of valid time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from erstwhile.model import Scope, Version

Segment = tuple[datetime, datetime | None, "Fact | None"]


@dataclass(frozen=True, eq=False)
class Fact:
    """Something said once; two facts are never equal, whatever they say."""

    content: str
    kind: str
    expires: datetime | None = None
    derived: tuple[str, ...] = ()
    keys: tuple[object, ...] = ()


@dataclass
class Row:
    """What must be stored, word for word."""

    scope: Scope
    memory: str
    fact: Fact
    start: datetime
    end: datetime | None
    since: datetime
    until: datetime | None = None
    id: str = ""

    def seen(self) -> tuple[object, ...]:
        """As `seen` gives a version."""
        fact = self.fact
        return (self.memory, fact.content, fact.kind, self.start, self.end, fact.expires, fact.derived, self.since, self.until)

    def holds(self, at: datetime) -> bool:
        """Whether it holds at a point of valid time."""
        return self.start <= at and (self.end is None or at < self.end) and (self.fact.expires is None or at < self.fact.expires)


def seen(version: Version) -> tuple[object, ...]:
    """What is compared of a version."""
    end, expires, derived = version.valid_to, version.expires_at, version.links.derived_from
    return (version.memory_id, version.content, str(version.type or "turn"), version.valid_from, end, expires, derived, version.system_from, version.system_to)


class Line(dict[datetime, Fact | None]):
    """What holds from each point on until the next one; nothing before the first."""

    def at(self, point: datetime) -> Fact | None:
        """What holds at a point."""
        earlier = [known for known in self if known <= point]
        return self[max(earlier)] if earlier else None

    def paint(self, start: datetime, end: datetime | None, fact: Fact | None) -> None:
        """Let this, or nothing, hold from ``start`` to ``end``."""
        if end is not None:
            self[end] = self.at(end)
        self[start] = fact
        for point in self:
            if start < point and (end is None or point < end):
                self[point] = fact

    def segments(self) -> list[Segment]:
        """Stretches of one fact each, in order."""
        found: list[Segment] = []
        for point in sorted(self, reverse=True):
            fact = self[point]
            if found and found[-1][2] is fact:
                found[-1] = (point, found[-1][1], fact)
            else:
                found.append((point, found[-1][0] if found else None, fact))
        return [(start, end, fact) for start, end, fact in reversed(found) if fact is not None]

    def end_for_good(self, at: datetime) -> None:
        """What holds at a point ends there, and does not come back."""
        for start, end, _ in self.segments():
            if start <= at and (end is None or at < end):
                self.paint(at, end, None)


def place(lines: list[Line], fact: Fact, start: datetime, end: datetime | None, *, capped: bool = True) -> None:
    """Put a fact into the first of these lines and make room for it in all; without an end and ``capped``, it holds until the next start."""
    if end is None and capped:
        end = min((later for line in lines for later, _, _ in line.segments() if later > start), default=None)
        for line in lines:
            line.end_for_good(start)
    for line in lines:
        line.paint(start, end, None)
    lines[0].paint(start, end, fact)
    for line in lines:
        for begin, until, left in line.segments():
            # What is left of something after it expired is not worth a row.
            if left is not None and left.expires is not None and left.expires <= begin:
                line.paint(begin, until, None)


class Naive:
    """All that was written, in the plainest form."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.lines: dict[str, Line] = {}
        self.scopes: dict[str, Scope] = {}
        self.changes: dict[tuple[datetime, str], str | None] = {}
        self.copies: list[tuple[datetime, dict[str, list[Segment]]]] = []

    def memories(self, scope: Scope, *, turns: bool = False, believed: bool = True) -> list[str]:
        """Memories of a scope, oldest first."""
        kept = [row for row in self.rows if row.scope == scope and (turns or row.fact.kind != "turn") and (row.until is None or not believed)]
        return list(dict.fromkeys(row.memory for row in kept))

    def believed(self, memory: str) -> list[Row]:
        """Rows of a memory that are believed now, in order of valid time."""
        return sorted((row for row in self.rows if row.memory == memory and row.until is None), key=lambda row: row.start)

    def tried(self, changed: Iterable[str]) -> dict[str, Line]:
        """Copies of lines to try something on."""
        return {memory: Line(self.lines.get(memory, {})) for memory in changed}

    def commit(self, scope: Scope, lines: dict[str, Line], now: datetime, action: str) -> tuple[list[Row], list[Row]]:
        """Take over changed lines as the write of this moment; gives the rows that it closes and those that it appends."""
        closed, appended = [], []
        for memory, line in lines.items():
            before, after = self.believed(memory), line.segments()
            gone = [row for row in before if (row.start, row.end, row.fact) not in after]
            kept = [(row.start, row.end, row.fact) for row in before]
            new = [Row(scope, memory, fact, start, end, now) for start, end, fact in after if (start, end, fact) not in kept]
            for row in gone:
                row.until = now
            if gone or new:
                self.changes[now, memory] = action
            closed += gone
            appended += new
            self.lines[memory], self.scopes[memory] = line, scope
        self.rows += appended
        self.copies.append((now, {memory: line.segments() for memory, line in self.lines.items()}))
        return closed, appended

    def snapshot(self, scopes: Iterable[Scope], point: datetime, system: datetime, *, turns: bool = False) -> list[tuple[object, ...]]:
        """What held at a point of valid time, as it was copied at or before a system time."""
        copies = [copied for time, copied in self.copies if time <= system]
        return sorted(
            (memory, fact.content, start)
            for memory, segments in (copies[-1] if copies else {}).items()
            if self.scopes[memory] in scopes
            for start, end, fact in segments
            if start <= point and (end is None or point < end) and (fact.expires is None or point < fact.expires) and (turns or fact.kind != "turn")
        )

    def closure(self, scope: Scope, memories: set[str], *, evidence: bool) -> set[str]:
        """These memories, what was derived from them, and with ``evidence`` the turns they were drawn from, and so on."""
        found = set(memories)
        rows = [row for row in self.rows if row.scope == scope]
        while True:
            ids = {row.id for row in rows if row.memory in found}
            sources = {id for row in rows if row.memory in found for id in row.fact.derived}
            more = {row.memory for row in rows if ids & set(row.fact.derived) or (evidence and row.id in sources and row.fact.kind == "turn")}
            if more <= found:
                return found
            found |= more

    def erase(self, memories: set[str]) -> None:
        """Forget that these ever were."""
        times = {time for time, memory in self.changes if memory in memories}
        self.rows = [row for row in self.rows if row.memory not in memories]
        self.lines = {memory: line for memory, line in self.lines.items() if memory not in memories}
        self.copies = [(time, {memory: held for memory, held in copied.items() if memory not in memories}) for time, copied in self.copies]
        # What else such a write did is still there, but what it was done for is gone.
        self.changes = {key: None if key[0] in times else action for key, action in self.changes.items() if key[1] not in memories}


def check_apart(versions: list[Version]) -> None:
    """Versions of one memory never overlap in both times at once."""
    for one, other in combinations(versions, 2):
        if one.memory_id == other.memory_id and one.valid.overlaps(other.valid):
            first, second = sorted((one, other), key=lambda version: version.system_from)
            assert first.system_to is not None
            assert first.system_to <= second.system_from
