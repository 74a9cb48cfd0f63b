"""Extractors: from the turns of a conversation to typed memories."""

from erstwhile.extract.kinds import kind_of
from erstwhile.extract.llm import LlmExtractor
from erstwhile.extract.protocol import Drawn, Extractor
from erstwhile.extract.rules import RuleExtractor

__all__ = ["Drawn", "Extractor", "LlmExtractor", "RuleExtractor", "kind_of"]
