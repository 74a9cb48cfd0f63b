"""What reads text that anybody may have written, each as a function from a text, for hypothesis and atheris alike.

A target may refuse what it is given with an `ErstwhileError`, which it does not let out. Whatever else comes out is a fault, and so is a text that takes it
long. Where something is promised of the answer, the target asserts it.
"""

import atexit
import io
import os
import shlex
import shutil
import tempfile
import tomllib
import zlib
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import erstwhile
from erstwhile import answering, config
from erstwhile.claims.reading import read
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.errors import ErstwhileError
from erstwhile.extract import LlmExtractor, RuleExtractor, kind_of
from erstwhile.judge import LlmJudge, Pair
from erstwhile.mentions import asks_when, mentions_of
from erstwhile.model import MAX_CONTENT, check_text
from erstwhile.policy import Policy
from erstwhile.question import possible_names, without_names, without_times
from erstwhile.refs import as_refs, origins, resolve
from erstwhile.scoped import ScopedMemory
from erstwhile.sharing import wire
from erstwhile.store import Find, ReferenceStore, Where, document_terms, query_terms, schema
from erstwhile.store.archive import Archive
from erstwhile.store.folder import StoreFolder
from erstwhile.store.holder import read_holder
from erstwhile.store.times import Moment
from erstwhile.store.witness import Witness
from erstwhile.testing.rows import make_version
from erstwhile.time import as_utc
from erstwhile.transfer import read_conversations

__all__ = ["PIECES", "TARGETS", "run"]

NOW: Final = datetime(2025, 6, 1, 12, tzinfo=UTC)
ANA: Final = erstwhile.Scope(user="ana")


def mentions(text: str) -> None:
    """The times that a text speaks of stand in it, in order, and none of them overlaps the next."""
    found = mentions_of(text, said_at=NOW)
    place = 0
    for mention in found:
        assert place <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.phrase
        place = mention.end
    asks_when(text)
    without_times(text, found)


def question(text: str) -> None:
    """Names are found in a question, and taken out of it."""
    names = possible_names(text)
    bare = without_names(text, names)
    assert without_names(bare, names) == bare


def claims(text: str) -> None:
    """What a text says is read the same each time."""
    assert read(text) == read(text)


def words(text: str) -> None:
    """Every term weighs something, in a text and in a question."""
    check_text(text, name="text", limit=MAX_CONTENT)
    assert all(weight > 0 for weight in (*document_terms(text).values(), *query_terms(text).values()))


def drawing(text: str) -> None:
    """What is drawn from a turn stands in it."""
    turn = make_version(text, type=None)
    for drawn in RuleExtractor().draw([turn]):
        assert drawn.turn == 0
        assert drawn.quote in text
    kind_of(text)


def time(text: str) -> None:
    """A time that is read is in UTC, and reads as itself."""
    instant = as_utc(text)
    assert as_utc(instant.isoformat()) == instant


def refs(text: str) -> None:
    """What is pointed at is found, or it is said that it is not."""
    origins(text)
    for ref in as_refs(text):
        resolve(ReferenceStore(fingerprint="f", dimension=1), (ANA,), ref)


def row(text: str) -> None:
    """A row whose checksum is right is read, or refused as damaged."""
    with suppress(UnicodeEncodeError):
        schema.version_of({"body": text, "check": zlib.crc32(text.encode())})


def seat(text: str) -> None:
    """A seat is read, or refused as damaged."""
    schema.seat_of({"seat": text})


def channel(text: str) -> None:
    """What comes over the local channel is what was asked for, or refused; each character is a byte."""
    data = text.encode("latin-1", "replace")
    for kind in (wire.Request, wire.Hello, wire.Welcome, wire.Failed, tuple[wire.WireRow, ...]):
        with suppress(ErstwhileError):
            found = wire.decode(data, kind)
            assert wire.decode(wire.encode(found), kind) == found
    with suppress(ErstwhileError):
        wire.answered(data, Moment)
    with suppress(ErstwhileError):
        wire.rows_in((wire.WireRow(body=data, vector=data),), 4)


def _in_file(text: str, use: Callable[[Path], object]) -> None:
    descriptor, name = tempfile.mkstemp(dir=_folder())
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode(errors="surrogatepass"))
        use(path)
    finally:
        path.unlink()


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="erstwhile-fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def conversations(text: str) -> None:
    """A file of conversations is read in whichever format it is."""
    _in_file(text, lambda path: list(read_conversations(path)))


def policy(text: str) -> None:
    """A policy is read, and written down says the same."""

    def use(path: Path) -> None:
        read = config._policy(path, expected=True)
        assert Policy.of(tomllib.loads(read.toml())) == read

    _in_file(text, use)


def archive(text: str) -> None:
    """A backup is whole, or refused."""
    _in_file(text, lambda path: Archive(path).seal())


def beside_the_store(text: str) -> None:
    """What stands beside a store's data, its manifest, its owner and its count, is read, or refused as damaged."""
    path = Path(_folder()) / "store"
    path.mkdir(exist_ok=True)
    for name in ("erstwhile.json", "owner.json", "versions.txt"):
        (path / name).write_bytes(text.encode(errors="surrogatepass"))
    Witness(path / "versions.txt").noted()
    folder = StoreFolder(path)
    try:
        for name in ("owner.json", "backups.json", "erased.txt"):
            (path / name).write_bytes(text.encode(errors="surrogatepass"))
        read_holder(path / "owner.json")
        folder.backups()
        folder.erased_since()
        folder.made_with()
        folder.read_manifest()
    finally:
        folder.release()


@cache
def _recall() -> erstwhile.Recall:
    with erstwhile.open(":memory:", model=HashingEmbedder()) as engine:
        ana = engine.scope(ANA)
        ana.remember_many(["Ana lives in Porto", "Ana likes tea", "Ana said {} and [1]"])
        return ana.recall("where does Ana live?", min_relevance=0)


def answer(text: str) -> None:
    """A model's answer rests on what it was shown, or is none."""
    found = answering.answer(_recall(), lambda _: text)
    assert all(hit in found.pack.hits for hit in found.hits)
    assert found.text is None or found.text.strip()


def judgement(text: str) -> None:
    """A model's judgement is within its bounds, or is none."""
    (found,) = LlmJudge(lambda _: text).judge([Pair(earlier=make_version("Ana lives in Porto"), later=make_version("Ana moved to Faro"), cosine=0.8)])
    assert found is None or (0 <= found.score <= 1 and len(found.reason.splitlines()) == 1)


def drawing_by_a_model(text: str) -> None:
    """What a model draws stands in the turn, or the rules draw."""
    turn = make_version("I live in Porto and I like tea", type=None)
    for drawn in LlmExtractor(lambda _: text, RuleExtractor()).draw([turn]):
        assert drawn.quote in turn.content


@cache
def _memory() -> ScopedMemory:
    return erstwhile.open(":memory:", model=HashingEmbedder()).scope(ANA)


def memory(text: str) -> None:
    """What is remembered is found as it was written, observed and packed; and then erased again."""
    ana = _memory()
    with suppress(ErstwhileError):
        out = ana.remember(text, valid_from="2024-01-01")
        assert ana.history(out)[0].content == out.version.content == text
    with suppress(ErstwhileError):
        ana.observe([{"role": "user", "content": text, "name": text, "at": "2025-01-01"}], session=text)
    with suppress(ErstwhileError):
        ana.recall(text, k=5, min_relevance=0).pack(budget_tokens=500)
    ana.erase(everything=True)


def command_line(text: str) -> None:
    """A command ends with 0, 1 or 2, and never with a traceback."""
    from erstwhile.cli import app

    try:
        arguments = shlex.split(text)
    except ValueError:
        arguments = text.split()
    if arguments[:1] == ["demo"] or any("hf:" in argument or "http" in argument.lower() for argument in arguments):
        # The one takes long, and the others a network.
        return
    out, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace") for _ in range(2))
    place = ["--store", ":memory:", "--user", "ana"]
    code: object = 0
    with redirect_stdout(out), redirect_stderr(errors):
        try:
            app([*arguments, *place] if arguments else place)
        except SystemExit as end:
            code = end.code
    assert code in (0, 1, 2)
    errors.flush()
    assert b"Traceback" not in errors.buffer.getvalue()


TARGETS: Final[dict[str, Callable[[str], object]]] = {
    target.__name__: target
    for target in (
        mentions,
        question,
        claims,
        words,
        drawing,
        time,
        refs,
        row,
        seat,
        channel,
        conversations,
        policy,
        archive,
        beside_the_store,
        answer,
        judgement,
        drawing_by_a_model,
        memory,
        command_line,
    )
}
_VERSION: Final = (
    '{"id":"a","memory_id":"b","content":"c","type":"fact","scope":{"user":"a"},"valid_from":"2024-01-01T00:00:00Z","system_from":"2024-01-01T00:00:00Z"'
)
_ENGLISH: Final = (
    "the last two weeks of next year, since Monday, in '98, on 31 February 2024, the 3rd weekend after Easter, a fortnight ago, 99999 years from now, "
    "between May and March, I live in Porto. I don't like tea any more; Ana's sister, Bo-Li, said: \"I moved to Lisbon\" and no longer works at Sonae! "
    "Mr. a.b.c. (who?) ``` [1] 1.5 % 2024-02-30T25:61Z \u2019s e\u0301 \u202e \u2028 \x00 \ud800 \U0001f600 \n\n\t - * > | # _"
)
_JSON: Final = (
    '{ } [ ] : , " \\ null true false 0 -1 1e999 NaN 1.5 "a" "\\ud800" [[[[ {"a": ]]]] role content session at 2024-01-01 remember supersedes id question '
    "user answer memories relation score reason ends turn quote type fact confidence conversation session_1 session_1_date_time haystack_sessions "
    "haystack_session_ids haystack_dates sessions queries metadata date speaker text dia_id qa head row end crc version vector format fingerprint dimension"
)
_POLICY: Final = '[ ] rules = " \n . fact supersede accumulate trust user 0.5 thresholds { } nan inf 1e400'
_MESSAGES: Final = (
    wire.Hello(build="b", pid=1, fingerprint="f", dimension=4, known=NOW),
    wire.Claim(names=("a",)),
    wire.Turn(now=NOW, earlier=None),
    wire.FindRows(find=Find(where=Where(scopes=(ANA,)))),
    wire.WriteRows(puts=(wire.WireRow(body=b"{}", vector=b"0000"),), believed=("a",)),
    wire.Embed(model="bge-small", fingerprint="f", texts=("a",), role="query"),
    wire.Failed(error="StoreError", message="m"),
    wire.Welcome(role="host", pid=1, build="b"),
    Moment(time=NOW, writes=1),
)
_COMMANDS: Final = (
    "remember recall observe history changes correct retract erase conflicts resolve undo policy types stats doctor profile around backup restore --json "
    "audit compact consolidate expire export import scopes take-in verify "
    '--help --valid-from --as-of 2024-01-01 yesterday --type fact --k 0 -1 99999999999999999999 --metadata {} {"a":1} [ --set fact=supersede --session -- '
    "- '' --conversation --tag \xe9 \u202e \x07 --model fast /dev/null /nonexistent . --replace --repair --confidence nan 1e999 --key a"
)
_TIME: Final = "2024 - 01 31 T 25 : 61 Z + W 1 , . e 9999 0001 -W01 +14:00 -23:59 24:00"
_TEXT: Final = tuple(_ENGLISH.split(" "))
_VALUES: Final = (*_JSON.split(" "), "\n", "9" * 5_000)
PIECES: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("mentions", "question", "claims", "words", "drawing", "memory", "refs"), _TEXT),
    **dict.fromkeys(("conversations", "judgement", "drawing_by_a_model", "beside_the_store", "archive"), _VALUES),
    "time": tuple(_TIME.split(" ")),
    "answer": (*_VALUES, "[1]", "[1, 2]", "[" + "1" * 5_000 + "]", "I don't know", "<think>", "</think>", "```json"),
    "row": (_VERSION, "}", ',"valid_to":', ',"expires_at":', '"2023-01-01T00:00:00Z"', '"0001-01-01T00:00:00+14:00"', ',"links":{}', "[" * 2_000, "1e999"),
    "channel": (*(wire.encode(message).decode("latin-1") for message in _MESSAGES), "\x00", "\x01", "\x81", "\x91" * 2_000, "\xdf\xff\xff\xff\xff", "\xff"),
    "seat": ("\x1f", "1", "-", ",", ":", "9" * 5_000, "a"),
    "policy": (*_POLICY.split(" "), "[" * 2_000),
    "command_line": tuple(_COMMANDS.split(" ")),
}
"""What texts for a target are put together from, so that most of them get beyond its first check."""


def run(name: str, text: str) -> None:
    """Give a text to a target; an error of ours is an answer."""
    with suppress(ErstwhileError):
        TARGETS[name](text)
