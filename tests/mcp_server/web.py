"""Servers over HTTP on this machine, in this process or in one of their own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from mcp.server.auth.provider import AccessToken, TokenVerifier

import erstwhile
from erstwhile_mcp import ServerSettings, create_app

TOKENS = {"token-of-ana-0123456789": "ana", "token-of-bo-0123456789": "bo", "token-of-nobody-012345": None}


class Known(TokenVerifier):
    """Knows the tokens above, as an authorization server would.

    Args:
        resource: The server that they are good for.
    """

    def __init__(self, resource: str) -> None:
        self._resource = resource

    async def verify_token(self, token: str) -> AccessToken | None:
        """The token's subject, where there is such a token."""
        if token == "token-that-expired-01234":
            return AccessToken(token=token, client_id="client", scopes=[], subject="ana", resource=self._resource, expires_at=1)
        if token == "token-for-another-012345":
            return AccessToken(token=token, client_id="client", scopes=[], subject="ana", resource="http://127.0.0.1:1/other")
        if token not in TOKENS:
            return None
        return AccessToken(token=token, client_id="client", scopes=[], subject=TOKENS[token], resource=self._resource)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@asynccontextmanager
async def served(engine: erstwhile.Engine, settings: ServerSettings | None = None) -> AsyncIterator[str]:
    """A server over HTTP that knows the tokens above; gives its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/mcp"
    app = create_app(settings or ServerSettings(user="nobody"), verifier=Known(url), url=url, engine=engine)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield url
    finally:
        server.should_exit = True
        await running
