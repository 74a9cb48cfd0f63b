"""The verbs that keep the memory of one scope in order: auditing and consolidating. None of them runs by itself."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from erstwhile.auditing import Audit, Finding, FindingKind, Repaired
from erstwhile.consolidating import Progress, carry_out, consolidate, planned
from erstwhile.consolidation import Consolidated, Consolidation, StepKind
from erstwhile.errors import InvalidInputError
from erstwhile.inspecting import audit
from erstwhile.llm import Chat
from erstwhile.model import Scope
from erstwhile.reading import ReadableMemory
from erstwhile.relating import Resolver
from erstwhile.repairing import mend
from erstwhile.rerank import Reranker
from erstwhile.time import as_duration

if TYPE_CHECKING:
    from erstwhile.ledger import Ledger

__all__ = ["TendedMemory"]

MAX_LIMIT = 1_000_000


class TendedMemory(ReadableMemory):
    """What is read and kept in order of the memory of one scope; `ScopedMemory` adds what is said to it.

    Args:
        ledger: The store, the embedding model and the clock.
        scope: What is read and kept in order.
        also: Further scopes that reads take in; nothing here touches them.
        resolver: Decides what a new memory does to old ones, and what says the same.
        reranker: Puts the best hits of a recall into an order of its own. Default: none.
    """

    def __init__(self, ledger: "Ledger", *, scope: Scope, also: tuple[Scope, ...] = (), resolver: Resolver, reranker: Reranker | None = None) -> None:
        super().__init__(ledger, scope=scope, also=also, reranker=reranker, policy=resolver.policy)
        self._resolver = resolver

    def audit(
        self,
        *,
        kinds: Iterable[FindingKind | str] | None = None,
        limit: int = 1_000,
        stale_after: timedelta | str = "365 days",
        progress: Progress | None = None,
    ) -> Audit:
        """Look through all that this scope holds for what is wrong, or may be; nothing is changed.

        Takes a search for each memory where duplicates and echoes are asked for: some minutes for 100,000. It reads page by page and keeps in memory what it
        finds, not what it reads.

        Args:
            kinds: What to look for. Default: all.
            limit: At most so many findings of each kind, 1 to 1,000,000; ``counts`` counts them all.
            stale_after: For how long something that can change must not have been said again to count as stale: a ``timedelta`` or a text such as "90 days".
            progress: Called now and then with how many versions were looked at, and how many there are to look at.

        Raises:
            InvalidInputError: Something given cannot be used.
        """
        wanted = frozenset(FindingKind) if kinds is None else frozenset(map(FindingKind.of, _several(kinds, "kinds")))
        long = as_duration(stale_after, name="stale_after")
        return audit(self._ledger, self.scope, self._resolver, kinds=wanted, limit=_whole(limit), stale_after=long, progress=_callable(progress, "progress"))

    def repair(self, findings: Audit | Finding | Iterable[Finding], *, compact: bool = True, by: str | None = None) -> tuple[Repaired, ...]:
        """Carry out what an audit suggests for these findings, each by the verb that its ``repair`` names.

        Look at what is handed in: all of it is done, an erasure too. ``audit.findings`` can be sifted by ``finding.repair.asks``, which is what
        `erstwhile audit --apply` does. A finding whose memories are others by now is left alone.

        Args:
            findings: An audit, or some of its findings.
            compact: Whether the store's files are rewritten where something was erased, as by `erase`.
            by: Who asks for it; the receipts of erasures say so.

        Returns:
            For each finding what was done: an outcome that `undo` takes back, or a receipt, or the reason why nothing was.

        Raises:
            InvalidInputError: It is no finding, or one of another scope.
        """
        if isinstance(findings, Audit) and findings.scope != self.scope:
            raise InvalidInputError(f"The audit is of the scope {findings.scope.key} and this one is {self.scope.key}; nothing was changed.")
        given = findings.findings if isinstance(findings, Audit) else (findings,) if isinstance(findings, Finding) else tuple(_several(findings, "findings"))
        if wrong := next((each for each in given if not isinstance(each, Finding)), None):
            raise InvalidInputError(f"findings: expected what audit() found, got {type(wrong).__name__}.")
        return mend(self._ledger, self.scope, given, self._resolver, compact=compact, by=by)

    def consolidation(
        self,
        *,
        steps: Iterable[StepKind | str] | None = None,
        llm: Callable[[str], object] | None = None,
        limit: int = 10_000,
        progress: Progress | None = None,
    ) -> Consolidation:
        """Plan to put this scope in order; nothing is changed. `apply` carries the plan out.

        What says the same is merged, commitments that ran out are closed, observations that nobody said again for long count for less; and with ``llm``
        sessions and what is known of somebody or something are summarised.

        Args:
            steps: Which of "merge", "close", "fade", "summarise". Default: all, the last one with ``llm`` only.
            llm: From a prompt to an answer: text that holds JSON, a mapping, or an object with ``model_dump``. It is asked now, once for each summary that is
                missing or out of date, 50 times at most. What it gives is checked, and dropped where it cannot be used; the notes of the plan say so.
            limit: At most so many steps, 1 to 1,000,000.
            progress: Called now and then with how many memories were looked at, and how many there are.

        Raises:
            InvalidInputError: Something given cannot be used, or summaries are asked for without ``llm``.
        """
        kinds, chat = _asked(steps, llm)
        return planned(self._ledger, self.scope, self._resolver, kinds=kinds, chat=chat, limit=_whole(limit), progress=_callable(progress, "progress"))

    def apply(self, plan: Consolidation) -> Consolidated:
        """Carry a plan out, a write for each step; each can be undone. A step whose memories are others by now is left alone, and listed.

        Args:
            plan: What `consolidation` gave.

        Raises:
            InvalidInputError: It is no plan, or one for another scope; nothing was written.
        """
        return carry_out(self._ledger, self.scope, plan, self._resolver)

    def consolidate(
        self,
        *,
        steps: Iterable[StepKind | str] | None = None,
        llm: Callable[[str], object] | None = None,
        limit: int = 10_000,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Consolidated:
        """Put this scope in order: plan, carry the plan out, and look again at what that changed. A second call right after does nothing.

        Args:
            steps: As for `consolidation`.
            llm: As for `consolidation`.
            limit: As for `consolidation`.
            dry_run: Whether it is only planned: ``plan`` says what would be done. Default no.
            progress: As for `consolidation`.

        Raises:
            InvalidInputError: As `consolidation` does.
        """
        kinds, chat = _asked(steps, llm)
        told = _callable(progress, "progress")
        return consolidate(self._ledger, self.scope, self._resolver, kinds=kinds, chat=chat, limit=_whole(limit), dry_run=dry_run, progress=told)


def _asked(steps: Iterable[StepKind | str] | None, llm: Callable[[str], object] | None) -> tuple[frozenset[StepKind], Chat | None]:
    kinds = frozenset(StepKind) if steps is None else frozenset(map(StepKind.of, _several(steps, "steps")))
    if llm is not None:
        return kinds, Chat(llm)
    if steps is not None and StepKind.SUMMARISE in kinds:
        raise InvalidInputError("Summaries need a language model: give llm=, a function from a prompt to an answer, or leave out summarise.")
    return kinds - {StepKind.SUMMARISE}, None


def _several(given: Iterable[Any], name: str) -> Iterable[Any]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidInputError(f"{name}: expected a list, got {type(given).__name__}.")
    return given


def _whole(limit: int) -> int:
    if type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
        raise InvalidInputError(f"limit is {limit!r:.40}; give a whole number from 1 to {MAX_LIMIT:,}.")
    return limit


def _callable(progress: Progress | None, name: str) -> Progress | None:
    if progress is not None and not callable(progress):
        raise InvalidInputError(f"{name}: expected a function of two numbers, got {type(progress).__name__}.")
    return progress
