"""The server over streamable HTTP: on this machine, for callers with a token."""

import asyncio
import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import ValidationError

from erstwhile import InvalidInputError
from erstwhile_mcp.keeper import Keeper
from erstwhile_mcp.server import build
from erstwhile_mcp.settings import ServerSettings

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["OneToken", "app", "serve_http"]

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""This machine's names for itself."""
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
        InvalidInputError: The token is too short.
    """

    def __init__(self, token: str, *, user: str, resource: str) -> None:
        if len(token) < SHORTEST_TOKEN:
            raise InvalidInputError(f"ERSTWHILE_MCP_TOKEN has {len(token)} characters; give at least {SHORTEST_TOKEN}, at random.")
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
        raise InvalidInputError(f"The issuer {issuer!r:.200} is no URL; give that of the authorization server.") from None
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


def serve_http(application: "Starlette", *, host: str, port: int) -> None:
    """Serve until a signal comes. Open calls get a few seconds to end.

    Args:
        application: What `app` made.
        host: The address to listen at.
        port: The port.
    """
    import uvicorn

    config = uvicorn.Config(application, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE)
    asyncio.run(uvicorn.Server(config).serve())
