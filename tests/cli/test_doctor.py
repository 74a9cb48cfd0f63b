"""What `doctor` finds."""

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from erstwhile.errors import ModelCorruptError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import CommandLine

HOLDER = """
import sys, erstwhile
from erstwhile.embed import HashingEmbedder

memory = erstwhile.open(sys.argv[1], model=HashingEmbedder(), shared={"alone": False, "process": None, "host": True}[sys.argv[2]])
print("open", flush=True)
input()
memory.close()
"""


def _findings(ew: "CommandLine", *, code: int, arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    report = json.loads(ew("doctor", "--json", *arguments, code=code).stdout)
    assert report["ok"] is (code == 0)
    return {finding["name"]: finding for finding in report["findings"]}


def test_a_healthy_store(ew: "CommandLine") -> None:
    """Where all is well it says what is there, and exits with 0."""
    ew("remember", "I live in Porto")
    found = _findings(ew, code=0)
    assert list(found) == ["program", "packages", "model", "store", "contents", "disk"]
    facts = found["store"]["facts"]
    assert (facts["kind"], facts["location"], facts["fingerprint"], facts["versions"]) == ("embedded", str(ew.store), "hashing-64@1", 1)
    assert found["model"]["facts"]["fingerprint"] == "hashing-64@1"
    assert found["disk"]["facts"]["used_bytes"] > 0
    assert found["disk"]["facts"]["free_bytes"] > 0
    printed = ew("doctor").stdout
    assert f"ok     store     embedded, {ew.store}" in printed
    assert "ok     contents  1 version read" in printed
    assert "wrong" not in printed


def test_a_store_that_is_not_there_is_not_made(ew: "CommandLine", tmp_path: "Path") -> None:
    """To look is not to touch: a folder that is no store stays as it is."""
    assert _findings(ew, code=0)["store"]["state"] == "note"
    assert not ew.store.exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    assert _findings(ew, code=0, arguments=("--store", str(tmp_path / "other")))["store"]["state"] == "note"
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["letter.txt"]


def test_a_store_in_memory(ew: "CommandLine") -> None:
    """A store without a folder has no disk to look at."""
    found = _findings(ew, code=0, arguments=("--store", ":memory:"))
    assert found["store"]["facts"]["kind"] == "memory"
    assert "disk" not in found


@pytest.mark.parametrize("role", ["alone", "process", "host"])
def test_a_store_that_another_process_has_open(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    """It names the holder and what the store was made with, though it does not open it; and it makes no process hand over what it holds."""
    monkeypatch.setenv("ERSTWHILE_IDLE", "0")
    command = [sys.executable, "-c", HOLDER, str(ew.store), role]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        owner = json.loads((ew.store / "owner.json").read_bytes())
        store = _findings(ew, code=1 if role == "alone" else 0)["store"]
        assert json.loads((ew.store / "owner.json").read_bytes()) == owner
        holder.communicate("\n")
    assert (owner["pid"] == holder.pid) is (role != "host")
    assert f"process {owner['pid']}" in store["summary"]
    assert store["facts"].get("locked", False) is (role == "alone")
    assert store["facts"]["fingerprint"] == "hashing-64@1"
    assert _findings(ew, code=0)["store"]["state"] == "ok"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 99, "fingerprint": "x", "dimension": 64, "created": ""}'])
def test_a_corrupt_manifest(ew: "CommandLine", content: str) -> None:
    """A manifest that cannot be used is told, whatever it holds."""
    ew("remember", "x")
    (ew.store / "erstwhile.json").write_text(content)
    store = _findings(ew, code=1)["store"]
    assert store["facts"]["error"] in {"StoreCorruptError", "StoreFormatError"}
    assert re.search("^wrong +store ", ew("doctor", code=1).stdout, re.MULTILINE)


def _flip(ew: "CommandLine", *, text: bytes) -> None:
    (page,) = (ew.store / "shard/segments").glob("*/payload_storage/page_0.dat")
    content = bytearray(page.read_bytes())
    content[content.index(text)] ^= 1
    page.write_bytes(content)
    shutil.rmtree(ew.store / "shard/wal")


def test_a_damaged_store_is_mended_only_where_that_is_asked_for(ew: "CommandLine") -> None:
    """What is damaged is told by its id and left alone; with --repair the store is made anew without it, what was there is kept, and all is well after."""
    ew("remember", "I live in Porto")
    lost = ew.json("remember", "PURPLE elephants dance")["version"]["id"]
    _flip(ew, text=b"PURPLE")
    for _ in range(2):
        contents = _findings(ew, code=1)["contents"]
        assert contents["state"] == "wrong"
        assert contents["facts"]["unreadable"] == [lost]
        assert "1 version can be got back, 1 version not" in contents["summary"]
        assert "doctor --repair" in contents["summary"]
    assert not (ew.store / "shard.before-1").exists()
    mended = _findings(ew, code=1, arguments=("--repair",))["contents"]
    assert (mended["state"], mended["facts"]["versions"], mended["facts"]["lost"]) == ("mended", 1, [lost])
    assert mended["facts"]["kept"] == str(ew.store / "shard.before-1")
    assert "PURPLE" not in json.dumps(mended)
    assert _findings(ew, code=0)["contents"]["facts"]["versions"] == 1
    assert "I live in Porto" in ew("recall", "where do I live?").stdout


def test_a_mended_store_is_told_on_the_terminal(ew: "CommandLine") -> None:
    """A person is told what was done, in which folder the old data is, and what to do next."""
    ew("remember", "I live in Porto")
    (ew.store / "erstwhile.json").unlink()
    printed = ew("doctor", "--repair", code=1).stdout
    assert "mended contents" in printed
    assert "made anew with 1 version; what was there before is in" in printed
    assert "run `erstwhile doctor` again" in printed
    ew("doctor")


def test_a_store_of_which_nothing_is_left_is_not_made_anew(ew: "CommandLine") -> None:
    """An empty store must not take the place of one that might still be got back otherwise."""
    ew("remember", "I live in Porto")
    shutil.rmtree(ew.store / "shard")
    contents = _findings(ew, code=1, arguments=("--repair",))["contents"]
    assert contents["state"] == "wrong"
    assert "nothing can be got back; restore a backup" in contents["summary"]
    assert not (ew.store / "shard").exists()


def test_a_store_that_is_no_folder(ew: "CommandLine") -> None:
    """A file in the store's place is told, and stays."""
    ew.store.write_text("a letter")
    assert _findings(ew, code=1)["store"]["state"] == "wrong"
    assert ew.store.read_text() == "a letter"


def test_a_store_of_another_model(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """A store is not opened with a model that it was not made with; both are named."""
    from erstwhile.embed import HashingEmbedder

    ew("remember", "x")
    monkeypatch.setattr("erstwhile.engine.load_embedder", lambda *_, **__: HashingEmbedder(256))
    store = _findings(ew, code=1)["store"]
    assert store["facts"]["error"] == "ModelMismatchError"
    assert "hashing-64@1" in store["summary"]
    assert "hashing-256@1" in store["summary"]


def test_a_broken_model(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose files are not what they should be is told, and the store is still looked at."""

    def broken(*_: object, **__: object) -> None:
        raise ModelCorruptError("model.onnx has SHA-256 0123…; reinstall the model")

    ew("remember", "x")
    for name in ("erstwhile.engine.load_embedder", "erstwhile.embed.load_embedder"):
        monkeypatch.setattr(name, broken)
    found = _findings(ew, code=1)
    assert [found[name]["state"] for name in ("model", "store", "contents", "disk")] == ["wrong", "wrong", "ok", "ok"]
    assert "reinstall" in found["model"]["summary"]
    assert found["store"]["facts"]["fingerprint"] == "hashing-64@1"


def test_settings_that_cannot_be_used(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with a value that makes no sense is named."""
    monkeypatch.setenv("ERSTWHILE_THREADS", "many")
    found = _findings(ew, code=1)
    assert "ERSTWHILE_THREADS" in found["settings"]["summary"]


def test_a_full_disk(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the reserve, writes are refused: it says so, and what to do."""
    usage = type("Usage", (), {"free": 1_000})()
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    disk = _findings(ew, code=1)["disk"]
    assert "free some space" in disk["summary"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions bind neither root nor Windows this way")
def test_a_folder_that_cannot_be_written(ew: "CommandLine") -> None:
    """A read-only folder is told."""
    ew.store.mkdir()
    ew.store.chmod(0o500)
    assert "cannot be written" in _findings(ew, code=1)["disk"]["summary"]
    ew.store.chmod(0o700)


def test_a_package_of_another_version(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing, or not of the version that was measured, is named with the line that mends it; an extra is not missed."""
    wanted = ["rich>=14", "typer==0.0.1", "no-such-package>=1", 'no-such-extra>=2 ; extra == "server"']
    monkeypatch.setattr("importlib.metadata.requires", lambda _: wanted)
    packages = _findings(ew, code=1)["packages"]
    assert packages["summary"].endswith("pip install 'typer==0.0.1' 'no-such-package>=1'")
    assert "rich" in packages["facts"]


@pytest.mark.slow
def test_the_model_that_comes_with_erstwhile(tmp_path: "Path", monkeypatch: pytest.MonkeyPatch) -> None:
    """The real model loads, and its files match their checksums."""
    import typer.testing

    from erstwhile.cli import app

    result = typer.testing.CliRunner().invoke(app, ["doctor", "--json", "--store", str(tmp_path / "store"), "--model", "bge-small"])
    assert result.exit_code == 0, result.stdout
    (model,) = (finding for finding in json.loads(result.stdout)["findings"] if finding["name"] == "model")
    assert model["facts"]["checksums"] == "verified"
