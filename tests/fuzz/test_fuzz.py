"""Whatever is read from outside may be anything: it is used or refused with an error of ours, in bounded time. `fuzz.py` goes on where these stop."""

import importlib.util
import io
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LONGEST = 32_768
EXAMPLES = 150


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("erstwhile_fuzz_targets", Path(__file__).with_name("targets.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


targets = _loaded()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds, or makes, anything among the user's data, or loads a real model."""
    from erstwhile.embed import HashingEmbedder

    monkeypatch.setenv("ERSTWHILE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name in ("erstwhile.engine.load_embedder", "erstwhile.embed.load_embedder"):
        monkeypatch.setattr(name, lambda *_, **__: HashingEmbedder())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Ana lives in Porto"), encoding="utf-8"))


def texts(name: str) -> st.SearchStrategy[str]:
    """Texts for a target: put together from its pieces, now and then with anything between them, or anything at all."""
    pieces = st.sampled_from(targets.PIECES[name])
    any_text = st.text(st.characters(codec=None), max_size=60)
    joined = st.tuples(st.sampled_from(["", " ", "\n"]), st.lists(pieces | pieces | pieces | st.text(max_size=5), max_size=30)).map(
        lambda given: given[0].join(given[1])
    )
    return joined | joined | any_text


@pytest.mark.parametrize("name", targets.TARGETS)
def test_anything_is_read_or_refused(name: str) -> None:
    """No text brings out an error that is not ours, and what is promised of the answer holds."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None, derandomize=True)
    @given(texts(name))
    def try_it(text: str) -> None:
        targets.run(name, text)

    try_it()


MANY = "9" * 5_000
FOUND: list[tuple[str, str]] = [
    ("policy", "a = " + "[" * 60_000),
    ("conversations", f'{{"conversation":{{"session_{MANY}":[{{"speaker":"a","text":"b"}}],"session_{MANY}_date_time":"1:56 pm on 8 May, 2023"}}}}'),
    ("conversations", f'{{"role":"user","content":"a","at":{MANY}}}'),
    ("conversations", "[" * 100_000),
    ("beside_the_store", "[" * 100_000),
    ("beside_the_store", f"{MANY} {MANY}"),
    ("row", '{"a":' * 10_000),
    ("seat", f"a\x1f1\x1f1\x1f{MANY}:{MANY}\x1f\x1f"),
    ("answer", f"[{MANY}]"),
    ("answer", f'{{"answer":"a","memories":["[{MANY}]"]}}'),
    ("drawing_by_a_model", f'{{"memories":[{{"turn":{MANY},"content":"a","type":"fact","confidence":1,"quote":"a"}}]}}'),
    ("time", "0001-01-01T00:00:00+14:00"),
    ("command_line", "remember \ud800 --json"),
    ("command_line", f"recall x --k {MANY}"),
    ("command_line", "remember x --metadata " + "[" * 20_000),
    ("command_line", "observe /"),
    ("command_line", "backup /dev/null"),
    ("command_line", "restore /dev/null"),
]
"""What was found once, and what is like it."""


@pytest.mark.parametrize(("name", "text"), FOUND, ids=lambda part: part[:24].encode("ascii", "replace").decode())
def test_what_was_found_stays_mended(name: str, text: str) -> None:
    """Numbers of thousands of digits, brackets without end, text that is none, files that are none."""
    targets.run(name, text)


REPEATED = ("word ", "w", "(", ". ", "a.", '"', '" ', "'a ", "!?", "\n", "```\n", " ", "I live in Rome and ", "not ", "last ", "since ", "two weeks ago ", "9")
READERS = ("mentions", "question", "claims", "words", "drawing", "time", "answer", "judgement", "drawing_by_a_model", "row")
PATIENCE = 20
"""Seconds of work that one text may take. Measured: 0.4 at most."""


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_the_longest_texts_take_bounded_time(name: str) -> None:
    """One piece, over and over, to the greatest length: what would take quadratic or exponential time is far beyond the bound here."""
    for piece in (*REPEATED, *targets.PIECES[name]):
        text = (piece * LONGEST)[:LONGEST] if piece else ""
        begun = time.process_time()
        targets.run(name, text)
        assert time.process_time() - begun < PATIENCE, piece
