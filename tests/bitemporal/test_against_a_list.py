"""The engine and a naive list of rows, driven side by side, on every store."""

import pytest
from tests.bitemporal.machine import EdgeMachine, Machine, ServerMachine, run

STORIES = {Machine: 60, EdgeMachine: 12, ServerMachine: 8}


@pytest.mark.parametrize("machine", STORIES)
def test_engine_agrees_with_a_naive_list(machine: type[Machine]) -> None:
    """Whatever is written in whatever order, the engine holds, answers and counts what a list of rows kept by hand does, at every past system time too."""
    run(machine, STORIES[machine], 20)
