"""What is said of unanswerable questions follows from what was found, and the page is that of the committed results."""

from pathlib import Path

from benchmarks.retrieval.asking import Asked, Uncut
from benchmarks.retrieval.cases import Ask, Case
from benchmarks.retrieval.results import keep, read
from benchmarks.retrieval.tables import PAGE, rendered, text_of
from benchmarks.retrieval.unanswerable import cut_offs, rotated, signals
from benchmarks.table import MARKED

from erstwhile import Hit
from erstwhile.testing import make_version


def _case(name: str, *groups: str) -> Case:
    asks = tuple(Ask(text=f"{name}{number}", group=group, turns=frozenset("t"), after=0) for number, group in enumerate(groups))
    return Case(name=name, talks=(), asks=asks, counts={})


def test_questions_go_round_to_the_others() -> None:
    """Each to one other conversation and never to its own, by turns; groups that have no answer anywhere are not asked."""
    found = rotated([_case("a", "4", "4", "5", "4"), _case("b", "4"), _case("c", "4", "4")], frozenset("4"))
    assert [[ask.text for ask in asks] for asks in found] == [["c0"], ["a0", "a3", "c1"], ["a1", "b0"]]
    assert rotated([_case("a", "4")], frozenset("4")) == [[]]


def _asked(dense: float | None, *, found: bool = True, kept: bool = True) -> Asked:
    turns = (frozenset("t" if found else "x"),)
    uncut = Uncut(turns=turns, top=Hit(version=make_version(), score=1.0, dense=dense), relevance=0.25)
    return Asked(case="a", ask=_case("a", "4").asks[0], turns=turns if kept else (), sessions=(None,), seconds=0.1, uncut=uncut)


def test_signals_are_those_without_a_cut_off() -> None:
    """What was cut off counts as empty, and still has its signals; what a channel did not return is missing, and no answer is empty for that."""
    found = signals([_asked(0.71239), _asked(None, found=False), _asked(0.3, kept=False)], [_asked(0.5)])
    arrays = {"relevance": [0.25] * 3, "score": [1.0] * 3, "dense": [0.7124, None, 0.3], "lexical": [None] * 3}
    assert found["answerable"] == {"questions": 3, "empty": 1, **arrays, "found10": [1, 0, 1], "kept10": [1, 0, 0]}
    assert found["unanswerable"] == {"questions": 1, "empty": 0, "relevance": [0.25], "score": [1.0], "dense": [0.5], "lexical": [None]}


def test_a_cut_off_loses_no_more_than_it_says() -> None:
    """Of 100 found at 0.00 to 0.99, below 0.05 there are 5; of the unanswerable, those below it. What was not found anyway is not lost."""
    own = [_asked(place / 100) for place in range(100)] + [_asked(0.0, found=False)] * 50
    found = signals(own, [_asked(0.01), _asked(0.049), _asked(0.05), _asked(None)])
    cuts = cut_offs(found, "dense")
    assert cuts[0.05] == (0.05, 0.75)
    assert cuts[0.01] == (0.01, 0.25)
    assert cut_offs(signals(own, []), "dense") == {}


ABOUT = {"cpu": "a CPU", "cores": 2, "load_at_start": 0.5, "python": "3.11", "date": "2026-11-21T00:00:00", "commit": "abc", "packages": {"numpy": "2"}}
RUN = {
    "command": "the command",
    "environment": ABOUT,
    "settings": {"model": "m@1", "k": 50},
    "data": {"conversations": 1, "questions without evidence": 2},
    "latency": {"recall_p50_ms": 5.04, "recall_p95_ms": 9.0},
}
VALUES = {"questions": 1536, "nDCG@10": 0.5} | {f"{name}@{k}": 0.75 for name in ("recall", "any", "all") for k in (5, 10, 50)}


def test_the_page_says_what_was_found() -> None:
    """Models stand side by side; what one was not measured on is a dash; the settings stand below each table."""
    strange = signals([_asked(0.7), _asked(0.7, kept=False)], [_asked(0.5), *[_asked(0.6, kept=False)] * 2])
    locomo = {"a": RUN | {"turn": {"1 to 4": VALUES}, "session": {}, "unanswerable": strange}, "b": RUN | {"turn": {"1 to 4": VALUES}, "session": {}}}
    text = text_of({"locomo": locomo, "realmem": {"b": RUN | {"turn": {}, "session": {"all": VALUES}}}})
    assert "| LoCoMo 1 to 4, turns: nDCG@10 | 50.0 | 50.0 |" in text
    assert "| RealMem, sessions: recall@10 | — | 75.0 |" in text
    assert "| 1 to 4 | 1,536 | 75.0 |" in text
    assert "| questions of other conversations: empty answers | 2 of 3 (66.7 %) |" in text
    assert "| questions that can be answered: empty answers | 1 of 2 (50.0 %) |" in text
    assert "| … of these, lost by the cut-off | 1 of 2 (50.0 %) |" in text
    assert "| dense | 100.0 % empty, below 0.7 |" in text
    assert '    x-axis "answers found that are lost, %" [0, 0.25, 0.5, 1, 2, 3, 5, 7, 10]\n' in text
    assert f"    line [{', '.join(['0.0'] * 9)}]" in text
    assert "Model m@1; k 50; conversations 1, questions without evidence 2; recall 5.0 ms p50, 9.0 ms p95. a CPU" in text
    assert text.count("`the command`") == 3


def test_a_page_of_nothing_says_so() -> None:
    """Before the first run the page is whole."""
    assert text_of({}) == "Nothing was measured yet.\n"


def test_runs_are_kept_beside_each_other(tmp_path: Path) -> None:
    """Measuring one model leaves the others as they were; arrays of numbers take a line, and come back as they were."""
    path, run = tmp_path / "results" / "retrieval.json", {"dense": [0.5, None, 1e-05, -2], "command": "say [  1  ]", "none": []}
    keep("locomo", "a", {"old": [1]}, path)
    keep("locomo", "b", run, path)
    keep("locomo", "a", {"new": [1]}, path)
    assert read(path) == {"locomo": {"a": {"new": [1]}, "b": run}}
    assert '"dense": [0.5, null, 1e-05, -2],' in path.read_text(encoding="utf-8")


def test_the_page_is_that_of_the_results() -> None:
    """No figure is typed by hand: run `python -m benchmarks.retrieval.tables` after a change of the results."""
    page = PAGE.read_text(encoding="utf-8")
    assert len(MARKED.findall(page)) == 1
    assert page == rendered(page, read())
