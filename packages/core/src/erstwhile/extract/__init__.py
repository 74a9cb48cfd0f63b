"""Extractors: from the turns of a conversation to typed memories."""

from erstwhile.extract.protocol import Drawn, Extractor

__all__ = ["Drawn", "Extractor"]
