"""Put an exported judge into its package: ``python scripts/build_judge install FOLDER``."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from erstwhile.errors import ErstwhileError
from erstwhile.judge import OnnxJudge

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "pairs-bge-w7a8"
PACKAGE = Path(__file__).resolve().parents[2] / "packages/judge_mini/src/erstwhile_judge_mini"
FILES = ("model.onnx", "tokenizer.json", "manifest.json")


class InstallError(Exception):
    """What was exported is no judge that erstwhile can run."""


def install(exported: Path, package: Path) -> OnnxJudge:
    """Copy the judge in the folder ``exported`` into ``package`` under the name of the shipped one, and give it as it lies there.

    The copy is checked first, as erstwhile reads it: the manifest, both hashes, and a pair that is run. On an error the package is as it was.

    Raises InstallError if a file is missing or is not what the manifest says.
    """
    package.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=package.parent, prefix=".judge-") as name:
        copy = Path(name)
        try:
            for file in FILES:
                shutil.copyfile(exported / file, copy / file)
            manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8")) | {"name": NAME}
            (copy / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            OnnxJudge(copy).load()
        except (OSError, ValueError, TypeError, ErstwhileError) as error:
            raise InstallError(f"{exported} was not installed: {error}") from error
        package.mkdir(exist_ok=True)
        for file in FILES:
            (copy / file).replace(package / file)
    return OnnxJudge(package)


def main(given: Sequence[str]) -> int:
    """0 when installed, 1 when what is in the folder is refused."""
    parser = argparse.ArgumentParser(prog="build_judge install", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="with model.onnx, tokenizer.json and manifest.json, as `export` writes it")
    parser.add_argument("--package", type=Path, metavar="DIR", default=PACKAGE, help="where to put the files; default: the judge's package")
    arguments = parser.parse_args(given)
    try:
        judge = install(arguments.folder, arguments.package)
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{judge.fingerprint} lies in {arguments.package}")
    return 0
