"""Measure other memories beside ours: `python -m benchmarks.peers`. Environments that are not there are made first; what was measured before of the same
is kept, so that a run that was broken off is taken up again."""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks import environment
from benchmarks.options import DATA, command, listed
from benchmarks.peers.catalogue import DEFAULT, PEERS, Peer
from benchmarks.peers.conversing import without_network
from benchmarks.peers.environments import CACHE, Installed, InstallError, install
from benchmarks.peers.measuring import MEASURED, Conversation, K, conversation_of, measure
from benchmarks.peers.tables import RESULTS, peers_page
from benchmarks.retrieval.locomo import LOCOMO

__all__ = ["main"]

LIMIT_S: Final = 90.0
UNINSTALLED: Final = "not installed"

Values = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and keep what each peer gave as soon as it is there."""
    parser = _parser()
    given = parser.parse_args(arguments)
    folder = given.data / LOCOMO.folder
    if not any(folder.glob(LOCOMO.files)):
        parser.error(f"there is no {LOCOMO.files} in {folder}; the data is {LOCOMO.origin}.")
    cases = islice(LOCOMO.read(folder), given.conversations)
    conversations = [conversation_of(case, turns=given.turns, questions=given.questions) for case in cases]
    prefix = without_network()
    settings = {
        "conversations": [each.name for each in conversations],
        "turns": given.turns,
        "questions": given.questions,
        "k": K,
        "limit_s": given.limit,
        "network": "none" if prefix else "as it is",
    }
    before: dict[str, Any] = json.loads(given.out.read_text(encoding="utf-8")) if given.out.exists() else {"settings": settings, "peers": {}}
    if before["settings"] != settings and not given.again:
        parser.error(f"{given.out} holds what was measured with other settings; name another file with --out, or give --again to replace it.")
    results: dict[str, Any] = {
        "command": command("benchmarks.peers", arguments),
        "environment": environment.describe(),
        "settings": settings,
        "peers": before["peers"] if before["settings"] == settings else {},
    }
    for name in given.peers:
        known = {} if given.again else results["peers"].get(name, {})
        entry = _entry(name, conversations, settings, known=known, cache=given.cache, prefix=prefix)
        entries = {**results["peers"], name: entry}
        results["peers"] = {each: entries[each] for each in PEERS if each in entries}
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        print(": ".join([name, entry["status"], *filter(None, [entry["reason"]])]), flush=True)
    print("", peers_page(results), sep="\n")


def _entry(name: str, conversations: Sequence[Conversation], settings: Values, *, known: Values, cache: Path, prefix: Sequence[str]) -> dict[str, Any]:
    """What is kept of one peer: ``known``, where that was measured of the very same."""
    peer = PEERS[name]
    about: dict[str, Any] = {"distribution": peer.distribution, "embedder": peer.embedder, "replaced": peer.replaced, "notes": list(peer.notes)}
    try:
        installed = install(peer.environment, cache)
    except InstallError as error:
        return about | {"status": UNINSTALLED, "reason": str(error)}
    key = _key(peer, installed, settings, conversations)
    if known.get("key") == key and known["status"] == MEASURED:
        return dict(known)
    logs = cache / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    machine = environment.describe()
    about |= {"key": key, "date": machine["date"], "commit": machine["commit"], "load": machine["load_at_start"], "settings": dict(peer.settings)}
    about |= {"version": installed.versions[peer.distribution], "versions": dict(installed.versions), "install_mb": installed.install_mb}
    return about | measure(peer, installed, conversations, limit=settings["limit_s"], log=logs / f"{name}.log", prefix=prefix, say=print)


def _key(peer: Peer, installed: Installed, settings: Values, conversations: Sequence[Conversation]) -> str:
    """Of everything that the figures follow from, but for the machine."""
    modules = (peer.adapter, *(f"benchmarks.peers.{name}" for name in ("contract", "measuring", "worker")))
    code = [(environment.ROOT / name.replace(".", "/")).with_suffix(".py").read_bytes() for name in modules]
    said = [[asdict(turn) for session in each.sessions for turn in session] for each in conversations]
    asked = [[(ask.text, sorted(ask.turns)) for ask in each.asks] for each in conversations]
    described = json.dumps([installed.key, asdict(peer), settings, said, asked], default=str).encode()
    return hashlib.sha256(b"\0".join([*code, described])).hexdigest()[:16]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help=f"folder with {LOCOMO.folder} (default: {DATA})")
    parser.add_argument("--conversations", type=int, default=1, help="how many of them (default: 1)")
    parser.add_argument(
        "--peers", type=listed("peer", PEERS), default=DEFAULT, help=f"which, separated by commas (default: {','.join(DEFAULT)}; also: {_also()})"
    )
    parser.add_argument("--limit", type=float, default=LIMIT_S, help=f"seconds that a peer may take for one conversation (default: {LIMIT_S:g})")
    parser.add_argument("--turns", type=int, help="only the first turns of each conversation, and the questions that these answer: to try an adapter")
    parser.add_argument("--questions", type=int, help="only the first questions of each conversation")
    parser.add_argument("--again", action="store_true", help="measure again what was measured before, and put it in the place of results with other settings")
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"folder of the environments and the peers' logs (default: {CACHE})")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results are kept")
    return parser


def _also() -> str:
    return ",".join(name for name in PEERS if name not in DEFAULT)


if __name__ == "__main__":
    main()
