"""A server starts with little: what it does not need before the tools are listed is not loaded, and nothing is done twice."""

import asyncio
import gc
import subprocess
import sys

import pytest

from erstwhile_mcp import keeper
from erstwhile_mcp.keeper import Headstart
from erstwhile_mcp.starting import kept, without_rich


def test_importing_is_light() -> None:
    """The package imports without the SDK, which takes a second; a server does without what runs models and stores until it opens one, and without rich."""
    code = (
        "import sys, erstwhile_mcp; assert 'mcp' not in sys.modules\n"
        "erstwhile_mcp.create_server(erstwhile_mcp.ServerSettings(user='ana'))\n"
        "print(sorted({'onnxruntime', 'qdrant_client', 'qdrant_edge', 'tokenizers', 'rich.console', 'rich.logging', 'typer'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert ran.stderr == ""
    assert ran.stdout == "[]\n"


def test_rich_is_hidden_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a server is put together rich cannot be imported; afterwards it can; where it was there before, it stays."""
    monkeypatch.delitem(sys.modules, "rich.logging", raising=False)
    with without_rich(), pytest.raises(ImportError):
        import rich.logging
    import rich.logging

    with without_rich():
        assert sys.modules["rich.logging"] is rich.logging


def test_the_collector_rests_while_a_server_is_built() -> None:
    """It is off within, and on again after, also where building fails."""
    seen = []

    def build() -> None:
        with kept():
            seen.append(gc.isenabled())
            raise ValueError("broken")

    try:
        with pytest.raises(ValueError, match="broken"):
            build()
        assert (seen, gc.isenabled()) == ([False], True)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


@pytest.mark.parametrize(("lists", "seconds"), [(0, keeper.HEADSTART), (3, keeper.BREATH)])
async def test_the_store_is_opened_once_the_tools_are_listed(monkeypatch: pytest.MonkeyPatch, lists: int, seconds: float) -> None:
    """Opening begins a breath after the first list, which later ones do not put off, or after a while where there is none; the end calls it off."""
    waits: list[float] = []
    loop = asyncio.get_running_loop()
    later = loop.call_later
    monkeypatch.setattr(loop, "call_later", lambda wait, call: (waits.append(wait), later(60, call))[1])
    headstart = Headstart(lambda: pytest.fail("the end called it off"))
    headstart.listed()
    assert waits == []
    headstart.start()
    for _ in range(lists):
        headstart.listed()
    assert waits[-1] == seconds
    assert len(waits) == 1 + min(lists, 1)
    headstart.stop()
    headstart.stop()
