"""What other systems write for their users, brought over."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erstwhile.errors import InvalidInputError
from erstwhile.model import MAX_CONTENT, MemoryType, SourceKind
from erstwhile.transfer import Brought, read_export

GRAPH = """\
{"type":"entity","name":"John_Smith","entityType":"person","observations":["Speaks fluent Spanish","John_Smith graduated in 2019"]}
{"type":"entity","name":"Empty","entityType":"thing","observations":[]}

{"type":"relation","from":"John_Smith","to":"Anthropic","relationType":"works_at"}
"""
SERVICE = {
    "export_metadata": {"source_machine": "laptop", "total_memories": 2},
    "memories": [
        {"content": "Newer", "content_hash": "b", "tags": ["x", "y"], "created_at": 1756054456.5, "memory_type": "decision", "metadata": {}},
        {"content": "Older", "content_hash": "a", "tags": [], "created_at": "2024-01-01T10:00:00", "memory_type": "note", "metadata": {}},
    ],
}
MEM0 = {
    "results": [
        {
            "id": "892db2ae",
            "memory": "Dev works at TechCorp",
            "hash": "8b0d",
            "metadata": {"type": "professional"},
            "categories": ["work"],
            "created_at": "2024-07-20T01:30:36.275141-07:00",
            "updated_at": None,
            "user_id": "dev",
        }
    ]
}
MEMANTO = """\
# Memory — coder

> Generated: 2026-01-01 10:00:00
> Total memories: **3**
> Breakdown: fact: 1, learning: 1

---

## Facts

*Verified information, project status, and established truths.*

### Port

The service listens on 8080.

## Facts

It is written so.

*Confidence: 0.8 | Status: active | Created: 2025-12-01T10:00:00+00:00 | Tags: `api`, `port`*

### Gone

Not so any more.

*Confidence: 0.8 | Status: superseded | Created: 2025-11-01T10:00:00+00:00*

---

## Goals

*Objectives, targets, and milestones to track progress.*

*No memories of this type.*

---

## Learnings

*Knowledge acquired from experience, corrections, and insights.*

### Retry twice

*Created: 2025-10-01T10:00:00+00:00*

---

*End of memory export.*
"""


def _node(id: str, parent: str | None, role: str, *parts: object, kind: str = "text", **more: object) -> dict[str, Any]:
    message = {"id": f"m-{id}", "author": {"role": role}, "create_time": 1703001234.5, "content": {"content_type": kind, "parts": list(parts)}, **more}
    return {"id": id, "parent": parent, "children": [], "message": message}


CHATGPT = [
    {
        "id": "chat-1",
        "title": "Moving",
        "create_time": 1703001234.5,
        "current_node": "d",
        "mapping": {
            "root": {"id": "root", "parent": None, "children": ["a"], "message": None},
            "a": _node("a", "root", "system", "You are helpful."),
            "b": _node("b", "a", "user", "I live in Porto.", {"asset_pointer": "file"}, kind="multimodal_text"),
            "other": _node("other", "b", "assistant", "An answer that was asked for again."),
            "c": _node("c", "b", "assistant", "code that runs", kind="code"),
            "d": _node("d", "c", "assistant", "Noted."),
        },
    },
    {"id": "chat-2", "title": "Empty", "current_node": None, "mapping": {}},
]
CLAUDE = [
    {
        "uuid": "claude-1",
        "name": "Moving",
        "created_at": "2024-01-01T12:00:00.000000Z",
        "chat_messages": [
            {"uuid": "m1", "text": "I live in Porto.", "sender": "human", "created_at": "2024-01-01T12:00:00.000000Z", "attachments": [], "files": []},
            {
                "uuid": "m2",
                "text": "Noted. [tool]",
                "content": [{"type": "text", "text": "Noted."}, {"type": "tool_use", "name": "x", "input": {}}],
                "sender": "assistant",
                "created_at": "2024-01-01T12:01:00.000000Z",
            },
        ],
    },
    {"uuid": "claude-2", "name": "", "created_at": "2024-01-02T12:00:00Z", "chat_messages": []},
]


def _brought(tmp_path: Path, held: object) -> Brought:
    path = tmp_path / "export"
    path.write_text(held if isinstance(held, str) else json.dumps(held, indent=2), encoding="utf-8")
    return read_export(path)


def test_server_memory(tmp_path: Path) -> None:
    """Each observation stands by itself, with whom it is about; a relation is a sentence."""
    brought = _brought(tmp_path, GRAPH)
    assert brought.system == "server-memory"
    assert [draft.content for draft in brought.drafts] == [
        "John_Smith: Speaks fluent Spanish",
        "John_Smith graduated in 2019",
        "John_Smith works at Anthropic",
    ]
    assert brought.drafts[0].tags == ("person",)
    assert brought.drafts[2].type is MemoryType.RELATIONSHIP
    assert all(draft.source.kind is SourceKind.IMPORTED for draft in brought.drafts)


def test_memory_service(tmp_path: Path) -> None:
    """Times in seconds or ISO 8601 are kept, the oldest comes first, and a type of the same name is taken over."""
    first, second = _brought(tmp_path, SERVICE).drafts
    assert (first.content, first.valid_from, first.type) == ("Older", datetime(2024, 1, 1, 10, tzinfo=UTC), None)
    assert (second.content, second.type, second.tags) == ("Newer", MemoryType.DECISION, ("x", "y"))
    assert second.valid_from == datetime.fromtimestamp(1756054456.5, UTC)


@pytest.mark.parametrize("shape", [MEM0, MEM0["results"], {"memories": MEM0["results"]}])
def test_mem0(tmp_path: Path, shape: object) -> None:
    """mem0's memories, in each of the shapes that they are saved in."""
    (draft,) = _brought(tmp_path, shape).drafts
    assert (draft.content, draft.source.reference, draft.tags) == ("Dev works at TechCorp", "mem0:892db2ae", ("work",))
    assert draft.valid_from == datetime(2024, 7, 20, 8, 30, 36, 275141, tzinfo=UTC)


def test_memanto(tmp_path: Path) -> None:
    """Memanto's Markdown: types from its sections, headings within a text are text, and what is no longer active stays behind."""
    older, newer = _brought(tmp_path, MEMANTO).drafts
    assert (older.content, older.type) == ("Retry twice", MemoryType.LEARNING)
    assert newer.content == "The service listens on 8080.\n\n## Facts\n\nIt is written so."
    assert (newer.type, newer.confidence, newer.tags) == (MemoryType.FACT, 0.8, ("api", "port"))
    assert newer.valid_from == datetime(2025, 12, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("held", [CHATGPT, CLAUDE])
def test_chats(tmp_path: Path, held: object) -> None:
    """What was said in words on the branch that the user last saw; conversations without any are left out."""
    (chat,) = _brought(tmp_path, held).conversations
    messages = [turn.message for session in chat.sessions for turn in session.turns]
    assert [(message.role, message.content) for message in messages] == [("user", "I live in Porto."), ("assistant", "Noted.")]
    assert all(message.id and message.at for message in messages)
    assert {message.session for message in messages} == {chat.sessions[0].id}


def test_what_is_too_long_is_kept_in_parts(tmp_path: Path) -> None:
    """A message longer than a content may be becomes several, each with an id of its own."""
    chat = [{"uuid": "c", "chat_messages": [{"uuid": "m", "sender": "human", "text": "x" * (MAX_CONTENT + 1), "created_at": "2024-01-01T12:00:00Z"}]}]
    turns = _brought(tmp_path, chat).conversations[0].sessions[0].turns
    assert [len(turn.message.content) for turn in turns] == [MAX_CONTENT, 1]
    assert [turn.message.id for turn in turns] == ["m", "m+1"]


@pytest.mark.parametrize(
    "held",
    [
        "",
        "{",
        "[]",
        "{}",
        "# Notes\n",
        "[1, 2]",
        '{"results": []}',
        '[{"memory": "secret", "created_at": "soon"}]',
        '{"type":"entity","observations":["secret"]}',
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, held: str) -> None:
    """A file of nobody's, or a broken one, is refused without its content."""
    with pytest.raises(InvalidInputError) as caught:
        _brought(tmp_path, held)
    assert "secret" not in str(caught.value)


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(["mapping", "message", "content", "parts", "memory", "created_at", "x"]), part),
    max_leaves=8,
)


@given(WILD, st.sampled_from(["mapping", "chat_messages", "results", "memories", "memory", "observations"]))
def test_no_file_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, value: object, key: str) -> None:
    """Whatever stands where a system has its fields, it is read or refused."""
    path = tmp_path_factory.getbasetemp() / "wild.json"
    path.write_text(json.dumps({key: value, "export_metadata": {}, "type": "entity"}))
    try:
        read_export(path)
    except InvalidInputError:
        return


@pytest.mark.parametrize("kind", [["text"], {}, 7, None])
def test_a_content_of_an_odd_kind_is_left_out(tmp_path: Path, kind: object) -> None:
    """A message whose kind is no text breaks nothing: it is left behind, as any that is not words."""
    chat = json.loads(json.dumps(CHATGPT[0]))
    chat["mapping"]["b"]["message"]["content"]["content_type"] = kind
    (conversation,) = _brought(tmp_path, [chat]).conversations
    assert [turn.message.content for turn in conversation.sessions[0].turns] == ["Noted."]


@pytest.mark.parametrize("current", ["gone", 7, None])
def test_a_chat_whose_last_message_is_gone(tmp_path: Path, current: object) -> None:
    """A conversation is not lost because the file points at a message that it does not hold."""
    (conversation,) = _brought(tmp_path, [{**CHATGPT[0], "current_node": current}]).conversations
    assert [turn.message.content for turn in conversation.sessions[0].turns] == ["I live in Porto.", "Noted."]
