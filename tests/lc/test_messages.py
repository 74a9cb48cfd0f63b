"""Messages as turns: what is kept of them, who said it, and by what they are told apart."""

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_erstwhile.messages import asked_by, last_exchange, turns_of

SUMMARY = HumanMessage("Here is a summary: I live in Oslo.", additional_kwargs={"lc_source": "summarization"})


def test_a_summary_is_nobodys_word() -> None:
    """What LangChain's summarization puts in is neither kept nor taken for the question, unless nothing else is left to ask by."""
    said, answer = HumanMessage("And then?"), AIMessage("I see.")
    assert list(last_exchange([SUMMARY, said, answer])) == [said, answer]
    assert [turn.content for turn in turns_of([SUMMARY, said])] == ["And then?"]
    assert asked_by([said, answer, SUMMARY]) == "And then?"
    assert asked_by([SUMMARY, answer]) == SUMMARY.content
    assert list(last_exchange([SUMMARY, answer])) == []


def test_the_same_id_with_other_words_is_another_turn() -> None:
    """An edited message, and one whose id was counted from 1 again, are told apart; the same message is the same."""
    first, again, edited = turns_of([HumanMessage("I live in Porto", id="1"), HumanMessage("I live in Porto", id="1"), HumanMessage("I live in Faro", id="1")])
    assert first.id == again.id != edited.id
    assert str(first.id).startswith("1 ")
    long = [turn.id for turn in turns_of([HumanMessage("a", id="x" * 300 + "1"), HumanMessage("a", id="x" * 300 + "2")])]
    assert long[0] != long[1]
    parts = [turn.id for turn in turns_of([HumanMessage("x" * 40_000, id="1")])]
    assert parts[1] == f"{parts[0]} part 2"


def test_names_and_ids_that_nothing_can_hold() -> None:
    """They are made fit, and never a reason to lose what was said; a model has no name."""
    odd = [HumanMessage("a", name="n" * 500, id="\ud800"), HumanMessage("a", name=" ", id=" "), HumanMessage("a", name="\0"), AIMessage("a", name="Ana")]
    assert [len(turn.name or "") for turn in turns_of(odd)] == [256, 0, 1, 0]
    assert [turn.id is None for turn in turns_of(odd)] == [False, True, True, True]


def test_only_what_was_said_is_kept() -> None:
    """Neither what the application told its model, nor what a tool gave, nor a bare call of one; of several parts the text."""
    call = AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": "c"}])
    mixed = HumanMessage([{"type": "text", "text": "look at"}, {"type": "image", "url": "https://example.com/x.png"}, " this"])
    told = turns_of([SystemMessage("Be kind."), mixed, call, ToolMessage("seen", tool_call_id="c"), AIMessage("A cello.")])
    assert [(turn.role, turn.content) for turn in told] == [("user", "look at this"), ("assistant", "A cello.")]
