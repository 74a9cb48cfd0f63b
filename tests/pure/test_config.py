"""Settings."""

from pathlib import Path

import pytest

from erstwhile import InvalidInputError, ServerSettings, Settings


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


def test_settings_of_a_server_come_from_a_file(tmp_path: Path) -> None:
    """From server.toml in the home folder where there is one, or from the file that is named; what is wrong with it is said with its name."""
    home, other = tmp_path / "server.toml", tmp_path / "other.toml"
    environment = {"ERSTWHILE_HOME": str(tmp_path)}
    assert Settings.load(environment).server is None
    home.write_text('shard_number = 3\ndedicated_tenants = ["acme"]\nquantisation = "none"\n')
    assert Settings.load(environment).server == ServerSettings(shard_number=3, dedicated_tenants=("acme",), quantisation="none")
    other.write_text("timeout = 5")
    environment["ERSTWHILE_SERVER"] = str(other)
    assert Settings.load(environment).server == ServerSettings(timeout=5)
    for text, told in (
        ("timeout = 0", "timeout is 0"),
        ("time = 1", "time is no setting"),
        ("timeout =", "other.toml cannot be used"),
        (None, "cannot be read"),
    ):
        if text is None:
            other.unlink()
        else:
            other.write_text(text)
        with pytest.raises(InvalidInputError, match=told):
            Settings.load(environment)


def test_a_key_is_not_shown() -> None:
    """Settings that end up in a log give no key away."""
    assert "hush" not in repr(Settings.load({"QDRANT_API_KEY": "hush"}))
