"""The demo's tour on the terminal: small labelled parts, each with the line of Python that asks for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from erstwhile.cli.entries import day, verb
from erstwhile.cli.output import clean, many
from erstwhile.demo import Answer, Found, Hindsight, Played, Tour
from erstwhile.model import Scope, Version
from erstwhile.results import Action, Change
from erstwhile.transfer import Conversation

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["show_header", "show_next", "show_tour"]

SHOWN: Final = 24
"""At most so many lines of each part."""
STYLES: Final = {"superseded": "yellow", "corrected": "magenta", "ended": "blue", "retracted": "red", "contested": "yellow", "reinforced": "green"}


def show_header(out: "Console", conversation: Conversation, played: Played, *, seconds: float, others: bool) -> None:
    """What was played, and how long it took."""
    times = [turn.message.at for session in conversation.sessions for turn in session.turns if isinstance(turn.message.at, datetime)]
    months = dict.fromkeys(f"{time:%Y-%m}" for time in (min(times), max(times))) if times else {}
    span = f", {' to '.join(months)}" if times else ""
    sessions = len({session.id for session in conversation.sessions})
    out.print(f"The conversation {clean(conversation.name)}: {many(sessions, 'session')}{span}", style="bold", soft_wrap=True)
    ended = f"of which {played.superseded} superseded others, {played.found} of them without being told to"
    written = f"{many(played.remembered, 'memory', 'memories')} remembered, {ended}; {played.corrected} corrected"
    out.print(f"{many(played.turns, 'turn')} kept word for word; {written}; {seconds:.1f} s, on this machine alone.", soft_wrap=True)
    if others:
        out.print("The file holds others; choose with --conversation.", style="dim")


def show_tour(out: "Console", tour: Tour) -> None:
    """Each part that has something to show."""
    if tour.holds:
        _show_holds(out, tour.holds)
    if tour.found:
        _show_found(out, tour.found)
    if tour.comparisons:
        _show_comparisons(out, tour)
    if tour.history:
        _show_history(out, tour.history)
    if tour.changes:
        _show_changes(out, tour)
    if tour.hindsight is not None and tour.since is not None:
        _show_hindsight(out, tour.hindsight, tour.since)
    for answer in tour.answers:
        _show_answer(out, answer)
    if not (tour.holds or tour.answers):
        out.print('Nothing was drawn from it, and the file asks no questions: ask one of your own with --ask "…".')


def show_next(out: "Console", *, store: str | None, scope: Scope) -> None:
    """Three lines of Python to go on with."""
    parts = ", ".join(f"{name}={value!r}" for name, value in scope.parts().items())
    _title(out, "Your turn", "in Python" if store is None else f"the store is kept in {clean(store)}")
    # soft_wrap: what is meant to be copied is never broken.
    out.print("  import erstwhile", soft_wrap=True)
    if store is None:
        out.print('  me = erstwhile.open().scope(user="me"); me.remember("I live in Porto", valid_from="2024-01-01")', soft_wrap=True)
        out.print('  print(me.recall("where do I live?")[0].content)', soft_wrap=True)
    else:
        out.print(f"  memory = erstwhile.open({store!r}).scope({parts})", soft_wrap=True)
        out.print("  for version in memory.snapshot(): print(version.type, version.content)", soft_wrap=True)


def _title(out: "Console", title: str, call: str) -> None:
    from rich.text import Text

    out.print()
    out.print(Text.assemble((title, "bold cyan"), "  ", (call, "dim")), soft_wrap=True)


def _table(*headings: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim", show_header=any(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _show_holds(out: "Console", holds: Sequence[Version]) -> None:
    _title(out, "What holds now", "memory.snapshot()")
    table = _table("type", "since", "memory")
    for version in holds[-SHOWN:]:
        table.add_row(version.type or "", f"{version.valid_from:%Y-%m-%d}", clean(version.content))
    out.print(table)
    if len(holds) > SHOWN:
        out.print(f"and {len(holds) - SHOWN:,} from before", style="dim")


def _show_found(out: "Console", found: Sequence[Found]) -> None:
    _title(out, "Found out by itself", "memory.remember(text).reason")
    table = _table("what ended", "what ended it", "why")
    for each in found[-SHOWN:]:
        table.add_row(clean(each.old.content), clean(each.new.content), clean(each.reason))
    out.print(table)
    if len(found) > SHOWN:
        out.print(f"and {len(found) - SHOWN:,} from before", style="dim")


def _show_comparisons(out: "Console", tour: Tour) -> None:
    then = "" if tour.then is None else f"{tour.then:%Y-%m-%d}"
    _title(out, "Then and now", f'memory.recall(question, as_of="{then}"), memory.recall(question)')
    table = _table("question", f"on {then}", "now")
    for comparison in tour.comparisons:
        before, now = (clean(hit.content) if hit else "nothing" for hit in (comparison.then, comparison.now))
        table.add_row(clean(comparison.question), before, now, style="" if before != now else "dim")
    out.print(table)


def _show_history(out: "Console", versions: Sequence[Version]) -> None:
    _title(out, "The story of one memory", "memory.history(id)")
    table = _table("memory", "holds from", "to", "")
    for version in sorted(versions, key=lambda version: (not version.believed, version.valid_from, version.system_from)):
        state = "believed" if version.believed else "believed until more was known"
        table.add_row(clean(version.content), f"{version.valid_from:%Y-%m-%d}", _date(version.valid_to) or "…", state, style="" if version.believed else "dim")
    out.print(table)


def _show_changes(out: "Console", tour: Tour) -> None:
    _title(out, f"What changed since session {clean(tour.since_session or '')} was read", f'memory.changes(since="{_exact(tour.since)}")')
    out.print("Counted in system time, when the store learned it, and not in the time that is spoken of.", style="dim")
    table = _table("", "")
    for change in tour.changes[:SHOWN]:
        table.add_row(verb(change), _changed(change), style=STYLES.get(verb(change), ""))
    out.print(table)
    if len(tour.changes) > SHOWN:
        out.print(f"and {len(tour.changes) - SHOWN:,} more", style="dim")


def _show_hindsight(out: "Console", seen: Hindsight, since: datetime) -> None:
    from rich.text import Text

    asked = f"What held on {day(seen.at)}? Asked as of that system time: "
    out.print()
    out.print(Text.assemble(asked, (clean(seen.before.content), "yellow"), ". Asked now: ", (clean(seen.known.content), "green"), "."))
    out.print(f'memory.snapshot(as_of=AsOf(valid="{day(seen.at)}", system="{_exact(since)}"))', style="dim", soft_wrap=True)


def _changed(change: Change) -> str:
    new = next((version for version in change.after if version.links.supersedes or version.links.corrects), None)
    if new is None or not change.before:
        return clean((change.after or change.before)[0].content)
    old = next((version for version in change.before if version.valid.contains(new.valid_from)), change.before[0])
    if verb(change) == "ended":
        return f"{clean(new.content)}, until {_date(new.valid_to)}"
    span = f" ({_date(new.valid_from)} to {_date(new.valid_to)})" if new.valid_to and change.action is Action.SUPERSEDED else ""
    return f"{clean(old.content)} → {clean(new.content)}{span}"


def _show_answer(out: "Console", answer: Answer) -> None:
    _title(out, clean(answer.question.text), "memory.recall(question)")
    for hit in answer.hits[:3]:
        source = hit.version.source
        out.print(
            f"  {hit.version.valid_from:%Y-%m-%d} {clean(source.actor)}: {_short(clean(hit.content), out.width - 16 - len(source.actor))}", soft_wrap=True
        )
    if answer.question.answer is not None:
        out.print(f"  The file's answer: {_short(clean(answer.question.answer), out.width - 22)}", style="dim", soft_wrap=True)
    if answer.question.evidence:
        out.print(f"  Its evidence is hit {answer.rank}." if answer.rank else "  Its evidence is not among the first ten hits.", style="dim")


def _short(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: max(width - 1, 20)]}…"


def _date(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d}"


def _exact(instant: datetime | None) -> str:
    return "" if instant is None else instant.isoformat().replace("+00:00", "Z")
