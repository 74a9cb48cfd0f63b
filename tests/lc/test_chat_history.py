"""Chat history and the classic memory: conversations come back, and what was said in one is known in another."""

import base64
import random
import string
from contextlib import nullcontext
from typing import Any

import pytest
from langchain_classic.chains.conversation.base import ConversationChain
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables.history import RunnableWithMessageHistory
from pydantic import Field
from tests.lc.scripted import scripted

import erstwhile
from erstwhile.embed import HashingEmbedder
from langchain_erstwhile import ErstwhileChatMessageHistory, ErstwhileMemory, ErstwhileRetriever

ANA = {"user": "ana"}
SECRET = "ghp_" + "".join(random.Random(2).choices(string.ascii_letters + string.digits, k=36))
# That these are of the past is LangChain's to say, and why they are here.
pytestmark = pytest.mark.filterwarnings("ignore::langchain_core._api.deprecation.LangChainDeprecationWarning")


def test_messages_come_back_as_they_were(engine: erstwhile.Engine) -> None:
    """With ids, calls of tools and parts that are no text, in order, however often the same is said, and in no other session."""
    said = [
        SystemMessage("Be terse."),
        HumanMessage("ok", id="1", name="Ana"),
        AIMessage("", tool_calls=[{"name": "look", "args": {"n": 1}, "id": "c1"}]),
        ToolMessage("seen", tool_call_id="c1"),
        AIMessage([{"type": "text", "text": "ok"}, {"type": "image", "base64": base64.b64encode(b"x").decode(), "mime_type": "image/png"}]),
        HumanMessage("ok"),
        HumanMessage("ok"),
    ]
    history = ErstwhileChatMessageHistory(engine, "s1", scope=ANA)
    history.add_messages(said[:3])
    history.add_messages(said[3:])
    assert history.messages == said
    assert ErstwhileChatMessageHistory(engine, "s1", scope=ANA).messages == said
    assert ErstwhileChatMessageHistory(engine, "s2", scope=ANA).messages == []
    assert ErstwhileChatMessageHistory(engine, "s1", scope={"user": "bea"}).messages == []


async def test_awaited_it_does_the_same(engine: erstwhile.Engine) -> None:
    """And what was said is known elsewhere, until the conversation is cleared."""
    history = ErstwhileChatMessageHistory(engine, "s1", scope=ANA)
    await history.aadd_messages([HumanMessage("I live in Porto."), AIMessage("Lovely.")])
    assert [message.text for message in await history.aget_messages()] == ["I live in Porto.", "Lovely."]
    other = ErstwhileChatMessageHistory(engine, "s2", scope=ANA)
    await other.aadd_messages([HumanMessage("I play the cello.")])
    known = [document.page_content for document in ErstwhileRetriever(memory=engine, scope=ANA, min_relevance=0).invoke("What about Ana?")]
    assert any("Porto" in text for text in known)
    await history.aclear()
    assert history.messages == []
    left = [version.content for version in engine.scope(user="ana").snapshot(turns=True)]
    assert left
    assert not any("Porto" in text for text in left)
    assert other.messages
    await history.aclear()


def test_a_list_of_messages_and_no_more(engine: erstwhile.Engine) -> None:
    """``observe=False`` keeps them out of what is recalled; a scope with a session, or none, is refused, and so is what is too large."""
    history = ErstwhileChatMessageHistory(engine, "s1", scope=ANA, observe=False)
    history.add_user_message("I live in Porto.")
    assert engine.scope(user="ana").stats().versions == 0
    with pytest.raises(erstwhile.InvalidInputError, match="names a session"):
        ErstwhileChatMessageHistory(engine, "s1", scope=erstwhile.Scope(user="ana", session="s1"))
    with pytest.raises(erstwhile.InvalidInputError, match="have a scope of their own"):
        ErstwhileChatMessageHistory(engine.scope(user="ana"), "s1", scope=ANA)  # type: ignore[arg-type]
    with pytest.raises(erstwhile.InvalidInputError, match="at most 65,536"):
        history.add_messages([HumanMessage("fine"), HumanMessage("x" * 70_000)])
    assert len(history.messages) == 1


def test_a_secret_ends_no_conversation(engine: erstwhile.Engine) -> None:
    """It is masked in a message as it is in a turn, also among the arguments of a call; a policy that refuses or keeps is followed."""
    said = [HumanMessage(f"my key is {SECRET}"), AIMessage("", tool_calls=[{"name": "log_in", "args": {"password": "hunter2-x9Q", "n": 4}, "id": "1"}])]
    history = ErstwhileChatMessageHistory(engine, "s1", scope=ANA)
    history.add_messages(said)
    [first, second] = history.messages
    assert first.text == "my key is [secret: github-pat]"
    assert second.tool_calls[0]["args"] == {"password": "[secret: password]", "n": 4}  # type: ignore[attr-defined]
    for policy, kept in ((erstwhile.Policy(secrets="refuse", turn_secrets="refuse"), 0), (erstwhile.Policy(secrets="keep", turn_secrets="keep"), 2)):
        with erstwhile.open(":memory:", model=HashingEmbedder(), policy=policy) as other:
            history = ErstwhileChatMessageHistory(other, "s1", scope=ANA)
            with pytest.raises(erstwhile.InvalidInputError) if not kept else nullcontext():
                history.add_messages(said)
            assert history.messages == said[:kept]


@pytest.mark.parametrize("said", [HumanMessage(" "), HumanMessage("a \0 and \ud800"), HumanMessage("a", name="n" * 500, id=" "), HumanMessage("x" * 40_000)])
def test_an_odd_message_comes_back_too(engine: erstwhile.Engine, said: HumanMessage) -> None:
    """What nothing can hold is for the turn to replace; the message is as it was."""
    history = ErstwhileChatMessageHistory(engine, "s1", scope=ANA)
    history.add_messages([said])
    assert history.messages == [said]


def test_a_runnable_with_a_history(engine: erstwhile.Engine) -> None:
    """`RunnableWithMessageHistory` gives the model what was said before in the same session, of the same user."""
    model = scripted("Noted.", "In Porto.", "I do not know.")
    prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("past"), ("human", "{said}")])

    def history_of(session_id: str) -> ErstwhileChatMessageHistory:
        return ErstwhileChatMessageHistory(engine, session_id, scope=ANA)

    chain: Any = RunnableWithMessageHistory(prompt | model, history_of, input_messages_key="said", history_messages_key="past")
    for said, session in (("I live in Porto.", "s1"), ("Where do I live?", "s1"), ("And I?", "s2")):
        chain.invoke({"said": said}, {"configurable": {"session_id": session}})
    assert [[str(message.text) for message in messages] for messages in model.seen] == [
        ["I live in Porto."],
        ["I live in Porto.", "Noted.", "Where do I live?"],
        ["And I?"],
    ]


@pytest.mark.parametrize("said", ["word " * 8_000, "a NUL \0 and half a pair \ud800", " "])
def test_a_classic_chain_takes_whatever_is_said(engine: erstwhile.Engine, said: str) -> None:
    """A pasted page, or what no text can hold, is kept and asked by, and ends no chain."""
    memory = ErstwhileMemory(memory=engine, scope=ANA)
    memory.save_context({"input": said}, {"output": "Noted."})
    assert memory.load_memory_variables({"input": said})["history"].endswith("AI: Noted.")
    kept = "".join(turn.content for turn in engine.scope(user="ana").snapshot(turns=True) if turn.source.actor == "user")
    assert kept.split() == said.replace("\0", "\ufffd").replace("\ud800", "\ufffd").split()
    assert ErstwhileRetriever(memory=engine, scope=ANA, min_relevance=0).invoke(said) or not said.strip()


class _Asked(FakeListLLM):
    seen: list[str] = Field(default_factory=list)

    def _call(self, prompt: str, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401
        self.seen.append(prompt)
        return super()._call(prompt, *args, **kwargs)


def test_a_classic_chain(engine: erstwhile.Engine) -> None:
    """`ConversationChain` with ``memory=`` ours: the last turns word for word, and in a later conversation what was said in this one, fenced."""
    llm = _Asked(responses=["Noted.", "In Porto.", "In Porto, you said."], seen=[])
    first: Any = ConversationChain(llm=llm, memory=ErstwhileMemory(memory=engine, scope=ANA, session="s1"))
    first.invoke("My home town is Porto.")
    first.invoke("Which town is my home?")
    assert "Human: My home town is Porto.\nAI: Noted.\nHuman: Which town is my home?" in llm.seen[1]
    second: Any = ConversationChain(llm=llm, memory=ErstwhileMemory(memory=engine.scope(user="ana"), session="s2"))
    second.invoke("Which town is my home?")
    assert "It is data to draw on" in llm.seen[2]
    assert "My home town is Porto" in llm.seen[2]
    other: Any = ConversationChain(llm=llm, memory=ErstwhileMemory(memory=engine, scope={"user": "bea"}, session="s1"))
    other.invoke("Which town is my home?")
    assert "Porto" not in llm.seen[3]


async def test_the_classic_memory_by_itself(engine: erstwhile.Engine) -> None:
    """Messages in place of a text, keys that must be named where there are several, clearing one conversation."""
    memory = ErstwhileMemory(memory=engine, scope=ANA, session="s1", return_messages=True, input_key="said", output_key="text", recent=2)
    await memory.asave_context({"said": "I live in Porto.", "other": "x"}, {"text": "Noted.", "other": "y"})
    memory.save_context({"said": "I play the cello.", "other": "x"}, {"text": "Lovely.", "other": "y"})
    loaded = memory.load_memory_variables({"said": "Where do I live? In Porto?", "other": "x"})["history"]
    assert [message.type for message in loaded] == ["system", "human", "ai"]
    assert "I live in Porto" in loaded[0].text
    assert [message.text for message in loaded[1:]] == ["I play the cello.", "Lovely."]
    assert memory.load_memory_variables({"said": " "})["history"] == loaded[1:]
    with pytest.raises(erstwhile.InvalidInputError, match="which of said, other is meant; give input_key"):
        ErstwhileMemory(memory=engine, scope=ANA).load_memory_variables({"said": "x", "other": "y"})
    engine.scope(user="ana").remember("I have two cats")
    await memory.aclear()
    assert [version.content for version in engine.scope(user="ana").snapshot(turns=True)] == ["I have two cats"]
    memory.clear()
    with pytest.raises(erstwhile.InvalidInputError, match="Nobody's memory was named"):
        ErstwhileMemory(memory=engine).clear()
