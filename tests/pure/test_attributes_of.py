"""Nouns between a verb and its object: which say that there can be several."""

import pytest

from erstwhile.claims.reading import read


@pytest.mark.parametrize(
    ("text", "single"),
    [
        ("Elif is the sister of Wei.", False),
        ("Rowling is the author of Misery.", False),
        ("Bo was born in the city of Rome.", True),
        ("The headquarters of Acme is located in the city of Oslo.", True),
    ],
)
def test_a_noun_before_of(text: str, single: bool) -> None:
    """One can be the sister of several, and is born in one city."""
    assert [claim.single for claim in read(text).claims] == [single]
