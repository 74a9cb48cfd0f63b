"""Measure the guard: `python -m benchmarks.guard --data ../shared/data --agentdojo WHEEL` prints what it finds and writes it to benchmarks/results/guard.json.

AgentDojo (MIT) comes from its package: `pip download --no-deps agentdojo==0.1.35`. Without a folder or a package, what they hold is left out.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.environment import ROOT, describe
from benchmarks.guard.orders import HARMLESS, ORDERS
from benchmarks.guard.secrets import ORDINARY, generated
from benchmarks.guard.sets import agentdojo, public
from benchmarks.guard.tables import RESULTS, rendered_page
from erstwhile import cues_of, find_secrets
from erstwhile.guard.secrets import masked_text

EACH: Final = 200
"""So many made-up secrets of each kind."""


def measure(data: Path | None, wheel: Path | None) -> Mapping[str, Any]:
    """All of it."""
    sets = {} if data is None else public(data)
    attacks, pages = ({}, ()) if wheel is None else agentdojo(wheel)
    harmless = {**sets, **({"AgentDojo, mails, files and pages": pages} if pages else {}), **{f"own, {name}": texts for name, texts in HARMLESS.items()}}
    orders = {**{f"own, {name}": texts for name, texts in ORDERS.items()}, **{f"AgentDojo: {name}": texts for name, texts in attacks.items()}}
    own = [text for texts in ORDERS.values() for text in texts]
    secrets = generated(EACH)
    return {
        "false_alarms": {name: _counted(texts, cues_of) for name, texts in harmless.items()},
        "detected": {name: _counted(texts, cues_of) for name, texts in orders.items()},
        "halves": {name: _counted(half, cues_of) for name, half in (("even", own[::2]), ("odd", own[1::2]))},
        "secrets": {kind: {"texts": len(each), "found": sum(secret not in masked_text(text)[0] for text, secret in each)} for kind, each in secrets.items()},
        "secret_alarms": {name: _counted(texts, find_secrets) for name, texts in {**sets, "own, hashes, ids and numbers": ORDINARY}.items()},
        "time": {name: {"characters": sum(map(len, texts)) / len(texts), **_timed(texts)} for name, texts in (sets or {"own": tuple(own)}).items()},
    }


def _counted(texts: Sequence[str], find: Callable[[str], Iterable[object]]) -> Mapping[str, Any]:
    found = [tuple(find(text)) for text in texts]
    cues = Counter(cue for each in found for cue in each if isinstance(cue, str))
    return {"texts": len(texts), "found": sum(map(bool, found)), **({"cues": dict(sorted(cues.items()))} if cues else {})}


def _timed(texts: Sequence[str]) -> Mapping[str, float]:
    spent = {}
    for name, find in (("secrets_us", find_secrets), ("cues_us", cues_of)):
        start = time.perf_counter()
        for text in texts:
            find(text)
        spent[name] = round((time.perf_counter() - start) / len(texts) * 1e6, 1)
    return spent


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder with the public sets")
    parser.add_argument("--agentdojo", type=Path, help="the wheel of agentdojo")
    given = parser.parse_args()
    # The first text compiles the rules.
    find_secrets("password"), cues_of("password")
    found = {"command": "python -m benchmarks.guard", "environment": describe(), **measure(given.data, given.agentdojo)}
    RESULTS.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    page, text = rendered_page(found)
    page.write_text(text, encoding="utf-8")
    print(text)
    print(f"Written to {RESULTS.relative_to(ROOT)} and {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
