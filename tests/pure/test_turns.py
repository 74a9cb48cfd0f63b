"""Messages read into turns."""

from collections.abc import Mapping
from typing import Any

import pytest

from erstwhile import InvalidInputError, Message
from erstwhile.turns import read_turns


def test_a_message_becomes_a_turn_with_its_source() -> None:
    """Who said it, when, and under which id is kept beside the words."""
    (turn,) = read_turns([{"role": "user", "content": "Hi!", "at": "2025-01-01T10:00:00Z", "name": "Ana", "id": "m1"}], session="s")
    assert (turn.content, turn.session, turn.role) == ("Hi!", "s", "user")
    assert (turn.source.actor, turn.source.session, turn.source.reference) == ("Ana", "s", "m1")


def test_parts_are_read_for_their_text() -> None:
    """Content as chat APIs give it, images and all, keeps its words."""
    content = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "x"}}, "here"]
    (turn,) = read_turns([{"role": "user", "content": content}], session=None)
    assert turn.content == "Look\nhere"


@pytest.mark.parametrize("content", ["", "  \n", None, [], [{"type": "image_url"}]])
def test_a_message_without_text_is_left_out(content: object) -> None:
    """A bare tool call in a conversation does not stop it from being kept."""
    assert read_turns([{"role": "assistant", "content": content, "tool_calls": []}], session=None) == ()


def test_a_tool_is_known_as_the_source() -> None:
    """What a tool put into a conversation is not taken for what the user stated."""
    (turn,) = read_turns([Message(role="tool", content="42")], session=None)
    assert turn.source.kind == "tool"


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"content": "secret"}, "no role"),
        ({"role": "user"}, "no content"),
        ({"role": "user", "content": 5}, "got int"),
        ({"role": "", "content": "secret"}, "role is empty"),
        ({"role": "user", "content": "secret", "at": "2025-01-01T10:00:00"}, "no time zone"),
        ({"role": "user", "content": "secret\0"}, "NUL"),
        ({"role": "user", "content": "secret \ud800"}, "surrogate"),
        ({"role": "user", "content": "secret" * 9_000}, "54,000 characters"),
        ("secret", "expected a Message"),
    ],
)
def test_a_bad_message_is_named_by_its_place(message: Mapping[str, Any], named: str) -> None:
    """In a long conversation the caller learns which message to mend, and the error does not repeat what it said."""
    with pytest.raises(InvalidInputError, match=named) as caught:
        read_turns([{"role": "user", "content": "fine"}, message], session=None)
    assert "message 1" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("messages", ["hello", {"role": "user", "content": "hello"}, Message(role="user", content="hello")])
def test_one_message_is_not_taken_for_a_list(messages: str | Mapping[str, Any] | Message) -> None:
    """A text is not read letter by letter."""
    with pytest.raises(InvalidInputError, match="put it in a list"):
        read_turns(messages, session=None)  # type: ignore[arg-type]


def test_a_message_is_known_again_by_its_id_or_its_time() -> None:
    """Handing a conversation in twice keeps it once; two messages that cannot be told apart are both kept."""
    first = {"role": "user", "content": "ok"}
    assert read_turns([first], session="s")[0].key is None
    with_id = [read_turns([{**first, "id": "m", "content": content}], session="s")[0].key for content in ("ok", "ok, edited")]
    assert with_id[0] == with_id[1]
    with_time = [read_turns([{**first, "at": f"2025-01-01T10:00:0{second}Z"}], session="s")[0].key for second in (1, 1, 2)]
    assert with_time[0] == with_time[1] != with_time[2]
