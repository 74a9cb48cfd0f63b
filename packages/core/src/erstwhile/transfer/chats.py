"""The conversations that ChatGPT and Claude give their users: ``conversations.json`` in the archive that each sends on request.

The forms were checked against public descriptions of real archives and programs that read them; neither vendor documents its own. Of ChatGPT's trees the branch
that the user last saw is read, from its root to ``current_node``. Only what the user and the assistant said in words is kept.
"""

from typing import Any, Final

from erstwhile.transfer.conversations import Conversation, Session, Spoken
from erstwhile.transfer.fields import Fields
from erstwhile.transfer.tidying import moment, name, pieces
from erstwhile.turns import Message

__all__ = ["is_chatgpt", "is_claude", "read_chatgpt", "read_claude"]

_ROLES: Final = {"human": "user", "user": "user", "assistant": "assistant"}


def is_chatgpt(value: object) -> bool:
    """Whether a decoded object is one of ChatGPT's conversations."""
    return isinstance(value, dict) and isinstance(value.get("mapping"), dict)


def is_claude(value: object) -> bool:
    """Whether a decoded object is one of Claude's conversations."""
    return isinstance(value, dict) and isinstance(value.get("chat_messages"), list)


def read_chatgpt(chat: Fields, *, name: str) -> Conversation | None:
    """One conversation; ``None`` where nothing was said in it.

    Raises:
        InvalidInputError: A field is of the wrong kind.
    """
    nodes = chat.fields("mapping")
    spoken: list[Message] = []
    seen: set[object] = set()
    at: object = chat.raw("current_node")
    # Where the file does not say what was seen last, or says it of what is not there, it is what was written last.
    if not isinstance(at, str) or at not in nodes:
        at = next(reversed(nodes.names()), None)
    while isinstance(at, str) and at in nodes and at not in seen:
        seen.add(at)
        node = nodes.fields(at)
        if node.raw("message") is not None:
            spoken += reversed(_of_chatgpt(node.fields("message"), session=_id(chat, name)))
        at = node.raw("parent")
    return _conversation(chat, spoken[::-1], name=name, system="chatgpt")


def _of_chatgpt(message: Fields, *, session: str) -> list[Message]:
    role = _ROLES.get(str(message.fields("author").raw("role")))
    content = message.fields("content")
    hidden = message.fields("metadata").raw("is_visually_hidden_from_conversation") is True
    if role is None or hidden or content.raw("content_type") not in ("text", "multimodal_text"):
        return []
    text = "\n".join(part for part in content.items("parts") if isinstance(part, str))
    return _messages(message, text, role=role, id=message.raw("id"), at=message.raw("create_time"), session=session)


def read_claude(chat: Fields, *, name: str) -> Conversation | None:
    """One conversation; ``None`` where nothing was said in it.

    Raises:
        InvalidInputError: A field is of the wrong kind.
    """
    spoken: list[Message] = []
    for message in chat.within("chat_messages"):
        role = _ROLES.get(str(message.raw("sender")))
        if role is not None:
            # Newer archives have the words in blocks, beside those of tools, and all of it once more as a text.
            blocks = [part for part in message.items("content") if isinstance(part, dict) and part.get("type") == "text"]
            text = "\n\n".join(part["text"] for part in blocks if isinstance(part.get("text"), str)) or message.raw("text")
            spoken += _messages(message, text, role=role, id=message.raw("uuid"), at=message.raw("created_at"), session=_id(chat, name))
    return _conversation(chat, spoken, name=name, system="claude")


def _messages(message: Fields, text: object, *, role: str, id: Any, at: object, session: str) -> list[Message]:  # noqa: ANN401 - whatever JSON holds
    said = moment(at, place=f"{message.place}: time")
    own = name(id, limit=200)
    return [
        Message(role=role, content=piece, at=said, id=own if number == 0 or own is None else f"{own}+{number}", session=session)
        for number, piece in enumerate(pieces(text))
    ]


def _id(chat: Fields, otherwise: str) -> str:
    return name(chat.raw("conversation_id")) or name(chat.raw("id")) or name(chat.raw("uuid")) or otherwise


def _conversation(chat: Fields, spoken: list[Message], *, name: str, system: str) -> Conversation | None:
    if not spoken:
        return None
    session = Session(id=_id(chat, name), turns=tuple(Spoken(message=message) for message in spoken))
    return Conversation(name=name, format=system, sessions=(session,))
