"""Write docs/reference from the code: `python scripts/write_reference.py`; `--check` fails if a page is not current.

The Python API comes from docstrings, the command line from its own help, the format of conversation files from the module that reads it.
"""

import ast
import enum
import importlib
import inspect
import re
import sys
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer.main

import erstwhile
from erstwhile import cli
from erstwhile.cli.place import Place
from erstwhile.transfer import jsonl

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
WRITTEN = "<!-- Written by scripts/write_reference.py from the code; do not edit. -->"
HEADER = f"""# Python API

{WRITTEN}

Everything here is imported from `erstwhile`. Arguments are checked before anything is done: what cannot be used raises `InvalidInputError`, and nothing is
written.
"""
GROUPS = {
    "Opening": ["open", "Engine", "restore", "transfer_store", "Settings", "ServerSettings", "load_embedder"],
    "Remembering and recalling": ["ScopedMemory"],
    "What a new memory may do to old ones": ["Policy", "Rule", "Settlement"],
    "Keeping a memory in order": ["Audit", "Finding", "FindingKind", "Repair", "Repaired", "Consolidation", "Step", "StepKind", "Consolidated", "Left"],
    "Keeping secrets and orders out": ["OnSecret", "Masked", "Secret", "find_secrets", "masked_value", "cues_of"],
    "What goes in": ["Scope", "MemoryType", "Draft", "Message", "Provenance", "SourceKind", "Ref", "Instant", "TypeName", "AsOf", "Interval"],
    "What comes back": [
        "Outcome",
        "Action",
        "Observed",
        "Recall",
        "Hit",
        "Parts",
        "Pack",
        "pack",
        "Answer",
        "Version",
        "Links",
        "Confirmation",
        "Conflict",
        "Change",
        "Receipt",
        "Doomed",
        "Export",
        "Stats",
        "StoreInfo",
        "Backup",
        "Transfer",
        "TransferProgress",
    ],
    "Changing the model of a store": ["Reembedding", "ModelChange", "Backfill", "ModelCheck"],
    "How two memories relate": ["Relation", "Tie", "Claim", "Pair", "Judgement"],
    "Seams": ["Embedder", "Clock", "Judge", "OnnxJudge", "LlmJudge", "Extractor", "Drawn", "Reranker", "OnnxReranker", "ChatCall"],
}
UNIONS = {
    "TypeName": "The names of the types of memory, as a `Literal`: for the schemas of tools. The same as those of `MemoryType`.",
    "Instant": "What may be given for a point in time: an aware `datetime`, a `date` (its first instant in UTC), or either as ISO 8601 text.",
    "ChatCall": "A callable from a prompt to an answer: a text, a mapping or a pydantic model. What a judge or an extractor of your own may be.",
    "Ref": "What may be given for a memory: its id, the id of one of its versions, or anything a call returned that has a `memory_id`.",
}
SECTION = re.compile(r"^(Args|Attributes|Returns|Raises):$")
ITEM = re.compile(r"^(\*{0,2}\w+(?:, \w+)*): (.*)$")


def api() -> str:
    """The page on the Python API."""
    errors = sorted(name for name in erstwhile.__all__ if name.endswith("Error"))
    groups = {**GROUPS, "Errors": errors}
    missing = set(erstwhile.__all__) - {name for names in groups.values() for name in names}
    if missing:
        raise SystemExit(f"Give these a place in GROUPS: {', '.join(sorted(missing))}")
    parts = [HEADER]
    for title, names in groups.items():
        parts.append(f"## {title}\n")
        parts += [_entry(name) for name in names]
    return "\n".join(parts)


def _entry(name: str) -> str:
    thing = getattr(erstwhile, name)
    if inspect.isfunction(thing):
        return f"### `{name}`\n\n{_signature(f'erstwhile.{name}', thing)}\n{_markdown(inspect.getdoc(thing))}\n"
    if name in UNIONS:
        return f"### `{name}`\n\n{UNIONS[name]}\n"
    text = f"### `{name}`\n\n{_markdown(inspect.getdoc(thing))}\n"
    if issubclass(thing, enum.Enum):
        told = _told(thing)
        return text + "\n".join(f"- `{member.value}`{_meaning(member, told)}" for member in thing) + "\n"
    if name in ("Engine", "ScopedMemory", "Reembedding"):
        # What a class inherits is read in it, too.
        members = [item for each in thing.__mro__ for item in vars(each).items()]
        methods = [item for item in members if not item[0].startswith("_") and inspect.isfunction(item[1])]
        text += "\n".join(f"#### `{name}.{method}`\n\n{_signature(method, body)}\n{_markdown(inspect.getdoc(body))}\n" for method, body in methods)
    return text


def _signature(name: str, function: object) -> str:
    signature = inspect.signature(function)  # type: ignore[arg-type]
    lines = [f"{name}("]
    seen_keyword = False
    for parameter in signature.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not seen_keyword:
            seen_keyword = True
            if not any(other.kind is other.VAR_POSITIONAL for other in signature.parameters.values()):
                lines.append("    *,")
        lines.append(f"    {_parameter(parameter)},")
    body = f"{name}()" if len(lines) == 1 else "\n".join([*lines, ")"])
    return f"```text\n{body}\n```\n"


def _parameter(parameter: inspect.Parameter) -> str:
    star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    if parameter.default is parameter.empty:
        return star + parameter.name
    default = parameter.default.name if isinstance(parameter.default, enum.Enum) else repr(parameter.default)
    return f"{parameter.name}={default}"


def _markdown(doc: str | None) -> str:
    out: list[str] = []
    inside = False
    for line in (doc or "").splitlines():
        if match := SECTION.match(line):
            inside = True
            out += [f"**{match[1]}**", ""]
        elif inside and line.startswith("    "):
            item = ITEM.match(line.strip()) if not line.startswith("        ") else None
            out.append(f"- `{item[1]}`: {item[2]}" if item else f"  {line.strip()}")
        else:
            inside = inside and not line
            out.append(line)
    return "\n".join(out).replace("``", "`") + "\n"


def _meaning(member: enum.Enum, told: dict[str, str]) -> str:
    meaning = getattr(member, "meaning", None) or told.get(member.name)
    return f": {meaning}".replace("``", "`") if meaning else ""


def _told(thing: type[enum.Enum]) -> dict[str, str]:
    """What stands under the members of an enumeration, by their names."""
    (body,) = (node.body for node in ast.walk(ast.parse(inspect.getsource(thing))) if isinstance(node, ast.ClassDef))
    return {
        member.targets[0].id: inspect.cleandoc(doc.value.value)
        for member, doc in pairwise(body)
        if isinstance(member, ast.Assign) and isinstance(member.targets[0], ast.Name)
        if isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant) and isinstance(doc.value.value, str)
    }


def command_line() -> str:
    """The page on the command line."""
    program = typer.main.get_command(cli.app)
    parts = [f"# Command line\n\n{WRITTEN}\n\n{program.help}\n\n{program.epilog}\n"]
    commands = getattr(program, "commands", {})
    shared = {field.name for field in fields(Place)}
    for name, command in commands.items():
        own = [parameter for parameter in command.params if parameter.name not in shared]
        parts.append(f"## `erstwhile {name}`\n\n{inspect.cleandoc(command.help)}\n\n{_options(own)}")
    some = next(iter(commands.values()))
    parts.append(f"## Options of every command\n\n{_options([parameter for parameter in some.params if parameter.name in shared])}")
    return "\n".join(parts)


def _options(parameters: list[Any]) -> str:
    if not parameters:
        return "No options of its own.\n"
    rows = [f"| `{_option(parameter)}` | {getattr(parameter, 'help', '') or ''} |" for parameter in parameters]
    return "\n".join(["| | |", "|---|---|", *rows]) + "\n"


def _option(parameter: Any) -> str:  # noqa: ANN401 - a parameter of click, which typer keeps to itself
    word = str(parameter.name).upper()
    if parameter.param_type_name == "argument":
        return word
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return names if parameter.is_flag else f"{names} {word}"


def conversation_files() -> str:
    """The page on the format of conversation files."""
    return f"# Conversation files\n\n{WRITTEN}\n\n{inspect.cleandoc(jsonl.__doc__ or '').replace('``', '`')}\n"


def adapter(title: str, *names: str) -> str:
    """The page on an adapter: its public names, each with the methods that it adds to its framework's; by module, where it has several."""
    parts = [f"# {title}\n\n{WRITTEN}\n"]
    for name in names:
        told = f"Everything here is imported from `{name}`.\n"
        parts += [told, *_members(name, "##")] if len(names) == 1 else [f"## {name}\n", *_members(name, "###")]
    return "\n".join(parts)


def _members(name: str, heading: str) -> list[str]:
    module, parts = importlib.import_module(name), []
    for public in sorted(module.__all__):
        thing = getattr(module, public)
        if inspect.isfunction(thing):
            parts.append(f"{heading} `{public}`\n\n{_signature(public, thing)}\n{_markdown(inspect.getdoc(thing))}\n")
            continue
        # Of a pydantic model the fields are its arguments, and its docstring tells them; so it is with a dataclass.
        made_by = None if is_dataclass(thing) else vars(thing).get("__init__")
        signature = "" if made_by is None else f"{_signature(public, made_by)}\n"
        parts.append(f"{heading} `{public}`\n\n{signature}{_markdown(inspect.getdoc(thing))}\n")
        bodies = {member: body.__func__ if isinstance(body, classmethod) else body for member, body in vars(thing).items() if not member.startswith("_")}
        methods = {member: body for member, body in bodies.items() if inspect.isfunction(body) and body.__module__ == thing.__module__}
        parts += [f"{heading}# `{public}.{member}`\n\n{_signature(member, body)}\n{_markdown(inspect.getdoc(body))}\n" for member, body in methods.items()]
    return parts


def main() -> int:
    """Write the pages, or check them."""
    pages = {"api.md": api(), "cli.md": command_line(), "conversation-files.md": conversation_files()}
    pages["langchain.md"] = adapter("LangChain and LangGraph", "langchain_erstwhile")
    pages["llamaindex.md"] = adapter("LlamaIndex", *(f"llama_index.{kind}.erstwhile" for kind in ("retrievers", "memory", "tools", "embeddings")))
    if "--check" in sys.argv[1:]:
        stale = [name for name, text in pages.items() if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text]
        return len(stale)
    for name, text in pages.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
