"""Connecting clients: their configuration gains or loses one entry, and nothing else."""

import json
import stat
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import erstwhile
from erstwhile_mcp.connecting import CLIENTS, Entry, with_entry
from erstwhile_mcp.connecting.jsonc import plain
from erstwhile_mcp.connecting.program import write
from erstwhile_mcp.program import main

JSON, TOML = CLIENTS["cursor"], CLIENTS["codex"]
ENTRY = Entry(command="/usr/bin/python", arguments=("-m", "erstwhile_mcp"), environment={"ERSTWHILE_USER": 'an"a\\'})
PLACES = {
    "claude-code": ".claude.json",
    "cursor": ".cursor/mcp.json",
    "windsurf": ".codeium/windsurf/mcp_config.json",
    "gemini-cli": ".gemini/settings.json",
    "codex": ".codex/config.toml",
    "claude-desktop": ".config/Claude/claude_desktop_config.json",
    "vscode": ".config/Code/User/mcp.json",
}
PLAIN = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=5)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and nothing of erstwhile's in the environment but the user."""
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "ERSTWHILE_HOME", "ERSTWHILE_STORE", "ERSTWHILE_MODEL", "ERSTWHILE_POLICY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("ERSTWHILE_USER", "ana")
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="the places are Linux's")
@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_there_and_back(home: Path, client: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each client's own file gets an entry in the shape that it wants, once, and loses it again."""
    path = home / PLACES[client]
    assert main(["connect", client, "--yes", "--project", "shop", "--read-only"]) == 0
    text = path.read_text()
    section = (tomllib if CLIENTS[client].toml else json).loads(text)[CLIENTS[client].section]
    args = ["-m", "erstwhile_mcp", "--project", "shop", "--read-only"]
    assert section["erstwhile"] == {
        **({"type": "stdio"} if client in {"claude-code", "vscode"} else {}),
        "command": sys.executable,
        "args": args,
        "env": {"ERSTWHILE_USER": "ana"},
    }
    assert main(["connect", client, "--yes", "--project", "shop", "--read-only"]) == 0
    assert "connected already" in capsys.readouterr().out
    assert path.read_text() == text
    assert main(["disconnect", client, "--yes"]) == 0
    assert "erstwhile" not in path.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="the places are Linux's")
def test_the_change_is_shown_and_asked_about_first(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is to be written is shown, without other servers' keys; without a yes nothing is; a backup keeps what was."""
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    before = json.dumps({"mcpServers": {"other": {"env": {"API_KEY": "secret"}}}, "more": "ü"}, indent=4, ensure_ascii=False)
    path.write_text(before)
    path.chmod(0o600)
    assert main(["connect", "cursor", "--dry-run"]) == 0
    assert main(["connect", "cursor"]) == 1
    shown = capsys.readouterr()
    assert "erstwhile_mcp" in shown.out
    assert "secret" not in shown.out + shown.err
    assert "--yes" in shown.err
    assert path.read_text() == before
    assert main(["connect", "cursor", "--yes"]) == 0
    assert json.loads(path.read_text())["mcpServers"]["other"] == {"env": {"API_KEY": "secret"}}
    assert '    "more": "ü"' in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (backup,) = path.parent.glob("*.bak")
    assert backup.read_text() == before


@pytest.mark.skipif(sys.platform != "linux", reason="the places are Linux's")
@pytest.mark.parametrize(
    "held",
    [
        "[]",
        '{"mcpServers": []}',
        '{"mcpServers": {}',
        "{'mcpServers': {}}",
        '{"mcpServers": {}, "mcpServers": {"a": {}}}',
        '{"mcpServers": {"erstwhile": 1, "erstwhile": 2}}',
        '{"a": NaN}',
        '{"a": ' + "[" * 100_000,
        "{} /* no end",
    ],
)
def test_what_would_be_harmed_is_refused(home: Path, held: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is broken, or is something else, stays as it is; the entry is told, to be put in by hand."""
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text(held)
    assert main(["connect", "cursor", "--yes"]) == 1
    told = capsys.readouterr().err
    assert str(path) in told
    assert '"command"' in told
    assert path.read_text() == held
    assert [file.name for file in path.parent.iterdir()] == ["mcp.json"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """What another program wrote since it was read is not overwritten."""
    path = tmp_path / "config.json"
    path.write_text("theirs")
    with pytest.raises(erstwhile.InvalidInputError, match="meantime"):
        write(path, before="mine", after="new")
    assert path.read_text() == "theirs"


@given(st.dictionaries(st.text(), PLAIN), st.dictionaries(st.text().filter(lambda name: name != "erstwhile"), PLAIN))
def test_json_keeps_the_rest(rest: dict[str, object], servers: dict[str, object]) -> None:
    """Whatever else a file holds, it holds after there and back."""
    held = {**rest, "mcpServers": servers}
    there = with_entry(json.dumps(held), JSON, ENTRY)
    assert json.loads(there) == {**held, "mcpServers": {**servers, "erstwhile": ENTRY.plain(kind=None)}}
    assert json.loads(with_entry(there, JSON, None)) == held


@pytest.mark.parametrize(
    "held",
    [
        '{\n\t// mine\n\t"mcpServers": {\n\t\t"a": {"args": ["x", "y"]} // about a\n\t\t/* and more */\n\t}, // of servers\n\t"n": 1.50\n}\n',
        '{"mcpServers": {"a": {}, /* , } */},}',
        '{"url": "http://x/*y*/", "b": "\\ud800 // no \\" comment,}"}',
        '{\r\n    "mcpServers": {\r\n    }\r\n}\r\n',
        '\ufeff{"theme": "dark"}',
        "// only a comment\n{\n}\n",
        '{"big": 1e400, "long": 12345678901234567890.0}',
    ],
)
def test_json_stays_as_people_wrote_it(held: str) -> None:
    """Comments, commas, order, spacing, line ends and odd numbers are as they were, there and back; only the entry comes and goes."""
    there = with_entry(held, JSON, ENTRY)
    assert plain(there.removeprefix("\ufeff"))["mcpServers"]["erstwhile"] == ENTRY.plain(kind=None)
    assert with_entry(there, JSON, ENTRY) == there
    assert [line for line in there.splitlines() if "\r" in line] == []
    assert ("\r\n" in held) == ("\r\n" in there)
    other = Entry(command="python", arguments=())
    changed = with_entry(there, JSON, other)
    assert plain(changed.removeprefix("\ufeff"))["mcpServers"]["erstwhile"] == other.plain(kind=None)
    back = with_entry(changed, JSON, None)
    assert "erstwhile" not in back
    if '"mcpServers"' in held:
        assert "".join(back.split()).replace(",", "") == "".join(held.split()).replace(",", "")
    for comment in ("// mine", "// about a", "/* and more */", "// of servers", "/* , } */", "// only a comment"):
        assert (comment in there) == (comment in held) == (comment in back)
    assert back.startswith("\ufeff") == held.startswith("\ufeff")


@pytest.mark.parametrize(
    "held",
    [
        "",
        'model = "o9" # mine\n\n[mcp_servers.other]\ncommand = "x"\n',
        '[mcp_servers.other]\ncommand = "x"\n[mcp_servers.other.env]\nA = "b"\n\n[tui]\ntheme = "[mcp_servers.erstwhile]"',
    ],
)
def test_toml_keeps_the_rest(held: str) -> None:
    """A TOML file keeps its comments and its other tables, there and back."""
    there = with_entry(held, TOML, ENTRY)
    assert tomllib.loads(there)["mcp_servers"]["erstwhile"] == ENTRY.plain(kind=None)
    assert there.startswith(held.rstrip("\n"))
    assert with_entry(there, TOML, ENTRY) == there
    assert with_entry(there, TOML, None).rstrip("\n") == held.rstrip("\n")


def test_toml_that_says_it_in_another_way_is_refused() -> None:
    """An entry that is no table of its own cannot be cut out safely."""
    with pytest.raises(erstwhile.InvalidInputError, match="by hand"):
        with_entry('mcp_servers = { erstwhile = { command = "x" } }\n', TOML, ENTRY)


def test_the_entry_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For any other client the entry can be printed."""
    assert main(["connect", "--print", "--workspace", "."]) == 0
    printed = json.loads(capsys.readouterr().out)["mcpServers"]["erstwhile"]
    assert printed["args"] == ["-m", "erstwhile_mcp", "--workspace", str(Path.cwd())]


def test_what_the_environment_says_goes_into_the_entry(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The server that the client starts is as narrow as the one that was meant, and finds the same files from any folder; no token or key is written down."""
    (home / "model").mkdir()
    monkeypatch.chdir(home)
    given = {"STORE": "mine", "MODEL": "model", "HOME": "~/there", "READ_ONLY": "1", "PROJECT": "shop", "IDLE": "5", "MCP_TOKEN": "t" * 20}
    for name, value in given.items():
        monkeypatch.setenv(f"ERSTWHILE_{name}", value)
    monkeypatch.setenv("QDRANT_API_KEY", "secret")
    assert main(["connect", "--print", "--model", "fast", "--store", "http://127.0.0.1:6333"]) == 0
    entry = json.loads(capsys.readouterr().out)["mcpServers"]["erstwhile"]
    assert entry["args"][2:] == ["--store", "http://127.0.0.1:6333", "--model", "fast"]
    paths = {"STORE": str(home / "mine"), "MODEL": str(home / "model"), "HOME": str(home / "there")}
    wanted = {"USER": "ana", "READ_ONLY": "1", "PROJECT": "shop", "IDLE": "5", **paths}
    assert entry["env"] == {f"ERSTWHILE_{name}": value for name, value in wanted.items()}


@pytest.mark.skipif(sys.platform != "linux", reason="bytes in the environment")
def test_a_path_that_is_no_text_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder whose name is not UTF-8 cannot stand in a configuration: that is told, and nothing is written."""
    monkeypatch.setenv("ERSTWHILE_HOME", "/tmp/\udcff")
    assert main(["connect", "cursor", "--yes"]) == 1
    assert "UTF-8" in capsys.readouterr().err
    assert not (home / ".cursor").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_one_and_a_read_only_file_as_it_is(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Dotfiles are often links into a folder of their own: what they point at is changed, unless it is not to be."""
    kept = home / "dotfiles" / "mcp.json"
    kept.parent.mkdir()
    kept.write_text("{}\n")
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").symlink_to(kept)
    assert main(["connect", "cursor", "--yes"]) == 0
    assert (home / ".cursor/mcp.json").is_symlink()
    written = kept.read_text()
    assert "erstwhile" in written
    monkeypatch.setattr("os.access", lambda path, _mode: Path(path) != kept)  # root may write anything
    assert main(["disconnect", "cursor", "--yes"]) == 1
    assert "read-only" in capsys.readouterr().err
    assert kept.read_text() == written
    assert {file.suffix for file in kept.parent.iterdir()} == {".json", ".bak"}
