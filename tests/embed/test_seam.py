"""What the rest of erstwhile relies on: the public names, light imports, and the protocol."""

from __future__ import annotations

import subprocess
import sys

import erstwhile.embed
from erstwhile.embed import Embedder, HashingEmbedder, OnnxEmbedder, load_embedder


def test_public_names() -> None:
    """A public name comes and goes on purpose."""
    assert erstwhile.embed.__all__ == ["Embedder", "HashingEmbedder", "OnnxEmbedder", "Role", "load_embedder"]


def test_import_is_light() -> None:
    """Importing the package, and naming a profile, loads no model library: commands that embed nothing start at once."""
    program = (
        "import sys\n"
        "from erstwhile.embed import load_embedder\n"
        "embedder = load_embedder('bge-small')\n"
        "assert embedder.fingerprint and embedder.dimension == 384\n"
        "print([name for name in ('onnxruntime', 'tokenizers', 'huggingface_hub') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_own_modules_do_not_import_numpy() -> None:
    """The embed package imports numpy when it embeds and not before; other layers may import it for their own reasons."""
    program = (
        "import sys, types\n"
        "root = types.ModuleType('erstwhile')\n"
        f"root.__path__ = {list(erstwhile.__path__)!r}\n"
        "sys.modules['erstwhile'] = root\n"
        "import erstwhile.embed\n"
        "print('numpy' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_every_embedder_meets_the_protocol() -> None:
    """Ours and strangers' are interchangeable; an embedder given where a name is expected is used as it is."""
    embedders = [HashingEmbedder(), load_embedder("fast")]
    assert all(isinstance(embedder, Embedder) for embedder in embedders)
    assert isinstance(embedders[1], OnnxEmbedder)
    assert load_embedder(embedders[0]) is embedders[0]
