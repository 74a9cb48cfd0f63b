"""Public texts to measure on: harmless prompts and dialogues from the data folder, and AgentDojo from its package."""

import ast
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

__all__ = ["agentdojo", "public"]

FOLDERS: Final[Mapping[str, str]] = {
    "NotInject, one trigger word": "injection/NotInject_one.json",
    "NotInject, three trigger words": "injection/NotInject_three.json",
    "LoCoMo": "locomo/locomo*.json",
    "LongMemEval-S": "longmemeval/*.json",
    "RealMem": "realmem/*.json",
}
SHORTEST: Final = 20
"""Shorter texts in these files are names, dates and ids."""


def public(data: Path) -> Mapping[str, tuple[str, ...]]:
    """The texts of each set that is there, each once."""
    found = {}
    for name, pattern in FOLDERS.items():
        texts = [text for path in sorted(data.glob(pattern)) for text in _texts(json.loads(path.read_text(encoding="utf-8")))]
        if texts:
            found[name] = tuple(dict.fromkeys(text for text in texts if len(text) > SHORTEST or "injection" in pattern))
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if name not in {"word_list", "category"}:
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def agentdojo(wheel: Path) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
    """Of AgentDojo's package: each form of attack with each goal, and the goals alone; and the harmless mails, files and pages that agents read there."""
    with zipfile.ZipFile(wheel) as package:
        files = {name: package.read(name).decode() for name in package.namelist() if name.endswith((".py", ".yaml"))}
    goals = sorted({goal for name, text in files.items() if name.endswith("injection_tasks.py") for goal in _goals(ast.parse(text))})
    forms = {
        text: name
        for name, source in files.items()
        if "/attacks/" in name
        for text in _strings(ast.parse(source))
        if "{goal}" in text and len(text) < 1_500 and not text.startswith("Attack which")
    }
    filled = {
        " ".join(form.split())[:48]: tuple(form.replace("{goal}", goal).replace("{user}", "Emma Johnson").replace("{model}", "Claude") for goal in goals)
        for form in forms
    }
    pages = [text for name, text in files.items() if name.endswith(".yaml") and "/suites/" in name and "vectors" not in name]
    harmless = tuple(dict.fromkeys(block for page in pages for block in _blocks(page)))
    return {**filled, "the goals alone": tuple(goals)}, harmless


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _goals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "GOAL" for target in node.targets):
            parts = node.value.values if isinstance(node.value, ast.JoinedStr) else [node.value]
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "US133000000121212121212" for part in parts)


def _blocks(page: str) -> Iterator[str]:
    """The long texts of a YAML file, without a parser of YAML: quoted ones, and blocks under a bar."""
    for quoted in re.findall(r'"((?:[^"\\]|\\.){40,})"', page):
        yield re.sub(r"\{\w+\}", "", quoted.replace("\\n", "\n").replace("\\\n", ""))
    for block in re.findall(r":\s*[|>][-+]?\n((?:[ \t]+\S.*\n|\s*\n){2,})", page):
        yield re.sub(r"\{\w+\}", "", re.sub(r"(?m)^[ \t]+", "", block))
