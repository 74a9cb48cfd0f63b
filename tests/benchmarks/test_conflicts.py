"""What is said of conflict resolution follows from what was found: ground truth, measures and tables, on made-up facts and pairs."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from benchmarks import conflicts, crowded, pairs
from benchmarks.conflict_tables import conflict_page
from benchmarks.crowded import Written, write
from benchmarks.factconsolidation import measure_hops, measure_questions, measure_writes
from benchmarks.pairs import Judged, counts, judge, scores
from benchmarks.remember import relate_share
from benchmarks.slots import ATTRIBUTES, Attribute, Fact, asked, by_slot, chains, read_fact

from erstwhile import Scope, Version
from erstwhile.relations import Relation
from erstwhile.results import Action, Outcome

TEXTS = (
    "Ana Dorn was born in the city of Porto.",
    "Ana Dorn speaks the language of Portuguese.",
    "The author of The Long Road is Ana Dorn.",
    "Ana Dorn was born in the city of Ghent.",
    "Ana Dorn speaks the language of Dutch.",
    "The capital of Freedonia is Graz.",
    "Ghent is located in the continent of Europe.",
)
FACTS = [read_fact(serial, text) for serial, text in enumerate(TEXTS)]
SLOTS = by_slot(FACTS)
BORN, SPEAKS = ("born in", "Ana Dorn"), ("speaks", "Ana Dorn")


def _outcome(text: str, action: Action = Action.REMEMBERED) -> Outcome:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    version = Version(id="v", memory_id="m", scope=Scope(user="ana"), content=text, type=None, valid_from=at, system_from=at)
    return Outcome(action=action, version=version, reason="made up")


def _writes(**instead: Outcome) -> list[tuple[Fact, Outcome]]:
    return [(fact, instead.get(f"at_{fact.serial}", _outcome(fact.text))) for fact in FACTS]


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda attribute: attribute.name)
def test_a_fact_and_its_question_are_read_by_the_same_template(attribute: Attribute) -> None:
    """A question is held against the facts that it asks for, and against no others."""
    fact = read_fact(0, f"{attribute.before}J. R. Fox{attribute.between}Some One Jr..")
    assert (fact.attribute, fact.subject, fact.value) == (attribute, "J. R. Fox", "Some One Jr.")
    assert asked(f"{attribute.asked_before}J. R. Fox{attribute.asked_after}", by_slot([fact])) == fact.slot


def test_a_text_of_no_template_is_refused() -> None:
    """Data of another kind is not measured as if it were understood."""
    with pytest.raises(ValueError, match="Fact 3 follows no known template"):
        read_fact(3, "It rained in Graz.")


def test_rivals_are_facts_about_the_same_attribute_of_the_same_subject() -> None:
    """Oldest first, whatever the order given."""
    assert [fact.serial for fact in by_slot(reversed(FACTS))[BORN]] == [0, 3]
    assert asked("Which city was Ana Dorn born in?", SLOTS) == BORN
    assert asked("Which city was Bo Lind born in?", SLOTS) is None


def test_hops_are_derived_from_the_answer_backwards() -> None:
    """Only through current facts, letter for letter, from a subject that the question names as a whole."""
    current = [facts[-1] for facts in SLOTS.values()]
    (way,) = chains("In which city was the author of The Long Road born?", ["Ghent"], current)
    assert [fact.serial for fact in way] == [2, 3]
    assert chains("In which city was the author of The Long Road born?", ["Porto"], current) == []
    assert chains("In which city was the author of The Long Roads born?", ["Ghent"], current) == []


def test_one_fact_is_no_chain() -> None:
    """A question of several hops is not resolved by a fact that names subject and answer at once."""
    assert chains("Where was Ana Dorn born?", ["Ghent"], [FACTS[3]]) == []


def test_chains_end_where_facts_run_in_a_circle() -> None:
    """Spouses of one another do not keep the benchmark busy for ever."""
    circle = [read_fact(0, "A is married to B."), read_fact(1, "B is married to A.")]
    assert chains("Who is it?", ["A"], circle) == []


def test_stale_values_are_counted_where_they_are_the_question() -> None:
    """An older value of what is asked for counts; the older value of something else does not; attributes with several values are told apart."""
    hits = {
        "Which city was Ana Dorn born in?": [TEXTS[3], TEXTS[1]],
        "What language does Ana Dorn speak?": [TEXTS[4], TEXTS[1]],
        "What is the capital of Freedonia?": [TEXTS[0], TEXTS[5]],
        "Who is it?": [],
    }
    asks = [*zip(hits, [["ghent"], ["Dutch"], ["Graz"], ["nobody"]], strict=True)]
    found = measure_questions(asks, hits.__getitem__, SLOTS, frozenset(TEXTS) - {TEXTS[0]})
    assert found == {
        "questions": 4,
        "hit1": 2,
        "hit5": 3,
        "with_rival": 2,
        "stale5": 1,
        "single_with_rival": 1,
        "single_stale5": 0,
        "retired_seen": 1,
        "unread": 1,
    }


def test_what_became_of_the_facts() -> None:
    """Pairs are superseded only where the older is gone and the newest is there; what had no rival must stay, and a repetition is told from a retirement."""
    held = frozenset(TEXTS) - {TEXTS[0], TEXTS[5], TEXTS[6]}
    merged = _outcome("something else", Action.REINFORCED)
    found = measure_writes(_writes(at_6=merged, at_2=_outcome(TEXTS[2], Action.CONTESTED)), held, lambda text: [TEXTS[4]])
    assert found["pairs"]["single"] == {"pairs": 1, "superseded": 1, "both": 0, "lost_newest": 0}
    assert found["pairs"]["several"] == {"pairs": 1, "superseded": 0, "both": 1, "lost_newest": 0, "newest_first": 1}
    assert found["attributes"]["speaks"] == {"pairs": 1, "superseded": 0, "both": 1}
    assert found["alone"] == {"facts": 3, "retired": 1, "merged": 1}
    assert found["contested"] == 1


def test_a_lost_newest_value_is_no_supersession() -> None:
    """Ending the wrong one of two is not counted as a success."""
    found = measure_writes(_writes(), frozenset(TEXTS) - {TEXTS[3]}, lambda text: [])
    assert found["pairs"]["single"] == {"pairs": 1, "superseded": 0, "both": 0, "lost_newest": 1}


def test_several_values_are_asked_for_in_the_facts_own_words() -> None:
    """The question is the fact, short of its value, and nothing that gives the value away."""
    questions: list[str] = []
    measure_writes(_writes(), frozenset(TEXTS), lambda text: questions.append(text) or [])
    assert questions == ["Ana Dorn speaks the language of"]


def test_hops_are_counted_for_resolved_questions_only() -> None:
    """A question that no chain, or more than one, leads to says nothing of hops."""
    asks = [("In which city was the author of The Long Road born?", ["Ghent"]), ("Which of them?", ["Graz"])]
    found = measure_hops(asks, lambda question: [TEXTS[3], TEXTS[5]], SLOTS)
    assert found == {"questions": 2, "hit5": 2, "resolved": 1, "hops": 2, "hop_hit5": 1, "all_hops_hit5": 0}


def _judged(label: str, called: str, *, holds: bool = True, part: str = "varied") -> Judged:
    return Judged(part=part, label=Relation(label), called=Relation(called), found=called != "coexists", holds=holds)


JUDGED = (
    _judged("supersedes", "supersedes", holds=False),
    _judged("supersedes", "contradicts"),
    _judged("duplicate", "duplicate"),
    _judged("duplicate", "coexists"),
    _judged("unsure", "supersedes"),
    _judged("refines", "duplicate", part="everyday"),
    _judged("contradicts", "supersedes", holds=False, part="everyday"),
)


def test_pairs_are_counted_by_part_and_in_all() -> None:
    """False supersession is over what must not be ended: two that contradict are counted by themselves."""
    found = counts(JUDGED)
    assert {name: part["pairs"] for name, part in found.items()} == {"everyday": 2, "varied": 5, "all": 7}
    every = found["all"]
    assert (every["supersedes"], every["superseded"], every["ended"]) == (2, 1, 1)
    assert every["not_found"] == 1
    assert (every["true"], every["false_superseded"], every["false_ended"], every["contradicts_ended"]) == (4, 1, 0, 1)
    assert every["duplicates"] == {"labelled": 2, "called": 2, "both": 1}
    assert sum(sum(row.values()) for row in every["confusion"].values()) == 7
    assert every["confusion"]["unsure"]["supersedes"] == 1


def test_scores_follow_from_the_counts() -> None:
    """The shares that bars are set for."""
    expected = {
        "supersession recall": 0.5,
        "stale memories retired": 0.5,
        "false supersession": 0.25,
        "true memories retired": 0.0,
        "duplicate precision": 0.5,
        "duplicate recall": 0.5,
        "duplicate F1": 0.5,
    }
    assert scores(counts(JUDGED)["all"]) == expected
    assert "duplicate precision" not in scores(counts(JUDGED[:2])["all"])


def test_pairs_go_through_the_engine() -> None:
    """Each in a scope of its own: the same two pairs twice come out the same."""
    same = {"type": "fact", "part": "everyday", "old_at": "2024-01-01", "new_at": "2025-01-01"}
    moved = same | {"id": "z-001", "relation": "supersedes", "old": "I live in Porto.", "new": "I live in Ghent now."}
    again = same | {"id": "z-002", "relation": "duplicate", "old": "I live in Porto.", "new": "I live in Porto."}
    other = same | {"id": "z-003", "relation": "coexists", "old": "I live in Porto.", "new": "Bob's lathe squeaks when it is cold."}
    found = list(judge([moved, again, other]))
    assert [(each.called.value, each.holds) for each in found] == [("supersedes", False), ("duplicate", True), ("coexists", True)]


def test_a_failure_names_the_pair_and_no_text() -> None:
    """What goes wrong with an unseen pair shows nothing of it."""
    bad = {"id": "z-001", "relation": "coexists", "part": "varied", "type": "secret text", "old": "secret text", "new": "secret text"}
    with pytest.raises(RuntimeError, match=r"^pair z-001: \w+$") as caught:
        list(judge([bad]))
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("name", ["unseen", "sealed"])
def test_what_is_measured_on_is_never_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--show is refused before the file is read."""
    with pytest.raises(SystemExit):
        pairs.main([name, "--show"])
    assert "stays unseen" in capsys.readouterr().err


def test_only_counts_are_printed_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a half that nobody may look at, neither the screen nor the file has a text."""
    pair = {"id": "z-001", "relation": "coexists", "part": "varied", "type": "fact", "old": "The secret lathe squeaks.", "new": "A hidden kayak leaks."}
    dated = pair | {"old_at": "2024-01-01", "new_at": "2025-01-01", "reason": "another thing"}
    monkeypatch.setattr(pairs, "read_pairs", lambda name: [dated])
    monkeypatch.setattr(conflicts, "RESULTS", tmp_path / "conflicts.json")
    pairs.main(["unseen"])
    kept = (tmp_path / "conflicts.json").read_text(encoding="utf-8")
    assert json.loads(kept)["pairs"]["unseen"]["parts"]["all"]["confusion"]["coexists"]["coexists"] == 1
    assert not {"lathe", "kayak", "z-001", "another"} & set((capsys.readouterr().out + kept).replace('"', " ").split())


def test_a_crowd_counts_what_happens_to_other_memories() -> None:
    """Each author's texts lie in one scope: what a second text does to another pair's first one is counted apart from what it does to its own."""
    same = {"type": "fact", "part": "everyday", "old_at": "2024-01-01", "new_at": "2025-01-01"}
    moved = same | {"id": "y-001", "relation": "supersedes", "old": "I live in Porto.", "new": "I live in Ghent now."}
    squeaks = same | {"id": "y-002", "relation": "coexists", "old": "I work at Acme.", "new": "Bob's lathe squeaks when it is cold."}
    strays = same | {"id": "z-001", "relation": "coexists", "old": "Bob's kayak leaks.", "new": "I live in Bonn now."}
    bystander = same | {"id": "z-002", "relation": "duplicate", "old": "I live in Oslo.", "new": "Bob's kayak leaks."}
    found = list(write([moved, strays, squeaks, bystander]))
    assert [(each.label.value, each.ended, each.strangers_ended, each.merged) for each in found if each.told] == [
        ("supersedes", True, 0, False),
        ("coexists", False, 0, False),
        ("coexists", False, 1, False),
        ("duplicate", False, 0, True),
    ]
    assert crowded.counts(found) == {
        "told": {"writes": 4, "strangers_ended": 1, "strangers_opened": 0, "merged": 1, "supersedes": 1, "ended": 1, "true": 3, "false_ended": 0},
        "news": {"writes": 4, "strangers_ended": 1, "strangers_opened": 0, "merged": 1},
    }


def test_a_failure_in_a_crowd_names_the_pair_and_no_text() -> None:
    """Neither text shows, whichever of them went wrong."""
    good = {"id": "z-001", "relation": "coexists", "part": "varied", "type": "fact", "old": "text", "new": "other", "old_at": "2024-01-01"}
    for bad in (good | {"type": "secret text", "new_at": "2025-01-01"}, good | {"new_at": "secret text"}):
        with pytest.raises(RuntimeError, match=r"^pair z-001: \w+$") as caught:
            list(write([bad]))
        assert caught.value.__suppress_context__


def test_what_is_kept_stands_beside_what_was_kept(tmp_path: Path) -> None:
    """Measuring one half leaves the other, and the facts, as they were."""
    path = tmp_path / "results" / "conflicts.json"
    conflicts.keep("factconsolidation", {"sizes": {}}, path=path)
    conflicts.keep("pairs", {"parts": {"a": 1}}, path=path, within="tuning")
    conflicts.keep("pairs", {"parts": {"b": 2}}, path=path, within="unseen")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["factconsolidation"]["sizes"] == {}
    assert {half: run["parts"] for half, run in kept["pairs"].items()} == {"tuning": {"a": 1}, "unseen": {"b": 2}}
    assert kept["factconsolidation"]["environment"]["python"]


ABOUT = {"cpu": "a CPU", "cores": 2, "load_at_start": 0.5, "python": "3.11", "date": "2026-11-21T00:00:00", "commit": "abc"}


def test_the_page_says_what_was_found() -> None:
    """Every table is there, with counts and shares; what was not measured is a dash or is left out."""
    plain = {"facts": 7, "writes_per_s": 90.0, "hit1": 40, "hit5": 99, "stale5": 60}
    found = measure_questions([], lambda question: [], SLOTS, frozenset()) | measure_writes(_writes(), frozenset(TEXTS), lambda text: [])
    size = found | {"facts": 7, "writes_per_s": 50.0, "hit1": 97, "hit5": 100, "unrelated": plain, "ceiling": plain | {"hit1": 98}}
    run = {"command": "x", "environment": ABOUT}
    crowd = crowded.counts(
        [Written(label=Relation.SUPERSEDES, told=told, ended=told, strangers_ended=3, strangers_opened=2, merged=False) for told in (True, False)]
    )
    text = conflict_page(
        {
            "factconsolidation": run | {"sizes": {"6k": size}},
            "pairs": {"tuning": run | {"parts": counts(JUDGED)}},
            "crowded": {"tuning": run | {"counts": crowd}},
        }
    )
    assert "| 97 / 100 |" in text
    assert "| 98 / 99 |" in text
    assert "| 0 of 1 (0.0 %) |" in text
    assert "| speaks | several | 0 of 1 |" in text
    assert "arXiv 2606.01435" in text
    assert "| supersession recall | ≥ 85 % |" in text
    assert "### Confusion, tuning" in text
    assert "unseen, all" not in text
    assert "| **first texts superseded**, of pairs labelled so | 1 of 1 (100.0 %) |" in text
    assert "| **memories of other pairs retired** | 3, 3000.0 of a thousand writes |" in text
    assert text.count("a CPU, 2 cores, load 0.5") == 3


def test_a_page_of_nothing_says_so() -> None:
    """Before the first run the page is whole."""
    assert conflict_page({}) == "Nothing was measured yet.\n"


def test_the_share_of_a_write_is_by_medians() -> None:
    """10 ms with and 8 ms without: a fifth is conflict checking."""
    assert relate_share({"remember_p50_ms": 10.0, "unrelated_p50_ms": 8.0}) == 0.2
