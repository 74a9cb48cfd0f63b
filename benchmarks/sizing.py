"""What a store of so many versions takes: `python -m benchmarks.sizing` writes docs/explanation/sizing.md. No figure there is typed by hand.

Embedded, by what `benchmarks.scale` measured; beyond the largest size by the straight line through the two largest. On a server, calculated: no server was
measured. The bytes of a version are those of the benchmarks' corpus, counted.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Any, Final

from benchmarks import corpus
from benchmarks.environment import ROOT
from benchmarks.markdown import grid
from benchmarks.scale import RESULTS
from benchmarks.table import MARKED
from erstwhile import MemoryType, ServerSettings
from erstwhile.store import schema
from erstwhile.store.lexical import version_terms
from erstwhile.store.seats import NUMBERS
from erstwhile.testing import make_version
from erstwhile.time import as_utc

__all__ = ["PAGE", "Need", "VersionBytes", "line", "measured_bytes", "need", "rendered", "seconds_of_a_search"]

PAGE: Final = ROOT / "docs/explanation/sizing.md"
MILLION: Final = 1_000_000
SAMPLE: Final = 1_000
"""Memories of the corpus whose bytes are counted."""
DIMENSION: Final = 384
"""That of bge-small, the default model."""
OVERHEAD: Final = 1.5
"""Times that Qdrant's capacity planning takes vectors and payloads, for indexes, versions of points and segments that are being rebuilt."""
EXACT, INT8, TWO_BITS, ONE_BIT = 2.0, 1.0, 0.25, 0.125
"""Bytes of a number: as it is kept, float16, and in the copies that are scanned."""
SMALL: Final = 1_024
"""Dimensions below which "binary" has two bits a number."""
SEAT_BYTES: Final = 4 * NUMBERS
"""A seat, in float32."""
WORD_BYTES: Final = 8
"""A word of a version in the sparse index: a point's number and a weight, 32 bits each."""
LINK_BYTES: Final = 4
"""A link in a graph: a point's number. On its lowest layer HNSW has twice as many links as its m says (Malkov and Yashunin, 2016)."""
GRAPHS: Final = 3
"""Indexed fields with a graph for each of their values."""
GIGABYTE: Final = 1e9
LAYOUTS: Final[Mapping[str, ServerSettings]] = {
    "the default: int8": ServerSettings(),
    "int8, `vectors_on_disk`": ServerSettings(vectors_on_disk=True),
    "binary, `vectors_on_disk`": ServerSettings(quantisation="binary", vectors_on_disk=True),
    "no quantisation": ServerSettings(quantisation="none"),
    "int8, `payload_m = 16`": ServerSettings(payload_m=16),
    "int8, `replication_factor = 2`, both copies together": ServerSettings(replication_factor=2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionBytes:
    """What a version takes beside its vector, on average.

    Attributes:
        payload: Bytes of its payload as JSON: the version itself, and the fields beside it.
        fields: Of these, those of the fields beside it, all of which are indexed and in memory.
        words: Words that it is found by.
    """

    payload: float
    fields: float
    words: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a store takes on a server, all copies together.

    Attributes:
        memory: Bytes of RAM.
        disk: Bytes on disk.
    """

    memory: float
    disk: float


@cache
def measured_bytes() -> VersionBytes:
    """The average of the corpus: memories of 8 to 43 words, of one user, without metadata."""
    payloads, fields, words = [], [], []
    for memory in corpus.memories(0, SAMPLE):
        version = make_version(
            memory.content, type=MemoryType(memory.type), tags=memory.tags, valid_from=as_utc(memory.valid_from), system_from=as_utc("2026-01-01")
        )
        payload = schema.payload_of(version)
        payloads.append(len(json.dumps(payload, ensure_ascii=False).encode()))
        fields.append(len(json.dumps({name: payload[name] for name in schema.FIELDS if name in payload}, ensure_ascii=False).encode()))
        words.append(len(version_terms(version)))
    return VersionBytes(payload=round(fmean(payloads), -1), fields=round(fmean(fields), -1), words=round(fmean(words)))


def need(versions: int, settings: ServerSettings, *, dimension: int = DIMENSION, each: VersionBytes | None = None) -> Need:
    """What so many versions take on a server; the formulas are explained in docs/explanation/sizing.md.

    Args:
        versions: Versions: memories and turns, and what they superseded.
        settings: How the store is laid out.
        dimension: Numbers of a vector.
        each: What a version takes. Default: as in the benchmarks' corpus.
    """
    row = measured_bytes() if each is None else each
    exact = dimension * EXACT + SEAT_BYTES
    scanned = dimension * {"int8": INT8, "binary": TWO_BITS if dimension < SMALL else ONE_BIT, "none": 0.0}[settings.quantisation]
    found = row.words * WORD_BYTES + row.fields + settings.payload_m * 2 * LINK_BYTES * GRAPHS
    kept = (0.0 if settings.vectors_on_disk else exact) + scanned + (0.0 if settings.payload_on_disk else row.payload)
    memory = OVERHEAD * kept + found
    disk = OVERHEAD * (exact + scanned + row.payload) + found
    return Need(memory=versions * memory * settings.replication_factor, disk=versions * disk * settings.replication_factor)


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The straight line through the last two of some points: its value at 0, and its slope."""
    (x, y), (further, more) = sorted(points)[-2:]
    slope = (more - y) / (further - x)
    return y - slope * x, slope


def seconds_of_a_search(found: Mapping[str, Any], scope: int) -> float:
    """What a search in a scope of so many versions takes of one core, by the line through the sizes next to it of the scope with half of all."""
    points = sorted((int(size) / 2, values["broad_p50_ms"] / 1_000) for size, values in found["sizes"].items())
    last = next((place for place in range(1, len(points)) if points[place][0] >= scope), len(points) - 1)
    start, slope = line(points[: last + 1])
    return start + slope * scope


def rendered(page: str, found: Mapping[str, Any]) -> str:
    """The page with its tables between the marks."""
    body = "\n".join((*_embedded(found), "", *_on_a_server(), "", *_searches(found), ""))
    return MARKED.sub(lambda _: body, page)


def _embedded(found: Mapping[str, Any]) -> list[str]:
    sizes: Mapping[int, Mapping[str, Any]] = {int(size): values for size, values in found["sizes"].items()}
    rows = [_row(size, sizes[size]["rss_mb"], sizes[size]["disk_mb"], sizes[size]["open_ms"], "measured") for size in sorted(sizes)]
    for size in (size for size in (MILLION, 3 * MILLION) if size > max(sizes)):
        guess = {}
        for name in ("rss_mb", "disk_mb", "open_ms"):
            start, slope = line([(each, values[name]) for each, values in sizes.items()])
            guess[name] = start + slope * size
        rows.append(_row(size, guess["rss_mb"], guess["disk_mb"], guess["open_ms"], "calculated"))
    return grid(("embedded: versions", "RAM, without the model", "disk", "opening", "how"), rows)


def _row(size: int, memory: float, disk: float, opening: float, how: str) -> tuple[str, ...]:
    return f"{size:,}", f"{memory / 1_000:.2f} GB", f"{disk / 1_000:.2f} GB", f"{opening / 1_000:.1f} s", how


def _on_a_server() -> list[str]:
    each = measured_bytes()
    rows = []
    for name, settings in LAYOUTS.items():
        wanted = need(MILLION, settings)
        rows.append((name, f"{wanted.memory / GIGABYTE:.1f} GB", f"{wanted.disk / GIGABYTE:.1f} GB", "calculated"))
    counted = f"{DIMENSION} dimensions, a payload of {each.payload:,.0f} bytes, {each.fields:,.0f} of them in indexed fields, and {each.words:.0f} words"
    return [
        f"A version there has {counted}: counted over {SAMPLE:,} memories of the benchmarks' corpus.",
        "",
        *grid(("server: a million versions", "RAM", "disk", "how"), rows),
    ]


def _searches(found: Mapping[str, Any]) -> list[str]:
    largest = max(map(int, found["sizes"])) // 2
    scopes = (1_000, 10_000, 50_000, 150_000, 500_000)
    rows = []
    for scope in scopes:
        seconds = seconds_of_a_search(found, scope)
        rows.append(
            (
                f"{scope:,}",
                f"{seconds * 1_000:.1f} ms",
                f"{1 / seconds:,.0f}",
                "between two measured sizes" if scope <= largest else "calculated",
            )
        )
    return grid(("versions in the scopes that are asked", "time of one core", "searches a second and core", "how"), rows)


def main() -> None:
    """Write the page."""
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
