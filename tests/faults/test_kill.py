"""kill -9 at a random moment. `benchmarks/crash.py` does it 200 times; here it is done a few times for each way of writing."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder

SEED = 7
"""Of what the children write. What they are doing when they are killed is up to the machine."""


def test_a_killed_writer_loses_nothing_it_acknowledged(crash: ModuleType, tmp_path: Path) -> None:
    """Every acknowledged write is there after a kill, and no supersession is half done."""
    result = crash.run(tmp_path, kills=3, seed=SEED, scenarios=["write", "create", "threads"], in_series=1)
    assert result["kills"] == 3


@pytest.mark.slow
def test_one_store_survives_many_kills(crash: ModuleType, tmp_path: Path) -> None:
    """What one kill leaves is sound enough to be written to and killed again, with and without a clean close in between."""
    result = crash.run(tmp_path, kills=6, seed=SEED + 100, scenarios=["write"], in_series=6)
    assert result["calls_acknowledged"]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["batch", "observe", "erase", "optimize", "reopen", "create", "threads"])
def test_a_kill_during(crash: ModuleType, tmp_path: Path, scenario: str) -> None:
    """Batches, turns, erasures, compaction, closing, opening, creation and concurrent writers are all safe to kill."""
    result = crash.run(tmp_path, kills=2, seed=SEED + 200, scenarios=[scenario], in_series=2)
    assert result["by_scenario"] == {scenario: 2}


def test_the_check_would_notice(crash: ModuleType, tmp_path: Path) -> None:
    """A run that finds nothing proves nothing unless the check fails on a loss, a reappearance and half a supersession."""
    told = crash.Told()
    with erstwhile.open(tmp_path / "0", model=HashingEmbedder()) as engine:
        ana = engine.scope(crash.ANA)
        old = ana.remember("Ana lives in Porto", valid_from="2024-01-01")
        new = ana.remember("Ana lives in Lisbon", valid_from="2025-01-01", supersedes=old)
        versions = [row.version for row in engine._ledger.store.all(crash.Where(scopes=(crash.ANA,)))]
    told.rows = {version.id: (version.memory_id, version.content) for version in versions}
    crash._check_acknowledged(versions, told)
    crash._check_whole(versions, told)
    closed, piece = old.version.id, next(version.id for version in new.written if version.id != new.version.id)
    assert _fails(crash._check_acknowledged, versions[1:], told)
    assert _fails(crash._check_nothing_else, versions, crash.Told())
    assert _fails(crash._check_whole, [version for version in versions if version.id != piece], told)
    assert _fails(crash._check_whole, [version for version in versions if version.id == closed], told)
    told.erased = {old.memory_id}
    assert _fails(crash._check_acknowledged, versions, told)


def _fails(check: Callable[..., None], *given: object) -> bool:
    try:
        check(*given)
    except AssertionError:
        return True
    return False
