"""By what text that gives orders to a model gives itself away (`cues.toml`); pure.

None of it is needed for what untrusted text may do: that follows from its source (`Policy`). It tells what is better not shown at all.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files

from erstwhile.guard.hidden import flowing, hides, plain

__all__ = ["cues_of"]

_INDENT = re.compile(r"(?:^|\n)\s*")


@cache
def _expressions() -> tuple[tuple[str, re.Pattern[str]], ...]:
    given = tomllib.loads(files("erstwhile.guard").joinpath("cues.toml").read_text(encoding="utf-8"))
    parts = {f"%{name}%": _INDENT.sub("", part) for name, part in given["parts"].items()}

    def whole(form: str) -> str:
        return re.sub(r"%\w+%", lambda found: parts[found[0]], _INDENT.sub("", form))

    return tuple((name, re.compile("|".join(f"(?:{whole(form)})" for form in forms))) for name, forms in given["cues"].items())


def cues_of(text: str) -> tuple[str, ...]:
    """The signs in a text that it gives orders to a model, by name; none for text that does not.

    They are "override", "role marker", "address", "standing order", "memory order", "concealment", "exfiltration" and "hidden text". Of a person's own words
    they say nothing: a person may give orders. Ask about text from tools, pages and documents.
    """
    # Whoever breaks a line, or sets a word in bold, says the same; while where a line begins is a sign in itself.
    readings = {folded := plain(text), flowing(folded)}
    found = [name for name, expression in _expressions() if any(expression.search(reading) for reading in readings)]
    return (*found, "hidden text") if hides(text) else tuple(found)
