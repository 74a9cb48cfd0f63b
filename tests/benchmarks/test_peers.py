"""Peers are measured alike, and none is dropped in silence: made-up conversations, adapters that misbehave, and a made-up result. No peer is installed."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from benchmarks.environment import ROOT
from benchmarks.peers import __main__ as program
from benchmarks.peers.catalogue import DEFAULT, PEERS, UNMEASURED, Environment, Peer
from benchmarks.peers.contract import Turn
from benchmarks.peers.conversing import Worker, WorkerDiedError, WorkerFailedError, WorkerTimeoutError
from benchmarks.peers.environments import REQUIREMENTS, Installed, InstallError
from benchmarks.peers.measuring import Answer, Conversation, conversation_of, figures, measure
from benchmarks.peers.tables import PAGE, RESULTS, peers_page, rendered
from benchmarks.retrieval.cases import Ask, Case, Talk
from benchmarks.table import MARKED

from erstwhile import Message

HERE = "tests.benchmarks.test_peers"
AT = datetime(2023, 5, 8, tzinfo=UTC)
SAID = ("Ana bought a lathe.", "Ben repairs kayaks.", "Ana fears thunder.")
PATIENT = 120.0


class Adapter:
    """A peer that finds everything in the order in which it was said, and goes wrong when it is asked to. The worker's process imports it from here."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        sys.stdout.write("a peer that prints where the answers go\n")
        self.turns: list[Turn] = []

    def add(self, turns: Sequence[Turn]) -> int:
        """Refuse what Ben says."""
        self.turns += [turn for turn in turns if turn.speaker != "Ben"]
        return sum(turn.speaker != "Ben" for turn in turns)

    def search(self, question: str, k: int) -> list[str]:
        """Some words are orders."""
        if question == "hang":
            signal.pause()
        if question == "die":
            os._exit(3)
        if question == "raise":
            raise LookupError("lost")
        if question == "start another":
            sleeping = "import time; print('up', flush=True); time.sleep(600)"
            child = subprocess.Popen([sys.executable, "-c", sleeping], start_new_session=True, stdout=subprocess.PIPE)
            assert child.stdout is not None
            child.stdout.readline()
            return [str(child.pid)]
        return [turn.id for turn in self.turns][:k]

    def close(self) -> None:
        """Nothing is open."""


def _case(*questions: tuple[str, str, set[str]]) -> Case:
    talks = tuple(
        Talk(session=f"s{number}", messages=(Message(role="user", name=text.split()[0], content=text, at=AT, id=f"D{number}:1"),))
        for number, text in enumerate(SAID, start=1)
    )
    asks = tuple(Ask(text=text, group=group, turns=frozenset(turns), after=3) for text, group, turns in questions)
    return Case(name="conv-1", talks=talks, asks=asks, counts={})


CASE = _case(
    ("What did Ana buy?", "4 single-hop", {"D1:1"}),
    ("What of Ana?", "1 multi-hop", {"D1:1", "D3:1"}),
    ("What does Ben fear?", "5 adversarial", {"D3:1"}),
)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    with _worker(tmp_path) as running:
        yield running


def _worker(tmp_path: Path) -> Worker:
    running = Worker(python=sys.executable, adapter=HERE, folder=tmp_path / "peer", log=tmp_path / "log", variables={})
    running.ask({"do": "open", "settings": {}}, timeout=PATIENT)
    return running


def _search(worker: Worker, question: str, *, timeout: float = PATIENT) -> list[str]:
    ids: list[str] = worker.ask({"do": "search", "question": question, "k": 10}, timeout=timeout)["ids"]
    return ids


def test_turns_cross_the_pipe_whole_and_prints_do_not_meet_the_answers(worker: Worker, tmp_path: Path) -> None:
    """What a peer prints goes to its log; what it is told is what was said."""
    turn = Turn(id="D1:1", session="s1", speaker="Ana", text='"Où?"\nshe said', at=AT)
    assert Turn.from_json(json.loads(json.dumps(turn.as_json()))) == turn
    assert worker.ask({"do": "add", "turns": [turn.as_json()]}, timeout=PATIENT)["kept"] == 1
    assert _search(worker, "what?") == ["D1:1"]
    assert "a peer that prints" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_peer_that_hangs_is_given_up(worker: Worker) -> None:
    """The time limit holds whatever the peer does."""
    with pytest.raises(WorkerTimeoutError, match="search: no answer in time"):
        _search(worker, "hang", timeout=0.1)


def test_a_peer_that_dies_or_raises_is_told_apart(worker: Worker) -> None:
    """One that raises can be asked again; of one that died the exit code is told."""
    with pytest.raises(WorkerFailedError, match="search: LookupError: lost"):
        _search(worker, "raise")
    assert _search(worker, "what?") == []
    with pytest.raises(WorkerDiedError, match="ended with 3"):
        _search(worker, "die")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found by /proc")
def test_nothing_of_a_peer_is_left_running(tmp_path: Path) -> None:
    """A process that went into a session of its own counts into its memory, and ends with it."""
    with _worker(tmp_path) as worker:
        before = worker.resident()
        (pid,) = _search(worker, "start another")
        after = worker.resident()
    assert before is not None
    assert after is not None
    assert (before[1], after[1]) == (1, 2)
    status = Path(f"/proc/{pid}/status")
    assert not status.exists() or "State:\tZ" in status.read_text(encoding="utf-8")


def test_a_piece_of_a_conversation_asks_only_what_it_can_answer() -> None:
    """Evidence lies within the turns given, and adversarial questions are nobody's."""
    assert [ask.text for ask in conversation_of(CASE).asks] == ["What did Ana buy?", "What of Ana?"]
    piece = conversation_of(CASE, turns=2)
    assert [turn.id for session in piece.sessions for turn in session] == ["D1:1", "D2:1"]
    assert [ask.text for ask in piece.asks] == ["What did Ana buy?"]
    assert [ask.text for ask in conversation_of(CASE, questions=1).asks] == ["What did Ana buy?"]


def _measure(tmp_path: Path, conversation: Conversation) -> dict[str, Any]:
    peer = Peer(adapter=HERE, distribution="made-up", environment=Environment(name="made_up"), embedder="none")
    installed = Installed(python=sys.executable, key="k", versions={"made-up": "1.0"}, install_mb=12.5)
    return measure(peer, installed, [conversation], limit=PATIENT, log=tmp_path / "log", prefix=(), say=lambda text: None)


def test_a_peer_is_measured_by_what_it_finds_and_keeps(tmp_path: Path) -> None:
    """Means over questions, by group; the first session warms up; what was refused is counted."""
    found = _measure(tmp_path, conversation_of(CASE))
    assert (found["status"], found["reason"]) == ("measured", None)
    assert found["quality"]["all"] == {"questions": 2, "recall@5": 1.0, "recall@10": 1.0, "any@10": 1.0}
    assert set(found["quality"]) == {"all", "1 multi-hop", "4 single-hop"}
    assert (found["kept"], found["turns"]) == (2, 3)
    (run,) = found["conversations"]
    assert (run["timed_turns"], run["answered"]) == (2, 2)


@pytest.mark.parametrize(("order", "status", "reason"), [("die", "died", "ended with 3"), ("raise", "failed", "LookupError: lost")])
def test_what_a_peer_answered_before_it_failed_is_kept(tmp_path: Path, order: str, status: str, reason: str) -> None:
    """With the reason, and how far it came."""
    case = _case(("What did Ana buy?", "4 single-hop", {"D1:1"}), (order, "2 temporal", {"D1:1"}), ("And?", "2 temporal", {"D1:1"}))
    found = _measure(tmp_path, conversation_of(case))
    assert found["status"] == status
    assert reason in found["reason"]
    assert found["conversations"][0]["answered"] == 1
    assert found["quality"]["all"]["questions"] == 1


def test_figures_are_means_and_ranks() -> None:
    """Two pieces of evidence, one found late: half at five, all at ten."""
    ask = Ask(text="?", group="1 multi-hop", turns=frozenset({"a", "z"}), after=0)
    answers = [Answer(ask=ask, ids=("a", *"bcdefgh", "z"), seconds=0.01), Answer(ask=ask, ids=(), seconds=0.03)]
    runs = [{"turns": 50, "kept": 49, "timed_turns": 40, "timed_s": 2.0, "rss_mb": 70.0}, {"turns": 5}]
    found = figures(answers, runs)
    assert found["quality"]["all"] == {"questions": 2, "recall@5": 0.25, "recall@10": 0.5, "any@10": 0.5}
    assert (found["recall_p50_ms"], found["recall_p95_ms"]) == (10.0, 30.0)
    assert (found["turns_per_s"], found["rss_mb"], found["kept"], found["turns"]) == (20.0, 70.0, 49, 55)


def test_figures_of_nothing_are_absent() -> None:
    """A peer that could not be opened has no speed and no quality, not 0."""
    assert figures([], [{"turns": 5}]) == {"turns": 5, "kept": 0, "quality": {}}


def _entry(status: str = "measured", reason: str | None = None, **given: object) -> dict[str, Any]:
    quality = {"questions": 150, "recall@5": 0.5, "recall@10": 0.625, "any@10": 0.7}
    return {
        "distribution": "made-up", "version": "1.0", "versions": {"made-up": "1.0"}, "embedder": "own", "replaced": None, "notes": ["read so"],
        "status": status, "reason": reason, "install_mb": 1234.5, "load": 0.25, "turns": 400, "kept": 400, "quality": {"all": quality, "2 temporal": quality},
        "recall_p50_ms": 2.04, "recall_p95_ms": 1234.0, "turns_per_s": 345.6, "conversations": [{"processes": 2}], **given,
    }  # fmt: skip


def _results(**peers: dict[str, Any]) -> dict[str, Any]:
    settings = {"conversations": ["conv-26"], "turns": None, "questions": 10, "k": 10, "limit_s": 90.0, "network": "none"}
    about = {"cpu": "a CPU", "cores": 2, "python": "3.11", "date": "2026-11-21T00:00:00", "commit": "abc"}
    return {"command": "python -m benchmarks.peers", "environment": about, "settings": settings, "peers": peers}


def test_the_table_sets_peers_side_by_side() -> None:
    """Every figure in its place, what was not measured as a dash, and whose embedder was replaced."""
    text = peers_page(_results(one=_entry(), two=_entry(replaced="other, on a hub", rss_mb=66.6, kept=354)))
    assert "| one (made-up 1.0) | own | 50.0 | 62.5 | 70.0 | 2.0 / 1,234.0 | 346 | — | 1,234 |" in text
    assert "| two (made-up 1.0) | own ‡ | 50.0 | 62.5 | 70.0 | 2.0 / 1,234.0 | 346 | 67 | 1,234 |" in text
    assert "| one | — | 62.5 | — | — |" in text
    assert "‡ Embedder replaced" in text
    assert "- one: read so; RSS of 2 processes" in text
    assert "- two: own in place of other, on a hub; read so; 46 of 400 turns were not kept; RSS of 2 processes" in text
    assert "conv-26, the first 10 questions." in text
    assert "without a network, 90 s for a conversation. a CPU, 2 cores, load 0.2 to 0.2; Python 3.11; 2026-11-21, commit abc" in text


def test_a_peer_without_figures_is_named_with_the_reason() -> None:
    """Neither one that failed nor one that was never tried is passed over, and half a measurement is not set beside whole ones."""
    text = peers_page(_results(one=_entry(), slow=_entry("timed out", "search: no answer in time; 90 s for one conversation")))
    assert "| slow" not in text
    assert "- slow: timed out: search: no answer in time; 90 s for one conversation\n" in text
    assert all(f"- {name}: {reason}\n" in text for name, reason in UNMEASURED.items())
    assert "\n\n\n" not in text


def test_the_page_is_that_of_the_results() -> None:
    """No figure is typed by hand: run `python -m benchmarks.peers.tables` after a change of the results."""
    page = PAGE.read_text(encoding="utf-8")
    assert len(MARKED.findall(page)) == 1
    assert page == rendered(page, json.loads(RESULTS.read_text(encoding="utf-8")))


def test_a_page_of_nothing_says_so() -> None:
    """Before the first run, and when no peer could be measured, the page is whole."""
    assert peers_page({}) == "Nothing was measured yet.\n"
    text = peers_page(_results(one={"status": "not installed", "reason": "uv is not there"}))
    assert text.startswith("Not measured:\n\n- one: not installed: uv is not there\n")


def test_every_peer_has_its_adapter_and_exact_versions() -> None:
    """An environment made tomorrow is the one that was measured, and no file names an index."""
    for peer in PEERS.values():
        assert (ROOT / peer.adapter.replace(".", "/")).with_suffix(".py").exists()
        assert peer.environment.constrained or (REQUIREMENTS / f"{peer.environment.name}.txt").exists()
    loose = [
        f"{path.name}: {line}"
        for path in REQUIREMENTS.glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#") and not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)
    ]
    assert not loose
    assert "superlocalmemory-complete" not in DEFAULT


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Run the program on made-up data and say which peers were measured, in order; "mem0" cannot be installed, "engram" fails."""
    (tmp_path / "locomo").mkdir()
    talk = {"session_1": [{"speaker": "Ana", "dia_id": "D1:1", "text": "Hi."}], "session_1_date_time": "1:56 pm on 8 May, 2023"}
    sample = {"sample_id": "conv-26", "conversation": {"speaker_a": "Ana", "speaker_b": "Ben", **talk}, "qa": []}
    (tmp_path / "locomo/locomo.json").write_text(json.dumps([sample]), encoding="utf-8")
    measured: list[str] = []

    def install(environment: Environment, cache: Path) -> Installed:
        if environment.name == "mem0":
            raise InstallError("uv is not there")
        return Installed(python="python", key="k", versions={peer.distribution: "1.0" for peer in PEERS.values()}, install_mb=1.0)

    def measured_peer(peer: Peer, *given: object, log: Path, **others: object) -> dict[str, Any]:
        measured.append(log.stem)
        if log.stem == "engram":
            return {"status": "died", "reason": "add: the process ended with -9", "conversations": []}
        return {key: value for key, value in _entry().items() if key not in {"distribution", "embedder", "replaced", "notes", "versions", "install_mb", "load"}}

    monkeypatch.setattr(program, "install", install)
    monkeypatch.setattr(program, "measure", measured_peer)

    def run(*arguments: str) -> list[str]:
        measured.clear()
        program.main(["--data", str(tmp_path), "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "peers.json"), *arguments])
        return list(measured)

    return run


def test_a_run_is_taken_up_where_it_ended(run: Callable[..., list[str]], tmp_path: Path) -> None:
    """What was measured stays; what failed is tried again, and so is all with --again; a peer that cannot be installed is reported, and others go on."""
    assert run("--peers", "plain") == ["plain"]
    assert run("--peers", "plain,mem0,engram,memvara") == ["engram", "memvara"]
    kept = json.loads((tmp_path / "peers.json").read_text(encoding="utf-8"))["peers"]
    assert {name: entry["status"] for name, entry in kept.items()} == {
        "plain": "measured", "mem0": "not installed", "engram": "died", "memvara": "measured",
    }  # fmt: skip
    assert run("--peers", "plain,engram,memvara") == ["engram"]
    assert run("--peers", "plain", "--again") == ["plain"]


def test_results_of_other_settings_are_not_mixed(run: Callable[..., list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trial on a piece of the data never stands beside a whole run, nor takes its place unasked."""
    run("--peers", "plain,memvara")
    before = (tmp_path / "peers.json").read_bytes()
    with pytest.raises(SystemExit):
        run("--peers", "plain", "--turns", "60")
    assert "other settings" in capsys.readouterr().err
    assert (tmp_path / "peers.json").read_bytes() == before
    run("--peers", "plain", "--turns", "60", "--again")
    assert list(json.loads((tmp_path / "peers.json").read_text(encoding="utf-8"))["peers"]) == ["plain"]
