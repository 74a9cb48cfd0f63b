"""Fit the query adapter of an embedding model of erstwhile: ``python scripts/build_query_adapter bge-small|fast``. README.md tells more."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import fitting
import numpy as np
import texts

from erstwhile.embed import OnnxEmbedder
from erstwhile.embed.models import PROFILES, QUERY_ADAPTER, packaged_model

AT = (5, 10)


def stores(profile: str) -> list[fitting.Store]:
    """Everything in vectors. The adapter that is there already, whatever its state, is left alone."""
    model = packaged_model(profile)
    plain = {path: digest for path, digest in model.checksums.items() if path != model.query_adapter}
    embedder = OnnxEmbedder(replace(model, query_adapter=None, checksums=plain))
    return [
        fitting.Store(
            kind=told.kind,
            author=f"{told.kind}/{told.author}",
            texts=embedder.embed(told.texts, role="passage").astype(np.float64),
            questions=embedder.embed(told.questions, role="passage").astype(np.float64),
            evidence=told.evidence,
        )
        for told in texts.read()
    ]


def report(every: list[fitting.Store], folds: int) -> None:
    """Print how much of the evidence is found by meaning alone in what the others than its author taught, and without an adapter."""
    authors = sorted({store.author for store in every})
    for fold in range(folds):
        aside = set(authors[fold::folds])
        adapter = fitting.fit([store for store in every if store.author not in aside])
        for author in sorted(aside):
            own = [store for store in every if store.author == author]
            shares = [f"recall@{k} {fitting.found(own, None, k):.1%} -> {fitting.found(own, adapter, k):.1%}" for k in AT]
            sys.stdout.write(f"{author}: {', '.join(shares)}\n")


def write(adapter: fitting.Adapter, folder: Path) -> None:
    """Put the adapter into a model's package, and its hash into the manifest."""
    data = BytesIO()
    np.save(data, np.concatenate([adapter.matrix, adapter.offset[None]]).astype(np.float32))
    (folder / QUERY_ADAPTER).write_bytes(data.getvalue())
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][QUERY_ADAPTER] = {"bytes": len(data.getvalue()), "sha256": hashlib.sha256(data.getvalue()).hexdigest()}
    manifest["files"] = dict(sorted(manifest["files"].items()))
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Exit status 0."""
    parser = argparse.ArgumentParser(prog="build_query_adapter", description=__doc__.splitlines()[0])
    parser.add_argument("profile", choices=sorted(PROFILES))
    parser.add_argument("--folds", type=int, default=0, help="first say what adapters fitted without some authors find in theirs, in so many parts")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the model whose manifest is to be told; default: the profile's package")
    arguments = parser.parse_args()
    every = stores(arguments.profile)
    report(every, arguments.folds)
    write(fitting.fit(every), arguments.out or packaged_model(arguments.profile).onnx.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())
