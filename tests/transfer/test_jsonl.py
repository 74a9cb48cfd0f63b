"""erstwhile's own format for conversations."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile.errors import InvalidInputError
from erstwhile.model import MemoryType, SourceKind
from erstwhile.transfer import Conversation, Correction, Marked, read_conversations
from erstwhile.transfer.jsonl import read_lines

TURN = {"role": "user", "content": "I live in Porto"}


def _read(*lines: object) -> Conversation:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return read_lines(raw, name="talk", place="talk.jsonl")


def _refused(*lines: object) -> str:
    with pytest.raises(InvalidInputError) as failure:
        _read(*lines)
    return str(failure.value)


def test_a_whole_conversation() -> None:
    """Turns, marks and questions arrive as they were written, with what is left out filled in."""
    home = {"id": "home", "type": "fact", "content": "Ana lives in Porto", "tags": ["home"]}
    moved = {"content": "Ana lives in Lisbon", "valid_from": "2024-09-01", "supersedes": "home", "source": {"kind": "inferred", "quote": "Graça"}}
    conversation = _read(
        {"session": "1", "at": "2024-01-15T19:02:00+01:00", "role": "user", "name": "Ana", "id": "m1", "content": "I live in Porto", "remember": [home]},
        b"  ",
        {"role": "assistant", "content": "Noted"},
        {"session": "2", "at": "2024-09-10", **TURN, "remember": [moved], "correct": [{"id": "home", "valid_to": None, "tags": []}]},
        {"question": "Where does Ana live?", "as_of": "2024-06-01", "answer": "Porto"},
    )
    first, second = conversation.sessions
    assert (conversation.name, conversation.format, first.id, second.id) == ("talk", "erstwhile", "1", "2")
    assert [turn.message.session for turn in first.turns] == ["1", "1"]
    assert first.turns[0].message.at == datetime(2024, 1, 15, 18, 2, tzinfo=UTC)
    (porto,) = first.turns[0].marks
    lisbon, correction = second.turns[0].marks
    assert isinstance(porto, Marked)
    assert isinstance(lisbon, Marked)
    assert (porto.label, porto.draft.type, porto.draft.valid_from, porto.draft.tags) == ("home", MemoryType.FACT, first.turns[0].message.at, ("home",))
    assert (porto.draft.source.actor, porto.draft.source.quote, porto.draft.source.kind) == ("Ana", "I live in Porto", SourceKind.STATED)
    assert (lisbon.draft.supersedes, lisbon.draft.valid_from) == (("home",), datetime(2024, 9, 1, tzinfo=UTC))
    assert (lisbon.draft.source.kind, lisbon.draft.source.quote, lisbon.draft.source.actor) == (SourceKind.INFERRED, "Graça", "user")
    assert correction == Correction(label="home", changes={"valid_to": None, "tags": ()})
    (question,) = conversation.questions
    assert (question.text, question.answer, question.as_of) == ("Where does Ana live?", "Porto", datetime(2024, 6, 1, tzinfo=UTC))


def test_a_session_that_is_taken_up_again_comes_twice() -> None:
    """Turns keep the order of the file, so that a mark never comes before what it names."""
    turns = [{"session": session, **TURN} for session in ("a", "b", "b", "a")]
    assert [(session.id, len(session.turns)) for session in _read(*turns).sessions] == [("a", 1), ("b", 2), ("a", 1)]


def test_what_a_tool_said_is_the_tools() -> None:
    """A memory from a tool's turn does not count as stated by anybody."""
    (mark,) = _read({"role": "tool", "content": "It is 12 °C", "remember": [{"content": "It is cold"}]}).sessions[0].turns[0].marks
    assert isinstance(mark, Marked)
    assert mark.draft.source.kind is SourceKind.TOOL


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([], "line 1: expected an object"),
        ("secret", "line 1: expected an object with named fields, got text"),
        ({}, "line 1: the field 'role' is missing"),
        ({"role": "user"}, "line 1: the field 'content' is missing"),
        ({"role": "user", "content": ""}, "line 1: content is empty"),
        ({"role": "user", "content": 7}, "line 1: content: expected text, got int"),
        ({"role": "user", "content": "secret\0"}, "line 1: content has a NUL"),
        ({"role": "user", "content": "x" * 32_769}, "line 1: content has 32,769 characters"),
        ({**TURN, "text": "secret"}, "line 1: unknown field 'text'; the fields are role, content"),
        ({**TURN, "at": "secret"}, "line 1: at: 'secret' is not a time"),
        ({**TURN, "at": "2024-01-01T10:00:00"}, "line 1: at: 2024-01-01T10:00:00 has no time zone"),
        ({**TURN, "at": 1_700_000_000}, "line 1: at: expected a time in ISO 8601 as text, got a number"),
        ({**TURN, "session": ["s"]}, "line 1: session: expected text, got list"),
        ({**TURN, "remember": {"content": "x"}}, "line 1: remember: expected a list, got an object"),
        ({**TURN, "remember": ["secret"]}, "line 1: remember 0: expected an object"),
        ({**TURN, "remember": [{"content": "x"}, {"type": "fact"}]}, "line 1: remember 1: content is empty"),
        ({**TURN, "remember": [{"content": "x", "type": "wish"}]}, "remember 0: 'wish' is not a memory type"),
        ({**TURN, "remember": [{"content": "x", "valid_form": "2024-01-01"}]}, "remember 0: unknown field 'valid_form'"),
        ({**TURN, "remember": [{"content": "x", "valid_from": 2024}]}, "remember 0: valid_from: expected a time"),
        ({**TURN, "remember": [{"content": "x", "valid_from": "2024-01-02", "valid_to": "2024-01-01"}]}, "remember 0: The interval ends"),
        ({**TURN, "remember": [{"content": "x", "confidence": "high"}]}, "remember 0: confidence"),
        ({**TURN, "remember": [{"content": "x", "pinned": "yes"}]}, "remember 0: pinned: expected true or false"),
        ({**TURN, "remember": [{"content": "x", "tags": "home"}]}, "remember 0: tags: expected a list"),
        ({**TURN, "remember": [{"content": "x", "metadata": []}]}, "remember 0: metadata: expected a mapping"),
        ({**TURN, "remember": [{"content": "x", "supersedes": "home"}]}, "remember 0: supersedes names no memory"),
        ({**TURN, "remember": [{"content": "x", "supersedes": [{}]}]}, "remember 0: supersedes names no memory"),
        ({**TURN, "remember": [{"content": "x", "id": "a"}, {"content": "y", "id": "a"}]}, "remember 1: the id is taken"),
        ({**TURN, "remember": [{"content": "x", "source": {"kind": "rumour"}}]}, "remember 0: source: 'rumour' is not a source kind"),
        ({**TURN, "remember": [{"content": "x", "source": {"who": "me"}}]}, "remember 0: source: unknown field 'who'"),
        ({**TURN, "correct": [{"id": "home", "content": "x"}]}, "correct 0: id names no memory"),
        ({**TURN, "remember": [{"content": "x", "id": "a"}], "correct": [{"id": "a"}]}, "correct 0: says nothing of what is right"),
        ({**TURN, "remember": [{"content": "x", "id": "a"}], "correct": [{"id": "a", "content": None}]}, "correct 0: content is null"),
        ({**TURN, "remember": [{"content": "x", "id": "a"}], "correct": [{"id": "a", "importance": 7}]}, "correct 0: importance"),
        ({"question": "", "as_of": "2024-01-01"}, "line 1: question is empty"),
        ({"question": "secret?", "when": "2024-01-01"}, "line 1: unknown field 'when'; the fields are question"),
        (b"secret", "line 1: not JSON"),
        (b'{"role": "user", "content": "secr', "line 1: not JSON"),
        (b'{"role": "user", "content": "\\ud800"}', "line 1"),
        (b'{"role": "user", "content": "\xff"}', "line 1: byte 29 is not UTF-8"),
        (b"[" * 100_000, "line 1: not JSON"),
    ],
)
def test_a_wrong_line_is_told_by_its_number_and_its_field(line: object, said: str) -> None:
    """The error leads to the place, and says nothing of what was said there."""
    message = _refused(line)
    assert message.startswith("talk.jsonl, line 1: ")
    assert said in message
    assert "secret" not in message.replace("at: 'secret'", "")
    assert _refused(TURN, b"", line).startswith("talk.jsonl, line 3: ")


def test_a_file_without_a_turn() -> None:
    """Questions alone are no conversation."""
    assert "holds no turn" in _refused({"question": "Where?"})
    assert "holds no turn" in _refused()


_names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)
_times = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones() | st.just(UTC))  # noqa: DTZ001 - hypothesis takes naive bounds
_optional = {"at": _times.map(datetime.isoformat), "name": _names, "id": _names, "session": _names}
_turns = st.lists(st.fixed_dictionaries({"role": _names, "content": _names}, optional=_optional), min_size=1, max_size=8)


@given(turns=_turns)
def test_what_is_written_is_what_is_read(turns: list[dict[str, str]]) -> None:
    """Every turn comes back, in order, word for word and to the microsecond."""
    messages = [turn.message for session in _read(*turns).sessions for turn in session.turns]
    assert [(message.role, message.content, message.name, message.id) for message in messages] == [
        (turn["role"], turn["content"], turn.get("name"), turn.get("id")) for turn in turns
    ]
    for message, turn in zip(messages, turns, strict=True):
        assert message.at == (datetime.fromisoformat(turn["at"]) if "at" in turn else None)
        assert not isinstance(message.at, datetime) or message.at.utcoffset() == timedelta(0)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = (
    "role content session at name id remember correct question answer as_of type valid_from valid_to supersedes "
    "source kind actor quote confidence tags aliases metadata pinned expires_at importance"
)
_fields = st.sampled_from(_FIELDS.split())
_near = st.recursive(_json, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_fields, inner, max_size=6), max_leaves=12)


@given(lines=st.lists(st.dictionaries(_fields, _near).map(json.dumps).map(str.encode) | _near.map(json.dumps).map(str.encode) | st.binary(), max_size=4))
def test_garbage_is_refused_and_never_a_crash(lines: list[bytes]) -> None:
    """Whatever a line holds, it is read or refused by InvalidInputError."""
    with suppress(InvalidInputError):
        assert _read(*lines).sessions


@given(
    marks=st.lists(st.dictionaries(_fields, _near, max_size=5).map(lambda mark: {"content": "x", **mark}), max_size=3),
    corrections=st.lists(st.dictionaries(_fields, _near, max_size=3).map(lambda mark: {"id": "a", **mark}), max_size=2),
)
def test_garbage_within_a_mark_is_refused_and_never_a_crash(marks: list[Any], corrections: list[Any]) -> None:
    """Whatever a mark holds, it is read or refused by InvalidInputError."""
    with suppress(InvalidInputError):
        conversation = _read({**TURN, "remember": [{"id": "a", "content": "x"}, *marks], "correct": corrections})
        assert len(conversation.sessions[0].turns[0].marks) == 1 + len(marks) + len(corrections)


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    """The lines in the format's own description can be read."""
    from erstwhile.transfer import jsonl

    example = [line.strip() for line in (jsonl.__doc__ or "").splitlines() if line.strip().startswith(('{"', '"remember"'))]
    lines = [example[0], f"{example[1]} {example[2]}", example[3]]
    path = tmp_path / "example.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    (conversation,) = read_conversations(path)
    assert [len(session.turns[0].marks) for session in conversation.sessions] == [1, 1]
    assert len(conversation.questions) == 1
