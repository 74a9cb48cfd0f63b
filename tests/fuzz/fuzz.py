"""Fuzzing by coverage: `python tests/fuzz/fuzz.py --seconds 10` gives each target in `targets.py` texts that reach new lines of it. Needs `atheris`.

    python tests/fuzz/fuzz.py --seconds 60 mentions policy      these targets, a minute each
    python tests/fuzz/fuzz.py --again FILE mentions             one text that was found, again

A text that brings out a fault, or takes longer than 10 seconds, ends the run with 1, and is written to the current folder.
"""

import argparse
import importlib.util
import io
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
LONGEST = 8_192
"""Bytes of a text at most: `test_fuzz.py` tries longer ones."""
SLOW = 10
"""Seconds that one text may take."""
SEEDS = 200


def targets() -> ModuleType:
    """The targets."""
    spec = importlib.util.spec_from_file_location("erstwhile_fuzz_targets", HERE / "targets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def child(name: str, arguments: list[str]) -> None:
    """Fuzz one target in this process, for as long as libFuzzer is told."""
    import atheris

    with atheris.instrument_imports(include=["erstwhile"]):
        import erstwhile.engine
        from erstwhile.embed import HashingEmbedder

        found = targets()
    # No real model: what is fuzzed is what reads.
    erstwhile.engine.load_embedder = lambda *_, **__: HashingEmbedder()
    erstwhile.engine.shipped_judge = lambda: None
    sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")

    def one(raw: bytes) -> None:
        found.run(name, raw.decode("utf-8", "surrogateescape"))

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def seeds(folder: Path, name: str) -> None:
    """Texts to begin with, put together from the target's pieces."""
    pieces, chance = targets().PIECES[name], random.Random(7)
    for number in range(SEEDS):
        text = chance.choice(["", " "]).join(chance.choices(pieces, k=chance.randrange(1, 20)))
        (folder / str(number)).write_bytes(text.encode("utf-8", "surrogatepass")[:LONGEST])


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--again", type=Path)
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*")
    given = parser.parse_args()
    if given.child:
        child(given.child[0], given.child[1:])
        return 0
    failed = []
    for name in given.targets or targets().TARGETS:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as work:
            corpus, home = Path(work, "corpus"), Path(work, "home")
            corpus.mkdir()
            seeds(corpus, name)
            limits = [f"-max_total_time={given.seconds}", f"-max_len={LONGEST}", f"-timeout={SLOW}", "-rss_limit_mb=0", "-print_final_stats=1"]
            what = [str(given.again)] if given.again else [*limits, f"-artifact_prefix=fuzz-{name}-", str(corpus)]
            command = [sys.executable, __file__, "--child", name, *what]
            own = {**os.environ, "ERSTWHILE_HOME": str(home), "TMPDIR": work}
            done = subprocess.run(command, env=own, capture_output=True, text=True, errors="replace", check=False)
        tried = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line), "?")
        sys.stdout.write(f"{name}: {tried} texts, {'a fault' if done.returncode else 'no fault'}\n")
        if done.returncode:
            failed.append(name)
            sys.stdout.write(done.stderr[-6_000:])
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
