"""The middleware beside others, and where something fails: nothing is kept twice, nothing is made up, and no answer is lost to its memory."""

import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, SummarizationMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel
from tests.lc.scripted import scripted

import erstwhile
from erstwhile.embed import HashingEmbedder
from langchain_erstwhile import MemoryMiddleware, memory_tools

ANA = {"user": "ana"}
THREAD: Any = {"configurable": {"thread_id": "t"}}


@tool
def pay(amount: int) -> str:
    """Pay an amount."""
    return f"paid {amount}"


def _turns(engine: erstwhile.Engine, user: str = "ana") -> list[str]:
    return [version.content for version in engine.scope(user=user).snapshot(turns=True) if version.is_turn]


def test_a_person_in_the_loop(engine: erstwhile.Engine) -> None:
    """Nothing is kept while a run waits; resumed, or run again from an earlier point, it keeps each message once; no checkpoint holds what was recalled."""
    engine.scope(user="ana").remember("My bank is called Nova")
    calls = [{"name": "pay", "args": {"amount": amount}, "id": str(amount)} for amount in (1, 2)]
    model = scripted(AIMessage("I will pay twice.", tool_calls=calls), "Paid.")
    waits: Any = [MemoryMiddleware(engine), HumanInTheLoopMiddleware(interrupt_on={"pay": True})]
    saver = InMemorySaver()
    agent: Any = create_agent(model, tools=[pay], middleware=waits, checkpointer=saver)
    assert "__interrupt__" in agent.invoke({"messages": ["Pay my bank"]}, THREAD, context=ANA)
    assert _turns(engine) == []
    agent.invoke(Command(resume={"decisions": [{"type": "approve"}, {"type": "approve"}]}), THREAD, context=ANA)
    assert _turns(engine) == ["Pay my bank", "I will pay twice.", "Paid."]
    assert "Nova" in model.system(0)
    assert "Nova" in model.system(1)
    assert not any("Nova" in repr((kept.checkpoint, kept.pending_writes)) for kept in saver.list(None))
    start = list(agent.get_state_history(THREAD))[-2]
    agent.invoke(None, start.config, context=ANA)
    assert _turns(engine) == ["Pay my bank", "I will pay twice.", "Paid.", "I see."]


def test_a_summary_of_the_conversation_is_not_kept(engine: erstwhile.Engine) -> None:
    """A model wrote it, and it stands there as if the person had said it: nothing is drawn from it."""
    summarizes = SummarizationMiddleware(scripted("I live in Oslo.", "I live in Bergen."), trigger=("messages", 4), keep=("messages", 1))
    agent: Any = create_agent(scripted(), middleware=[MemoryMiddleware(engine), summarizes], checkpointer=InMemorySaver())
    for said in ("Hello there", "I play the cello", "What now?", "And then?"):
        done = agent.invoke({"messages": [said]}, THREAD, context=ANA)
    assert "Bergen" in done["messages"][0].text, "it was summarised"
    assert _turns(engine) == ["Hello there", "I see.", "I play the cello", "I see.", "What now?", "I see.", "And then?", "I see."]
    assert [version.content for version in engine.scope(user="ana").snapshot()] == ["I play the cello"]


def test_a_model_that_repeats_what_it_was_shown_teaches_nothing(engine: erstwhile.Engine) -> None:
    """Neither its prompt word for word nor a retelling becomes something that is known of the person."""
    ana = engine.scope(user="ana")
    ana.remember("I live in Porto")
    model = scripted("I see.")
    say: Any = create_agent(model, middleware=[MemoryMiddleware(engine)])
    say.invoke({"messages": ["Where do I live, in Porto?"]}, context={**ANA, "session": "1"})
    assert "I live in Porto" in model.system()
    before = ana.snapshot()
    echo: Any = create_agent(scripted(model.system(), 'You live in Porto. "I live in Porto", you said.'), middleware=[MemoryMiddleware(engine)])
    for session in ("2", "3"):
        echo.invoke({"messages": ["Print what you were told"]}, context={**ANA, "session": session})
    assert ana.snapshot() == before


def test_two_memories_for_one_agent(engine: erstwhile.Engine) -> None:
    """That of a person and that of a project, by a subclass, which has a name of its own: both reach the model, and one of them keeps the exchange."""

    class ProjectMemory(MemoryMiddleware):
        """The same by another name."""

    engine.scope(user="ana").remember("My cello is called Otto")
    engine.scope(project="quartet").remember("The cello concert is on Friday")
    model = scripted()
    both: Any = [MemoryMiddleware(engine), ProjectMemory(engine, scope={"project": "quartet"}, keep=False)]
    agent: Any = create_agent(model, middleware=both)
    agent.invoke({"messages": ["When is the cello concert with Otto?"]}, context=ANA)
    assert "Otto" in model.system()
    assert "Friday" in model.system()
    assert len(_turns(engine)) == 2
    assert engine.scope(project="quartet").stats().turns == 0


@pytest.mark.parametrize("mode", ["values", "updates", "messages", "debug", "tasks", "checkpoints", "custom", ["values", "messages"]])
def test_no_stream_shows_what_was_recalled(engine: erstwhile.Engine, mode: Any) -> None:  # noqa: ANN401
    """Whatever is streamed, memory stays between the middleware and the model, and the exchange is kept once."""
    engine.scope(user="ana").remember("My bank is called Nova")
    model = scripted("A good one")
    agent: Any = create_agent(model, middleware=[MemoryMiddleware(engine)], checkpointer=InMemorySaver())
    shown = list(agent.stream({"messages": ["What of my bank?"]}, THREAD, context=ANA, stream_mode=mode))
    assert "Nova" in model.system()
    assert "Nova" not in repr(shown)
    assert _turns(engine) == ["What of my bank?", "A good one"]


def test_an_answer_in_a_form_of_its_own(engine: erstwhile.Engine) -> None:
    """Structured output comes as asked for; what the person said is kept."""

    class Town(BaseModel):
        """A town."""

        name: str

    answer = AIMessage("", tool_calls=[{"name": "Town", "args": {"name": "Porto"}, "id": "1"}])
    agent: Any = create_agent(scripted(answer), middleware=[MemoryMiddleware(engine)], response_format=ToolStrategy(Town))
    assert agent.invoke({"messages": ["I live in Porto."]}, context=ANA)["structured_response"] == Town(name="Porto")
    assert _turns(engine) == ["I live in Porto."]


@pytest.mark.parametrize("prompt", ["", SystemMessage(""), SystemMessage([])])
def test_no_empty_block_reaches_a_model(engine: erstwhile.Engine, prompt: Any) -> None:  # noqa: ANN401
    """Some providers refuse one."""
    engine.scope(user="ana").remember("My bank is called Nova")
    model = scripted()
    agent: Any = create_agent(model, system_prompt=prompt, middleware=[MemoryMiddleware(engine)])
    agent.invoke({"messages": ["What of my bank?"]}, context=ANA)
    assert "Nova" in str(model.seen[0][0].content)
    assert isinstance(model.seen[0][0].content, str)


@pytest.mark.parametrize("given", [{"session": "s" * 300}, {"session": " "}, {"as_of": "soon"}, {"user": " "}])
def test_what_cannot_be_used_is_told_before_the_model_is_asked(engine: erstwhile.Engine, given: dict[str, str]) -> None:
    """An answer that cannot be kept is not paid for first."""
    model = scripted()
    agent: Any = create_agent(model, middleware=[MemoryMiddleware(engine, required=False)])
    with pytest.raises(erstwhile.InvalidInputError):
        agent.invoke({"messages": ["Hello"]}, context={**ANA, **given})
    assert model.seen == []


@pytest.fixture
def closed(tmp_path: Path) -> erstwhile.Engine:
    """A memory that cannot be used any more."""
    engine = erstwhile.open(tmp_path / "store", model=HashingEmbedder(), durable=False)
    engine.close()
    return engine


async def test_a_memory_that_fails_fails_the_run_or_is_gone_without(closed: erstwhile.Engine, caplog: pytest.LogCaptureFixture) -> None:
    """By default the run fails; where memory is not required the person is answered, and the log says what was not done, without what was said."""
    strict: Any = create_agent(scripted(), middleware=[MemoryMiddleware(closed)])
    with pytest.raises(erstwhile.StoreClosedError):
        strict.invoke({"messages": ["I live in Porto."]}, context=ANA)
    caplog.set_level(logging.WARNING, logger="langchain_erstwhile")
    lenient: Any = create_agent(scripted("Hello."), middleware=[MemoryMiddleware(closed, required=False)])
    assert lenient.invoke({"messages": ["I live in Porto."]}, context=ANA)["messages"][-1].text == "Hello."
    assert (await lenient.ainvoke({"messages": ["I live in Porto."]}, context=ANA))["messages"][-1].text == "I see."
    said = [record.getMessage() for record in caplog.records if record.name.startswith("langchain_erstwhile")]
    assert [message.split(",")[0] for message in said] == ["Nothing was recalled", "Nothing was kept"] * 2
    assert "StoreClosedError" in said[0]
    assert "Porto" not in "".join(said)


def test_tools_do_not_tell_a_model_what_is_wrong_with_the_store(closed: erstwhile.Engine) -> None:
    """A path or an address is none of its business, and it can mend neither."""
    [recall] = [each for each in memory_tools(closed.scope(user="ana")) if each.name == "recall"]
    with pytest.raises(erstwhile.StoreClosedError):
        recall.invoke({"query": "where do I live?"})


def test_users_in_threads_never_mix(engine: erstwhile.Engine) -> None:
    """One agent, many threads: each run reads and writes its own user's memory."""
    model = scripted()
    agent: Any = create_agent(model, middleware=[MemoryMiddleware(engine, draw=False)])
    users = [f"user {number}" for number in range(8)]

    def talk(user: str) -> None:
        for text in (f"My number plate is {user}", f"My number plate, which is it? I am {user}"):
            agent.invoke({"messages": [HumanMessage(text)]}, context={"user": user, "session": text})

    threads = [threading.Thread(target=talk, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for user in users:
        others = [other for other in users if other != user]
        assert len(_turns(engine, user)) == 4
        assert not any(other in text for other in others for text in _turns(engine, user))
    for messages in model.seen:
        [own] = [user for user in users if str(messages[-1].text).endswith(user)]
        assert not any(other in str(messages[0].text) for other in users if other != own)
