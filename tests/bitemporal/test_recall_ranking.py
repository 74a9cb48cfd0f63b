"""What a recall puts first, what it leaves out, and that nothing but the content decides."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from erstwhile import InvalidInputError, Recall
from erstwhile.embed import Embedder, HashingEmbedder, load_embedder
from erstwhile.engine import Engine
from erstwhile.scoped import ScopedMemory
from erstwhile.store import ReferenceStore, Store, query_terms
from erstwhile.store.lexical import document_terms
from erstwhile.testing import FixedClock

Open = Callable[..., Engine]

TAP = (
    ("Ana", "How was your weekend? Did the leaking tap in the kitchen keep you busy?"),
    ("Bo", "Oh, sorted at last. Turned out to be a worn washer."),
    ("Ana", "Nice. I spent mine reading about volcanoes."),
    ("Bo", "Good choice. The book on Iceland?"),
    ("Ana", "Yes, and I made lentil soup on Sunday."),
    ("Bo", "My train was late again this morning."),
)
ABOUT_TAP = "What was wrong with the leaking tap in the kitchen?"
NOTES = (
    "The ferry to the island leaves at nine.",
    "My sister plays the cello in an orchestra.",
    "The dentist moved to Mill Street.",
    "We planted three apple trees behind the barn.",
    "The bicycle needs a new chain.",
    "Our neighbour keeps bees.",
    "The library closes early on Fridays.",
    "Grandmother's recipe needs two cups of flour.",
    "The lighthouse was built of granite.",
    "A fox has dug a den below the hedge.",
)
UNKNOWN = ("Which vaccine did the parrot get?", "Who won the chess tournament?", "What is the boiling point of mercury?")


MOVING = (
    ("2023-02-10", "I play table tennis with the neighbours most evenings."),
    ("2023-05-06", "We moved to Porto today, boxes everywhere."),
    ("2023-09-12", "I play badminton at the sports hall on most evenings."),
)


@pytest.fixture(scope="module")
def shipped() -> Embedder:
    """The embedding model that is shipped, on one thread."""
    return load_embedder("bge-small", threads=1)


@pytest.fixture
def fresh(clock: FixedClock) -> Open:
    """Opens an engine on an empty store in memory."""

    def fresh(embedder: Embedder | None = None, **parts: Any) -> Engine:  # noqa: ANN401 - whatever an engine takes
        model = embedder or HashingEmbedder()
        return Engine(store=ReferenceStore(fingerprint=model.fingerprint, dimension=model.dimension), embedder=model, clock=clock, **parts)

    return fresh


class Backwards:
    """Likes best what it is given last."""

    name = "backwards"

    def __init__(self) -> None:
        self.read: list[tuple[str, ...]] = []

    def score(self, query: str, texts: Sequence[str]) -> tuple[float, ...]:
        self.read.append(tuple(texts))
        return tuple(place / len(texts) for place in range(len(texts)))


def _talk(memory: ScopedMemory, *said: tuple[str, str], session: str = "s", day: str = "2024-03-04") -> None:
    memory.observe(
        [{"role": "user", "name": name, "content": content, "at": f"{day}T10:{minute:02}:00Z"} for minute, (name, content) in enumerate(said)],
        session=session,
        draw=False,
    )


def _contents(found: Recall) -> list[str]:
    return [hit.content for hit in found]


def test_an_answer_without_the_words_of_its_question(fresh: Open, shipped: Embedder) -> None:
    """The answer is found through the turn that it answers; said elsewhere, out of that conversation, it is not."""
    answer = TAP[1][1]
    assert query_terms(ABOUT_TAP).keys().isdisjoint(document_terms(answer))
    together, apart = fresh(shipped).scope(user="ana"), fresh(shipped).scope(user="ana")
    _talk(together, *TAP)
    for number, turn in enumerate(TAP):
        _talk(apart, turn, session=f"session {number}")
    first, second, *_ = together.recall(ABOUT_TAP)
    assert (first.content, second.content) == (TAP[0][1], answer)
    assert second.lexical is not None
    assert second.parts.nearby > 0
    assert answer not in _contents(apart.recall(ABOUT_TAP))


@pytest.mark.parametrize("asked", ["Ana", "Bo"])
def test_who_is_named_comes_first(store: Store, open_on: Callable[[Store], Engine], asked: str) -> None:
    """Of two who said the same, the one whom the question names leads, and the explanation says why."""
    ana = open_on(store).scope(user="ana")
    for name in ("Bo", "Ana"):
        _talk(ana, (name, "I drink green tea in the morning"), session=name)
    first, second = ana.recall(f"What did {asked} say about tea?", min_relevance=0)
    assert (first.version.source.actor, second.version.source.actor) == (asked, "Ana" if asked == "Bo" else "Bo")
    assert first.parts.speaker > 0
    assert second.parts.speaker == 0
    assert "its speaker" in first.why
    assert "its speaker" not in second.why


def test_names_of_another_scope_change_nothing(store: Store, open_on: Callable[[Store], Engine]) -> None:
    """Who speaks elsewhere is nobody here: neither the ranking nor the question's meaning changes."""
    engine = open_on(store)
    ana = engine.scope(user="ana")
    _talk(ana, ("Bo", "I drink green tea"), ("Bo", "Ana drinks tea as well"))
    before = ana.recall("What did Ana say about tea?", min_relevance=0)
    _talk(engine.scope(user="bo"), ("Ana", "I say that I drink tea"))
    after = ana.recall("What did Ana say about tea?", min_relevance=0)
    assert after.hits == before.hits
    assert all(hit.parts.speaker == 0 for hit in after)


def test_a_name_is_no_part_of_the_meaning(ana: ScopedMemory) -> None:
    """The name of who speaks is taken out of what is compared by meaning: few say their own name."""
    _talk(ana, ("Ana", "green tea"))
    named, bare, unknown = (ana.recall(question, min_relevance=0)[0].dense for question in ("Ana's green tea", "green tea", "Zoë's green tea"))
    assert named == bare
    assert unknown != bare


def test_the_time_asked_about_comes_first(ana: ScopedMemory) -> None:
    """Of two who say the same, the one said then leads; "last week" is counted from the point asked about."""
    for day in ("2024-03-06", "2024-05-15"):
        _talk(ana, ("Ana" if day < "2024-05" else "Bo", "I cooked lentil soup"), session=day, day=day)
    spring = ana.recall("Who cooked soup last week?", as_of="2024-05-22", min_relevance=0)
    assert [hit.version.source.actor for hit in spring] == ["Bo", "Ana"]
    assert spring[0].parts.time > 0
    assert "its time" in spring[0].why
    march = ana.recall("Who cooked soup in March 2024?", min_relevance=0)
    assert [hit.version.source.actor for hit in march] == ["Ana", "Bo"]


def test_who_asks_when_gets_what_is_dated(ana: ScopedMemory) -> None:
    """A text that carries a date gains where the question asks for one, and only there."""
    ana.remember("We met the mayor on 3 May 2023", relate=False)
    ana.remember("We met the mayor again and again", relate=False)
    dated = {hit.content: hit.parts.time for hit in ana.recall("When did we meet the mayor?", min_relevance=0)}
    assert [share > 0 for share in dated.values()] == [content.endswith("2023") for content in dated]
    assert all(hit.parts.time == 0 for hit in ana.recall("Where did we meet the mayor?", min_relevance=0))


def test_why_names_the_channels(ana: ScopedMemory) -> None:
    """An explanation says which channels found a hit, and adds up to its score."""
    _talk(ana, ("Ana", "The kettle is broken"), ("Bo", "quite so"), ("Bo", "snow"))
    hits = {hit.content: hit for hit in ana.recall("Which kettle?", min_relevance=0)}
    found, answer, other = hits["The kettle is broken"], hits["quite so"], hits["snow"]
    assert found.why.startswith(f"Found by meaning (cosine {found.dense:.2f}) and by words (BM25 {found.lexical:.1f}). {found.score:.2f} = ")
    assert "for what was said beside it" in answer.why
    assert "by words" not in other.why
    assert found.why.endswith(f"Relevance {found.relevance:.2f}.")


@pytest.mark.parametrize("known", [1, 3, len(NOTES)])
def test_an_unknown_topic_has_no_answer(fresh: Open, shipped: Embedder, known: int) -> None:
    """Where nothing is known of what was asked nothing is returned, with one memory or several; what is known is found among them."""
    ana = fresh(shipped).scope(user="ana")
    ana.remember_many(NOTES[:known], relate=False)
    for question in UNKNOWN:
        assert ana.recall(question).hits == (), question
    assert _contents(ana.recall("When does the ferry leave?"))[0] == NOTES[0]


def test_the_user_of_the_scope_is_no_stranger(fresh: Open, shipped: Embedder) -> None:
    """Nobody says their own name; a question that names the scope's user is about them, one that names another is not."""
    ana = fresh(shipped).scope(user="ana")
    ana.remember_many([*NOTES, "I work at Nordwind as a data analyst"], relate=False)
    assert _contents(ana.recall("Where does Ana work?"))[:1] == ["I work at Nordwind as a data analyst"]
    assert ana.recall("Where does Marco work?").hits == ()


def test_whatever_comes_nearest_on_request(fresh: Open, shipped: Embedder) -> None:
    """With ``min_relevance=0`` everything is a hit, as far as k allows; with 1 only what could not be nearer."""
    ana = fresh(shipped).scope(user="ana")
    ana.remember_many(NOTES, relate=False)
    assert set(_contents(ana.recall(UNKNOWN[0], min_relevance=0))) == set(NOTES)
    assert len(ana.recall(UNKNOWN[0], min_relevance=0, k=4)) == 4
    assert ana.recall(UNKNOWN[0], min_relevance=1).hits == ()


@pytest.mark.parametrize("least", [None, 0])
def test_fewer_hits_are_the_first_of_more(fresh: Open, shipped: Embedder, least: float | None) -> None:
    """A smaller k gives the beginning of what a larger one gives."""
    ana = fresh(shipped).scope(user="ana")
    ana.remember_many(NOTES, relate=False)
    _talk(ana, *TAP)
    for question in (ABOUT_TAP, "What grows behind the barn?", "What did Ana read?"):
        whole = _contents(ana.recall(question, k=16, min_relevance=least))
        for k in range(1, 16):
            assert _contents(ana.recall(question, k=k, min_relevance=least)) == whole[:k]


def test_one_hit_is_the_best_of_many(fresh: Open, shipped: Embedder) -> None:
    """Of values of one attribute that score alike the newest comes first, however few hits are wanted."""
    ana = fresh(shipped).scope(user="ana")
    for month, drink in enumerate(("tea", "coffee", "cocoa"), start=1):
        ana.remember(f"I like {drink}", valid_from=f"2024-{month:02}-01")
    whole = _contents(ana.recall("What do I like?", k=10))
    assert whole[0] == "I like cocoa"
    assert _contents(ana.recall("What do I like?", k=1)) == whole[:1]


def _answers(memory: ScopedMemory) -> list[list[tuple[str, float]]]:
    # What has no score at all is ordered by id, and ids are given in order of writing.
    questions = (ABOUT_TAP, "When does the ferry leave?", "What did Bo say about the train?", UNKNOWN[0])
    return [[(hit.content, hit.score) for hit in memory.recall(question, k=20, min_relevance=0) if hit.score] for question in questions]


@pytest.mark.parametrize(("size", "threads"), [(1, 2), (4, 1), (len(NOTES), 2)])
def test_order_batches_and_threads_do_not_count(fresh: Open, shipped: Embedder, size: int, threads: int) -> None:
    """The same contents of the same times come in the same order with the same scores, however they were written and on however many threads."""
    one, other = fresh(shipped).scope(user="ana"), fresh(load_embedder("bge-small", threads=threads)).scope(user="ana")
    drafts = [{"content": content, "valid_from": f"2024-02-{day:02}"} for day, content in enumerate(NOTES, start=1)]
    one.remember_many(drafts, relate=False)
    _talk(one, *TAP)
    _talk(other, *TAP)
    shuffled = random.Random(size).sample(drafts, k=len(drafts))
    for start in range(0, len(drafts), size):
        other.remember_many(shuffled[start : start + size], relate=False)
    assert _answers(other) == _answers(one)


def test_a_reranker_has_the_last_word(fresh: Open) -> None:
    """Hits come in the reranker's order, with what it gave them, and keep the score of the recall."""
    backwards = Backwards()
    plain, ana = fresh().scope(user="ana"), fresh(reranker=backwards).scope(user="ana")
    for memory in (plain, ana):
        memory.remember_many(NOTES, relate=False)
    usual, found = plain.recall("When does the ferry leave?", min_relevance=0), ana.recall("When does the ferry leave?", min_relevance=0)
    assert _contents(found) == _contents(usual)[::-1]
    assert backwards.read == [tuple(_contents(usual))]
    assert [hit.reranked for hit in found] == [place / 10 for place in range(9, -1, -1)]
    assert [hit.score for hit in found] == [hit.score for hit in usual][::-1]
    assert all(hit.reranked is None for hit in usual)


@pytest.mark.parametrize("k", [1, 3, 50, 60])
def test_only_the_best_are_reranked(fresh: Open, k: int) -> None:
    """Fifty are read however few are wanted, so that fewer hits are the first of more; what lies beyond keeps its place behind them."""
    backwards = Backwards()
    plain, ana = fresh().scope(user="ana"), fresh(reranker=backwards).scope(user="ana")
    for memory in (plain, ana):
        memory.remember_many([f"note number {number} about the ferry" for number in range(60)], relate=False)
    usual = _contents(plain.recall("the ferry", k=60, min_relevance=0))
    found = ana.recall("the ferry", k=k, min_relevance=0)
    assert _contents(found) == [*usual[49::-1], *usual[50:]][:k]
    assert backwards.read == [tuple(usual[:50])]
    assert [hit.reranked is None for hit in found] == [place >= 50 for place in range(k)]


def test_a_reranker_never_sees_what_does_not_matter(fresh: Open, shipped: Embedder) -> None:
    """What is not relevant is left out before; a reranker brings nothing back."""
    backwards = Backwards()
    ana = fresh(shipped, reranker=backwards).scope(user="ana")
    ana.remember_many(NOTES, relate=False)
    assert ana.recall(UNKNOWN[0]).hits == ()
    assert backwards.read in ([], [()])


@pytest.mark.parametrize("wrong", ["bge-reranker", 7, len])
def test_what_is_no_reranker_is_refused(fresh: Open, wrong: object) -> None:
    """A wrong object is found out when the engine is made, and not in the middle of a question."""
    with pytest.raises(InvalidInputError, match="reranker: expected a Reranker, got"):
        fresh(reranker=wrong)


def test_a_reranker_that_miscounts_is_refused(fresh: Open) -> None:
    """Scores that cannot be told whose they are give no order."""

    class Short(Backwards):
        def score(self, query: str, texts: Sequence[str]) -> tuple[float, ...]:
            return super().score(query, texts)[1:]

    ana = fresh(reranker=Short()).scope(user="ana")
    ana.remember("tea")
    with pytest.raises(InvalidInputError, match="0 for 1 hits"):
        ana.recall("tea", min_relevance=0)


@pytest.mark.parametrize(
    ("question", "better", "worse"),
    [("What did we play in the evenings before the move?", 0, 2), ("What did I play in the evenings after we moved to Porto?", 2, 0)],
)
def test_an_event_is_a_time(fresh: Open, shipped: Embedder, question: str, better: int, worse: int) -> None:
    """Before or after something that happened: what is known of it says when that was, and what was said on that side of it comes before the other."""
    memory = fresh(shipped).scope(user="ana")
    for day, text in MOVING:
        memory.observe([{"role": "user", "content": text, "at": day}], draw=False)
    found = {hit.content: hit for hit in memory.recall(question, min_relevance=0)}
    first, second = found[MOVING[better][1]], found[MOVING[worse][1]]
    assert first.score > second.score
    assert (first.parts.time > 0, second.parts.time) == (True, 0)


def test_an_event_that_nobody_knows_is_no_time(fresh: Open, shipped: Embedder) -> None:
    """Nothing counts as before what never happened."""
    memory = fresh(shipped).scope(user="ana")
    for day, text in MOVING:
        memory.observe([{"role": "user", "content": text, "at": day}], draw=False)
    assert all(hit.parts.time == 0 for hit in memory.recall("What did we play before the volcano erupted?", min_relevance=0))
