"""What JSON holds, without the secrets in it; pure.

The engine masks the texts that it is given. A message, or a value, is given to it as JSON in one text, and a secret cut out of that could leave what is no JSON
any more: so they are masked here, part by part, before they are written down.
"""

from collections.abc import Mapping
from typing import Any

from erstwhile import find_secrets

__all__ = ["without_secrets"]


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The value with each secret's kind in its place: in texts at any depth, in names, and in whole numbers, which may be those of cards."""
    if isinstance(value, str):
        return _masked(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _masked(str(value)) if find_secrets(str(value)) else value
    if isinstance(value, Mapping):
        return {_masked(str(name)): _said_of(str(name), each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    return value


def _said_of(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    # What is said of a name counts: {"password": "…"}.
    if isinstance(value, str) and (said := _masked(f"{name}: {value}")).startswith(f"{name}: "):
        return said.removeprefix(f"{name}: ")
    return without_secrets(value)


def _masked(text: str) -> str:
    # Where two stand without a space between them, the second is told only once the first is out.
    while secrets := find_secrets(text):
        for secret in reversed(secrets):
            text = f"{text[: secret.start]}[secret: {secret.kind}]{text[secret.end :]}"
    return text
