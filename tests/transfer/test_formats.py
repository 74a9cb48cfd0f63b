"""Telling formats apart, and reading those of others."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile.errors import InvalidInputError
from erstwhile.transfer import read_conversations
from erstwhile.transfer.fields import Fields
from erstwhile.transfer.locomo import read_sample
from erstwhile.transfer.longmemeval import read_history

LOCOMO: dict[str, Any] = {
    "sample_id": "conv-1",
    "conversation": {
        "speaker_a": "Cara",
        "session_10": [{"speaker": "Mel", "dia_id": "D10:1", "text": "Later", "blip_caption": "a photo of a cat"}],
        "session_10_date_time": "12:05 am on 1 February, 2023",
        "session_2": [{"speaker": "Cara", "dia_id": "D2:1", "text": "Hello"}, {"speaker": "Mel", "dia_id": "D2:2", "text": " "}],
        "session_2_date_time": "1:56 pm on 8 May, 2022",
        "session_11": [],
        "session_12_date_time": "1:56 pm on 8 May, 2024",
    },
    "qa": [
        {"question": "When?", "answer": 2022, "evidence": ["D2:1; D10:1"], "category": 2},
        {"question": "Who?", "adversarial_answer": "nobody", "evidence": [], "category": 5},
    ],
}
ORIGINAL: dict[str, Any] = {
    "question_id": "q1",
    "question": "Which cat?",
    "question_date": "2023/05/30 (Tue) 23:40",
    "answer": 7,
    "answer_session_ids": ["s2"],
    "haystack_session_ids": ["s1", "s2"],
    "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 10:00"],
    "haystack_sessions": [
        [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": ""}],
        [{"role": "user", "content": "My cat", "has_answer": True}],
    ],
}
CASE: dict[str, Any] = {
    "case_id": "c1",
    "sessions": [
        {"session_id": "s1", "metadata": {"date": "2023/05/20 (Sat) 02:21"}, "messages": [{"role": "user", "name": "user", "content": "Hello"}]},
        {"session_id": "s1", "metadata": {}, "messages": [{"role": "user", "content": "Again", "created_at": "2023-05-21T10:00:00"}]},
        {"session_id": "s3", "metadata": None, "messages": []},
    ],
    "queries": [{"question": "Which?", "golden_answer": "that", "metadata": {"question_date": "2023/05/30 (Tue) 23:40", "answer_session_ids": ["s1"]}}],
}


def _write(folder: Path, text: str | bytes, name: str = "talk.json") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_locomo(tmp_path: Path) -> None:
    """Sessions come in the order of their numbers, with their odd dates, captions for photos, and evidence."""
    (conversation,) = read_conversations(_write(tmp_path, json.dumps([LOCOMO])))
    assert (conversation.name, conversation.format, [session.id for session in conversation.sessions]) == ("conv-1", "locomo", ["session_2", "session_10"])
    first, second = (session.turns[0].message for session in conversation.sessions)
    assert (first.role, first.name, first.id, first.content, first.at) == ("user", "Cara", "D2:1", "Hello", datetime(2022, 5, 8, 13, 56, tzinfo=UTC))
    assert (second.content, second.at) == ("Later\n[shares a photo of a cat]", datetime(2023, 2, 1, 0, 5, tzinfo=UTC))
    assert [(question.answer, question.evidence) for question in conversation.questions] == [("2022", ("D2:1", "D10:1")), (None, ())]


def test_longmemeval_as_published(tmp_path: Path) -> None:
    """An entry of the original files: messages without text left out, the question with its date and evidence."""
    (conversation,) = read_conversations(_write(tmp_path, json.dumps([ORIGINAL])))
    assert (conversation.name, conversation.format) == ("q1", "longmemeval")
    assert [(session.id, [turn.message.content for turn in session.turns]) for session in conversation.sessions] == [("s1", ["Hello"]), ("s2", ["My cat"])]
    assert conversation.sessions[0].turns[0].message.at == datetime(2023, 5, 20, 2, 21, tzinfo=UTC)
    (question,) = conversation.questions
    assert (question.answer, question.evidence, question.as_of) == ("7", ("s2",), datetime(2023, 5, 30, 23, 40, tzinfo=UTC))


def test_longmemeval_a_file_a_case(tmp_path: Path) -> None:
    """The other layout reads the same; two sessions of one id are kept apart."""
    (conversation,) = read_conversations(_write(tmp_path, json.dumps(CASE)))
    assert [(session.id, session.turns[0].message.id) for session in conversation.sessions] == [("s1", "s1:0"), ("s1#2", "s1#2:0")]
    assert conversation.sessions[1].turns[0].message.at == datetime(2023, 5, 21, 10, tzinfo=UTC)
    assert conversation.questions[0].evidence == ("s1",)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda: json.dumps([LOCOMO, LOCOMO]), "locomo"),
        (lambda: json.dumps(LOCOMO), "locomo"),
        (lambda: json.dumps(LOCOMO, indent=2), "locomo"),
        (lambda: json.dumps([LOCOMO], indent=2), "locomo"),
        (lambda: json.dumps(ORIGINAL), "longmemeval"),
        (lambda: json.dumps(CASE, indent=1), "longmemeval"),
        (lambda: '{"conversation":\n' + json.dumps(LOCOMO)[len('{"sample_id": "conv-1", "conversation":') :], "locomo"),
        (lambda: '{"role": "user", "content": "conversation, sessions and queries"}', "erstwhile"),
        (lambda: '\n \r\n{"role": "user", "content": "x"}\r\n\r\n', "erstwhile"),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_formats_are_told_apart(tmp_path: Path, write: Callable[[], str], expected: str, mark: bytes) -> None:
    """It is what is in the file that counts, not its name, its layout or a byte order mark."""
    assert {conversation.format for conversation in read_conversations(_write(tmp_path, mark + write().encode(), "notes.txt"))} == {expected}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "talk.json is empty"),
        (b" \n\t\n", "talk.json is empty"),
        (b"[]", "empty list"),
        (b"[1]", "item 0: not a conversation in any known format"),
        (b'[{"role": "user", "content": "secret"}]', "item 0: not a conversation in any known format"),
        (b"[{", "not JSON"),
        (b"{\n", "not JSON"),
        (b'{"conversation": {\n', "not JSON"),
        (b"{}", "line 1: the field 'role' is missing"),
        (b"secret", "line 1: not JSON"),
        (b"\xff\xfe{\x00}\x00", "line 1: byte 0 is not UTF-8"),
        (b'[{"conversation": "\xff"}]', "byte 19 is not UTF-8"),
        (b"PK\x03\x04", "line 1: not JSON"),
        (b'{"conversation": {"session_1": []}}', "holds no turn"),
        (b'{"conversation": {"session_1": [{"text": "x", "speaker": "a"}]}}', "session_1_date_time"),
        (b'{"conversation": {"session_1": [{"text": "x"}], "session_1_date_time": "1:00 pm on 8 May, 2023"}}', "session_1 0: the field 'speaker' is missing"),
        (b'{"conversation": {"session_1": [7], "session_1_date_time": "1:00 pm on 8 May, 2023"}}', "session_1 0: expected an object"),
        (b'{"conversation": {"session_1": {"text": "secret"}}}', "session_1: expected a list"),
        (b'{"conversation": {"session_1": [1], "session_1_date_time": "13:00 pm on 8 May, 2023"}}', "session_1_date_time: not a time such as"),
        (b'{"conversation": {"session_1": [1], "session_1_date_time": "1:00 pm on 31 June, 2023"}}', "session_1_date_time: not a time such as"),
        (b'{"sessions": [], "queries": []}', "holds no turn"),
        (b'{"sessions": [{"session_id": "s", "metadata": {"date": "secret"}}], "queries": []}', "date: not a time such as"),
        (b'{"haystack_sessions": [[]], "haystack_session_ids": [], "haystack_dates": []}', "differ in length"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    """Each way in which a file can be wrong has an error that names the file and the place, and nothing of what is said in it."""
    with pytest.raises(InvalidInputError) as failure:
        list(read_conversations(_write(tmp_path, content)))
    assert said in str(failure.value)
    assert str(failure.value).startswith("talk.json")
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("path", ["nowhere.jsonl", ".", "a\0b"])
def test_a_file_that_cannot_be_opened(tmp_path: Path, path: str) -> None:
    """A missing file, a folder and an impossible name are told apart from a bad file."""
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_conversations(tmp_path / path)


def test_a_list_is_read_one_conversation_at_a_time(tmp_path: Path) -> None:
    """What is wrong with a later conversation does not keep the first from being read."""
    conversations = read_conversations(_write(tmp_path, json.dumps([LOCOMO, {"conversation": {"session_1": 7}}])))
    assert next(conversations).name == "conv-1"
    with pytest.raises(InvalidInputError, match="item 1"):
        next(conversations)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*LOCOMO, *ORIGINAL, *CASE, "metadata", "date", "messages"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(("read", "sound"), [(read_sample, LOCOMO), (read_history, ORIGINAL), (read_history, CASE)])
@given(data=st.data())
def test_garbage_in_any_field_is_refused_and_never_a_crash(read: Callable[..., Any], sound: dict[str, Any], data: st.DataObject) -> None:
    """Whatever stands in the place of a field, the conversation is read or refused by InvalidInputError."""
    broken = json.loads(json.dumps(sound))
    spot = broken
    while isinstance(spot, (dict, list)) and spot:
        key = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        if not isinstance(spot[key], (dict, list)) or not spot[key] or data.draw(st.booleans()):
            spot[key] = data.draw(_json)
            break
        spot = spot[key]
    with suppress(InvalidInputError):
        assert read(Fields(broken, place="here"), name="name").sessions
