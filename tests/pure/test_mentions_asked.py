"""Questions that ask for a time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erstwhile.mentions import asks_when


@pytest.mark.parametrize(
    "question",
    [
        "When did I go to Rome?",
        "when is it due",
        "When?",
        "When’s my birthday?",  # noqa: RUF001 - as people type it
        "When exactly did she call?",
        "When was the last time I saw her?",
        "Do you remember when I bought it?",
        "Since when do I live here?",
        "Until when is it open?",
        "How long ago did I buy the car?",
        "What date was the wedding?",
        "What was the date of the wedding?",
        "Which year did she move?",
        "what month was it",
        "On which day did we meet?",
        "In what year was he born?",
    ],
)
def test_it_asks_when(question: str) -> None:
    """A question for a time is known by its words."""
    assert asks_when(question)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "What did I do in March?",
        "What did I say when we met?",
        "When we were in Rome, what did we eat?",
        "When I was a child I had a dog",
        "How long did it take?",
        "What kind of day was it?",
        "Whenever I call, who answers?",
        "Who was at the wedding yesterday?",
    ],
)
def test_it_asks_something_else(question: str) -> None:
    """ "When" inside a question for something else asks for no time, nor does a question about a time that it names."""
    assert not asks_when(question)


@settings(deadline=None, database=None)
@given(st.text(max_size=2_000))
def test_no_question_is_refused(question: str) -> None:
    """Whatever the text, there is an answer."""
    assert asks_when(question) in {True, False}
