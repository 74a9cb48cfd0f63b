"""How searching grows up to a million memories, with filters and without, and what a graph would change: `python -m benchmarks.scale`.

The store alone: what a recall asks of it, vectors of questions at hand. One store is filled further and further; at each size it is opened in a process of its
own and measured. Memories beyond the hundred thousandth have the words of earlier ones and vectors near theirs. Half of all lie in one scope, the rest in a
hundred others. `python -m benchmarks.scale_table` writes docs/reference/scale.md.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus, environment
from benchmarks.measures import MILLI, Values, percentile, rate, timings
from benchmarks.options import CACHE, command
from benchmarks.vectors import corpus_vectors
from erstwhile import MemoryType, Scope
from erstwhile.embed import load_embedder
from erstwhile.store import Batch, Row, Search, Where
from erstwhile.store.edge import EdgeStore
from erstwhile.testing import make_version
from erstwhile.time import as_utc

__all__ = ["main"]

RESULTS: Final = environment.ROOT / "benchmarks/results/scale.json"
SIZES: Final = (1_000, 10_000, 100_000, 300_000, 1_000_000)
EMBEDDED: Final = 100_000
"""Memories with a vector of their own; those of further ones are made from these."""
NOISE: Final = 0.25
"""Length of what is added to a vector of length 1 to make another one near it: their cosine is 0.97."""
CHUNK: Final = 1_000
QUESTIONS: Final = 150
WARM_UP: Final = 30
LIMIT: Final = 100
"""Candidates of each channel, as recall asks for."""
BEST: Final = 10
GRAPH_UP_TO: Final = 100_000
"""A graph of so many points takes minutes to build, and the time grows faster than their number."""
BROAD: Final = Scope(user="ana")
NARROW: Final = Scope(user="user-7")
NOW: Final = as_utc("2026-06-01")
MODEL: Final = "scale@1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill, measure at each size, and keep what was found as soon as it is there."""
    given = _parser().parse_args(arguments)
    if given.measure:
        print(json.dumps(_measured(given.measure, graph=given.graph)))
        return
    results: dict[str, Any] = {"command": command("benchmarks.scale", arguments), "environment": environment.describe(), "sizes": {}}
    with tempfile.TemporaryDirectory(dir=given.cache, prefix="scale-") as work:
        folder, filled = Path(work), 0
        texts = [corpus.question(number) for number in range(QUESTIONS + WARM_UP)]
        np.save(folder / "questions.npy", load_embedder().embed(texts, role="query").astype(np.float16).astype(np.float32))
        for size in given.sizes:
            seconds = _fill(folder, filled, size, given.cache)
            found: Values = {"memories_per_s": rate(size - filled, seconds), "disk_mb": _disk(folder / "store")}
            found |= _in_a_process_of_its_own(folder, graph=size <= given.graph_up_to)
            results["sizes"][str(size)] = found
            given.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
            print(size, json.dumps(found), flush=True)
            filled = size


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=lambda text: sorted(map(int, text.split(","))), default=SIZES, help="memories, separated by commas")
    parser.add_argument("--graph-up-to", type=int, default=GRAPH_UP_TO, help=f"build a graph too, up to so many memories (default: {GRAPH_UP_TO})")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where to write the results")
    parser.add_argument("--cache", type=Path, default=CACHE, help="for vectors and the store; needs 10 GB for a million memories")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--graph", action="store_true", help=argparse.SUPPRESS)
    return parser


def _scope(number: int) -> Scope:
    return BROAD if number % 2 == 0 else Scope(user=f"user-{number // 2 % 100}")


def _fill(folder: Path, first: int, end: int, cache: Path) -> float:
    """Seconds that writing took. The vectors are kept in a file beside the store, in the order of the memories."""
    base = corpus_vectors(min(end, EMBEDDED), cache)
    seconds = 0.0
    store = EdgeStore(folder / "store", fingerprint=MODEL, dimension=base.shape[1], durable=False)
    with (folder / "vectors.f16").open("ab") as kept:
        for start in range(first, end, CHUNK):
            numbers = range(start, min(start + CHUNK, end))
            vectors = _vectors(base, numbers)
            kept.write(vectors.tobytes())
            rows = tuple(_row(number, vector) for number, vector in zip(numbers, vectors.astype(np.float32), strict=True))
            began = time.perf_counter()
            store.write(Batch(puts=rows))
            seconds += time.perf_counter() - began
    began = time.perf_counter()
    store.close()
    return seconds + time.perf_counter() - began


def _vectors(base: NDArray[np.float32], numbers: range) -> NDArray[np.float16]:
    near = base[[number % len(base) for number in numbers]]
    if numbers.stop > EMBEDDED:
        noise = np.random.default_rng(numbers.start).standard_normal(near.shape).astype(np.float32)
        near = near + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float16)


def _row(number: int, vector: NDArray[np.float32]) -> Row:
    memory = corpus.memory(number % EMBEDDED)
    start = as_utc(memory.valid_from)
    end = as_utc(memory.valid_to) if memory.valid_to else None
    told: dict[str, Any] = {"scope": _scope(number), "type": MemoryType(memory.type), "tags": memory.tags, "valid_from": start, "valid_to": end}
    version = make_version(memory.content, **told, system_from=as_utc("2026-01-01"), fingerprint=MODEL)
    return Row(version=version, vector=vector)


def _disk(folder: Path) -> float:
    return round(sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def _in_a_process_of_its_own(folder: Path, *, graph: bool) -> Values:
    asked = [sys.executable, "-m", "benchmarks.scale", "--measure", str(folder), *(["--graph"] if graph else [])]
    found: Values = json.loads(subprocess.run(asked, cwd=environment.ROOT, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return found


def _measured(folder: Path, *, graph: bool) -> Values:
    vectors = np.load(folder / "questions.npy")
    questions = [(corpus.question(number), vector) for number, vector in enumerate(vectors)]
    began = time.perf_counter()
    store = EdgeStore(folder / "store", fingerprint=MODEL, dimension=vectors.shape[1], durable=False)
    found: Values = {"open_ms": round((time.perf_counter() - began) * MILLI, 1)}
    for name, where in _conditions():

        def ask(question: tuple[str, NDArray[np.float32]], where: Where = where) -> object:
            return store.search(Search(where=where, vector=question[1], text=question[0], limit=LIMIT, seats=True))

        seconds = timings(ask, questions, warm_up=WARM_UP)
        found |= {f"{name}_p50_ms": round(percentile(seconds, 0.5) * MILLI, 2), f"{name}_p95_ms": round(percentile(seconds, 0.95) * MILLI, 2)}
    found["rss_mb"] = environment.resident().get("VmRSS")
    kept = np.memmap(folder / "vectors.f16", dtype=np.float16, mode="r").reshape(-1, vectors.shape[1])
    best = _exactly(kept[::2], vectors[WARM_UP:])
    found["recall_at_10"] = _recall(store, best, vectors[WARM_UP:])
    store.close()
    return found | (_with_graph(folder, kept[::2], best, vectors[WARM_UP:]) if graph else {})


def _conditions() -> Iterator[tuple[str, Where]]:
    now = {"believed": True, "valid": NOW}
    yield "broad", Where(scopes=(BROAD,), **now)
    yield "narrow", Where(scopes=(NARROW,), **now)
    yield "one_type", Where(scopes=(BROAD,), types=("preference",), **now)
    yield "one_tag", Where(scopes=(BROAD,), tags=("garden",), **now)
    yield "valid_then", Where(scopes=(BROAD,), believed=True, valid=as_utc("2022-06-01"))
    yield "believed_then", Where(scopes=(BROAD,), believed=as_utc("2026-02-01"), valid=NOW)


def _exactly(vectors: NDArray[np.float16], queries: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine of the tenth best of each query, shape (queries,)."""
    best = np.full((len(queries), BEST), -1.0, dtype=np.float32)
    for start in range(0, len(vectors), 50_000):
        scores = queries @ vectors[start : start + 50_000].astype(np.float32).T
        best = np.sort(np.concatenate([best, np.partition(scores, max(-BEST, -scores.shape[1]), axis=1)[:, -BEST:]], axis=1), axis=1)[:, -BEST:]
    tenth: NDArray[np.float32] = best[:, 0]
    return tenth


def _recall(store: EdgeStore, best: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
    """Share of the ten nearest that a search brings; equals count as one another."""
    where = Where(scopes=(BROAD,), believed=True)
    found = [store.search(Search(where=where, vector=query, text="", limit=BEST)) for query in queries]
    return _share([[candidate.dense or -1.0 for candidate in candidates] for candidates in found], best)


def _share(cosines: Sequence[Sequence[float]], best: NDArray[np.float32]) -> float:
    hits = sum(sum(cosine >= tenth - 1e-5 for cosine in sorted(found)[-BEST:]) for found, tenth in zip(cosines, best, strict=True))
    return round(hits / (BEST * len(best)), 4)


def _with_graph(folder: Path, vectors: NDArray[np.float16], best: NDArray[np.float32], queries: NDArray[np.float32]) -> Values:
    """The same vectors of the broad scope under an HNSW graph with int8 and rescoring, by Qdrant Edge itself; unfiltered, by meaning alone."""
    import qdrant_edge as qdrant

    path = folder / f"graph-{len(vectors)}"
    path.mkdir()
    dense = qdrant.EdgeVectorParams(size=vectors.shape[1], distance=qdrant.Distance.Dot, datatype=qdrant.VectorStorageDatatype.Float16)
    shard = qdrant.EdgeShard.create(
        str(path),
        qdrant.EdgeConfig(
            vectors={"dense": dense},
            hnsw_config=qdrant.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=1),
            quantization_config=qdrant.ScalarQuantizationConfig(qdrant.ScalarType.Int8, quantile=0.99),
            wal_enabled=True,
        ),
    )
    for start in range(0, len(vectors), CHUNK):
        chunk = vectors[start : start + CHUNK].astype(np.float32)
        points = [qdrant.Point(start + place, {"dense": vector.tolist()}, {}) for place, vector in enumerate(chunk)]
        shard.update(qdrant.UpdateOperation.upsert_points(points))
    began = time.process_time()
    shard.optimize()
    found: Values = {"graph_build_cpu_s": round(time.process_time() - began, 1)}
    answers: list[list[float]] = []
    params = qdrant.SearchParams(hnsw_ef=128, quantization=qdrant.QuantizationSearchParams(rescore=True, oversampling=2.0))

    def ask(query: NDArray[np.float32]) -> None:
        request = qdrant.QueryRequest(limit=BEST, query=qdrant.Query.Nearest(query.tolist(), "dense"), params=params)
        answers.append([point.score for point in shard.query(request)])

    seconds = timings(ask, list(queries), warm_up=0)
    shard.close()
    return found | {"graph_p50_ms": round(percentile(seconds, 0.5) * MILLI, 2), "graph_recall_at_10": _share(answers, best)}


if __name__ == "__main__":
    main()
