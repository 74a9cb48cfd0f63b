"""How a program makes a server of its own. The protocol's SDK takes a second to import, so it is imported when a server is made."""

from typing import TYPE_CHECKING

from erstwhile import Engine
from erstwhile_mcp.settings import ServerSettings

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from mcp.server.auth.provider import TokenVerifier
    from starlette.applications import Starlette

__all__ = ["create_app", "create_server"]


def create_server(settings: ServerSettings, *, engine: Engine | None = None) -> "MCPServer[None]":
    """A server over stdio, to be run, mounted or connected to in memory.

    Args:
        settings: What it serves.
        engine: An open engine to serve, in place of the store that the settings name; who opened it closes it. Default: the store is opened by the first call
            that needs it, or a moment after the handshake.
    """
    from erstwhile_mcp.keeper import keeper_of
    from erstwhile_mcp.server import build

    return build(settings, keeper_of(settings, engine))


def create_app(
    settings: ServerSettings,
    *,
    verifier: "TokenVerifier | None" = None,
    issuer: str | None = None,
    url: str = "http://127.0.0.1:8765/mcp",
    engine: Engine | None = None,
) -> "Starlette":
    """The same as an ASGI application that speaks streamable HTTP, for callers with a bearer token.

    Args:
        settings: What it serves. The user is replaced by the subject of each request's token.
        verifier: Tells a good token, and whose it is (`AccessToken.subject`). Default: the one token of the settings, which is the user's.
        issuer: URL of the authorization server that gives out the tokens. Default: the server's own origin.
        url: Where clients reach the server. Requests for another host, or from a page of another origin, are refused; so are tokens for another resource.
        engine: As for `create_server`.

    Raises:
        InvalidInputError: There is neither a verifier nor a token, or a URL cannot be used.
    """
    from erstwhile_mcp.http import app
    from erstwhile_mcp.keeper import keeper_of

    return app(settings, keeper_of(settings, engine), verifier=verifier, issuer=issuer, url=url)
