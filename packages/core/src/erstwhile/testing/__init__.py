"""What every store, embedder, judge, reranker, extractor and clock must keep to, as tests to inherit; and values to test with.

Needs the extra ``erstwhile[testing]``.
"""

from erstwhile.testing.clock import FixedClock
from erstwhile.testing.embedder import EmbedderSuite
from erstwhile.testing.extractor import ExtractorSuite
from erstwhile.testing.judge import JudgeSuite
from erstwhile.testing.reranker import RerankerSuite
from erstwhile.testing.rows import make_row, make_version
from erstwhile.testing.store import StoreSuite

__all__ = ["EmbedderSuite", "ExtractorSuite", "FixedClock", "JudgeSuite", "RerankerSuite", "StoreSuite", "make_row", "make_version"]
