"""Every example in the README and in docs/ runs, page by page, so that no page can drift from the code.

Sybil finds the blocks and runs the Python ones, with the page's own line numbers in a traceback. What is ours: one test a page, a home folder of its own for
each page, no network, console blocks, and the rule that a block is left out only with a reason. CONTRIBUTING.md says how to write an example.
"""

import doctest
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Example
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.typing import Parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = Path(sys.executable).with_name("erstwhile")
OPENING = re.compile(r"^[ >\t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$", re.MULTILINE)
EXAMPLE_INFO = re.compile(r"(python|console)( no-run: \S.*)?")
SEEMS_AN_EXAMPLE = re.compile(r"(py|python|pycon|console|shell-session)\b", re.IGNORECASE)
OUTPUT_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def _page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _infos(text: str) -> Iterator[str]:
    """The info string of each fenced block."""
    fence = ""
    for match in OPENING.finditer(text):
        if not fence:
            fence = match["fence"]
            yield match["info"].strip()
        elif match["fence"].startswith(fence) and not match["info"].strip():
            fence = ""


def _run_console(example: Example) -> str | None:
    """Run each ``$`` line; the lines under it, if any, are what it prints (``...`` stands for anything)."""
    lines = str(example.parsed).replace("\\\n", "").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    if not starts or starts[0] != 0:
        return "a console block begins with a line `$ erstwhile ...`"
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        problem = _run_command(lines[start].removeprefix("$ "), "\n".join(lines[start + 1 : end]).strip())
        if problem:
            return problem
    return None


def _run_command(line: str, expected: str) -> str | None:
    program, *arguments = shlex.split(line, comments=True)
    if program != "erstwhile":
        return f"only erstwhile can be run, not `{line}`: mark the block `console no-run: <reason>`"
    done = subprocess.run([COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    if done.returncode != 0:
        return f"`{line}` exited {done.returncode}\n{done.stdout}{done.stderr}"
    if expected and not doctest.OutputChecker().check_output(f"{expected}\n", f"{done.stdout.strip()}\n", OUTPUT_FLAGS):
        return f"`{line}` printed\n{done.stdout}\ninstead of\n{expected}"
    return None


PARSERS: list[Parser] = [PythonCodeBlockParser(), CodeBlockParser("console", _run_console)]


def _run(page: Path) -> None:
    for example in Document.parse(str(page), *PARSERS).examples():
        example.evaluate()


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's machine: an empty folder, a home of its own, no network, a terminal 100 columns wide."""

    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: object) -> None:
        if not isinstance(address, (str, bytes)):
            raise OSError(f"an example wants the network: {address!r}")
        connect(self, address)

    for name in tuple(os.environ):
        if name.startswith("ERSTWHILE_"):
            monkeypatch.delenv(name)
    settings = {"ERSTWHILE_HOME": str(tmp_path / "home"), "COLUMNS": "100", "NO_COLOR": "1", "HF_HUB_OFFLINE": "1", "ERSTWHILE_IDLE": "0", "PYTHONUTF8": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(socket.socket, "connect", connect_locally)
    folder = tmp_path / "reader"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=_page_name)
def test_the_examples_of_a_page_run(page: Path, reader: Path) -> None:
    """A reader who types a page's examples in order sees what the page says."""
    _run(page)


@pytest.mark.parametrize("page", PAGES, ids=_page_name)
def test_no_example_is_left_out_without_a_reason(page: Path) -> None:
    """A block that the suite would silently pass by is a mistake in its info string."""
    wrong = [info for info in _infos(page.read_text(encoding="utf-8")) if SEEMS_AN_EXAMPLE.match(info) and not EXAMPLE_INFO.fullmatch(info)]
    assert not wrong, f"write ```python, ```console or, with a reason, ```python no-run: why it cannot run; not {wrong}"


@pytest.mark.parametrize("page", PAGES, ids=_page_name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A reader who follows a link within the repository arrives."""
    targets = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    broken = [target for target in targets if not (page.parent / target).exists()]
    assert not broken


def test_the_readme_has_its_two_set_up_commands() -> None:
    """.ci/run runs what the README tells a reader to run; it finds the two commands by these marks."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("demo", "tests"):
        assert re.search(rf"^<!-- setup: {name} -->\n```bash\n[^`\n]+\n```$", text, re.MULTILINE), f"no one-line block right under <!-- setup: {name} -->"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("```python\nassert 1 == 2\n```", "AssertionError"),
        ("```console\n$ rm -rf x\n```", "only erstwhile can be run"),
        ("```console\n$ erstwhile no-such-command\n```", "exited"),
        ("```console\n$ erstwhile --help\nno such output\n```", "instead of"),
        ("```console\noutput without a command\n```", "begins with"),
    ],
)
def test_a_wrong_example_is_caught(text: str, fault: str, reader: Path) -> None:
    """The tests above can fail."""
    page = reader / "page.md"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(AssertionError) as failure:
        _run(page)
    assert fault in f"{failure.typename} {failure.value}"
