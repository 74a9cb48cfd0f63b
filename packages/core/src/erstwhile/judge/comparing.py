"""Two readings side by side: what they share, what only one has, and which of their values clash."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from erstwhile.claims.lexicon import LEXICON
from erstwhile.claims.reading import Reading
from erstwhile.claims.words import Value

__all__ = ["Comparison"]

_QUALIFIERS: Final = frozenset(
    [
        "staging",
        "production",
        "prod",
        "test",
        "testing",
        "dev",
        "development",
        "qa",
        "sandbox",
        "preview",
        "local",
        "ci",
        "mobile",
        "web",
        "desktop",
        "android",
        "ios",
        "mac",
        "windows",
        "linux",
        "backend",
        "frontend",
        "server",
        "client",
        "internal",
        "external",
        "public",
        "private",
        "home",
        "work",
        "office",
        "personal",
        "professional",
        "weekday",
        "weekend",
        "morning",
        "evening",
        "breakfast",
        "lunch",
        "dinner",
        "summer",
        "winter",
        "spring",
        "autumn",
        "eu",
        "us",
        "uk",
        "emea",
        "apac",
        "left",
        "right",
        "north",
        "south",
        "east",
        "west",
        "old",
        "previous",
        "former",
        "first",
        "second",
        "third",
        "last",
        "next",
        "other",
        "main",
        "secondary",
        "primary",
        "backup",
        "guest",
        "kids",
        "junior",
        "senior",
        "men",
        "women",
    ]
)


@dataclass(frozen=True)
class Comparison:
    """An earlier and a later reading, compared.

    Attributes:
        earlier: The earlier.
        later: The later.
        cosine: How alike they are in meaning.
    """

    earlier: Reading
    later: Reading
    cosine: float

    @cached_property
    def shared(self) -> frozenset[str]:
        """Words of meaning that both have."""
        return self.earlier.text.content & self.later.text.content

    @cached_property
    def covered(self) -> float:
        """Share of the earlier one's words that the later one has, 0 to 1."""
        return len(self.shared) / max(1, len(self.earlier.text.content))

    @cached_property
    def covering(self) -> float:
        """Share of the later one's words that the earlier one has, 0 to 1."""
        return len(self.shared) / max(1, len(self.later.text.content))

    @cached_property
    def only_earlier(self) -> frozenset[str]:
        """Words of meaning that only the earlier one has."""
        return self.earlier.text.content - self.shared

    @cached_property
    def only_later(self) -> frozenset[str]:
        """Words of meaning that only the later one has."""
        return self.later.text.content - self.shared

    @cached_property
    def clashing(self) -> tuple[tuple[Value, Value], ...]:
        """Values of one kind that each has for itself, where they share none of that kind."""
        found = []
        for kind in sorted({value.kind for value in self.earlier.text.values} & {value.kind for value in self.later.text.values}):
            before = {value for value in self.earlier.text.values if value.kind == kind}
            after = {value for value in self.later.text.values if value.kind == kind}
            if not before & after:
                found.append((min(before, key=lambda value: value.value), min(after, key=lambda value: value.value)))
        return tuple(found)

    @cached_property
    def same_values(self) -> bool:
        """Whether both name the very same values."""
        return self.earlier.text.values == self.later.text.values

    @cached_property
    def apart(self) -> bool:
        """Whether each names somebody or something that the other does not: two subjects rather than one."""
        earlier, later = self._names
        return bool(earlier and later)

    @cached_property
    def _names(self) -> tuple[frozenset[str], frozenset[str]]:
        # What one text writes as a name may stand at the beginning of a sentence in the other.
        names = self.earlier.text.names | self.later.text.names
        return names & self.only_earlier, names & self.only_later

    @cached_property
    def qualified_apart(self) -> bool:
        """Whether they speak of two environments, sides or times of day."""
        earlier = {token.lower for token in self.earlier.text.tokens} & _QUALIFIERS
        later = {token.lower for token in self.later.text.tokens} & _QUALIFIERS
        return bool(earlier - later) and bool(later - earlier)

    @cached_property
    def opposed(self) -> tuple[str, str] | None:
        """A word of each that exclude one another."""
        earlier = {token.lower for token in self.earlier.text.tokens}
        later = {token.lower for token in self.later.text.tokens}
        for word in sorted(earlier - later):
            for other in sorted(LEXICON.opposites.get(word, frozenset()) & (later - earlier)):
                return word, other
        return None
