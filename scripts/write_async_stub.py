"""Write `_aio.pyi`, the types of the async face, from the sync classes: `python scripts/write_async_stub.py`; `--check` fails if it is not current."""

import ast
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "packages" / "core" / "src" / "erstwhile"
STUB = PACKAGE / "_aio.pyi"
SOURCES = {"engine.py": "Engine", "scoped.py": "ScopedMemory", "tending.py": "TendedMemory", "reading.py": "ReadableMemory"}
"""Where the sync classes stand; the second is one of the third's kind, and that of the fourth's."""
HEADER = "# Written by scripts/write_async_stub.py from engine.py, scoped.py, tending.py and reading.py; do not edit.\n"


def stub() -> str:
    """The text of the stub."""
    engine, *scoped = (_class(PACKAGE / file, name) for file, name in SOURCES.items())
    parts = [
        "class AsyncScopedMemory:\n    def __init__(self, memory: ScopedMemory) -> None: ...\n"
        + "".join(_method(node) for each in scoped for node in _public(each)),
        "class AsyncEngine:\n    def __init__(self, engine: Engine) -> None: ...\n"
        + "".join(_scope(node) if node.name == "scope" else _method(node) for node in _public(engine))
        + "    async def __aenter__(self) -> Self: ...\n"
        + "    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...\n",
    ]
    body = "\n\n".join(parts)
    imports = [line for name, line in _imports(*(PACKAGE / file for file in SOURCES)) if re.search(rf"\b{name}\b", body)]
    return "\n\n".join([HEADER + "\n".join(imports), '__all__ = ["AsyncEngine", "AsyncScopedMemory"]', body])


def _class(path: Path, name: str) -> ast.ClassDef:
    return next(node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef) and node.name == name)


def _public(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [item for item in node.body if isinstance(item, ast.FunctionDef) and not item.name.startswith("_") and not item.decorator_list]


def _method(node: ast.FunctionDef) -> str:
    return f"    async def {node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns or ast.Constant(None))}: ...\n"


def _scope(node: ast.FunctionDef) -> str:
    return f"    def {node.name}({ast.unparse(node.args)}) -> AsyncScopedMemory: ...\n"


def _imports(*paths: Path) -> list[tuple[str, str]]:
    found = {("Engine", "from erstwhile.engine import Engine")}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module != "erstwhile._aio":
                found |= {(alias.asname or alias.name, f"from {node.module} import {alias.name}") for alias in node.names}
    return sorted(found, key=lambda item: item[1])


def main() -> int:
    """Write the stub, or check it."""
    text = stub()
    if "--check" in sys.argv[1:]:
        return int(not STUB.exists() or STUB.read_text(encoding="utf-8") != text)
    STUB.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
