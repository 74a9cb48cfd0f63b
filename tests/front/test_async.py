"""The async face."""

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import erstwhile
from erstwhile.embed import HashingEmbedder, Role

ROOT = Path(__file__).resolve().parents[2]


def test_every_verb_can_be_awaited() -> None:
    """No sync method is missing from the async face, and no name of its own hides one."""
    memory = erstwhile.open(":memory:", model=HashingEmbedder())
    ana = memory.scope(user="ana")
    for sync, face in ((memory, memory.aio), (ana, ana.aio)):
        verbs = [name for name, _ in inspect.getmembers(type(sync), inspect.isfunction) if not name.startswith("_")]
        assert {"close", "scope"} <= set(verbs) or {"remember", "recall"} <= set(verbs)
        for name in verbs:
            assert name == "scope" or inspect.iscoroutinefunction(getattr(face, name)), name


async def test_the_answers_are_the_same() -> None:
    """Awaited or not, a verb does the same."""
    async with erstwhile.open(":memory:", model=HashingEmbedder()).aio as memory:
        ana = memory.scope(user="ana")
        first = await ana.remember("I live in Porto", valid_from="2024-01-01")
        await ana.remember("I moved to Lisbon", valid_from="2025-03-01", supersedes=first)
        assert [version.content for version in await ana.snapshot(as_of="2024-06-01")] == ["I live in Porto"]
        assert [version.content for version in await ana.snapshot()] == ["I moved to Lisbon"]


async def test_the_event_loop_goes_on() -> None:
    """A slow embedding does not stop what else the loop has to do."""

    class Waiting(HashingEmbedder):
        def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(timeout=10)
            return super().embed(texts, role=role)

    loop = asyncio.get_running_loop()
    ana = erstwhile.open(":memory:", model=Waiting()).scope(user="ana").aio
    outcomes = await asyncio.gather(*(ana.remember(f"note {number}") for number in range(20)))
    assert len({outcome.memory_id for outcome in outcomes}) == 20


async def test_errors_come_through() -> None:
    """What the sync verb raises, the awaited one raises."""
    ana = erstwhile.open(":memory:", model=HashingEmbedder()).scope(user="ana").aio
    with pytest.raises(erstwhile.InvalidInputError, match="content is empty"):
        await ana.remember("")


def test_there_are_no_other_names() -> None:
    """A misspelt verb fails at once, and private names stay private."""
    ana = erstwhile.open(":memory:", model=HashingEmbedder()).scope(user="ana").aio
    for name in ("rememeber", "_where"):
        with pytest.raises(AttributeError):
            getattr(ana, name)


@pytest.mark.parametrize("script", ["write_async_stub.py", "write_reference.py"])
def test_what_is_written_from_the_code_is_current(script: str) -> None:
    """The types of the async face and the API reference say what the code says; run the script to mend them."""
    done = subprocess.run([sys.executable, ROOT / "scripts" / script, "--check"], check=False)
    assert done.returncode == 0, f"run: python scripts/{script}"
