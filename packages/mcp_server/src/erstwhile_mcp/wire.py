"""The lines that a client sends over stdio: each one is answered, also one that cannot be read, and also where no more lines come."""

import json
import re
from types import TracebackType
from typing import Any, Final, Self

from anyio import EndOfStream, Event, move_on_after
from mcp import types
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from erstwhile_mcp.keeper import FAREWELL

__all__ = ["Answers", "Wire"]

LONE: Final = re.compile("[\ud800-\udfff]")
REPLACEMENT: Final = "\ufffd"


class Closing:
    """A stream that is closed with a block."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - streams of the SDK, whose names are its own affair
        self._stream = stream

    async def aclose(self) -> None:
        """Close the stream within."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()


class Answers(Closing):
    """Where answers go, and which are still owed: by us, and to us.

    Args:
        stream: Takes messages.
    """

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(stream)
        self._owed: set[int | str] = set()
        self._asked: set[int | str] = set()
        self._settled = Event()

    async def send(self, item: Any) -> None:  # noqa: ANN401 - a message of the SDK
        """Send a message on."""
        await self._stream.send(item)
        self.note(item.message, self._owed, self._asked)

    def came(self, message: Any) -> None:  # noqa: ANN401 - as above
        """Take note of a message that came in."""
        if isinstance(message, types.JSONRPCNotification) and message.method == "notifications/cancelled":
            # Nobody waits for it any more, and no answer will be sent.
            self._owed.discard((message.params or {}).get("requestId", ""))
        self.note(message, self._asked, self._owed)

    def note(self, message: Any, answered: set[int | str], asked: set[int | str]) -> None:  # noqa: ANN401 - as above
        """An answer settles a request of the other side; a request is owed one."""
        if isinstance(message, types.JSONRPCRequest):
            asked.add(message.id)
        elif isinstance(message, types.JSONRPCResponse | types.JSONRPCError) and message.id is not None:
            answered.discard(message.id)
        if not self._owed or self._asked:
            self._settled.set()
            self._settled = Event()

    async def settled(self) -> None:
        """Wait until every request is answered, though not for one that itself waits for the other side, and not for ever."""
        with move_on_after(FAREWELL):
            while self._owed and not self._asked:
                await self._settled.wait()


class Wire(Closing):
    """The messages that come over a stream, without those that are none: these are answered here. The end comes once all are answered.

    Half of a surrogate pair, which clients that cut texts by UTF-16 units send, is read as U+FFFD: no text of ours can hold it.

    Args:
        messages: What comes in: messages, and errors where a line could not be read.
        answers: Where answers go.
    """

    def __init__(self, messages: Any, answers: Answers) -> None:  # noqa: ANN401 - as above
        super().__init__(messages)
        self._answers = answers

    @property
    def last_context(self) -> Any:  # noqa: ANN401 - as the SDK's own streams have it
        """The context in which the last message was sent."""
        return getattr(self._stream, "last_context", None)

    async def receive(self) -> Any:  # noqa: ANN401 - a message of the SDK
        """The next message."""
        while True:
            try:
                item = await self._stream.receive()
            except EndOfStream:
                await self._answers.settled()
                raise
            if isinstance(item, ValidationError):
                read = _read(item)
                if isinstance(read, types.JSONRPCError):
                    await self._answers.send(SessionMessage(read))
                item = None if read is None or isinstance(read, types.JSONRPCError) else SessionMessage(read)
            if item is not None:
                if isinstance(item, SessionMessage):
                    self._answers.came(item.message)
                return item

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401 - a message of the SDK
        try:
            return await self.receive()
        except EndOfStream:
            raise StopAsyncIteration from None


def _read(error: ValidationError) -> Any:  # noqa: ANN401 - a message of the SDK
    """The message after all, or the answer that says what is wrong; ``None`` for an empty line."""
    first = error.errors(include_url=False)[0]
    if first["type"] != "json_invalid":
        whole = next((each["input"] for each in error.errors(include_url=False) if each["type"] == "missing" and len(each["loc"]) > 1), None)
        return _refusal(types.INVALID_REQUEST, "This is no message of JSON-RPC 2.0; send one object a line, with jsonrpc and method, and an id.", whole)
    line = str(first["input"])
    if not line.strip():
        return None
    try:
        # The standard library reads what the SDK's parser does not: lone surrogates.
        return types.jsonrpc_message_adapter.validate_python(_mended(json.loads(line)), by_name=False)
    except (ValueError, RecursionError):
        return _refusal(types.PARSE_ERROR, "This line is not JSON; send one message of JSON-RPC 2.0 a line.", None)


def _mended(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return LONE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(each) for name, each in value.items()}
    return value


def _refusal(code: int, message: str, whole: object) -> types.JSONRPCError:
    number = whole.get("id") if isinstance(whole, dict) else None
    known = number if isinstance(number, int | str) and not isinstance(number, bool) else None
    return types.JSONRPCError(jsonrpc="2.0", id=known, error=types.ErrorData(code=code, message=message))
