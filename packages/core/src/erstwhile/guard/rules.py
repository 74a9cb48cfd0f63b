"""What a secret looks like: the rules of gitleaks (`gitleaks.json`, MIT) and a few of our own for what stands in prose. Read when they are first needed."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final

import msgspec

__all__ = ["SecretRule", "ignored", "rules"]


@dataclass(frozen=True, kw_only=True)
class SecretRule:
    """How one kind of secret is found.

    Attributes:
        kind: What it is called, such as "github-pat".
        regex: What it looks like; the group ``group``, else the first group, else all of it is the secret.
        keywords: The expression is only tried on a text that has one of these, in lower case.
        entropy: It has more bits a character than this.
        group: Which group is the secret; 0 for the first.
        ignored: What looks like it and is none.
        holds: What else must be so.
    """

    kind: str
    regex: str
    keywords: tuple[str, ...]
    entropy: float = 0.0
    group: int = 0
    ignored: tuple[str, ...] = ()
    holds: Callable[[str], bool] | None = None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.regex)

    @cached_property
    def _exceptions(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(regex) for regex in self.ignored)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the secrets of this kind begin and end."""
        for match in self._expression.finditer(text):
            group = self.group or next((number for number, part in enumerate(match.groups(), start=1) if part), 0)
            found = match[group]
            if not found or (self.entropy and _entropy(found) <= self.entropy) or any(each.search(found) for each in self._exceptions):
                continue
            if (self.holds is None or self.holds(found)) and not any(each.search(found) for each in ignored()):
                yield match.span(group)


def _entropy(text: str) -> float:
    """Shannon entropy, in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


@cache
def _file() -> Mapping[str, Any]:
    found: Mapping[str, Any] = msgspec.json.decode(files("erstwhile.guard").joinpath("gitleaks.json").read_bytes())
    return found


@cache
def ignored() -> tuple[re.Pattern[str], ...]:
    """What is no secret, whatever it looks like: a place to be filled in, a path, a letter repeated."""
    return tuple(re.compile(regex) for regex in (*_file()["ignored"], _PLACEHOLDER))


@cache
def rules() -> tuple[SecretRule, ...]:
    """Every rule, our own first: what two of them find is called by the name that the first gives it."""
    return (
        *OWN,
        *(
            SecretRule(
                kind=rule["id"],
                regex=rule["regex"],
                keywords=tuple(rule["keywords"]),
                entropy=rule.get("entropy", 0.0),
                group=rule.get("group", 0),
                ignored=tuple(rule.get("ignored", ())),
            )
            for rule in _file()["rules"]
        ),
    )


_PLACEHOLDER: Final = (
    r"(?i)^(?:<.*>|\[.*\]?|\{.*\}|\$.*|%.*%|\*+|\.+|[x*.\-_]+|your[-_ ].*|(?:pass(?:word)?|secret|token|pwd|changeme|redacted|hidden|example)\d?)$"
)

_KEY_HEADER: Final = r"-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----"
_KEY_LINES: Final = r"(?>(?:\s|\\[nr]|[A-Za-z][\w -]{1,40}:[^\n]{0,200}\n)*)"
_KEY_BODY: Final = r"[A-Za-z0-9+/=]{20}(?>(?:[A-Za-z0-9+/=]|\s(?!\s*[^\sA-Za-z0-9+/=-])|\\[nr])*)(?:-----END[^\n]{0,60}?-----)?"
_NAME: Final = (
    r"(?:api|access|auth|client|secret|service|signing|encryption|master|bot|bearer|session|refresh|admin|root|wi-?fi|db|database|account|login|ssh|vpn)"
)
_SAID: Final = (
    r"[\"'`*]{0,3}(?:\s{0,3}(?::=|=>|==|[:=])\s{0,3}|\s{1,3}(?:is|was|to|are|will be|should be)(?:\s{0,2}:|\s{1,3}(?:now|still|currently|set to))?\s{1,3})"
    r"[\"'`*]{0,3}"
)
_VALUE: Final = r"([^\s\"'`<>\[\](){},;]{6,200}?)(?=[\"'`*<>\[\](){},;]|[.?:]?(?:\s|$))"


def _looks_chosen(value: str) -> bool:
    """Whether it is made like a password or a key, and is no word, number, date, path, address or name: letters with digits or signs among them."""
    letters, digits = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    signs = sum(character in "!@#$%^&*+=?~|" for character in value.rstrip("!?"))
    if not letters or "://" in value or re.fullmatch(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", value) or _ORDINARY.fullmatch(value):
        return False
    return bool(signs) if not digits else True


_ORDINARY: Final = re.compile(
    r"""(?i)\d+(?:st|nd|rd|th|s|x|k|m|am|pm|h|hrs?|days?|hours?|min(?:ute)?s?|months?|years?|weeks?|chars?|characters?|bits?|bytes?|-?digits?|gb|mb|kb|%|€|\$)?
    |\d+(?:[-/.:x]\d+)*(?:[-\ ]?(?:day|hour|min|minute|month|year|week|char|character|bit|byte|digit)s?)(?:-\w+)?
    |v?\d+(?:\.\d+)+[-+\w.]*|\d{4}-\d\d-\d\d(?:t[\d:.+z-]*)?|[a-z]{1,20}[-_/]?\d{1,2}|[/~.][\w./-]*|[\w-]+\.(?:py|md|txt|json|toml|ya?ml|com|org|net|io|pdf|env)""",
    re.VERBOSE,
)


def _luhn(number: str) -> bool:
    """Whether it is the number of a card: by the check digit of ISO/IEC 7812, and no digit repeated."""
    digits = [int(digit) for digit in number if digit.isdigit()]
    doubled = [digit if place % 2 == 0 else (digit * 2 - 9 if digit > 4 else digit * 2) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0 and len(set(digits)) > 1


_NETWORKS: Final = (
    # First digits and lengths, as the networks publish them, in the groups in which cards print them.
    r"4\d{3}(?P<a>[ -]?)\d{4}(?P=a)\d{4}(?P=a)\d{4}(?:(?P=a)\d{3})?",  # Visa
    r"(?:5[1-5]\d\d|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))(?P<b>[ -]?)\d{4}(?P=b)\d{4}(?P=b)\d{4}",  # Mastercard
    r"3[47]\d\d(?P<c>[ -]?)\d{6}(?P=c)\d{5}",  # American Express
    r"(?:6011|65\d\d|64[4-9]\d|35(?:2[89]|[3-8]\d)|62\d\d)(?P<d>[ -]?)\d{4}(?P=d)\d{4}(?P=d)\d{4}",  # Discover, JCB, UnionPay
    r"3(?:0[0-5]|[689]\d)\d(?P<e>[ -]?)\d{6}(?P=e)\d{4}",  # Diners Club
)
OWN: Final = (
    SecretRule(kind="private-key", regex=f"{_KEY_HEADER}{_KEY_LINES}{_KEY_BODY}", keywords=("-----begin",)),
    SecretRule(
        kind="url-password",
        regex=r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:\"'<>]{0,64}:([^\s/\"'<>]{3,128})@[\w\[]",
        keywords=("://",),
    ),
    SecretRule(
        kind="card-number",
        regex=rf"(?<![\w.,/#-])(?<!\d[ ])((?:{'|'.join(_NETWORKS)}))(?![\w]|[-./,]\d|[ ]\d)",
        keywords=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
        group=1,
        holds=_luhn,
    ),
    SecretRule(
        kind="authorization-header",
        regex=r"(?i)\b(?:bearer|basic|authorization\s*:\s*token)\s+([\w~+/.=-]{20,2048})",
        keywords=("bearer ", "basic ", "authorization"),
        entropy=3.0,
        holds=_looks_chosen,
    ),
    SecretRule(
        kind="password",
        regex=rf"(?i)(?<![^\W_])(?:passwords?|passwd|passphrase|passcode|pwd)(?:\s+(?:for|of|on|at|to)\s+(?:[\w'.-]+\s+){{0,4}}?[\w'.-]+?)?{_SAID}{_VALUE}",
        keywords=("passw", "passphrase", "passcode", "pwd"),
        holds=_looks_chosen,
    ),
    SecretRule(
        kind="api-key",
        regex=rf"(?i)(?<![^\W_])(?:{_NAME}[ _-]?)?(?:api[ _-]?key|access[ _-]?key|secret[ _-]?key|private[ _-]?key|secret|token|credentials?){_SAID}"
        r"([\w.+/=~-]{16,512})(?=[\"'`*<>\[\](){},;]|[.!?:]?(?:\s|$))",
        keywords=("key", "secret", "token", "credential"),
        entropy=3.5,
        ignored=(r"^[A-Za-z_.\-]+$", r"^[0-9.\-]+$", r"://", r"^[\w-]+(?:\.[\w-]+)+\.(?:com|org|net|io|py|md|json)$"),
        holds=_looks_chosen,
    ),
)
"""Kinds of which gitleaks has no rule, or one that is made for source code."""
