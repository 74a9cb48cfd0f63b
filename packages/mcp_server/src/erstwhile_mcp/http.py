"""The server over streamable HTTP: on this machine, for callers with a token."""

import asyncio
import hmac
import socket
import sys
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import ValidationError

from erstwhile import InvalidInputError
from erstwhile_mcp.ending import on_signals
from erstwhile_mcp.keeper import Keeper
from erstwhile_mcp.server import build
from erstwhile_mcp.settings import ServerSettings

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["OneToken", "app", "serve_http"]

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""This machine's names for itself."""
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - refused, not listened at
"""What a server listens at to be reached at all addresses, and no client can call."""
SHORTEST_TOKEN: Final = 16
"""Characters: one that is guessed gives away a memory."""
GRACE: Final = 5
"""Seconds that open connections get to end in."""


class OneToken(TokenVerifier):
    """Knows one token, whose subject is one user.

    Args:
        token: At least 16 characters.
        user: Its subject.
        resource: The server that it is good for.

    Raises:
        InvalidInputError: The token is too short, or cannot stand in a header.
    """

    def __init__(self, token: str, *, user: str, resource: str) -> None:
        if len(token) < SHORTEST_TOKEN:
            raise InvalidInputError(f"ERSTWHILE_MCP_TOKEN has {len(token)} characters; give at least {SHORTEST_TOKEN}, at random.")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise InvalidInputError("ERSTWHILE_MCP_TOKEN has characters that no header can carry; give letters, digits and signs of ASCII alone.")
        self._token = token.encode()
        self._user = user
        self._resource = resource

    async def verify_token(self, token: str) -> AccessToken | None:
        """The token's meaning, or ``None`` for any other."""
        if not hmac.compare_digest(token.encode(errors="replace"), self._token):
            return None
        return AccessToken(token=token, client_id="erstwhile-mcp", scopes=[], subject=self._user, resource=self._resource)


def app(
    settings: ServerSettings,
    keeper: Keeper,
    *,
    verifier: TokenVerifier | None,
    issuer: str | None,
    url: str,
) -> "Starlette":
    """The ASGI application; see `create_app`."""
    parts = urlsplit(url)
    if parts.hostname in EVERYWHERE:
        raise InvalidInputError(f"No client can reach the server at {parts.hostname}, which stands for every address of this machine; give its own with --url.")
    if parts.scheme not in ("http", "https") or not parts.netloc or not parts.path.strip("/"):
        raise InvalidInputError(f"The URL {url!r:.200} cannot be served; give a whole one with a path, such as http://127.0.0.1:8765/mcp.")
    if verifier is None:
        if settings.token is None:
            raise InvalidInputError("Over HTTP every caller needs a token: set ERSTWHILE_MCP_TOKEN to a random text, or give a verifier of tokens.")
        verifier = OneToken(settings.token, user=settings.user, resource=url)
    origin = f"{parts.scheme}://{parts.netloc}"
    try:
        auth = AuthSettings.model_validate({"issuer_url": issuer or origin, "resource_server_url": url, "validate_token_resource": True})
    except ValidationError:
        wrong = f"The URL {url!r:.200} cannot be served; its host is none." if issuer is None else f"The issuer {issuer!r:.200} is no URL."
        raise InvalidInputError(f"{wrong} Give {'another with --url or --host' if issuer is None else 'that of the authorization server'}.") from None
    # Whoever else reaches the port, such as a page that a browser was lured to, names another host or another origin.
    hosts = _names(parts)
    origins = [f"{parts.scheme}://{host}" for host in hosts]
    security = TransportSecuritySettings(enable_dns_rebinding_protection=True, allowed_hosts=hosts, allowed_origins=origins)
    return build(settings, keeper, verifier=verifier, auth=auth).streamable_http_app(streamable_http_path=parts.path, transport_security=security)


def _names(parts: SplitResult) -> list[str]:
    if parts.hostname not in LOOPBACK:
        return [parts.netloc]
    port = "" if parts.port is None else f":{parts.port}"
    return [f"[{name}]{port}" if ":" in name else f"{name}{port}" for name in LOOPBACK]


def serve_http(application: "Starlette", *, host: str, port: int, url: str) -> None:
    """Serve until a signal comes. Open calls get a few seconds to end.

    Args:
        application: What `app` made.
        host: The address to listen at.
        port: The port.
        url: Where clients reach it, which is told on stderr once it listens.

    Raises:
        InvalidInputError: It cannot listen there.
    """
    import uvicorn

    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise InvalidInputError(f"It cannot listen at {host}, port {port}: {error.strerror or error}. Choose others with --host and --port.") from None
    config = uvicorn.Config(application, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE)
    server = uvicorn.Server(config)
    # uvicorn ends at SIGINT and SIGTERM by itself, and raises them again for whoever held them before: that is this, so the process ends with 0.
    with listening, on_signals(lambda: setattr(server, "should_exit", True)):
        sys.stderr.write(f"erstwhile-mcp serves {url}\n")
        asyncio.run(server.serve(sockets=[listening]))
