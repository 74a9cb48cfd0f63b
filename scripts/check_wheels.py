"""Say what is wrong with the wheels in a folder: `python scripts/check_wheels.py dist`. Standard library only."""

import configparser
import email.parser
import hashlib
import json
import sys
import zipfile
from pathlib import Path, PurePosixPath

LIBRARIES = {
    "erstwhile": ["erstwhile"],
    "erstwhile-mcp": ["erstwhile_mcp"],
    "langchain-erstwhile": ["langchain_erstwhile"],
    "llama-index-memory-erstwhile": [f"llama_index/{kind}/erstwhile" for kind in ("embeddings", "memory", "retrievers", "tools")],
}
MODELS = {
    "erstwhile-judge-mini": ["erstwhile_judge_mini"],
    "erstwhile-model-bge-small": ["erstwhile_model_bge_small"],
    "erstwhile-model-minilm": ["erstwhile_model_minilm"],
}
MODEL_FILES = ("LICENSE", "NOTICE", "manifest.json", "model.onnx", "tokenizer.json")


def problems_of(path: Path) -> tuple[str, list[str]]:
    """The distribution's name, and what is wrong with this wheel of it, a sentence each."""
    with zipfile.ZipFile(path) as wheel:
        files = set(wheel.namelist())
        (about,) = (name for name in files if name.endswith(".dist-info/METADATA"))
        metadata = email.parser.BytesParser().parsebytes(wheel.read(about))
        name, info = str(metadata["Name"]), about.removesuffix("/METADATA")
        found = []
        if not any(file.startswith(f"{info}/licenses/") and PurePosixPath(file).name == "LICENSE" for file in files):
            found.append("has no LICENSE")
        if not metadata["License-Expression"]:
            found.append("does not name its licence in the metadata")
        if not str(metadata.get_payload()).strip():
            found.append("has no README as its long description")
        modules = {**LIBRARIES, **MODELS}.get(name)
        if modules is None:
            return name, [*found, "is not known here: add it to scripts/check_wheels.py"]
        strangers = sorted(file for file in files if not file.startswith((*(f"{module}/" for module in modules), f"{info}/")))
        if strangers:
            found.append(f"holds files outside its modules: {', '.join(strangers)}")
        found += [f"holds {file}" for file in sorted(files) if "__pycache__" in file or file.endswith((".pyc", ".pyi.orig"))]
        if name in MODELS:
            found += _model_problems(wheel, modules[0])
        else:
            found += [f"has no {module}/py.typed" for module in modules if f"{module}/py.typed" not in files]
        if name == "erstwhile":
            found += _script_problems(wheel, f"{info}/entry_points.txt")
        return name, found


def _script_problems(wheel: zipfile.ZipFile, path: str) -> list[str]:
    scripts = configparser.ConfigParser()
    if path in wheel.namelist():
        scripts.read_string(wheel.read(path).decode())
    return [] if scripts.get("console_scripts", "erstwhile", fallback=None) == "erstwhile.cli:main" else ["does not install the command `erstwhile`"]


def _model_problems(wheel: zipfile.ZipFile, module: str) -> list[str]:
    missing = [name for name in MODEL_FILES if f"{module}/{name}" not in wheel.namelist()]
    if missing:
        return [f"has no {', '.join(missing)}"]
    listed = json.loads(wheel.read(f"{module}/manifest.json"))["files"]
    found = [f"lists no {name} in its manifest" for name in ("model.onnx", "tokenizer.json") if name not in listed]
    for name, entry in listed.items():
        if f"{module}/{name}" not in wheel.namelist():
            found.append(f"has no {name}, which is in its manifest")
        elif hashlib.sha256(wheel.read(f"{module}/{name}")).hexdigest() != entry["sha256"]:
            found.append(f"has a {name} that is not the one in its manifest")
    return found


def main() -> int:
    """Check every wheel of the folder named in the first argument; 0 when all is well."""
    folder = Path(sys.argv[1])
    checked = {}
    for path in sorted(folder.glob("*.whl")):
        name, found = problems_of(path)
        checked[name] = [f"{path.name} {problem}" for problem in found]
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {'wrong' if found else 'ok'}")
    absent = [f"{name} has no wheel in {folder}" for name in {**LIBRARIES, **MODELS} if name not in checked]
    wrong = absent + [line for lines in checked.values() for line in lines]
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
