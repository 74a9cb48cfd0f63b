"""LangChain's own standard suites."""

from functools import cache
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import EmbeddingsIntegrationTests, RetrieversIntegrationTests, ToolsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests, ToolsUnitTests

import erstwhile
from erstwhile.embed import HashingEmbedder
from langchain_erstwhile import ErstwhileEmbeddings, ErstwhileRetriever, memory_tools


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


class _Tool:
    name = ""

    @property
    def tool_constructor(self) -> BaseTool:
        """The tool of that name."""
        return next(tool for tool in memory_tools(_ana()) if tool.name == self.name)

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        """What a model may give."""
        first = _ana().snapshot()[0].memory_id
        given: dict[str, dict[str, Any]] = {"remember": {"content": "Ana plays the cello"}, "recall": {"query": "Which friend has Ana?", "k": 2}}
        return given.get(self.name, {"memory_id": first})


class TestRememberUnit(_Tool, ToolsUnitTests):
    """The tool remember is one as LangChain means it."""

    name = "remember"


class TestRemember(_Tool, ToolsIntegrationTests):
    """The tool remember is one as LangChain means it."""

    name = "remember"


class TestRecallUnit(_Tool, ToolsUnitTests):
    """The tool recall is one as LangChain means it."""

    name = "recall"


class TestRecall(_Tool, ToolsIntegrationTests):
    """The tool recall is one as LangChain means it."""

    name = "recall"


class TestHistoryUnit(_Tool, ToolsUnitTests):
    """The tool history is one as LangChain means it."""

    name = "history"


class TestHistory(_Tool, ToolsIntegrationTests):
    """The tool history is one as LangChain means it."""

    name = "history"


class TestForgetUnit(_Tool, ToolsUnitTests):
    """The tool forget is one as LangChain means it."""

    name = "forget"


class TestForget(_Tool, ToolsIntegrationTests):
    """The tool forget is one as LangChain means it."""

    name = "forget"
