"""What was measured of the peers, as tables: `python -m benchmarks.peers.tables` writes docs/reference/peers.md. No figure there is typed by hand."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from benchmarks.environment import ROOT
from benchmarks.markdown import Row, grid
from benchmarks.peers.catalogue import UNMEASURED
from benchmarks.peers.measuring import GROUPS, MEASURED
from benchmarks.table import MARKED

__all__ = ["PAGE", "RESULTS", "peers_page", "rendered"]

RESULTS: Final = ROOT / "benchmarks/results/peers.json"
PAGE: Final = ROOT / "docs/reference/peers.md"

Values = Mapping[str, Any]

HEAD = ("peer", "embedder", "recall@5", "recall@10", "any@10", "recall p50 / p95, ms", "turns/s", "RSS, MB", "environment, MB")
REPLACED = "‡"
"""Marks an embedder that is not the peer's own."""


def rendered(page: str, found: Values) -> str:
    """The page with what was found between its marks."""
    body = peers_page(found)
    return MARKED.sub(lambda _: body, page)


def peers_page(found: Values) -> str:
    """All of it: the peers side by side, by category, what each is to be read with, those that gave no figures and why, and what it was measured on.

    Args:
        found: What `benchmarks.peers` keeps.
    """
    peers: Mapping[str, Values] = found.get("peers", {})
    measured = {name: peer for name, peer in peers.items() if peer["status"] == MEASURED}
    if not peers:
        return "Nothing was measured yet.\n"
    parts = list(_measured(measured)) if measured else []
    others = {name: f"{peer['status']}: {peer['reason']}" for name, peer in peers.items() if name not in measured}
    parts += ["Not measured:", "", *(f"- {name}: {reason}" for name, reason in {**others, **UNMEASURED}.items()), "", _run(found)]
    return "\n".join((*parts, ""))


def _measured(peers: Mapping[str, Values]) -> Iterator[str]:
    yield from grid(HEAD, [_row(name, peer) for name, peer in peers.items()])
    if any(peer["replaced"] for peer in peers.values()):
        yield f"\n{REPLACED} Embedder replaced: its own cannot be had offline."
    yield ""
    yield from grid(("turn recall@10", *GROUPS), [(name, *(_percent(peer, group, "recall@10") for group in GROUPS)) for name, peer in peers.items()])
    yield "\nTo be read with:\n"
    yield from (f"- {name}: {'; '.join(said)}" for name, peer in peers.items() if (said := list(_said(peer))))
    yield ""


def _row(name: str, peer: Values) -> Row:
    return (
        f"{name} ({peer['distribution']} {peer['version']})",
        f"{peer['embedder']}{f' {REPLACED}' if peer['replaced'] else ''}",
        *(_percent(peer, "all", measure) for measure in ("recall@5", "recall@10", "any@10")),
        f"{peer['recall_p50_ms']:,.1f} / {peer['recall_p95_ms']:,.1f}",
        *(f"{peer[value]:,.0f}" if value in peer else "—" for value in ("turns_per_s", "rss_mb", "install_mb")),
    )


def _said(peer: Values) -> Iterator[str]:
    if peer["replaced"]:
        yield f"{peer['embedder']} in place of {peer['replaced']}"
    yield from peer["notes"]
    if torch := peer["versions"].get("torch"):
        yield f"torch {torch} is in its environment"
    if refused := peer["turns"] - peer["kept"]:
        yield f"{refused:,} of {peer['turns']:,} turns were not kept"
    if (processes := max(run.get("processes", 1) for run in peer["conversations"])) > 1:
        yield f"RSS of {processes} processes"
    if listening := sorted({address for run in peer["conversations"] for address in run.get("listening", ())}):
        yield f"listens beyond loopback: {', '.join(listening)}"


def _percent(peer: Values, group: str, measure: str) -> str:
    values = peer["quality"].get(group)
    return f"{100 * values[measure]:.1f}" if values else "—"


def _run(found: Values) -> str:
    settings, about = found["settings"], found["environment"]
    loads = [peer["load"] for peer in found["peers"].values() if peer.get("load") is not None]
    load = f", load {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    piece = "".join(f", the first {settings[name]:,} {name}" for name in ("turns", "questions") if settings[name] is not None)
    return (
        f"LoCoMo, turn-level evidence, categories 1 to 4, k {settings['k']}: {', '.join(settings['conversations'])}{piece}. Each peer in a process and an "
        f"environment of its own, {'without a network' if settings['network'] == 'none' else 'the network not cut off'}, {settings['limit_s']:g} s for a "
        f"conversation. {about['cpu']}, {about['cores']} cores{load}; Python {about['python']}; {about['date'][:10]}, commit {about['commit']}: "
        f"`{found['command']}`."
    )


def main() -> None:
    """Write the page."""
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
