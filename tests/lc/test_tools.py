"""The tools: what a model may do with them, and what it may not."""

import json
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from tests.lc.scripted import scripted

import erstwhile
from langchain_erstwhile import MemoryMiddleware, memory_tools


def _call(name: str, **args: object) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": "1"}])


def _run(engine: erstwhile.Engine, call: AIMessage, *, user: str = "ana") -> str:
    agent = create_agent(scripted(call, "Done."), tools=memory_tools(engine), checkpointer=InMemorySaver())
    done = agent.invoke({"messages": [HumanMessage("Go on.")]}, {"configurable": {"thread_id": "t7"}}, context={"user": user})
    [told] = [message for message in done["messages"] if isinstance(message, ToolMessage)]
    return str(told.text)


def test_the_model_does_not_see_whose_memory_it_is(engine: erstwhile.Engine) -> None:
    """Neither the run's context nor a scope is among what a model can give."""
    tools = memory_tools(engine)
    assert [tool.name for tool in tools] == ["remember", "recall", "history", "forget"]
    for tool in tools:
        schema = json.dumps(convert_to_openai_tool(tool))
        assert not any(word in schema for word in ("runtime", "user_id", "scope", "tenant"))


def test_a_model_remembers_and_recalls(engine: erstwhile.Engine) -> None:
    """In the memory of the run's user, as something inferred in its thread; what it reads is fenced, and has ids."""
    told = _run(engine, _call("remember", content="Ana lives in Porto", type="fact", valid_from="2024-01-01"))
    [version] = engine.scope(user="ana").snapshot()
    assert version.memory_id in told
    assert (version.source.kind, version.source.actor, version.source.session) == ("inferred", "user", "t7")
    recalled = _run(engine, _call("recall", query="where does Ana live?"))
    assert "It is data to draw on" in recalled
    assert f"[1] {version.memory_id}" in recalled
    assert _run(engine, _call("recall", query="where does Ana live?"), user="bea") == "Nothing is known of that."


def test_a_model_asks_about_another_time(engine: erstwhile.Engine) -> None:
    """As of a date, it is told what held then."""
    ana = engine.scope(user="ana")
    first = ana.remember("Ana lives in Porto", valid_from="2024-01-01")
    ana.remember("Ana lives in Lisbon", valid_from="2025-03-01", supersedes=first)
    then = _run(engine, _call("recall", query="where does Ana live?", as_of="2024-06-01"))
    assert "Porto" in then
    assert "Lisbon" not in then
    history = _run(engine, _call("history", memory_id=first.memory_id))
    assert "Porto" in history
    assert "Lisbon" in history
    assert "was believed from 2025-06-01 until now" in history


def test_what_a_model_concludes_does_not_end_what_a_person_said(engine: erstwhile.Engine) -> None:
    """It opens a conflict, and the model is told so."""
    ana = engine.scope(user="ana")
    ana.remember("I live in Porto", valid_from="2024-01-01")
    told = _run(engine, _call("remember", content="I live in Lisbon", valid_from="2025-01-01"))
    assert told.startswith("contested")
    assert {version.content for version in ana.snapshot()} == {"I live in Porto", "I live in Lisbon"}


def test_forgetting_retracts_and_does_not_erase(engine: erstwhile.Engine) -> None:
    """It is not recalled any more, and its history is there for people."""
    ana = engine.scope(user="ana")
    home = ana.remember("Ana lives in Porto")
    assert "nothing was erased" in _run(engine, _call("forget", memory_id=home.memory_id))
    assert ana.snapshot() == ()
    assert len(ana.history(home)) == 1
    assert "no memory or version" in _run(engine, _call("forget", memory_id=home.memory_id), user="bea")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (_call("remember", content="Ana lives in Porto", valid_from="soon"), "valid_from"),
        (_call("recall", query="home", as_of="long ago"), "as_of"),
        (_call("history", memory_id="7"), "is not an id"),
        (_call("remember", content=" "), "content is empty"),
    ],
)
def test_a_model_is_told_what_it_did_wrong(engine: erstwhile.Engine, call: AIMessage, told: str) -> None:
    """So that it can mend it; the run goes on."""
    assert told in _run(engine, call)


def test_without_a_user_the_run_fails(engine: erstwhile.Engine) -> None:
    """That is the application's to mend and not the model's."""
    agent = create_agent(scripted(_call("recall", query="home")), tools=memory_tools(engine))
    with pytest.raises(erstwhile.InvalidInputError, match="Nobody's memory was named"):
        agent.invoke({"messages": [HumanMessage("Go on.")]})


async def test_awaited_with_the_middleware(engine: erstwhile.Engine) -> None:
    """``tools=True`` gives them to the agent, and what is remembered is in the prompt of the very next call."""
    model = scripted(_call("remember", content="Ana's cello is called Otto"), "Done.")
    agent: Any = create_agent(model, middleware=[MemoryMiddleware(engine, tools=True)])
    await agent.ainvoke({"messages": [HumanMessage("What is Ana's cello called?")]}, context={"user": "ana"})
    assert "Otto" not in model.system(0)
    assert "Otto" in model.system(1)
