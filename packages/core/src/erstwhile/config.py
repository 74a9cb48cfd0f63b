"""Settings, and the only place that reads the environment.

| variable | meaning | default |
|---|---|---|
| ``ERSTWHILE_HOME`` | folder for stores | the user's data folder for this system |
| ``ERSTWHILE_STORE`` | what to open: a folder, ``:memory:`` or the URL of a Qdrant server | ``store`` in the home folder |
| ``ERSTWHILE_MODEL`` | embedding model: ``bge-small``, ``fast``, a folder, or ``hf:`` and a hub name | ``bge-small`` |
| ``ERSTWHILE_THREADS`` | threads of the embedding model | 2, or fewer where there are fewer cores |
| ``ERSTWHILE_DURABLE`` | ``0``: a write survives the end of the process but not a power cut | ``1`` |
| ``ERSTWHILE_SHARED`` | ``1``: through a process that serves the store from the start; ``0``: in this process only | as soon as a second process opens it |
| ``ERSTWHILE_IDLE`` | seconds after which such a process ends when nobody has the store open any more | 60 |
| ``ERSTWHILE_POLICY`` | TOML file that says what a new memory may do to old ones | ``policy.toml`` in the home folder, where there is one |
| ``ERSTWHILE_SERVER`` | TOML file with the settings of a Qdrant server | ``server.toml`` in the home folder, where there is one |
| ``ERSTWHILE_USER`` | whose memory the command line speaks of | the login name |
| ``QDRANT_API_KEY`` | key for a Qdrant server | none |
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from erstwhile.errors import InvalidInputError
from erstwhile.policy import Policy
from erstwhile.store.server_settings import ServerSettings

__all__ = ["MEMORY", "Settings"]

MEMORY = ":memory:"
LONGEST_IDLE = 7 * 24 * 3_600
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a store is opened.

    Attributes:
        store: A folder, ``:memory:``, or the URL of a Qdrant server.
        model: ``bge-small``, ``fast``, a folder with an ONNX model, or ``hf:`` and a hub name.
        threads: Threads of the embedding model; ``None`` leaves it to the model's loader.
        durable: Whether a write on the embedded store survives a power cut.
        shared: Whether the embedded store is reached through a process that serves it: from the start, never, or (``None``) once a second process opens it.
        idle: Seconds after which such a process ends when nobody has the store open any more.
        policy: What a new memory may do to old ones.
        policy_file: Where the policy is read from, whether there is such a file or not.
        server: How a store is laid out on a Qdrant server, and how that is asked; ``None`` where nothing was said of it.
        user: Whose memory the command line speaks of; ``None`` for the login name.
        api_key: Key for a Qdrant server.
    """

    store: str
    model: str = "bge-small"
    threads: int | None = None
    durable: bool = True
    shared: bool | None = None
    idle: float = 60.0
    policy: Policy = field(default_factory=Policy)
    policy_file: Path | None = None
    server: ServerSettings | None = None
    user: str | None = None
    api_key: str | None = field(default=None, repr=False)

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from ``environment``, by default the process's own.

        Raises:
            InvalidInputError: A variable has a value that cannot be used; the message names both.
        """
        values = os.environ if environment is None else environment
        policy_file = cls.policy_path(values)
        return cls(
            store=values.get("ERSTWHILE_STORE") or str(_home(values) / "store"),
            model=values.get("ERSTWHILE_MODEL") or "bge-small",
            threads=_threads(values.get("ERSTWHILE_THREADS")),
            durable=_flag("ERSTWHILE_DURABLE", values.get("ERSTWHILE_DURABLE")) is not False,
            shared=_flag("ERSTWHILE_SHARED", values.get("ERSTWHILE_SHARED")),
            idle=_seconds("ERSTWHILE_IDLE", values.get("ERSTWHILE_IDLE")),
            policy=_policy(policy_file, expected=bool(values.get("ERSTWHILE_POLICY"))),
            policy_file=policy_file,
            server=_server(values),
            user=values.get("ERSTWHILE_USER") or None,
            api_key=values.get("QDRANT_API_KEY") or None,
        )

    @staticmethod
    def server_file(path: Path) -> ServerSettings:
        """The settings of a Qdrant server, from a TOML file.

        Raises:
            InvalidInputError: It cannot be read, or a setting in it cannot be used; the message names it.
        """
        try:
            return ServerSettings.of(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"The server's settings {path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
        except (tomllib.TOMLDecodeError, InvalidInputError, RecursionError) as error:
            raise InvalidInputError(f"The server's settings {path} cannot be used: {error}") from None

    @staticmethod
    def policy_path(environment: Mapping[str, str] | None = None) -> Path:
        """Where the policy is read from, whether there is such a file or not."""
        values = os.environ if environment is None else environment
        given = values.get("ERSTWHILE_POLICY")
        return Path(given).expanduser() if given else _home(values) / "policy.toml"


def _home(values: Mapping[str, str]) -> Path:
    if given := values.get("ERSTWHILE_HOME"):
        return Path(given).expanduser()
    from platformdirs import user_data_path

    return user_data_path("erstwhile", appauthor=False)


def _server(values: Mapping[str, str]) -> ServerSettings | None:
    given = values.get("ERSTWHILE_SERVER")
    path = Path(given).expanduser() if given else _home(values) / "server.toml"
    return Settings.server_file(path) if given or path.exists() else None


def _policy(path: Path, *, expected: bool) -> Policy:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if expected:
            raise InvalidInputError(f"ERSTWHILE_POLICY is {path}, and there is no such file; write one with: erstwhile policy --set type=rule") from None
        return Policy()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"The policy {path} cannot be read: {error}.") from None
    try:
        return Policy.of(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, InvalidInputError) as error:
        raise InvalidInputError(f"The policy {path} cannot be used: {error}") from None
    except RecursionError:
        raise InvalidInputError(f"The policy {path} cannot be used: it is nested too deep.") from None


def _threads(value: str | None) -> int | None:
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise InvalidInputError(f"ERSTWHILE_THREADS is {value[:40]!r}; give a whole number from 1.")
    return int(value)


def _seconds(name: str, value: str | None) -> float:
    if not value:
        return 60.0
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_IDLE:
        raise InvalidInputError(f"{name} is {value[:40]!r}; give seconds from 0 to {LONGEST_IDLE:,}.")
    return seconds


def _flag(name: str, value: str | None) -> bool | None:
    if not value:
        return None
    choices = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in choices:
        raise InvalidInputError(f"{name} is {value[:40]!r}; give 1 or 0.")
    return choices[value.lower()]
