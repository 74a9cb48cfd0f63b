"""A distribution imports what it declares, and declares what it imports."""

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = sorted(path.parent for path in (ROOT / "packages").glob("*/pyproject.toml"))


@cache
def _project(folder: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _normal(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def _declared(folder: Path) -> set[str]:
    project = _project(folder)
    extras = [requirement for group in project.get("optional-dependencies", {}).values() for requirement in group]
    return {_normal(requirement) for requirement in [*project.get("dependencies", []), *extras]}


def _imported(folder: Path) -> Iterator[tuple[str, str]]:
    """Each module that a distribution's source imports, and the file."""
    for path in sorted((folder / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=aliases):
                    names = [alias.name for alias in aliases]
                case ast.ImportFrom(module=str(module), level=0):
                    names = [module]
                case _:
                    names = []
            yield from ((name, path.relative_to(ROOT).as_posix()) for name in names)


@cache
def _providers() -> defaultdict[str, set[str]]:
    """The distributions that have a share in a top-level module; an editable one does not say so itself."""
    providers = defaultdict(set, {module: set(map(_normal, names)) for module, names in packages_distributions().items()})
    for folder in DISTRIBUTIONS:
        for module in (folder / "src").iterdir():
            providers[module.name].add(_normal(_project(folder)["name"]))
    return providers


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_a_distribution_imports_only_what_it_declares(folder: Path) -> None:
    """A wheel works where nothing else is installed; and the core imports no framework, LlamaIndex included."""
    declared = _declared(folder) | {_normal(_project(folder)["name"])}
    strangers = [
        f"{path} imports {name}"
        for name, path in _imported(folder)
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names and not _providers()[top] & declared
    ]
    assert not strangers


def test_all_that_is_installed_is_pinned() -> None:
    """Each declared dependency has its version and its hashes in constraints.txt."""
    pinned = set(re.findall(r"^([a-z0-9][a-z0-9-]*)==\S+ (?:; .* )?\\\n +--hash=sha256:", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {_normal(requirement) for group in workspace["dependency-groups"].values() for requirement in group}
    own = {_normal(_project(folder)["name"]) for folder in DISTRIBUTIONS}
    assert set().union(groups, *map(_declared, DISTRIBUTIONS)) - own - pinned == set()


def test_one_version_for_all() -> None:
    """The distributions are released together, so that any two of one version fit."""
    assert len({_project(folder)["version"] for folder in DISTRIBUTIONS}) == 1
