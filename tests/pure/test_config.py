"""Settings."""

from pathlib import Path

import pytest

from erstwhile import InvalidInputError, Settings


def test_without_an_environment_there_are_defaults() -> None:
    """A first run needs no settings, and stays in the user's own data folder."""
    settings = Settings.load({})
    assert (settings.model, settings.threads, settings.durable, settings.user) == ("bge-small", None, True, None)
    assert Path(settings.store).is_absolute()


def test_the_environment_is_read() -> None:
    """Every documented variable has its effect."""
    environment = {
        "ERSTWHILE_HOME": "/somewhere",
        "ERSTWHILE_MODEL": "fast",
        "ERSTWHILE_THREADS": "4",
        "ERSTWHILE_DURABLE": "off",
        "ERSTWHILE_USER": "ana",
        "QDRANT_API_KEY": "key",
    }
    settings = Settings.load(environment)
    places = {"store": str(Path("/somewhere/store")), "policy_file": Path("/somewhere/policy.toml")}
    assert settings == Settings(**places, model="fast", threads=4, durable=False, user="ana", api_key="key")  # type: ignore[arg-type]
    assert Settings.load({**environment, "ERSTWHILE_STORE": ":memory:"}).store == ":memory:"


@pytest.mark.parametrize(("name", "value"), [("ERSTWHILE_THREADS", "two"), ("ERSTWHILE_THREADS", "0"), ("ERSTWHILE_DURABLE", "maybe")])
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    """A typing error in a shell profile is found by reading the message."""
    with pytest.raises(InvalidInputError, match=f"{name} is '{value}'"):
        Settings.load({name: value})


def test_a_key_is_not_shown() -> None:
    """Settings that end up in a log give no key away."""
    assert "hush" not in repr(Settings.load({"QDRANT_API_KEY": "hush"}))
