"""Prove that installed wheels work: run with an interpreter that has nothing else, from a folder outside the checkout."""

import sys
import tempfile
from pathlib import Path

import erstwhile


def main() -> None:
    """A fact that changes, asked about now and then, in a store that is closed and opened again."""
    here = Path(erstwhile.__file__).resolve()
    if not any(here.is_relative_to(Path(entry).resolve()) for entry in sys.path if "site-packages" in entry):
        raise SystemExit(f"erstwhile was imported from {here}, not from an installed wheel")
    with tempfile.TemporaryDirectory() as folder:
        memory = erstwhile.open(folder)
        ana = memory.scope(user="ana")
        first = ana.remember("I live in Porto", valid_from="2024-01-01")
        ana.remember("I live in Lisbon", valid_from="2025-03-01", supersedes=first.memory_id)
        memory.close()

        memory = erstwhile.open(folder)
        ana = memory.scope(user="ana")
        now, then = ana.recall("where do I live?"), ana.recall("where do I live?", as_of="2024-06-01")
        memory.close()
    for hits, city in ((now, "Lisbon"), (then, "Porto")):
        if city not in next(iter(hits)).content:
            raise SystemExit(f"expected {city} first, got {hits!r}")
    print(f"erstwhile works from {here.parent}")


if __name__ == "__main__":
    main()
