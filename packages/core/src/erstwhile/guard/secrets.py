"""Finding secrets in text, and taking them out; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from erstwhile.guard.rules import rules
from erstwhile.model import Explained, one_of

__all__ = ["Masked", "OnSecret", "Secret", "find_secrets", "masked_text", "masked_value"]

SHORTEST: Final = 6
"""No text of fewer characters holds a secret that can be told."""
MOST: Final = 10_000
"""More than any text that can be remembered holds: the search ends whatever a rule makes of what stands in a secret's place."""


class OnSecret(Explained):
    """What is done about a secret in what is to be written."""

    REFUSE = "refuse", "Nothing is written; the error says which kind it is and where."
    MASK = "mask", "Its kind is kept in its place."
    KEEP = "keep", "It is kept as it is."

    @classmethod
    def of(cls, value: object) -> "OnSecret":
        """Read it from its name, whatever its case.

        Raises:
            InvalidInputError: There is no such way; the message lists them.
        """
        return one_of(cls, value, "a way with secrets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret in a text.

    Attributes:
        kind: What it is: "github-pat", "card-number", "password" and so on.
        start, end: Where it stands, in characters.
    """

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A secret that was not stored: what it was and where it stood, never its text.

    Attributes:
        kind: Its kind.
        where: The part of the memory: "content", "tags 0", "metadata.deploy.key", "source quote"; of a turn, "message 3 content".
    """

    kind: str
    where: str


def find_secrets(text: str) -> tuple[Secret, ...]:
    """The secrets in a text, in order; of two that overlap, the one that begins first.

    Found are keys and tokens of some two hundred services by their form, private keys, JSON web tokens, passwords in addresses, what is said to be a password,
    a key or a token and looks like one, and numbers of payment cards. A word that is somebody's password, and looks like a word, is not found.
    """
    if len(text) < SHORTEST:
        return ()
    folded = text.lower()
    found = [
        Secret(kind=rule.kind, start=start, end=end)
        for rule in rules()
        if any(keyword in folded for keyword in rule.keywords)
        for start, end in rule.spans(text)
    ]
    kept: list[Secret] = []
    for secret in sorted(found, key=lambda secret: (secret.start, -secret.end)):
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
        elif secret.end > kept[-1].end:
            # What begins within another and goes on beyond it is taken out with it.
            kept[-1] = Secret(kind=kept[-1].kind, start=kept[-1].start, end=secret.end)
    return tuple(kept)


def masked_text(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with each secret's kind in its place, and the kinds in the order of finding."""
    kinds: list[str] = []
    # Where two stand without a space between them, the second is told only once the first is out.
    while len(kinds) < MOST and (secrets := find_secrets(text)):
        parts, place = [], 0
        for secret in secrets:
            parts += [text[place : secret.start], f"[secret: {secret.kind}]"]
            place = secret.end
        text = "".join((*parts, text[place:]))
        kinds += [secret.kind for secret in secrets]
    return text, tuple(kinds)


def masked_value(value: Any, where: str = "") -> tuple[Any, tuple[Masked, ...]]:  # noqa: ANN401 - whatever JSON holds
    """Whatever JSON holds with each secret's kind in its place, and the secrets: in texts and names at any depth, and in whole numbers, which may be cards'.

    It is what a policy that masks does to each part of a memory. Who writes such a value down as one text masks it first: a secret that is cut out of JSON
    can leave what is no JSON any more.

    Args:
        value: The value; it is not changed.
        where: What it is called in ``Masked.where``.
    """
    found: list[Masked] = []
    return _masked(value, where, found), tuple(found)


def _masked(value: Any, where: str, found: list[Masked]) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        text, kinds = masked_text(value)
        found += [Masked(kind=kind, where=where) for kind in kinds]
        return text
    if isinstance(value, int) and not isinstance(value, bool):
        text, kinds = masked_text(str(value))
        found += [Masked(kind=kind, where=where) for kind in kinds]
        return text if kinds else value
    if isinstance(value, Mapping):
        return dict(_named(value, where, found))
    if isinstance(value, (list, tuple)):
        return type(value)(_masked(each, f"{where} {place}", found) for place, each in enumerate(value))
    return value


def _named(value: Mapping[str, Any], where: str, found: list[Masked]) -> Iterator[tuple[str, Any]]:
    taken: set[str] = set()
    for given, each in value.items():
        name, kinds = masked_text(str(given))
        found += [Masked(kind=kind, where=f"{where}, a name") for kind in kinds]
        count = 1
        while name in taken:
            count += 1
            name = f"{name} {count}"
        taken.add(name)
        # What is said of a name counts: {"password": "…"}.
        if isinstance(each, str) and not kinds and (said := masked_text(f"{name}: {each}"))[1] and said[0].startswith(f"{name}: "):
            found += [Masked(kind=kind, where=f"{where}.{name}") for kind in said[1]]
            yield name, said[0][len(name) + 2 :]
        else:
            yield name, _masked(each, f"{where}.{name}", found)
