"""The same as test_against_a_list, with more and longer stories: in a file of its own, so that another worker can run them."""

import pytest
from tests.bitemporal.machine import EdgeMachine, Machine, ServerMachine, run

STORIES = {Machine: 150, EdgeMachine: 25, ServerMachine: 25}


@pytest.mark.slow
@pytest.mark.parametrize("machine", STORIES)
def test_engine_agrees_with_a_naive_list(machine: type[Machine]) -> None:
    """Whatever is written in whatever order, at every past system time too."""
    run(machine, STORIES[machine], 40)
