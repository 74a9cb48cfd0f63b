"""The lines that a client sends over stdio: one that cannot be read is mended or answered, so that whoever sent it does not wait for ever."""

import json
import re
from types import TracebackType
from typing import Any, Final, Self

import mcp_types
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

__all__ = ["Wire"]

PARSE_ERROR: Final = -32_700
INVALID_REQUEST: Final = -32_600
"""Of JSON-RPC 2.0, section 5.1."""
LONE: Final = re.compile("[\ud800-\udfff]")
REPLACEMENT: Final = "\ufffd"


class Wire:
    """The messages that come over a stream, without those that are none: these are answered here.

    Half of a surrogate pair, which clients that cut texts by UTF-16 units send, is read as U+FFFD: no text of ours can hold it.

    Args:
        messages: What comes in: messages, and errors where a line could not be read.
        answers: Where answers go.
    """

    def __init__(self, messages: Any, answers: Any) -> None:  # noqa: ANN401 - streams of the SDK, whose names are its own affair
        self._messages = messages
        self._answers = answers

    @property
    def last_context(self) -> Any:  # noqa: ANN401 - as the SDK's own streams have it
        """The context in which the last message was sent."""
        return getattr(self._messages, "last_context", None)

    async def receive(self) -> Any:  # noqa: ANN401 - a message of the SDK
        """The next message."""
        while True:
            item = await self._messages.receive()
            if not isinstance(item, ValidationError):
                return item
            read = _read(item)
            if isinstance(read, mcp_types.JSONRPCError):
                await self._answers.send(SessionMessage(read))
            elif read is not None:
                return SessionMessage(read)

    async def aclose(self) -> None:
        """Close what it reads from."""
        await self._messages.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401 - a message of the SDK
        from anyio import EndOfStream

        try:
            return await self.receive()
        except EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()


def _read(error: ValidationError) -> Any:  # noqa: ANN401 - a message of the SDK
    """The message after all, or the answer that says what is wrong; ``None`` for an empty line."""
    first = error.errors(include_url=False)[0]
    if first["type"] != "json_invalid":
        whole = next((each["input"] for each in error.errors(include_url=False) if each["type"] == "missing" and len(each["loc"]) > 1), None)
        return _refusal(INVALID_REQUEST, "This is no message of JSON-RPC 2.0; send one object a line, with jsonrpc, method and, for an answer, id.", whole)
    line = str(first["input"])
    if not line.strip():
        return None
    try:
        # The standard library reads what the SDK's parser does not: lone surrogates.
        return mcp_types.jsonrpc_message_adapter.validate_python(_mended(json.loads(line)), by_name=False)
    except (ValueError, RecursionError):
        return _refusal(PARSE_ERROR, "This line is not JSON; send one message of JSON-RPC 2.0 a line.", None)


def _mended(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return LONE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(each) for name, each in value.items()}
    return value


def _refusal(code: int, message: str, whole: object) -> mcp_types.JSONRPCError:
    number = whole.get("id") if isinstance(whole, dict) else None
    known = number if isinstance(number, int | str) and not isinstance(number, bool) else None
    return mcp_types.JSONRPCError(jsonrpc="2.0", id=known, error=mcp_types.ErrorData(code=code, message=message))
