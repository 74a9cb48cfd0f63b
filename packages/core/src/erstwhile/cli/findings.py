"""What `doctor` looks at. Each look finds something out and raises nothing: what is wrong is what it is there to tell."""

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from erstwhile.cli.finding import Finding, State
from erstwhile.cli.place import Place
from erstwhile.config import MEMORY, Settings
from erstwhile.errors import ErstwhileError, ModelError, StoreLockedError

__all__ = ["examine"]

MANIFEST: Final = "erstwhile.json"
DATA: Final = "shard"
"""What makes a folder a store; looked at without opening it, since it may be locked or broken."""


def examine(place: Place, *, repair: bool = False) -> Iterator[Finding]:
    """Look at the program, its packages, the model, the store, what it holds, and the disk, one after the other.

    Args:
        place: Where.
        repair: Whether a store whose contents are damaged is made anew from what can be read. Default no.
    """
    from erstwhile.store.folder import StoreFolder

    yield _program()
    yield _packages()
    try:
        settings = Settings.load()
    except ErstwhileError as error:
        yield Finding(name="settings", state=State.WRONG, summary=str(error))
        return
    model, location = place.model or settings.model, place.store or settings.store
    yield _guarded("model", lambda: _model(model, settings.threads))
    is_folder = location != MEMORY and not location.startswith(("http://", "https://"))
    if not is_folder:
        yield _guarded("store", lambda: _opened(place))
        return
    folder = Path(location).expanduser()
    store = _guarded("store", lambda: _folder(place, folder))
    yield store
    yield from _changing(folder)
    yield from _erased(folder)
    if StoreFolder.is_store(folder) and store.facts.get("error") not in ("StoreLockedError", "StoreFormatError", "StoreUnavailableError"):
        yield _guarded("contents", lambda: _contents(folder, model, settings.threads, repair=repair))
    yield _guarded("disk", lambda: _disk(folder))


def _contents(folder: Path, model: str, threads: int | None, *, repair: bool) -> Finding:
    from erstwhile.cli.contents import contents

    try:
        return contents(folder, model, threads, repair=repair)
    except StoreLockedError as error:
        # Somebody works with it. That alone is nothing wrong, unless it was to be repaired.
        state = State.WRONG if repair else State.NOTE
        return Finding(name="contents", state=state, summary=f"Not looked at: {error}", facts={"error": type(error).__name__})


def _guarded(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (ErstwhileError, OSError, ValueError) as error:
        return Finding(name=name, state=State.WRONG, summary=str(error), facts={"error": type(error).__name__})


def _program() -> Finding:
    version = _installed("erstwhile") or "not installed"
    python = platform.python_version()
    summary = f"erstwhile {version}, Python {python}, {platform.system()} {platform.machine()}"
    return Finding(name="program", state=State.OK, summary=summary, facts={"erstwhile": version, "python": python, "executable": sys.executable})


def _packages() -> Finding:
    try:
        requirements = metadata.requires("erstwhile") or []
    except metadata.PackageNotFoundError:
        return Finding(name="packages", state=State.NOTE, summary="erstwhile runs from its source and is not installed, so what it needs is not listed")
    found, wrong = {}, []
    for requirement in requirements:
        match = re.match(r"(?P<name>[\w.-]+)(?:==(?P<pin>[\w.]+))?", requirement)
        if match is None:
            continue
        version = found[match["name"]] = _installed(match["name"])
        needed = "extra ==" not in requirement
        if needed and (version is None or match["pin"] not in (None, version)):
            wrong.append(requirement.partition(";")[0].strip())
    installed = {name: version for name, version in found.items() if version is not None}
    if wrong:
        return Finding(
            name="packages", state=State.WRONG, summary=f"missing, or of another version; run: pip install {' '.join(map(repr, wrong))}", facts=installed
        )
    return Finding(name="packages", state=State.OK, summary=", ".join(f"{name} {version}" for name, version in installed.items()), facts=installed)


def _installed(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _model(spec: str, threads: int | None) -> Finding:
    from erstwhile.embed import load_embedder
    from erstwhile.embed.models import PROFILES

    embedder = load_embedder(spec, threads=threads)
    # The files are checked against their checksums, and loaded, at the first text.
    embedder.embed(["Does it load?"], role="query")
    checked = spec in PROFILES
    summary = f"{spec}: {embedder.fingerprint}, {embedder.dimension} numbers a vector; it loads{', and its files match their SHA-256' if checked else ''}"
    facts = {"model": spec, "fingerprint": embedder.fingerprint, "dimension": embedder.dimension, "checksums": "verified" if checked else "none to go by"}
    return Finding(name="model", state=State.OK, summary=summary, facts=facts)


def _folder(place: Place, folder: Path) -> Finding:
    facts: dict[str, Any] = {"kind": "embedded", "location": str(folder)}
    if not folder.exists() or (folder.is_dir() and not (folder / MANIFEST).exists() and not (folder / DATA).exists()):
        return Finding(name="store", state=State.NOTE, summary=f"{folder} holds no store yet; the first `erstwhile remember` makes it", facts=facts)
    from erstwhile.sharing.reaching import look

    holder, welcome = look(folder) or (None, None)
    if holder is not None and welcome is not None and welcome.role == "process":
        # To open it would make that process hand it over.
        facts |= {"holder": {"pid": holder.pid, "program": holder.program, "since": holder.since, "role": holder.role}, **_made_with(folder)}
        summary = f"{folder} is open in {holder}, which hands it over to a process that serves both when another one opens it"
        return Finding(name="store", state=State.OK, summary=summary, facts=facts)
    try:
        return _opened(place)
    except StoreLockedError as error:
        # Nothing of it can be read, but what it was made with lies beside it.
        facts |= {"error": type(error).__name__, "locked": True, **_made_with(folder)}
        return Finding(name="store", state=State.WRONG, summary=str(error), facts=facts)
    except ErstwhileError as error:
        about = f"{folder} was not opened: " if isinstance(error, ModelError) else ""
        facts |= {"error": type(error).__name__, **_made_with(folder)}
        return Finding(name="store", state=State.WRONG, summary=f"{about}{error}", facts=facts)


def _made_with(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        return {name: manifest[name] for name in ("format", "fingerprint", "dimension", "created")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _opened(place: Place) -> Finding:
    with place.engine() as engine:
        info = engine.info()
        # A read, so that more than the manifest was tried.
        held = engine.scope(place.scope()).stats()
    facts = {"kind": info.kind, "location": info.location, "fingerprint": info.fingerprint, "dimension": info.dimension, "versions": info.versions}
    # Every thread that works on it at the same time has a connection of its own, and this look has some as well.
    served = info.details.get("served_by")
    others = "no other process has it open" if served is None else f"process {served} serves it, over {info.details.get('connections')} connections"
    summary = f"{info.kind}, {info.location}: versions: {info.versions:,}, of model {info.fingerprint}; {others}"
    if info.kind != "embedded":
        summary = summary.partition(";")[0]
    return Finding(name="store", state=State.OK, summary=summary, facts={**facts, **info.details, "scope_versions": held.versions})


def _changing(folder: Path) -> Iterator[Finding]:
    from erstwhile.store.folder import StoreFolder

    models = StoreFolder.models_of(folder)
    if models is None or models.second is None:
        return
    own, other = models.first.fingerprint, models.second.fingerprint
    if models.exchanged:
        summary = f"{own} took the place of {other}, whose vectors are still there; `erstwhile reembed drop` removes them"
    else:
        summary = f"being changed from {own} to {other}; `erstwhile reembed status` says how far that is"
    yield Finding(name="change", state=State.NOTE, summary=summary, facts={"fingerprint": own, "other": other, "exchanged": models.exchanged})


def _erased(folder: Path) -> Iterator[Finding]:
    try:
        since = (folder / "erased.txt").read_text(encoding="utf-8").strip()
    except OSError:
        return
    summary = f"since {since} memories were erased whose bytes may still be in the files; run `erstwhile compact`"
    yield Finding(name="erased", state=State.NOTE, summary=summary, facts={"erased_since": since})


def _disk(folder: Path) -> Finding:
    from erstwhile.store.folder import RESERVE

    standing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free, used = shutil.disk_usage(standing).free, sum(_size(path) for path in folder.rglob("*"))
    facts = {"free_bytes": free, "used_bytes": used, "reserve_bytes": RESERVE}
    summary = f"the store takes {used / 2**20:,.1f} MiB; {free / 2**30:,.1f} GiB are free"
    if free < RESERVE:
        summary += f", and writes are refused below {RESERVE // 2**20} MiB: free some space"
    elif not os.access(standing, os.W_OK):
        summary += f", but {standing} cannot be written: change its permissions, or choose another folder"
    else:
        return Finding(name="disk", state=State.OK, summary=summary, facts=facts)
    return Finding(name="disk", state=State.WRONG, summary=summary, facts=facts)


def _size(path: Path) -> int:
    try:
        found = path.stat()
    except OSError:
        # A file of a store in use may be gone by now.
        return 0
    # Files are made large and filled later: what counts is the blocks they have, where the system tells.
    return found.st_blocks * 512 if hasattr(found, "st_blocks") else found.st_size
