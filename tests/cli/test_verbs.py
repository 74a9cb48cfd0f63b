"""The verbs on the command line."""

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

import erstwhile
from erstwhile import Version
from erstwhile.embed.hashing import HashingEmbedder

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


def test_a_life_of_one_memory(ew: "CommandLine") -> None:
    """Each verb does on the command line what it does in Python."""
    porto = ew.json("remember", "I live in Porto", "--from", "2024-01-01")
    lisbon = ew.json("remember", "I live in Lisbon", "--from", "2025-03-01", "--supersedes", porto["version"]["memory_id"])
    assert (porto["action"], lisbon["action"]) == ("remembered", "superseded")
    id = lisbon["version"]["memory_id"]
    assert [hit["version"]["content"] for hit in ew.json("recall", "where do I live?")["hits"]] == ["I live in Lisbon"]
    assert [hit["version"]["content"] for hit in ew.json("recall", "where do I live?", "--as-of", "2024-06-01")["hits"]] == ["I live in Porto"]
    assert [version["content"] for version in ew.json("history", id)["versions"]] == ["I live in Porto", "I live in Porto", "I live in Lisbon"]
    assert [change["action"] for change in ew.json("changes", "--since", "2000-01-01")["changes"]] == ["remembered", "superseded"]
    assert ew.json("correct", id, "I live in Lisboa")["version"]["content"] == "I live in Lisboa"
    assert ew.json("stats")["holding"] == 1
    assert ew.json("retract", id)["action"] == "retracted"
    assert ew.json("recall", "where do I live?")["hits"] == []
    receipt = ew.json("erase", id, "--yes")
    assert (receipt["memories"], receipt["versions"], receipt["remaining"]) == (1, 4, 0)
    assert ew.json("stats")["versions"] == 0


def test_remember_takes_all_that_the_verb_takes(ew: "CommandLine") -> None:
    """No option is lost on its way to the store."""
    given = ["--type", "Goal", "--from", "2024-01-01", "--to", "2025-01-01", "--tag", "a", "--tag", "b", "--alias", "half", "--source", "mail:7"]
    given += ["--source-kind", "tool", "--source-session", "s1", "--actor", "mail", "--confidence", "0.5", "--importance", "0.9", "--pinned"]
    given += ["--metadata", '{"n": 1}', "--expires", "2024-12-01", "--key", "k1", "--derived-from", UNKNOWN]
    version = msgspec.convert(ew.json("remember", "Run a half marathon", *given)["version"], Version)
    assert (version.type, version.tags, version.aliases, version.pinned, version.metadata) == ("goal", ("a", "b"), ("half",), True, {"n": 1})
    assert (version.source.kind, version.source.reference, version.source.session, version.source.actor) == ("tool", "mail:7", "s1", "mail")
    assert (version.confidence, version.importance, version.links.derived_from) == (0.5, 0.9, (UNKNOWN,))
    assert (f"{version.valid_from:%Y-%m-%d}", f"{version.valid_to:%Y-%m-%d}", f"{version.expires_at:%Y-%m-%d}") == ("2024-01-01", "2025-01-01", "2024-12-01")
    assert ew.json("remember", "anything", "--key", "k1")["action"] == "unchanged"


def test_correct_changes_what_is_given_and_keeps_the_rest(ew: "CommandLine") -> None:
    """An option that is left out means "as it was"; "none" and an empty tag mean nothing."""
    id = ew.json("remember", "tea", "--to", "2090-01-01", "--tag", "a", "--type", "preference", "--expires", "2080-01-01")["version"]["memory_id"]
    kept = ew.json("correct", id, "green tea")["version"]
    assert (kept["tags"], kept["type"], kept["valid_to"], kept["source"]["kind"]) == (["a"], "preference", "2090-01-01T00:00:00Z", "corrected")
    freed = ew.json("correct", id, "--to", "none", "--expires", "NONE", "--tag", "", "--not-pinned", "--metadata", '{"x": []}')["version"]
    assert (freed["content"], freed["valid_to"], freed["expires_at"], freed["tags"], freed["metadata"]) == ("green tea", None, None, [], {"x": []})


def test_recall_takes_all_that_the_verb_takes(ew: "CommandLine") -> None:
    """Each filter of recall can be given on the command line."""
    ew("remember", "tea in the morning", "--type", "preference", "--tag", "drink", "--from", "2024-01-01", "--to", "2024-06-01")
    mark = ew.json("recall", "tea")["as_of"]["system"]
    ew("remember", "tea at noon", "--from", "2024-02-01")

    def found(*options: str) -> set[str]:
        return {hit["version"]["content"] for hit in ew.json("recall", "tea", *options)["hits"]}

    both = {"tea in the morning", "tea at noon"}
    assert found("--as-of", "2024-03-01") == both
    assert found("--as-of", "2024-03-01", "--system-as-of", mark) == {"tea in the morning"}
    assert found("--during-from", "2024-01-01") == both
    assert found("--during-from", "2024-01-01", "--during-to", "2024-01-15") == {"tea in the morning"}
    assert found("--as-of", "2024-03-01", "--type", "fact") == {"tea at noon"}
    assert found("--as-of", "2024-03-01", "--tag", "drink") == {"tea in the morning"}
    assert len(found("--as-of", "2024-03-01", "-k", "1")) == 1


def test_turns_are_found_and_can_be_left_out(ew: "CommandLine") -> None:
    """Turns are evidence: shown by default, and named as such."""
    with ew.memory() as memory:
        memory.scope(user="ana").observe([{"role": "user", "content": "I drink tea", "at": "2024-01-01"}], draw=False)
    assert "\tturn\t" in ew("recall", "tea").stdout
    assert ew("recall", "tea", "--no-turns").stdout == ""
    assert ew.json("changes", "--since", "2000-01-01")["changes"] == []
    assert len(ew.json("changes", "--since", "2000-01-01", "--turns")["changes"]) == 1


def test_a_text_can_come_from_stdin(ew: "CommandLine") -> None:
    """What is too long or too private for an argument is piped in; the line break that ends it is no part of it."""
    assert ew.json("remember", "-", stdin="zwei\nZeilen: ä\n")["version"]["content"] == "zwei\nZeilen: ä"
    assert "byte 1 is not UTF-8" in ew.error("remember", "-", stdin=b"a\xff")


def test_the_scope_is_exactly_what_is_named(ew: "CommandLine") -> None:
    """Without any part it is the user's own memory; with one, that part alone: nothing is added in silence."""
    assert ew.json("remember", "mine")["version"]["scope"]["user"] == "ana"
    ours = ew.json("remember", "ours", "--project", "tidemark", "--tenant", "t", "--agent", "a", "--session", "s")["version"]["scope"]
    assert ours == {"tenant": "t", "user": None, "agent": "a", "session": "s", "project": "tidemark"}
    assert [hit["version"]["content"] for hit in ew.json("recall", "mine ours", "--user", "ana")["hits"]] == ["mine"]
    assert ew.json("recall", "mine ours", "--user", "ben")["hits"] == []


def test_the_user_is_the_login_name_where_nothing_says_otherwise(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """On one's own machine no option is needed; where there is no login name, the error says what to do."""
    monkeypatch.delenv("ERSTWHILE_USER")
    monkeypatch.setattr("getpass.getuser", lambda: "bea")
    assert ew.json("remember", "mine")["version"]["scope"]["user"] == "bea"

    def nobody() -> str:
        raise OSError("no such uid")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert "--user" in ew.error("remember", "mine")


def test_the_store_option_wins(ew: "CommandLine", tmp_path: object) -> None:
    """--store takes the place of the environment."""
    ew("remember", "elsewhere", "--store", f"{tmp_path}/other")
    assert not ew.store.exists()
    assert ew.json("stats", "--store", f"{tmp_path}/other")["holding"] == 1
    assert ew.json("remember", "gone at once", "--store", ":memory:")["action"] == "remembered"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("remember", ""), "content is empty"),
        (("remember", "x" * 32_769), "32,769 characters"),
        (("remember", "x", "--type", "wish"), "'wish' is not a memory type"),
        (("remember", "x", "--from", "yesterday"), "'yesterday' is not a time"),
        (("remember", "x", "--from", "2024-01-01T10:00:00"), "has no time zone"),
        (("remember", "x", "--from", "2024-01-02", "--to", "2024-01-01"), "not after its start"),
        (("remember", "x", "--supersedes", UNKNOWN), "There is no memory or version"),
        (("remember", "x", "--metadata", "[1]"), "expected a JSON object"),
        (("remember", "x", "--metadata", "{"), "expected a JSON object"),
        (("remember", "x", "--source-kind", "rumour"), "'rumour' is not a source kind"),
        (("remember", "x", "--confidence", "2"), "from 0 to 1"),
        (("remember", "x", "--user", ""), "scope user is empty"),
        (("recall", ""), "query is empty"),
        (("recall", "x", "-k", "0"), "from 1 to 1,000"),
        (("recall", "x", "--as-of", "2024-13-01"), "--as-of: '2024-13-01' is not a time"),
        (("recall", "x", "--system-as-of", "9000-01-01"), "lies in the future"),
        (("recall", "x", "--during-to", "2024-01-01"), "--during-from"),
        (("recall", "x", "--type", "wish"), "'wish' is not a memory type"),
        (("history", UNKNOWN), "There is no memory or version"),
        (("history", "7"), "'7' is not an id"),
        (("changes", "--since", "2024-01-02", "--until", "2024-01-01"), "not after its start"),
        (("correct", UNKNOWN, "x"), "There is no memory or version"),
        (("retract", UNKNOWN), "There is no memory or version"),
        (("erase", UNKNOWN, "--yes"), "There is no memory or version"),
        (("erase", "--yes"), "Say what to erase"),
        (("erase", UNKNOWN, "--everything", "--yes"), "Say what to erase"),
        (("stats", "--store", ""), "The store is an empty text"),
    ],
)
def test_what_cannot_be_used_is_one_clean_line(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], said: str) -> None:
    """Our errors are no tracebacks: one line on stderr, exit code 1, nothing on stdout; with --json, the line is JSON."""
    monkeypatch.setenv("ERSTWHILE_STORE", ":memory:")
    assert said in ew.error(*command)
    failed = ew(*command, "--json", code=1)
    assert failed.stdout == ""
    error = json.loads(failed.stderr)["error"]
    assert error["type"] in {"InvalidInputError", "NotFoundError"}
    assert said in error["message"]


@pytest.mark.parametrize("command", [(), ("no-such-command",), ("recall",), ("recall", "x", "--no-such-option"), ("recall", "x", "-k", "many"), ("changes",)])
def test_a_wrong_call_exits_with_2(ew: "CommandLine", command: tuple[str, ...]) -> None:
    """A script can tell a wrong call from a failed one."""
    ew(*command, code=2)


def test_an_error_of_another_kind_is_not_hidden(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug shows its traceback, so that it can be reported."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("erstwhile.scoped.ScopedMemory.recall", broken)
    assert isinstance(ew("recall", "x", code=1).exception, RuntimeError)


def test_a_locked_store_names_its_holder(ew: "CommandLine") -> None:
    """While another has the store open and does not share it, a command says who, in one line."""
    with erstwhile.open(ew.store, model=HashingEmbedder(), shared=False):
        assert "is open in this process" in ew.error("recall", "x")


def test_a_command_works_beside_an_open_store(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """A command and a program that has the store open see what the other wrote."""
    monkeypatch.setenv("ERSTWHILE_IDLE", "0")
    with ew.memory() as memory:
        ew("remember", "I live in Porto")
        memory.scope(user="ana").remember("I work in Gaia")
        assert memory.scope(user="ana").stats().versions == ew.json("stats")["versions"] == 2


def test_a_corrupt_store_says_what_to_do(ew: "CommandLine") -> None:
    """A store that cannot be read is no traceback, and is left as it is."""
    ew("remember", "x")
    (ew.store / "erstwhile.json").write_text("{")
    assert "backup" in ew.error("recall", "x")
    assert (ew.store / "erstwhile.json").read_text() == "{"


def test_erase_asks_first(ew: "CommandLine", monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is removed for good without a yes, and what will go is shown before."""
    id = ew.json("remember", "I live in Porto")["version"]["memory_id"]
    assert "--yes" in ew.error("erase", id, stdin="y\n")
    monkeypatch.setattr("erstwhile.cli.erasing._can_ask", lambda: True)
    refused = ew("erase", id, stdin="n\n", code=1)
    assert "I live in Porto" in refused.stderr
    assert "1 version of 1 fact would go" in refused.stderr
    assert "Nothing was erased" in refused.stderr
    assert ew.json("stats")["versions"] == 1
    agreed = ew("erase", "--everything", "--json", stdin="y\n")
    assert '{"user":"ana"}' in agreed.stderr
    assert json.loads(agreed.stdout)["versions"] == 1
    assert ew.json("stats")["versions"] == 0


def test_erase_tells_of_evidence_that_stays(ew: "CommandLine") -> None:
    """Whoever erases a memory learns that the turn it was drawn from still says it."""
    with ew.memory() as memory:
        ana = memory.scope(user="ana")
        (turn,) = ana.observe([{"role": "user", "content": "I live in Porto"}])
        kept, gone = (ana.remember(text, derived_from=[turn.id]).memory_id for text in ("Ana lives in Porto", "Ana lives by the sea"))
    assert turn.id in ew("erase", kept, "--yes").stderr
    assert ew.json("erase", gone, "--evidence", "--yes")["turns"] == 1


def test_all_types_are_listed_with_their_meanings(ew: "CommandLine") -> None:
    """`types` shows all thirteen, and what each is for."""
    from erstwhile import MemoryType

    listed = ew.json("types")["types"]
    assert [entry["type"] for entry in listed] == [kind.value for kind in MemoryType]
    assert all(entry["meaning"].endswith(".") for entry in listed)
    assert len(ew("types").stdout.splitlines()) == 13
