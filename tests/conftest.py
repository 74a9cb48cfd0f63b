"""The order of the tests."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Workers of pytest-xdist, where it is installed, take the files in the order below and not those with the most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: a worker that begins one when the others are done keeps everybody waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
