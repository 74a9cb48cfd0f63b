"""Where the calls of clients arrive: whose memory they may touch, and how errors are told."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError

from erstwhile import Engine, ErstwhileError, NotFoundError, Scope, ScopedMemory
from erstwhile_mcp.keeper import Keeper
from erstwhile_mcp.settings import ServerSettings

__all__ = ["Desk"]

T = TypeVar("T")

log = logging.getLogger("erstwhile_mcp")


class Desk:
    """Carries out calls on the memory of whoever calls.

    Args:
        settings: Whose memory is served.
        keeper: Keeps the engine.
        tokens: Whether each request carries a token whose subject is the user.
    """

    def __init__(self, settings: ServerSettings, keeper: Keeper, *, tokens: bool = False) -> None:
        self.settings = settings
        self.keeper = keeper
        self._tokens = tokens

    async def read(self, ctx: Context[Any, Any], call: Callable[[ScopedMemory], T]) -> T:
        """Carry out a call on the caller's memory: it writes to the configured scope, and reads that and the user's own.

        Raises:
            ToolError: It failed; the message says why, and never what was remembered.
        """
        return await self._told(ctx, lambda engine, user: call(self._memory(engine, user)))

    async def engine(self, ctx: Context[Any, Any], call: Callable[[Engine, tuple[Scope, ...]], T]) -> T:
        """The same, for a call that asks the engine itself, of the scopes that the caller reads."""
        return await self._told(ctx, lambda engine, user: call(engine, self.settings.scopes(user)))

    async def write(self, ctx: Context[Any, Any], call: Callable[[ScopedMemory], T]) -> T:
        """Carry out a call that points at a memory, in whichever of the scopes that the caller reads it is found."""
        return await self._told(ctx, lambda engine, user: self._anywhere(engine, user, call))

    async def resource(self, call: Callable[[ScopedMemory], T]) -> T:
        """Carry out a call for a resource, which has nobody to report progress to."""

        async def silent(_passed: float, _what: str) -> None:
            pass

        try:
            user = self._user()
            return await self.keeper.run(lambda engine: call(self._memory(engine, user)), silent)
        except NotFoundError as error:
            raise ResourceNotFoundError(str(error)) from None
        except ErstwhileError as error:
            raise ResourceError(str(error)) from None

    async def _told(self, ctx: Context[Any, Any], call: Callable[[Engine, str], T]) -> T:
        async def report(passed: float, what: str) -> None:
            await ctx.report_progress(passed, None, what)

        try:
            user = self._user()
            return await self.keeper.run(lambda engine: call(engine, user), report)
        except ErstwhileError as error:
            raise ToolError(str(error) or type(error).__name__) from None
        except Exception as error:
            # What it says may hold a memory, and nothing at all would leave the caller without a clue.
            log.exception("A call failed unexpectedly.")
            raise ToolError(f"It failed unexpectedly, with {type(error).__name__}; the server's stderr says where. Whether it was done is not known.") from None

    def _user(self) -> str:
        if not self._tokens:
            return self.settings.user
        token = get_access_token()
        if token is None or not token.subject:
            raise NotFoundError("The token names no subject, so there is no telling whose memory this is; ask for a token with one.")
        return token.subject

    def _memory(self, engine: Engine, user: str) -> ScopedMemory:
        first, *others = self.settings.scopes(user)
        return engine.scope(first, also=others)

    def _anywhere(self, engine: Engine, user: str, call: Callable[[ScopedMemory], T]) -> T:
        scopes = self.settings.scopes(user)
        for scope in scopes[:-1]:
            try:
                return call(engine.scope(scope))
            except NotFoundError:
                continue
        return call(engine.scope(scopes[-1]))
