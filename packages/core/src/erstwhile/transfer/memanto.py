"""Memanto's export: the Markdown file that ``memanto memory export`` writes, a section for each type and a heading for each memory.

Checked against the project's own writer. Its other export, a folder of Markdown files with YAML headers (OKF), is not read.
"""

import re
from typing import Final

from erstwhile.draft import Draft
from erstwhile.model import MemoryType, Provenance, SourceKind
from erstwhile.transfer.tidying import kind, labels, moment, pieces

__all__ = ["is_memanto", "read_memanto"]

_TITLE: Final = re.compile(r"# Memory — ")
_END: Final = "*End of memory export.*"
_SORTS: Final = {"Learnings": MemoryType.LEARNING, "Context": MemoryType.CONTEXT}
"""Sections whose name is not a type's with an s."""
_SECTION: Final = re.compile(r"^## (\w+)\n\n\*[^\n]+\*\n", re.MULTILINE)
"""A section's heading and the line that explains it: a memory's text may have headings of its own, but seldom with such a line."""
_MEMORY: Final = re.compile(r"^### ([^\n]*)\n\n(.*?)^\*((?:Confidence|Status|Created|Tags): [^\n]*)\*\n", re.MULTILINE | re.DOTALL)


def is_memanto(text: str) -> bool:
    """Whether a text is such a file."""
    return bool(_TITLE.match(text)) and _END in text


def read_memanto(text: str, *, place: str) -> tuple[Draft, ...]:
    """Its memories, each from when it was created; of those that are not active any more, none.

    Raises:
        InvalidInputError: A time in it is none.
    """
    parts = _SECTION.split(text)
    found: list[Draft] = []
    for label, section in zip(parts[1::2], parts[2::2], strict=True):
        for title, content, told in _MEMORY.findall(section):
            facts = dict(part.split(": ", 1) for part in told.split(" | ") if ": " in part)
            if facts.get("Status", "active") not in {"active", "provisional"}:
                continue
            source = Provenance(kind=SourceKind.IMPORTED, actor="user", reference="memanto")
            found += [
                Draft(
                    content=piece,
                    source=source,
                    type=_SORTS.get(label) or kind(label),
                    valid_from=moment(facts.get("Created"), place=f"{place}: Created"),
                    confidence=_share(facts.get("Confidence")),
                    tags=labels(facts.get("Tags", "").replace("`", "")),
                )
                for piece in pieces(content.strip() or title)
            ]
    return tuple(found)


def _share(value: str | None) -> float:
    try:
        return min(max(float(value or 1), 0.0), 1.0)
    except ValueError:
        return 1.0
