"""The data sets are read rightly, and hits are told by the turns that they stand for: made-up conversations in each format, and no model."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from benchmarks.retrieval import __main__ as program
from benchmarks.retrieval import locomo, longmemeval, realmem
from benchmarks.retrieval.asking import replay
from benchmarks.retrieval.cases import Case
from benchmarks.retrieval.measuring import SETS, measure

from erstwhile.embed import HashingEmbedder

TURNS = {
    1: ("Ana bought a lathe in Porto.", "Ben repairs old kayaks.", "Ana fears thunder."),
    2: ("Ben sold a kayak to a dentist.", "Ana painted the shed green."),
}


def _dialogue(name: str, questions: list[dict[str, Any]], turns: Mapping[int, Sequence[str]] = TURNS) -> dict[str, Any]:
    talk: dict[str, Any] = {"speaker_a": "Ana", "speaker_b": "Ben"}
    for number, said in turns.items():
        talk[f"session_{number}_date_time"] = f"1:56 pm on {number} May, 2023"
        talk[f"session_{number}"] = [{"speaker": text.split()[0], "dia_id": f"D{number}:{place}", "text": text} for place, text in enumerate(said, start=1)]
    return {"sample_id": name, "conversation": talk, "qa": questions}


def _question(text: str, *evidence: str, category: int = 4) -> dict[str, Any]:
    return {"question": text, "answer": "so", "category": category, "evidence": list(evidence)}


def _locomo(data: Path, dialogues: list[dict[str, Any]], corrections: Sequence[dict[str, Any]] = ()) -> Path:
    folder = data / "locomo"
    folder.mkdir(parents=True)
    (folder / "locomo5.json").write_text(json.dumps(dialogues), encoding="utf-8")
    (folder / "corrections.json").write_text(json.dumps(list(corrections)), encoding="utf-8")
    return folder


def _correction(id: str, question: str, *evidence: str) -> dict[str, Any]:
    return {"question_id": id, "question": question, "correct_evidence": list(evidence)}


def test_corrections_go_by_the_published_order(tmp_path: Path) -> None:
    """Number 2 is conv-41 whichever conversations are there, and questions count from 0."""
    questions = [_question("Where is the lathe from?", "D1:1"), _question("Who fears thunder?", "D1:1")]
    corrections = [_correction("locomo_2_qa1", "Who fears thunder?", "D1:3"), _correction("locomo_0_qa0", "Else?")]
    folder = _locomo(tmp_path, [_dialogue("conv-41", questions)], corrections)
    (case,) = locomo.read_cases(folder)
    assert [ask.turns for ask in case.asks] == [{"D1:1"}, {"D1:3"}]
    assert case.counts["evidence corrected"] == 1


def test_a_correction_of_another_question_is_refused(tmp_path: Path) -> None:
    """Corrections of another edition of the data would spoil evidence in silence."""
    folder = _locomo(tmp_path, [_dialogue("conv-26", [_question("Who?", "D1:1")])], [_correction("locomo_0_qa0", "Where?", "D1:2")])
    with pytest.raises(ValueError, match="locomo_0_qa0 is not question 0 of conv-26"):
        list(locomo.read_cases(folder))


def test_citations_are_read_as_they_were_meant(tmp_path: Path) -> None:
    """Several in one text, a colon and a nought too many are mended; what names no turn, and a question with no evidence left, is left out and counted."""
    questions = [_question("a", "D1:1; D2:02"), _question("b", "D:1:3", "D", category=1), _question("c", "D9:9"), _question("d", category=3)]
    (case,) = locomo.read_cases(_locomo(tmp_path, [_dialogue("conv-26", questions)]))
    assert [(ask.group, set(ask.turns)) for ask in case.asks] == [("4 single-hop", {"D1:1", "D2:2"}), ("1 multi-hop", {"D1:3"})]
    assert (case.counts["citations of no turn"], case.counts["questions without evidence"]) == (1, 2)


def _replayed(case: Case) -> list[tuple[set[str], str | None]]:
    own, _ = replay(case, HashingEmbedder())
    return [(set(each.turns[0]), each.sessions[0]) for each in own]


def test_locomo_hits_are_told_by_their_turns(tmp_path: Path) -> None:
    """A question in a turn's own words finds that turn, by the id that the evidence has, and its session."""
    questions = [_question("bought a lathe in Porto", "D1:1"), _question("Ben sold a kayak to a dentist.", "D2:1")]
    (case,) = locomo.read_cases(_locomo(tmp_path, [_dialogue("conv-26", questions)]))
    assert _replayed(case) == [({"D1:1"}, "session_1"), ({"D2:1"}, "session_2")]


HISTORY = {
    "answer_1": [{"role": "user", "content": TURNS[1][0], "has_answer": True}, {"role": "assistant", "content": "A fine tool."}],
    "other": [{"role": "user", "content": TURNS[1][1]}, {"role": "user", "content": TURNS[1][2], "has_answer": False}],
}


def _original(id: str) -> dict[str, Any]:
    return {
        "question_id": id,
        "question_type": "temporal-reasoning",
        "question": "Who bought a lathe in Porto?",
        "question_date": "2023/05/03 (Wed) 10:00",
        "answer": "Ana",
        "answer_session_ids": ["answer_1"],
        "haystack_session_ids": [*HISTORY],
        "haystack_dates": ["2023/05/01 (Mon) 10:00", "2023/05/02 (Tue) 10:00"],
        "haystack_sessions": [*HISTORY.values()],
    }


def _by_case(id: str, asked: str) -> dict[str, Any]:
    about = {"question_date": asked, "question_type": "multi-session", "answer_session_ids": [], "original_answer_session_ids": ["answer_1"]}
    sessions = [
        {"session_id": name, "messages": said, "metadata": {"date": f"2023/05/0{day} (Mon) 10:00"}} for day, (name, said) in enumerate(HISTORY.items(), 1)
    ]
    query = {"query_id": id, "question": "Who bought a lathe in Porto?", "golden_answer": "Ana", "metadata": about}
    return {"case_id": id, "metadata": {}, "sessions": sessions, "queries": [query]}


def _histories(folder: Path, *files: object) -> list[Case]:
    for number, content in enumerate(files):
        (folder / f"{number}.json").write_text(json.dumps(content), encoding="utf-8")
    return list(longmemeval.read_cases(folder))


def test_longmemeval_is_read_in_both_formats(tmp_path: Path) -> None:
    """Turns and sessions of evidence, and the type, whichever file the marks come from."""
    (first, second) = _histories(tmp_path, [_original("q1")], _by_case("q2", "2023/05/03 (Wed) 10:00"))
    for case, kind in ((first, "temporal-reasoning"), (second, "multi-session")):
        (ask,) = case.asks
        assert (ask.group, set(ask.turns), set(ask.sessions), ask.after) == (kind, {"answer_1:0"}, {"answer_1"}, 2)
        assert ask.at == datetime(2023, 5, 3, 10, tzinfo=UTC)
        assert _replayed(case) == [({"answer_1:0"}, "answer_1")]


def test_a_question_dated_before_its_history_is_asked_after_it(tmp_path: Path) -> None:
    """Some are; asked at their own date they would not see what they ask about."""
    (case,) = _histories(tmp_path, _by_case("q", "2023/04/01 (Sat) 10:00"))
    assert case.asks[0].at == datetime(2023, 5, 2, 10, tzinfo=UTC)
    assert _replayed(case) == [({"answer_1:0"}, "answer_1")]


def test_what_the_history_does_not_answer_is_left_out(tmp_path: Path) -> None:
    """Abstention has no evidence to find."""
    (case,) = _histories(tmp_path, [_original("q_abs")])
    assert (case.asks, case.counts["questions that the history does not answer"]) == ((), 1)


def _persona(data: Path) -> Path:
    def turn(speaker: str, content: str, **more: object) -> dict[str, Any]:
        return {"speaker": speaker, "content": content, "is_query": False, "query_id": None, **more}

    def query(text: str, *sessions: str) -> list[dict[str, Any]]:
        asked = {"is_query": True, "query_id": "Q", "category_name": "Dynamic Incremental"}
        return [turn("User", text, **asked), turn("Assistant", "Well.", memory_used=[], memory_session_uuids=list(sessions))]

    turns = {
        "first": [turn("User", TURNS[1][0]), turn("Assistant", " ")],
        "second": [*query("Where did Ana buy a lathe?", "first"), turn("User", TURNS[1][1])],
        "third": [*query("Who repairs old kayaks?", "second", "third"), *query("Well?", "third")],
    }
    dialogues = [
        {"session_identifier": f"P:{name}", "session_uuid": name, "current_time": f"2025-12-{day} (Monday)", "dialogue_turns": said, "extracted_memory": []}
        for (name, said), day in zip(turns.items(), (20, 22, 21), strict=True)
    ]
    folder = data / "realmem"
    folder.mkdir(parents=True)
    (folder / "Ana_dialogues_1k.json").write_text(json.dumps({"_metadata": {"person_name": "Ana"}, "dialogues": dialogues}), encoding="utf-8")
    return folder


def test_realmem_questions_are_asked_of_earlier_sessions(tmp_path: Path) -> None:
    """Each when its session begins: neither the question itself nor what is said after it can be found."""
    (case,) = realmem.read_cases(_persona(tmp_path))
    assert [(set(ask.sessions), ask.after) for ask in case.asks] == [({"first"}, 1), ({"second"}, 2)]
    assert (case.counts["questions without evidence"], case.counts["citations of no earlier session"]) == (1, 2)
    own, _ = replay(case, HashingEmbedder())
    assert [set(each.sessions) - {"first"} for each in own] == [set(), {"second"}]
    assert own[0].turns[0] == {"first:0"}
    assert own[1].sessions[0] == "second"


def test_realmem_is_not_asked_before_what_was_said(tmp_path: Path) -> None:
    """Its days are not always in order: the third session is dated before the second."""
    (case,) = realmem.read_cases(_persona(tmp_path))
    assert [ask.at for ask in case.asks] == [datetime(2025, 12, 22, tzinfo=UTC)] * 2


def test_a_set_is_measured_as_a_whole(tmp_path: Path) -> None:
    """Groups, totals, conversations and the questions asked of the other conversation, from data to figures."""
    other = {1: ("Cy collects stamps.",), 2: ("Dee plays chess.",)}
    first = [_question("bought a lathe in Porto", "D1:1"), _question("What about it?", "D1:2", category=5)]
    _locomo(tmp_path, [_dialogue("conv-26", first), _dialogue("conv-30", [_question("Cy collects stamps", "D1:1", category=2)], other)])
    found = measure(SETS["locomo"], tmp_path, HashingEmbedder(), say=lambda _: None)
    assert {name: values["questions"] for name, values in found["turn"].items()} == {"1 to 4": 2, "2 temporal": 1, "4 single-hop": 1, "5 adversarial": 1}
    assert found["turn"]["1 to 4"]["recall@5"] == 1.0
    assert found["session"] == {}
    assert {name: found["data"][name] for name in ("conversations", "sessions", "turns", "questions")} == {
        "conversations": 2,
        "sessions": 4,
        "turns": 7,
        "questions": 3,
    }
    assert (found["unanswerable"]["unanswerable"]["questions"], found["unanswerable"]["answerable"]["questions"]) == (2, 2)
    assert found["unanswerable"]["answerable"]["found10"] == [1, 1]
    assert found["latency"]["recall_times"] == 3


def test_missing_data_is_told_with_its_origin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says what is not there and where to get it; nothing is loaded."""
    with pytest.raises(SystemExit):
        program.main(["--data", str(tmp_path), "--sets", "realmem"])
    assert "github.com/AvatarMemory/RealMemBench" in capsys.readouterr().err.splitlines()[-1]


def test_only_whole_sets_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A part is printed and leaves no figure behind; a whole is kept under its set and profile, with the command, the model and every setting."""
    _locomo(tmp_path, [_dialogue("conv-26", [_question("bought a lathe in Porto", "D1:1")])])
    monkeypatch.setattr(program, "load_embedder", lambda spec: HashingEmbedder())
    given = ["--data", str(tmp_path), "--sets", "locomo", "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out.json")]
    program.main([*given, "--limit", "1"])
    assert "| 1 to 4 | 1 | 100.0 |" in capsys.readouterr().out
    assert not (tmp_path / "out.json").exists()
    program.main([*given, "--profile", "fast"])
    run = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["locomo"]["fast"]
    assert run["command"] == "python -m benchmarks.retrieval " + " ".join([*given, "--profile", "fast"])
    assert run["settings"] == {"model": "hashing-64@1", "k": 50, "draw": False, "durable": False, "limit": None}
    assert run["environment"]["packages"]
