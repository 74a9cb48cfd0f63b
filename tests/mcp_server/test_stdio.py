"""The server as clients start it: in a process of its own, over stdin and stdout."""

import json
import signal
import sys
from pathlib import Path

import pytest
from tests.mcp_server.processes import server

pytestmark = pytest.mark.slow


def test_tools_are_listed_before_anything_is_loaded(tmp_path: Path) -> None:
    """The handshake and the list of tools need neither model nor store, not even ones that can be opened; each call says what is wrong."""
    (tmp_path / "file").write_text("no store")
    with server(tmp_path / "home", ERSTWHILE_STORE=str(tmp_path / "file")) as spoken:
        assert len(spoken.greet().ask("tools/list")["tools"]) == 10
        for _ in range(2):
            result = spoken.ask("tools/call", name="recall", arguments={"query": "tea"})
            assert result["isError"]
            assert str(tmp_path / "file") in result["content"][0]["text"]
        assert spoken.end() == 0


def test_a_first_call_waits_with_progress(tmp_path: Path) -> None:
    """A call that comes while the store opens is told every second that it does, and is answered."""
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import sys, time\n"
        "import erstwhile_mcp.keeper as keeper\n"
        "opened = keeper._opened\n"
        "keeper._opened = lambda settings: (time.sleep(2.5), opened(settings))[1]\n"
        "from erstwhile_mcp.program import main\n"
        "sys.exit(main())\n"
    )
    with server(tmp_path / "home", program=slow) as spoken:
        spoken.greet().ask("tools/list")
        assert spoken.call("recall", query="tea")["hits"] == []
        assert len(spoken.progress) >= 2
        assert all("being loaded" in each["message"] for each in spoken.progress[:2])
        assert spoken.end() == 0


@pytest.mark.parametrize("way", ["EOF", "SIGTERM", "SIGINT"])
def test_what_was_acknowledged_survives_the_end(tmp_path: Path, way: str) -> None:
    """However the server is ended, it ends by itself with 0, and what it acknowledged is there for the next one; stdout carried the protocol only."""
    if sys.platform == "win32" and way != "EOF":
        pytest.skip("Windows has no such signals for another process")
    with server(tmp_path / "home", "--log-level", "debug") as spoken:
        kept = spoken.greet().call("remember", content="Ana lives in Porto.")
        if way == "EOF":
            assert spoken.end() == 0
        else:
            spoken.process.send_signal(getattr(signal, way))
            assert spoken.exit_code() == 0
        assert all(json.loads(line)["jsonrpc"] == "2.0" for line in spoken.lines)
    told = (tmp_path / "stderr.txt").read_text()
    assert "The store is open" in told
    assert "Porto" not in told
    assert "Traceback" not in told
    with server(tmp_path / "home") as spoken:
        hits = spoken.greet().call("recall", query="Where does Ana live?")["hits"]
        assert [hit["memory_id"] for hit in hits] == [kept["memory_id"]]


@pytest.mark.parametrize("way", ["EOF", "SIGTERM"])
def test_the_end_while_the_store_opens(tmp_path: Path, way: str) -> None:
    """A server that is ended while it loads ends all the same, without a word."""
    if sys.platform == "win32" and way != "EOF":
        pytest.skip("Windows has no such signals for another process")
    with server(tmp_path / "home") as spoken:
        spoken.greet().send("tools/call", name="recall", arguments={"query": "tea"})
        spoken.ask("ping")
        if way == "EOF":
            assert spoken.end() == 0
        else:
            spoken.process.send_signal(getattr(signal, way))
            assert spoken.exit_code() == 0
    assert (tmp_path / "stderr.txt").read_text() == ""


def test_two_servers_on_one_store(tmp_path: Path) -> None:
    """Two clients, each with a server of its own on the same store, write at once: nothing is lost, and each reads the other's (servers#4797)."""
    with server(tmp_path / "home") as one, server(tmp_path / "home") as two:
        pair = {"one": one.greet(), "two": two.greet()}
        sent = [
            (spoken, spoken.send("tools/call", name="remember", arguments={"content": f"Note {number} of server {name} is about chess.", "type": "event"}))
            for number in range(20)
            for name, spoken in pair.items()
        ]
        for spoken, number in sent:
            assert not spoken.answer(number)["result"]["isError"]
        for spoken in pair.values():
            found = spoken.call("recall", query="note about chess", limit=50, budget_tokens=20_000)
            assert len(found["hits"]) == 40
            assert spoken.end() == 0
