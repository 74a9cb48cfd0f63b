"""The same for all parts of what is to be written: a memory, a source, a turn, a correction; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from erstwhile.errors import InvalidInputError
from erstwhile.guard.secrets import Masked, OnSecret, masked_value
from erstwhile.model import Provenance, Version

__all__ = ["without_secrets", "words_of"]

T = TypeVar("T")

UNWRITTEN: Final = frozenset({"key", "supersedes", "scope", "type", "kind"})
"""Parts of which only a hash is kept, or that are ids and names of ours. A key with a secret in it still tells apart what it told apart."""


def without_secrets(given: T, how: OnSecret, *, place: str = "") -> tuple[T, tuple[Masked, ...]]:
    """What is to be written without the secrets in any of its parts, and what they were.

    Args:
        given: A `Draft`, a `Provenance`, a turn, a mapping of parts or a text.
        how: What is done about them.
        place: Which of several it is, such as "message 3 "; it begins what is said of where they stand.

    Raises:
        InvalidInputError: There is one, and they are refused. The message says which kind it is and where, never its text.
    """
    if how is OnSecret.KEEP:
        return given, ()
    try:
        clean, found = _clean(given, place.strip())
    except RecursionError:
        raise InvalidInputError(f"{place} metadata nests too deep; nothing was written. Store the bulk elsewhere and keep a reference.".strip()) from None
    if found and how is OnSecret.REFUSE:
        first, *more = found
        others = f" and {len(more)} more" if more else ""
        raise InvalidInputError(
            f"{first.where} holds what looks like a secret ({first.kind}){others}, and nothing was written. Leave it out; or let the policy say "
            'secrets = "mask" or "keep".'
        )
    return clean, tuple(found)


def _clean(given: Any, where: str) -> tuple[Any, list[Masked]]:  # noqa: ANN401 - a value of any of these kinds
    if is_dataclass(given) and not isinstance(given, type):
        parts = {field.name: getattr(given, field.name) for field in fields(given)}
        changed, found = _parts(parts, where)
        # What is as it was is not checked again.
        return (replace(given, **changed) if changed else given), found
    if isinstance(given, Mapping) and not where.endswith("metadata"):
        changed, found = _parts(given, where)
        return {**given, **changed}, found
    value, masked = masked_value(given, where)
    return value, list(masked)


def _parts(parts: Mapping[str, Any], where: str) -> tuple[dict[str, Any], list[Masked]]:
    changed: dict[str, Any] = {}
    found: list[Masked] = []
    for name, value in parts.items():
        if name not in UNWRITTEN and isinstance(value, (str, Mapping, list, tuple, Provenance)):
            clean, masked = _clean(value, f"{where} {name}".strip())
            if masked:
                changed[name] = clean
                found += masked
    return changed, found


def words_of(version: Version) -> str:
    """Everything in a version that a model could come to read: its text, its other names, its metadata, and where it says that it comes from."""
    source = version.source
    shown = (version.content, *version.aliases, *version.tags, source.actor, source.session, source.reference, source.quote, *_texts(version.metadata))
    return "\n".join(dict.fromkeys(text for text in shown if text))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
