"""One peer through conversations: what it keeps, what it finds, and what that costs."""

import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.measures import percentile, rate
from benchmarks.peers.catalogue import OFFLINE, Peer
from benchmarks.peers.contract import Settings, Turn
from benchmarks.peers.conversing import Worker, WorkerDiedError, WorkerError, WorkerFailedError, WorkerTimeoutError
from benchmarks.peers.environments import Installed
from benchmarks.retrieval.cases import Ask, Case
from benchmarks.retrieval.metrics import any_at, recall_at

__all__ = ["DIED", "FAILED", "MEASURED", "TIMED_OUT", "Answer", "Conversation", "K", "conversation_of", "figures", "measure"]

K: Final = 10
GROUPS: Final = ("1 multi-hop", "2 temporal", "3 open-domain", "4 single-hop")
MEASURED: Final = "measured"
TIMED_OUT: Final = "timed out"
DIED: Final = "died"
FAILED: Final = "failed"
STATUS: Final[Mapping[type[WorkerError], str]] = {WorkerTimeoutError: TIMED_OUT, WorkerDiedError: DIED, WorkerFailedError: FAILED}
REASON: Final = 400
"""Characters of a reason that are kept."""
WARM_UP: Final = "What did they talk about first?"
"""Asked before the clock runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What every peer is given.

    Attributes:
        name: What the data calls it.
        sessions: Its turns by session, in order.
        asks: Its questions of categories 1 to 4, with evidence.
    """

    name: str
    sessions: tuple[tuple[Turn, ...], ...]
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question, the ids of turns that were found, each once, best first, and what it took in seconds."""

    ask: Ask
    ids: tuple[str, ...]
    seconds: float


def conversation_of(case: Case, *, turns: int | None = None, questions: int | None = None) -> Conversation:
    """A conversation as the peers get it, or a piece of it.

    Args:
        case: As `benchmarks.retrieval` reads it.
        turns: Only so many turns, and only questions whose evidence lies wholly in these.
        questions: Only so many questions.
    """
    sessions: list[tuple[Turn, ...]] = []
    left = math.inf if turns is None else turns
    for talk in case.talks:
        said = [
            Turn(id=str(each.id), session=talk.session, speaker=each.name or each.role, text=each.content, at=each.at)  # type: ignore[arg-type]
            for each in talk.messages
        ]
        kept = tuple(said[: min(len(said), int(left) if left < math.inf else len(said))])
        left -= len(kept)
        if kept:
            sessions.append(kept)
    known = {turn.id for session in sessions for turn in session}
    asks = [ask for ask in case.asks if ask.group in GROUPS and ask.turns <= known]
    return Conversation(name=case.name, sessions=tuple(sessions), asks=tuple(asks[:questions]))


def measure(
    peer: Peer, installed: Installed, conversations: Iterable[Conversation], *, limit: float, log: Path, prefix: Sequence[str], say: Callable[[str], None]
) -> dict[str, Any]:
    """Each conversation in a process of its own, on an empty store; after one that fails there are no more.

    Args:
        peer: What is measured.
        installed: Its environment.
        conversations: What it is given.
        limit: Seconds that it may take for one conversation, all in all.
        log: What it prints.
        prefix: What `benchmarks.peers.conversing.without_network` gave.
        say: Told of each conversation when it is done.

    Returns:
        ``status``, with a ``reason`` where it is not "measured"; ``conversations``, what each took; and what `figures` gives of the questions answered.
    """
    courses: list[_Course] = []
    status, reason = MEASURED, None
    log.unlink(missing_ok=True)
    for conversation in conversations:
        course = _Course(conversation)
        courses.append(course)
        folder = Path(tempfile.mkdtemp(prefix="erstwhile-peer-"))
        variables = {**OFFLINE, **peer.variables}
        try:
            with Worker(python=installed.python, adapter=peer.adapter, folder=folder, log=log, variables=variables, prefix=prefix) as worker:
                course.run(worker, peer.settings, time.monotonic() + limit)
        except WorkerError as error:
            status, reason = STATUS[type(error)], str(error)[:REASON]
            if status == TIMED_OUT:
                reason = f"{reason}; {limit:g} s for one conversation"
            break
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            say(", ".join(f"{name} {value}" for name, value in course.values.items()))
    runs = [course.values for course in courses]
    return {"status": status, "reason": reason, "conversations": runs, **figures([each for course in courses for each in course.answers], runs)}


class _Course:
    """What came of one conversation, as far as it came.

    Args:
        conversation: What the peer is given.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self.answers: list[Answer] = []
        self.values: dict[str, Any] = {
            "name": conversation.name,
            "turns": sum(map(len, conversation.sessions)),
            "questions": len(conversation.asks),
            "kept": 0,
            "timed_turns": 0,
            "timed_s": 0.0,
            "answered": 0,
        }

    def run(self, worker: Worker, settings: Settings, deadline: float) -> None:
        """Add all sessions, then ask all questions; what is known stays when the worker fails."""

        def ask(**message: object) -> dict[str, Any]:
            return worker.ask(message, timeout=max(0.0, deadline - time.monotonic()))

        self.values["open_s"] = round(ask(do="open", settings=dict(settings))["seconds"], 2)
        for place, session in enumerate(self._conversation.sessions):
            added = ask(do="add", turns=[turn.as_json() for turn in session])
            self.values["kept"] += added["kept"]
            # The first session warms up, where there is another.
            if place or len(self._conversation.sessions) == 1:
                self.values["timed_turns"] += len(session)
                self.values["timed_s"] = round(self.values["timed_s"] + added["seconds"], 3)
        if resident := worker.resident():
            self.values["rss_mb"], self.values["processes"] = resident
        ask(do="search", question=WARM_UP, k=K)
        for each in self._conversation.asks:
            found = ask(do="search", question=each.text, k=K)
            self.answers.append(Answer(ask=each, ids=tuple(dict.fromkeys(found["ids"]))[:K], seconds=found["seconds"]))
            self.values["answered"] += 1
        if listening := worker.listening():
            self.values["listening"] = listening


def figures(answers: Sequence[Answer], runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the answers are worth and what they cost; nothing of what was not reached.

    Returns:
        ``quality``: by group and for "all", the number of ``questions``, and over them the means of turn ``recall@5``, ``recall@10`` and ``any@10``.
        ``recall_p50_ms`` and ``recall_p95_ms``. ``turns_per_s``: over all sessions but the first of each conversation. ``rss_mb``: the highest after a
        conversation was added, over all of the peer's processes. ``kept``: turns that it took, of ``turns``.
    """
    found: dict[str, Any] = {"turns": sum(run["turns"] for run in runs), "kept": sum(run.get("kept", 0) for run in runs)}
    groups = {"all": list(answers), **{group: [each for each in answers if each.ask.group == group] for group in GROUPS}}
    found["quality"] = {group: _quality(some) for group, some in groups.items() if some}
    if answers:
        seconds = [each.seconds for each in answers]
        found |= {f"recall_p{share:.0f}_ms": round(1_000 * percentile(seconds, share / 100), 2) for share in (50, 95)}
    turns, took = (sum(run.get(name, 0) for run in runs) for name in ("timed_turns", "timed_s"))
    if took:
        found["turns_per_s"] = rate(turns, took)
    if sizes := [run["rss_mb"] for run in runs if "rss_mb" in run]:
        found["rss_mb"] = max(sizes)
    return found


def _quality(answers: Sequence[Answer]) -> dict[str, float | int]:
    judged = [([frozenset({id}) for id in each.ids], each.ask.turns) for each in answers]
    means = {
        "recall@5": [recall_at(ranking, evidence, 5) for ranking, evidence in judged],
        "recall@10": [recall_at(ranking, evidence, 10) for ranking, evidence in judged],
        "any@10": [any_at(ranking, evidence, 10) for ranking, evidence in judged],
    }
    return {"questions": len(judged), **{name: round(math.fsum(values) / len(values), 5) for name, values in means.items()}}
