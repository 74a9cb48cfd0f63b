"""LangChain's own standard suites."""

from functools import cache
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import EmbeddingsIntegrationTests, RetrieversIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

import erstwhile
from erstwhile.embed import HashingEmbedder
from langchain_erstwhile import ErstwhileEmbeddings, ErstwhileRetriever


@cache
def _ana() -> erstwhile.ScopedMemory:
    ana = erstwhile.open(":memory:", model=HashingEmbedder()).scope(user="ana")
    for town in ("Porto", "Faro", "Braga", "Evora"):
        ana.remember(f"Ana has a friend in {town}", type="relationship", relate=False)
    return ana


class TestRetriever(RetrieversIntegrationTests):
    """The retriever is one as LangChain means it."""

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        """Ours."""
        return ErstwhileRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        """On a memory of four friends."""
        return {"memory": _ana()}

    @property
    def retriever_query_example(self) -> str:
        """What all four have to do with."""
        return "Which friend has Ana?"


class TestEmbeddings(EmbeddingsIntegrationTests):
    """The on-device model answers as LangChain expects."""

    @property
    def embeddings_class(self) -> type[Embeddings]:
        """Ours."""
        return ErstwhileEmbeddings


class TestEmbeddingsUnit(EmbeddingsUnitTests):
    """It is made as LangChain makes one."""

    @property
    def embeddings_class(self) -> type[Embeddings]:
        """Ours."""
        return ErstwhileEmbeddings
