"""What one server serves: which store, whose memory, and what its clients may do. The only place of the adapter that reads the environment.

| variable | meaning | default |
|---|---|---|
| ``ERSTWHILE_STORE``, ``ERSTWHILE_MODEL``, ``ERSTWHILE_USER`` … | as everywhere in erstwhile | |
| ``ERSTWHILE_TENANT``, ``ERSTWHILE_AGENT``, ``ERSTWHILE_PROJECT`` | further parts of the scope | none |
| ``ERSTWHILE_WORKSPACE`` | a folder whose path is the project | none |
| ``ERSTWHILE_READ_ONLY`` | ``1``: only the tools that read | ``0`` |
| ``ERSTWHILE_ADMIN`` | ``1``: erase, export, import and policy as well | ``0`` |
| ``ERSTWHILE_MCP_TOKEN`` | the bearer token of the user, over HTTP | none |
"""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from erstwhile import InvalidInputError, Scope, Settings

__all__ = ["ServerSettings", "codex_home", "from_root", "passed_on"]

PATHS: Final = ("ERSTWHILE_HOME", "ERSTWHILE_POLICY", "ERSTWHILE_WORKSPACE")
_PARTS: Final = ("STORE", "MODEL", "USER", "TENANT", "AGENT", "PROJECT", "READ_ONLY", "ADMIN", "THREADS", "DURABLE", "SHARED", "IDLE")
PASSED_ON: Final = (*PATHS, *(f"ERSTWHILE_{part}" for part in _PARTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What one server serves.

    Attributes:
        user: Whose memory, where no token says so. Over HTTP with tokens, the token's subject takes its place.
        tenant: The customer or organisation.
        agent: The agent.
        project: The project or workspace. What is written belongs to it; the user's own memory is read as well.
        store: A folder, ``:memory:`` or the URL of a Qdrant server. Default: ``ERSTWHILE_STORE``, else a folder among the user's data.
        model: The embedding model. Default: ``ERSTWHILE_MODEL``, else bge-small.
        read_only: Whether only the tools that read are offered.
        admin: Whether erase, export, import and policy are offered as well.
        token: The user's bearer token, over HTTP.
    """

    user: str
    tenant: str | None = None
    agent: str | None = None
    project: str | None = None
    store: str | None = None
    model: str | None = None
    read_only: bool = False
    admin: bool = False
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.scope()
        if self.read_only and self.admin:
            raise InvalidInputError("Both read-only and admin were asked for; choose one.")

    @classmethod
    def load(
        cls,
        environment: Mapping[str, str] | None = None,
        *,
        workspace: str | None = None,
        **given: str | bool | None,
    ) -> "ServerSettings":
        """Read the settings from ``environment``, by default the process's own; what is given wins.

        Args:
            environment: The variables.
            workspace: A folder whose whole path is the project: the same folder always has the same memory, and two of one name are told apart.
            given: Any of the attributes. ``None`` leaves it to the environment.

        Raises:
            InvalidInputError: A value cannot be used, both a project and a workspace are given, or there is no login name to take as the user.
        """
        values = os.environ if environment is None else environment
        chosen = {name: value for name, value in given.items() if value is not None}
        for name in ("tenant", "agent", "project", "store", "model"):
            if name not in chosen and (value := values.get(f"ERSTWHILE_{name.upper()}")):
                chosen[name] = value
        for name in ("read_only", "admin"):
            chosen.setdefault(name, _flag(f"ERSTWHILE_{name.upper()}", values.get(f"ERSTWHILE_{name.upper()}")))
        chosen.setdefault("token", values.get("ERSTWHILE_MCP_TOKEN") or None)  # type: ignore[arg-type]
        if "user" not in chosen:
            chosen["user"] = Settings.load(values).user or _login()
        folder = workspace or values.get("ERSTWHILE_WORKSPACE")
        if workspace and given.get("project"):
            raise InvalidInputError("Both a project and a workspace were given; give either.")
        if folder and not given.get("project"):
            chosen["project"] = _workspace(folder)
        return cls(**chosen)  # type: ignore[arg-type]

    def scope(self, user: str | None = None) -> Scope:
        """What is written to: the memory of ``user``, by default the configured one."""
        return Scope(tenant=self.tenant, user=user or self.user, agent=self.agent, project=self.project)

    def scopes(self, user: str | None = None) -> tuple[Scope, ...]:
        """What is read: that scope, and the user's own memory where an agent or a project narrows it."""
        return tuple(dict.fromkeys((self.scope(user), Scope(tenant=self.tenant, user=user or self.user))))


def passed_on(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a client's configuration has to give to the server that it starts, so that it serves the same: clients pass on little of their own.

    Every variable of erstwhile's but the token, which is for HTTP; paths from the root, for a client starts the server in a folder of its own choice. A key for
    a Qdrant server is not among them: it stays out of files that it was not put into.
    """
    values = os.environ if environment is None else environment
    return {name: from_root(name, values[name]) for name in sorted(PASSED_ON) if values.get(name)}


def from_root(name: str, value: str) -> str:
    """A value of a variable with its path, where it is one, from the root: it means the same in whichever folder it is read."""
    path = Path(value).expanduser()
    whole = {"ERSTWHILE_STORE": value != ":memory:" and "://" not in value, "ERSTWHILE_MODEL": path.is_dir()}
    return str(path.resolve()) if whole.get(name, name in PATHS) else value


def codex_home(environment: Mapping[str, str] | None = None) -> Path | None:
    """Where Codex was told to keep its configuration, if it was."""
    given = (os.environ if environment is None else environment).get("CODEX_HOME")
    return Path(given).expanduser() if given else None


def _flag(name: str, value: str | None) -> bool:
    choices = {None: False, "": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}
    key = None if value is None else value.lower()
    if key not in choices:
        raise InvalidInputError(f"{name} is {value!r:.40}; give 1 or 0.")
    return choices[key]


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise InvalidInputError("There is no login name to take as the user; name one with --user, or set ERSTWHILE_USER.") from None


def _workspace(folder: str) -> str:
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise InvalidInputError(f"The workspace {folder!r:.200} is no folder; give one that exists, or a --project by name.")
    return path.resolve().as_posix()
