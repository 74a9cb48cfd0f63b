"""How a store is laid out on a Qdrant server or cluster, and how the server is asked: settings as data, which need no client.

A write is one request to one shard, for that is what Qdrant carries out whole; and Qdrant takes word statistics in each shard by itself. So a store has one
shard, or the shards that `ServerSettings.shard_number` and `ServerSettings.dedicated_tenants` name, and all of a tenant lies in one of them.
"""

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, Self, get_args

from erstwhile.errors import InvalidInputError
from erstwhile.model import Scope, check_text

__all__ = ["Quantisation", "ServerSettings"]

Quantisation = Literal["int8", "binary", "none"]

MEBIBYTE: Final = 2**20
REQUEST_MB: Final = 32
"""Qdrant's own limit of a request, ``service.max_request_size_mb``, in MiB; from its config/config.yaml."""
ASKING: Final = ("timeout", "retries", "request_mb")
"""What concerns how a server is asked; the rest is fixed when the collection is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Settings of a store on a Qdrant server.

    All but the last three are fixed when the store is made, and kept with it: whoever opens it later need not name them, and is refused who names others.

    Attributes:
        shard_number: Shards that tenants are spread over, 1 to 1,000. More than one needs a server in cluster mode. Default 1.
        dedicated_tenants: Tenants, by name, each with a shard of its own; needs a server in cluster mode. Default none.
        replication_factor: Copies of each shard, on as many nodes. Default 1.
        write_consistency_factor: Copies that must have taken a write before it counts, more than half of them. Default all; with fewer, each read asks a
            majority of the copies.
        quantisation: What vectors are scanned as before the best are compared exactly: "int8" (default); "binary", 2 bits a number below 1,024 dimensions and 1
            above, which loses accuracy with small models; or "none".
        vectors_on_disk: Whether the exact vectors are left to the page cache. Default no: in memory.
        payload_on_disk: Whether the versions themselves are left to the page cache. Default yes.
        payload_m: Links of each vector in a graph for each scope, 0 to 128: searches in scopes with hundreds of thousands of memories become faster, and
            approximate. 16 is usual. Default 0: no graph, searches are exact but for the quantisation.
        timeout: Seconds for one request, a whole number from 1. Default 30.
        retries: How often a request is sent again that met a server which is busy, or a connection that broke, 0 to 10. Default 2.
        request_mb: MiB of a request at most, from 1; as ``service.max_request_size_mb`` of the server. Default 32.

    Raises:
        InvalidInputError: A setting has a value that cannot be used; the message names both.
    """

    shard_number: int = 1
    dedicated_tenants: tuple[str, ...] = ()
    replication_factor: int = 1
    write_consistency_factor: int | None = None
    quantisation: Quantisation = "int8"
    vectors_on_disk: bool = False
    payload_on_disk: bool = True
    payload_m: int = 0
    timeout: int = 30
    retries: int = 2
    request_mb: int = REQUEST_MB

    def __post_init__(self) -> None:
        for name, first, last in (
            ("shard_number", 1, 1_000),
            ("replication_factor", 1, 100),
            ("payload_m", 0, 128),
            ("timeout", 1, 3_600),
            ("retries", 0, 10),
            ("request_mb", 1, 4_096),
        ):
            _check_number(name, getattr(self, name), first, last)
        for name in ("vectors_on_disk", "payload_on_disk"):
            if type(getattr(self, name)) is not bool:
                raise InvalidInputError(f"{name} is {getattr(self, name)!r:.40}; give true or false.")
        if self.quantisation not in get_args(Quantisation):
            raise InvalidInputError(f"quantisation is {self.quantisation!r:.40}; give one of {', '.join(get_args(Quantisation))}.")
        self._check_tenants()
        if self.write_consistency_factor is not None:
            # A write that fewer took could be missed by a majority of readers, and with it that a memory was superseded.
            _check_number("write_consistency_factor", self.write_consistency_factor, self.replication_factor // 2 + 1, self.replication_factor)

    def _check_tenants(self) -> None:
        names: object = self.dedicated_tenants
        if not isinstance(names, (list, tuple)) or len(set(map(str, names))) != len(names):
            raise InvalidInputError("dedicated_tenants: expected a list of different names.")
        object.__setattr__(self, "dedicated_tenants", tuple(check_text(name, name="each of dedicated_tenants") for name in names))

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The settings of a mapping, such as a TOML file holds.

        Raises:
            InvalidInputError: There is no such setting, or it has a value that cannot be used.
        """
        known = [field.name for field in fields(cls)]
        if unknown := sorted(str(name)[:40] for name in given if name not in known):
            raise InvalidInputError(f"{unknown[0]} is no setting of a server; the settings are {', '.join(known)}.")
        return cls(**given)

    @property
    def layout(self) -> dict[str, Any]:
        """What is fixed when the store is made, by name."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items() if name not in ASKING}

    def laid_out(self, layout: Mapping[str, Any]) -> Self:
        """These settings, with what was fixed when the store was made."""
        return type(self).of({**{name: getattr(self, name) for name in ASKING}, **layout})

    @property
    def copies(self) -> int:
        """Copies that must have taken a write."""
        return self.write_consistency_factor or self.replication_factor

    @property
    def request_bytes(self) -> int:
        """Bytes of a request at most."""
        return self.request_mb * MEBIBYTE

    def shard_keys(self) -> tuple[str, ...]:
        """Names of all shards; none where there is just one, without a name."""
        if self.shard_number == 1 and not self.dedicated_tenants:
            return ()
        return (*(f"shared-{number}" for number in range(self.shard_number)), *(f"tenant-{name}" for name in self.dedicated_tenants))

    def shard_key(self, scope: Scope) -> str | None:
        """The shard that a scope lies in: its tenant's own, or one that it shares; ``None`` where there is just one.

        The scopes of one tenant lie together, and without a tenant those of one user.
        """
        if not self.shard_keys():
            return None
        if scope.tenant in self.dedicated_tenants:
            return f"tenant-{scope.tenant}"
        return f"shared-{zlib.crc32((scope.tenant or scope.user or scope.key).encode()) % self.shard_number}"


def _check_number(name: str, value: object, first: int, last: int) -> None:
    if type(value) is not int or not first <= value <= last:
        raise InvalidInputError(f"{name} is {value!r:.40}; give a whole number from {first:,} to {last:,}.")
