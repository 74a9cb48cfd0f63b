"""The right to write, handed out through a Qdrant server, which has neither locks nor transactions.

A claim is a point without vectors in a collection of its own: its id stands for the name, its payload holds a random token of the owner. Points are put there
only if absent, in one call for all names, and read back to see who won. A writer that did not win all of its names lets go of those it won before it waits,
so no two wait for each other. It lets go of all of them at the end; both removals are conditional on its own token.

A writer that died lets go of nothing. Whoever has seen the same token for the length of the lease, by its own clock, removes it. Clocks are never compared
between machines. The limit of this: a writer that stops for longer than the lease between its last check, which is made right before a write is sent, and the
server's carrying it out, may write beside the next one.
"""

import random
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Final
from uuid import UUID, uuid5

from qdrant_client import models

from erstwhile.errors import StoreError, WriteConflictError
from erstwhile.store.connection import Connection

__all__ = ["Claims"]

LEASE: Final = 10.0
"""Seconds for which a claim is respected. Reading, planning and writing take a few round trips."""
WAIT: Final = 30.0
"""Seconds that a writer waits for its turn: longer than a lease, so that a dead writer's claim is outlived."""
FORGOTTEN: Final = 24 * 3_600
"""Seconds after which a claim that nobody asked for again is swept away; far beyond what clocks differ by."""
SHORTEST, LONGEST = 0.005, 0.25
"""Seconds between two tries."""
STRIPES: Final = 64
_NAMESPACE: Final = UUID("6f2c3a0e-3c3b-5d0e-9a57-4e1f0d1f6a52")


class Claims:
    """Claims on names, exclusive among the threads of this process and among all processes on one server.

    Args:
        connection: The server.
        collection: Where claims are kept.
        lease: Seconds for which a claim is respected.
        wait: Seconds to wait for one's turn.
        now: A clock that never jumps, in seconds.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        connection: Connection,
        collection: str,
        *,
        lease: float = LEASE,
        wait: float = WAIT,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._collection = collection
        self._lease = lease
        self._wait = wait
        self._now = now
        self._sleep = sleep
        self._held = threading.local()
        # Threads of this process queue here, and only one of those that want a name asks the server for it. Not reentrant.
        self._stripes = tuple(threading.Lock() for _ in range(STRIPES))

    @contextmanager
    def hold(self, names: Collection[str]) -> Iterator[None]:
        """Hold all of ``names``, or none.

        Raises:
            WriteConflictError: Another writer held one of them for too long.
        """
        deadline = self._now() + self._wait
        ids = sorted({str(uuid5(_NAMESPACE, name)) for name in names})
        token = secrets.token_hex(16)
        with self._in_this_process(ids, deadline):
            try:
                self._held.until = self._take(ids, token, deadline) if ids else None
                yield
            finally:
                self._held.until = None
                # What cannot be let go of now lapses with its lease, and the write itself is done.
                with suppress(StoreError):
                    self._drop(ids, token)

    def check(self) -> None:
        """Make sure that what this thread claimed is still its own. A thread that claimed nothing passes.

        Raises:
            WriteConflictError: Its lease ran out.
        """
        until = getattr(self._held, "until", None)
        if until is not None and self._now() >= until:
            raise WriteConflictError(f"The right to write was held for over {self._lease:g} seconds and lapsed; nothing was written. Try again.")

    def sweep(self) -> None:
        """Remove claims that dead writers left behind and nobody asked for since."""
        before = _micros() - FORGOTTEN * 1_000_000
        self._remove(models.FieldCondition(key="at", range=models.Range(lt=before)))

    @contextmanager
    def _in_this_process(self, ids: Sequence[str], deadline: float) -> Iterator[None]:
        with ExitStack() as held:
            for stripe in sorted({UUID(id).int % STRIPES for id in ids}):
                if not self._stripes[stripe].acquire(timeout=max(0.0, deadline - self._now())):
                    raise self._too_long()
                held.callback(self._stripes[stripe].release)
            yield

    def _take(self, ids: Sequence[str], token: str, deadline: float) -> float:
        seen: dict[str, tuple[str, float]] = {}
        pause = SHORTEST
        while True:
            asked = self._now()
            self._put(ids, token)
            owners = self._owners(ids)
            if all(owners.get(id) == token for id in ids):
                return asked + self._lease
            if token in owners.values():
                self._drop(ids, token)
            self._outlive({id: owner for id, owner in owners.items() if owner != token}, seen)
            left = deadline - self._now()
            if left <= 0:
                raise self._too_long()
            self._sleep(min(pause * random.uniform(0.5, 1), left))  # noqa: S311 - keeps two writers out of step, no secret
            pause = min(2 * pause, LONGEST)

    def _outlive(self, owners: Mapping[str, str], seen: dict[str, tuple[str, float]]) -> None:
        now = self._now()
        for id, owner in owners.items():
            known, since = seen.get(id, ("", now))
            if known != owner:
                seen[id] = (owner, now)
            elif now - since >= self._lease:
                self._drop([id], owner)

    def _put(self, ids: Sequence[str], token: str) -> None:
        points = [models.PointStruct(id=id, vector={}, payload={"owner": token, "at": _micros()}) for id in ids]
        # Twice under the same token is once.
        self._connection.write(
            lambda client: client.upsert(self._collection, points, wait=True, ordering=models.WriteOrdering.STRONG, update_mode=models.UpdateMode.INSERT_ONLY)
        )

    def _owners(self, ids: Sequence[str]) -> dict[str, str]:
        points = self._connection.read(
            lambda client: client.retrieve(self._collection, list(ids), with_payload=["owner"], consistency=models.ReadConsistencyType.MAJORITY)
        )
        return {str(point.id): str((point.payload or {}).get("owner")) for point in points}

    def _drop(self, ids: Sequence[str], owner: str) -> None:
        self._remove(models.HasIdCondition(has_id=list(ids)), models.FieldCondition(key="owner", match=models.MatchValue(value=owner)))

    def _remove(self, *conditions: models.Condition) -> None:
        chosen = models.FilterSelector(filter=models.Filter(must=list(conditions)))
        with self._connection.using() as client:
            client.delete(self._collection, chosen, wait=True, ordering=models.WriteOrdering.STRONG)

    def _too_long(self) -> WriteConflictError:
        return WriteConflictError(f"Another writer held the right to write to the same memory for over {self._wait:g} seconds. Try again.")


def _micros() -> int:
    return time.time_ns() // 1_000
