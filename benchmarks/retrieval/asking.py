"""Conversations are observed, questions are asked, and hits are told by the turns that they stand for: all through erstwhile's front door."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import erstwhile
from benchmarks.retrieval.cases import Ask, Case, Talk

__all__ = ["Asked", "K", "Uncut", "replay"]

K: Final = 50
"""Hits that are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncut:
    """What recall gives with ``min_relevance=0``: whatever comes nearest.

    Attributes:
        turns: As `Asked` has them.
        top: The first hit, ``None`` where the store is empty.
        relevance: The highest of any hit.
    """

    turns: tuple[frozenset[str], ...]
    top: erstwhile.Hit | None
    relevance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and what recall gave.

    Attributes:
        case: Name of the conversation that was asked.
        ask: The question.
        turns: What each hit stands for, best first: ids of messages, those folded into it included.
        sessions: The session of each hit.
        seconds: What the call of `recall` took, the model included.
        uncut: What came of asking once more without a cut-off; ``None`` where that was not done.
    """

    case: str
    ask: Ask
    turns: tuple[frozenset[str], ...]
    sessions: tuple[str | None, ...]
    seconds: float
    uncut: Uncut | None = None


def replay(case: Case, embedder: erstwhile.Embedder, *, foreign: Sequence[Ask] = (), uncut: frozenset[str] = frozenset()) -> tuple[list[Asked], list[Asked]]:
    """Observe a conversation in a fresh store and ask its questions, each when what it is about has been said.

    Args:
        case: The conversation.
        embedder: The embedding model.
        foreign: Questions of other conversations, asked when everything has been said.
        uncut: Groups whose questions are asked a second time, without a cut-off.

    Returns:
        Its own questions and the foreign ones, each in the order given.
    """
    own: list[Asked] = []
    with tempfile.TemporaryDirectory(prefix="erstwhile-retrieval-") as folder, erstwhile.open(folder, model=embedder, durable=False) as engine:
        asker = _Asker(memory=engine.scope(user="bench"), case=case.name, uncut=uncut)
        for said, talk in enumerate(case.talks):
            own += map(asker.ask, (ask for ask in case.asks if ask.after == said))
            asker.observe(talk)
        own += map(asker.ask, (ask for ask in case.asks if ask.after == len(case.talks)))
        return own, [asker.ask(ask) for ask in foreign]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asker:
    memory: erstwhile.ScopedMemory
    case: str
    uncut: frozenset[str]
    references: dict[str, str | None] = field(default_factory=dict)

    def observe(self, talk: Talk) -> None:
        observed = self.memory.observe(talk.messages, session=talk.session, draw=False)
        self.references.update((turn.id, turn.source.reference) for turn in observed.turns)

    def ask(self, ask: Ask) -> Asked:
        started = time.perf_counter()
        hits = self.memory.recall(ask.text, k=K, as_of=ask.at)
        seconds = time.perf_counter() - started
        sessions = tuple(hit.version.source.session for hit in hits)
        uncut = self._uncut(ask) if ask.group in self.uncut else None
        return Asked(case=self.case, ask=ask, turns=self._turns(hits), sessions=sessions, seconds=seconds, uncut=uncut)

    def _uncut(self, ask: Ask) -> Uncut:
        hits = self.memory.recall(ask.text, k=K, as_of=ask.at, min_relevance=0.0)
        return Uncut(turns=self._turns(hits), top=hits[0] if hits else None, relevance=max((hit.relevance for hit in hits), default=None))

    def _turns(self, hits: Iterable[erstwhile.Hit]) -> tuple[frozenset[str], ...]:
        named = ((hit.version.source.reference, *map(self.references.get, hit.evidence)) for hit in hits)
        return tuple(frozenset(id for id in ids if id) for ids in named)
