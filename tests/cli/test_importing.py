"""The command `import`."""

import json
from pathlib import Path

from tests.cli.conftest import CommandLine
from tests.transfer.test_bringing import CLAUDE, GRAPH


def test_import_on_the_command_line(ew: CommandLine, tmp_path: Path) -> None:
    """What was imported is recalled, is not written twice, and never ends what the user said."""
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(CLAUDE))
    told = ew.json("import", str(path))
    assert (told["system"], told["turns"]) == ("claude", 2)
    graph = tmp_path / "memory.json"
    graph.write_text(GRAPH)
    assert ew.json("import", str(graph))["memories"] == 3
    assert ew.json("import", str(graph))["memories"] == 0
    assert "Spanish" in ew("recall", "Who speaks Spanish?").stdout
    assert "3 there already" in ew("import", str(graph)).stdout
    assert "known system" in ew.error("import", __file__)
