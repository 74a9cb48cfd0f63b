"""The page on what a store takes: its tables are those of the results and the formulas, and the formulas say what the page says."""

import json

import pytest
from benchmarks.scale import RESULTS
from benchmarks.sizing import PAGE, VersionBytes, line, measured_bytes, need, rendered, seconds_of_a_search
from benchmarks.table import MARKED

from erstwhile import ServerSettings

EACH = VersionBytes(payload=1_000, fields=100, words=10)


def test_the_page_is_that_of_the_results() -> None:
    """No figure is typed by hand: run `python -m benchmarks.sizing` after a change of the results or of the formulas."""
    page = PAGE.read_text(encoding="utf-8")
    assert len(MARKED.findall(page)) == 1
    assert page == rendered(page, json.loads(RESULTS.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("settings", "memory", "disk"),
    [
        # A vector of 100 numbers takes 200 bytes, its seat 64, its int8 copy 100; ten words 80; the fields 100.
        (ServerSettings(), 1.5 * 364 + 180, 1.5 * 1_364 + 180),
        (ServerSettings(vectors_on_disk=True), 1.5 * 100 + 180, 1.5 * 1_364 + 180),
        (ServerSettings(payload_on_disk=False), 1.5 * 1_364 + 180, 1.5 * 1_364 + 180),
        (ServerSettings(quantisation="none"), 1.5 * 264 + 180, 1.5 * 1_264 + 180),
        (ServerSettings(quantisation="binary"), 1.5 * 289 + 180, 1.5 * 1_289 + 180),
        (ServerSettings(payload_m=16), 1.5 * 364 + 180 + 384, 1.5 * 1_364 + 180 + 384),
        (ServerSettings(replication_factor=3), 3 * (1.5 * 364 + 180), 3 * (1.5 * 1_364 + 180)),
    ],
)
def test_what_a_version_takes_on_a_server(settings: ServerSettings, memory: float, disk: float) -> None:
    """Each setting changes what the page says it changes, by what it says."""
    found = need(1_000, settings, dimension=100, each=EACH)
    assert (found.memory, found.disk) == (pytest.approx(1_000 * memory), pytest.approx(1_000 * disk))


def test_binary_takes_one_bit_from_1024_dimensions() -> None:
    """As the store lays it out: two bits a number below, one from there."""
    small, large = (need(1, ServerSettings(quantisation="binary", vectors_on_disk=True), dimension=dimension, each=EACH) for dimension in (1_023, 1_024))
    assert (small.memory, large.memory) == (1.5 * 1_023 / 4 + 180, 1.5 * 1_024 / 8 + 180)


def test_a_line() -> None:
    """Beyond what was measured the two largest sizes count, in whatever order they come."""
    assert line([(3, 30), (1, 1_000), (2, 20)]) == (0, 10)


def test_searches_between_measured_sizes() -> None:
    """A scope that was measured takes what was measured; one in between lies between; a larger one goes on along the last line."""
    found = {"sizes": {"2000": {"broad_p50_ms": 1.0}, "20000": {"broad_p50_ms": 2.0}, "40000": {"broad_p50_ms": 6.0}}}
    times = [round(seconds_of_a_search(found, scope) * 1_000, 6) for scope in (1_000, 10_000, 15_000, 20_000, 30_000)]
    assert times == [1.0, 2.0, 4.0, 6.0, 10.0]


def test_what_a_version_is_counted_to_take() -> None:
    """Fields are part of the payload, and there are words."""
    each = measured_bytes()
    assert 0 < each.fields < each.payload
    assert each.words > 5
