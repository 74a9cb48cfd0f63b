"""LangMem's tools on our store: what its model changes or deletes has a history."""

import json
from typing import Any

import pytest

import erstwhile
from langchain_erstwhile import ErstwhileStore

langmem: Any = pytest.importorskip("langmem", reason="runs in the environment of the newest releases, in test_versions.py")


def test_langmem_manages_memories_in_our_store(engine: erstwhile.Engine) -> None:
    """Create, change, search and delete, by the two tools that its users give to an agent."""
    store, config = ErstwhileStore(engine), {"configurable": {"user": "ana"}}
    manage = langmem.create_manage_memory_tool(namespace=("memories", "{user}"), store=store)
    search = langmem.create_search_memory_tool(namespace=("memories", "{user}"), store=store)
    id = manage.invoke({"content": "Ana lives in Porto", "action": "create"}, config).split()[-1]
    manage.invoke({"content": "Ana lives in Lisbon", "action": "update", "id": id}, config)
    [found] = json.loads(search.invoke({"query": "where does Ana live?"}, config))
    assert found["value"] == {"content": "Ana lives in Lisbon"}
    manage.invoke({"action": "delete", "id": id}, config)
    told = [version.value and version.value["content"] for version in store.history(("memories", "ana"), id)]
    assert told == ["Ana lives in Porto", "Ana lives in Lisbon", None]
