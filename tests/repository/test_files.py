"""Rules about the files of the repository that no linter knows."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in (ROOT / "packages").glob("*/src") for path in folder.rglob("*.py"))
LONGEST = 420
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "core", "misc"}
SHADOWING = {"langchain", "langgraph", "llama_index", "mcp", "core"}
# Put together here, so that this file does not name them either.
REGISTRIES = [f"{name}.{end}" for name, end in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("debian", "org"))]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _tracked() -> tuple[Path, ...]:
    """What git tracks or would track: what a reader of the repository gets."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, encoding="utf-8").stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def test_no_file_names_a_registry() -> None:
    """Where packages come from is the machine's configuration, never the repository's."""
    hosts = re.compile("|".join(map(re.escape, REGISTRIES)).encode(), re.IGNORECASE)
    assert not [_name(path) for path in _tracked() if hosts.search(path.read_bytes())]


def test_the_lock_file_stays_out() -> None:
    """uv.lock holds the address of a registry; constraints.txt is what pins the versions."""
    assert "uv.lock" not in [_name(path) for path in _tracked()]


def test_no_module_has_a_shapeless_name() -> None:
    """A folder shows the architecture: a module is named for its one idea."""
    assert not [_name(path) for path in SOURCES if {path.stem, *path.relative_to(ROOT).parent.parts[3:]} & SHAPELESS]


def test_no_test_folder_shadows_a_framework() -> None:
    """A folder called mcp among the tests would be imported in place of the real one."""
    assert not [_name(path) for path in (ROOT / "tests").rglob("*") if path.is_dir() and path.name in SHADOWING]


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_file_is_one_idea(path: Path) -> None:
    """A file that is much longer than 400 lines holds a second idea."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def _statements(path: Path) -> Iterator[ast.stmt]:
    yield from ast.parse(path.read_text(encoding="utf-8")).body


def _belongs_in_a_front_door(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AnnAssign(target=ast.Name(id="__all__")):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=[]):
            return all(_belongs_in_a_front_door(inner) for inner in body)
    return False


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=_name)
def test_a_front_door_holds_imports_only(path: Path) -> None:
    """`__init__.py` is a table of contents: a docstring, imports and `__all__`."""
    assert not [f"line {statement.lineno}" for statement in _statements(path) if not _belongs_in_a_front_door(statement)]


def _reads_the_environment(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv" | "getenvb"):
                return True
            case ast.ImportFrom(module="os", names=names) if {name.name for name in names} & {"environ", "environb", "getenv", "getenvb"}:
                return True
            case ast.keyword(arg="envvar") | ast.keyword(arg="auto_envvar_prefix"):
                return True
    return False


def test_only_config_reads_the_environment() -> None:
    """Settings come from one place, and the server's own from one more, so that one page can list them all (typer's `envvar` would be another place)."""
    readers = ("erstwhile/config.py", "erstwhile_mcp/settings.py")
    assert not [_name(path) for path in SOURCES if not any(map(path.match, readers)) and _reads_the_environment(path)]


@pytest.mark.parametrize("licence", sorted((ROOT / "packages").glob("*/LICENSE")), ids=_name)
def test_a_distribution_carries_the_licence(licence: Path) -> None:
    """Each wheel has the repository's licence, as its pyproject says."""
    assert licence.read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_namespace_packages_stay_open() -> None:
    """An `__init__.py` above the leaf would hide every other LlamaIndex integration."""
    namespace = ROOT / "packages/llamaindex/src/llama_index"
    assert not [_name(path) for path in (namespace, namespace / "memory", namespace / "retrievers") if (path / "__init__.py").exists()]
