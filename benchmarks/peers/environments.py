"""Environments of the peers: `python -m benchmarks.peers.environments` makes each with uv, from exact versions. An index or a folder of wheels of your own is
named as uv has it (``UV_FIND_LINKS``, for one: a CPU build of torch found there is taken in place of the registry's, which is several GB larger)."""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.environment import ROOT
from benchmarks.peers.catalogue import DEFAULT, PEERS, Environment

__all__ = ["CACHE", "InstallError", "Installed", "install"]

CACHE: Final = Path(tempfile.gettempdir()) / "erstwhile-peers"
REQUIREMENTS: Final = Path(__file__).parent / "requirements"
CONSTRAINTS: Final = ROOT / "constraints.txt"
MANIFEST: Final = "peer.json"
LAST_WORDS: Final = 600
"""Characters of an installer's complaint that are shown."""


class InstallError(RuntimeError):
    """An environment could not be made; the message says what uv said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment that is there.

    Attributes:
        python: Its interpreter.
        key: Hash of what it was made from.
        versions: Version of each distribution in it.
        install_mb: What its site-packages take, without compiled bytecode.
    """

    python: str
    key: str
    versions: Mapping[str, str]
    install_mb: float


def install(environment: Environment, cache: Path) -> Installed:
    """Make an environment, or give the one that was made from the same.

    Raises:
        InstallError: uv is not there or failed.
    """
    folder = cache.resolve() / environment.name
    key = _key(environment)
    manifest = folder / MANIFEST
    if manifest.exists():
        found = Installed(**json.loads(manifest.read_text(encoding="utf-8")))
        if found.key == key and Path(found.python).exists():
            return found
    cache.mkdir(parents=True, exist_ok=True)
    python = folder / "bin/python"
    _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    with tempfile.TemporaryDirectory(dir=cache) as built:
        for project in environment.projects:
            _uv("build", "--quiet", "--wheel", "--package", project, "--out-dir", built)
        wheels = [str(path) for path in sorted(Path(built).glob("*.whl"))]
        _uv("pip", "install", "--quiet", "--python", str(python), *_pins(environment), *wheels)
    listed = json.loads(_uv("pip", "list", "--format", "json", "--python", str(python)))
    versions = {entry["name"]: entry["version"] for entry in listed}
    found = Installed(python=str(python), key=key, versions=versions, install_mb=_size(folder))
    manifest.write_text(json.dumps(asdict(found), indent=2), encoding="utf-8")
    return found


def _pins(environment: Environment) -> list[str]:
    if environment.constrained:
        return ["--constraint", str(CONSTRAINTS)]
    overrides = REQUIREMENTS / f"{environment.name}.overrides.txt"
    pins = ["--requirement", str(REQUIREMENTS / f"{environment.name}.txt")]
    return [*pins, "--override", str(overrides)] if overrides.exists() else pins


def _key(environment: Environment) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _sources(environment):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _sources(environment: Environment) -> Iterator[Path]:
    yield from (Path(word) for word in _pins(environment) if word.endswith(".txt"))
    for project in environment.projects:
        folder = ROOT / "packages" / project.removeprefix("erstwhile-").replace("-", "_").replace("erstwhile", "core")
        yield folder / "pyproject.toml"
        yield from sorted(path for path in (folder / "src").rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _size(folder: Path) -> float:
    (site,) = folder.glob("lib/python*/site-packages")
    return round(sum(path.stat().st_size for path in site.rglob("*") if path.is_file() and path.suffix != ".pyc") / 1e6, 1)


def _uv(*arguments: str) -> str:
    try:
        done = subprocess.run(["uv", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise InstallError("uv is not there: pip install uv") from None
    if done.returncode:
        raise InstallError(f"uv {arguments[0]}: {' '.join(done.stderr.split())[-LAST_WORDS:]}")
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the environments that are not there yet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.environments", description=__doc__)
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"folder of the environments; needs 4 GB, or 10 with a torch for GPUs (default: {CACHE})")
    parser.add_argument("--peers", type=lambda text: tuple(text.split(",")), default=DEFAULT, help=f"which of them (default: {','.join(DEFAULT)})")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.peers if name not in PEERS]:
        parser.error(f"{unknown[0]!r} is no peer; the peers are {', '.join(PEERS)}")
    failed = [name for name, ready in _install_all(dict.fromkeys(PEERS[name].environment for name in given.peers), given.cache) if not ready]
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}.")


def _install_all(wanted: Iterable[Environment], cache: Path) -> Iterator[tuple[str, bool]]:
    for environment in wanted:
        try:
            found = install(environment, cache)
        except InstallError as error:
            print(f"{environment.name}: {error}", flush=True)
            yield environment.name, False
        else:
            print(f"{environment.name}: {len(found.versions)} distributions, {found.install_mb:,.0f} MB", flush=True)
            yield environment.name, True


if __name__ == "__main__":
    main()
