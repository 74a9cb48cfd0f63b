"""Text to vectors, on device.

Nothing heavy is imported here: numpy, onnxruntime and tokenizers load at the first text.
"""

from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.embed.load import load_embedder
from erstwhile.embed.onnx import OnnxEmbedder
from erstwhile.embed.protocol import Embedder, Role

__all__ = ["Embedder", "HashingEmbedder", "OnnxEmbedder", "Role", "load_embedder"]
