"""The hashing embedder keeps to the contract of an embedder."""

import pytest

from erstwhile.embed import HashingEmbedder
from erstwhile.testing import EmbedderSuite


class TestHashingEmbedder(EmbedderSuite):
    """The embedder without a model, in both of its sizes."""

    @pytest.fixture(autouse=True, params=[64, 256])
    def _size(self, request: pytest.FixtureRequest) -> None:
        self.size: int = request.param

    def make(self) -> HashingEmbedder:
        return HashingEmbedder(self.size)
