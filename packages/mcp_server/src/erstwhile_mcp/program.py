"""The program: serve over stdio or HTTP, or connect a client."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from erstwhile import ErstwhileError, InvalidInputError
from erstwhile_mcp.journal import keep_journal
from erstwhile_mcp.keeper import keeper_of
from erstwhile_mcp.settings import ServerSettings
from erstwhile_mcp.starting import kept

if TYPE_CHECKING:
    from mcp.server.auth.provider import TokenVerifier

__all__ = ["main", "parser"]

PORT: Final = 8765
LAST_PORT: Final = 65_535

SCOPE_HELP: Final = {
    "user": "Whose memory. Default: ERSTWHILE_USER, else your login name. Over HTTP the token's subject takes its place.",
    "tenant": "The customer or organisation. Default: ERSTWHILE_TENANT.",
    "agent": "The agent. Default: ERSTWHILE_AGENT.",
    "project": "The project; the user's own memory is read as well. Default: ERSTWHILE_PROJECT.",
    "workspace": "A folder whose path is the project. Default: ERSTWHILE_WORKSPACE.",
    "store": "A folder, :memory: or the URL of a Qdrant server. Default: ERSTWHILE_STORE, else a folder among your data.",
    "model": "The embedding model. Default: ERSTWHILE_MODEL, else bge-small.",
}


def _version() -> str:
    try:
        return version("erstwhile-mcp")
    except PackageNotFoundError:
        return "from its source"


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    top = argparse.ArgumentParser(
        prog="erstwhile-mcp",
        description="erstwhile's memory as an MCP server. Without --http it speaks over stdin and stdout, as clients that start it expect.",
        epilog="erstwhile-mcp connect CLIENT and erstwhile-mcp disconnect CLIENT change a client's configuration; see erstwhile-mcp connect --help.",
    )
    for name, text in SCOPE_HELP.items():
        top.add_argument(f"--{name}", help=text)
    top.add_argument("--version", action="version", version=f"erstwhile-mcp {_version()}")
    top.add_argument("--read-only", action="store_true", default=None, help="Offer only the tools that read. Default: ERSTWHILE_READ_ONLY.")
    top.add_argument("--admin", action="store_true", default=None, help="Offer erase, export, import and policy as well. Default: ERSTWHILE_ADMIN.")
    top.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="warning", help="What is told on stderr. Default: warning.")
    web = top.add_argument_group("streamable HTTP", "For callers with the token in ERSTWHILE_MCP_TOKEN, or with one that --verifier knows.")
    web.add_argument("--http", action="store_true", help="Serve over streamable HTTP.")
    web.add_argument("--host", default="127.0.0.1", help="The address to listen at. Default: 127.0.0.1, this machine alone.")
    web.add_argument("--port", type=_port, default=PORT, help=f"The port. Default: {PORT}.")
    web.add_argument("--url", help="Where clients reach it, if not at that address: behind a proxy. Default: http://HOST:PORT/mcp.")
    web.add_argument("--verifier", help="A TokenVerifier of the MCP SDK, or what makes one, as module:name.")
    web.add_argument("--issuer", help="URL of the authorization server that gives out the tokens.")
    return top


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 1 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r:.20} is no port; give a whole number from 1 to {LAST_PORT}")
    return port


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Returns:
        The exit code: 0; 1 where it could not be done; 2 where it was called wrongly.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given[:1] in (["connect"], ["disconnect"]):
            from erstwhile_mcp.connecting.program import run

            return run(given)
        _serve(parser().parse_args(given))
    except ErstwhileError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _serve(options: argparse.Namespace) -> None:
    keep_journal(options.log_level)
    settings = ServerSettings.load(**{name: getattr(options, name) for name in (*SCOPE_HELP, "read_only", "admin")})
    keeper = keeper_of(settings)
    if not options.http:
        from erstwhile_mcp.stdio import serve_stdio

        serve_stdio(settings, keeper)
        return
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = options.url or f"http://{host}:{options.port}/mcp"
    with kept():
        from erstwhile_mcp.http import app, serve_http

        served = app(settings, keeper, verifier=_verifier(options.verifier), issuer=options.issuer, url=url)
    serve_http(served, host=options.host, port=options.port, url=url)


def _verifier(name: str | None) -> "TokenVerifier | None":
    if name is None:
        return None
    module, colon, attribute = name.partition(":")
    if not colon:
        raise InvalidInputError(f"--verifier is {name!r:.100}; give it as module:name.")
    try:
        found: Any = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InvalidInputError(f"--verifier: {name!r:.100} cannot be loaded: {error}.") from None
    found = found() if isinstance(found, type) or not hasattr(found, "verify_token") else found
    if not hasattr(found, "verify_token"):
        raise InvalidInputError(f"--verifier: {name!r:.100} has no verify_token; give a TokenVerifier.")
    return found  # type: ignore[no-any-return]
