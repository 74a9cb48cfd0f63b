"""What expires is not found from then on, and goes for good when the store is told to expire; what stays, and for how long it is kept."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

import erstwhile
from erstwhile.embed.hashing import HashingEmbedder
from erstwhile.engine import Engine
from erstwhile.model import MemoryType
from erstwhile.policy import Policy
from erstwhile.testing import FixedClock
from erstwhile.time import AsOf, as_duration, as_utc, duration_text

BEGIN = "2025-01-01"


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at the beginning."""
    return FixedClock(BEGIN)


@pytest.fixture
def engine(clock: FixedClock) -> Iterator[Engine]:
    """A store whose policy keeps observations for ninety days."""
    policy = Policy(retention={MemoryType.OBSERVATION: "90 days"})
    with erstwhile.open(":memory:", model=HashingEmbedder(), clock=clock, policy=policy) as engine:
        yield engine


def test_a_rule_for_a_type_gives_an_expiry(engine: Engine) -> None:
    """A memory of the type gets one, from when it is written or begins to hold; not one with its own, a pinned one, or one of another type."""
    ana = engine.scope(user="ana")
    given = {
        "2025-04-01": ana.remember("Ana is often late", type="observation"),
        "2025-01-02": ana.remember("Ana is tired", type="observation", expires_at="2025-01-02"),
        "2030-04-01": ana.remember("Ana will be away", type="observation", valid_from="2030-01-01"),
    }
    never = [ana.remember("Ana sings well", type="observation", pinned=True), ana.remember("Ana lives in Porto", type="fact")]
    # A write comes a microsecond after what was read before it.
    found = [outcome.version.expires_at for outcome in given.values()]
    assert all(expiry is not None and timedelta() <= expiry - as_utc(day) < timedelta(seconds=1) for expiry, day in zip(found, given, strict=True))
    assert [outcome.version.expires_at for outcome in never] == [None, None]


def test_expired_is_not_found(engine: Engine, clock: FixedClock) -> None:
    """From its expiry on a memory is not recalled, before it is, as of an earlier time too; and it stays in history."""
    ana = engine.scope(user="ana")
    made = ana.remember("The parcel is at the neighbour's", type="observation")
    clock.set("2025-03-31T23:59:59Z")
    assert ana.recall("where is the parcel?", min_relevance=0)
    clock.set("2025-04-01T00:00:01Z")
    assert not ana.recall("where is the parcel?", min_relevance=0)
    assert ana.recall("where is the parcel?", min_relevance=0, as_of="2025-02-01")
    assert ana.recall("where is the parcel?", min_relevance=0, as_of=AsOf(system="2025-02-01"))
    assert len(ana.history(made)) == 1


def test_expiring_erases_for_good(engine: Engine, clock: FixedClock) -> None:
    """What has expired goes from the past as well, with what was drawn from it, with a receipt for each scope; the rest stays."""
    ana, bo = engine.scope(user="ana"), engine.scope(user="bo")
    gone = ana.remember("Ana is often late", type="observation")
    drawn = ana.remember("Ana should be called early", type="learning", derived_from=[gone])
    later = bo.remember("Bo was here", type="fact", expires_at="2025-02-01")
    stays = bo.remember("Bo lives in Faro")
    clock.set("2025-04-01T00:00:01Z")
    would = engine.would_expire()
    assert {doomed.memory_ids for doomed in would} == {tuple(sorted((gone.memory_id, drawn.memory_id))), (later.memory_id,)}
    receipts = engine.expire(by="a timer")
    assert [receipt.memory_ids for receipt in receipts] == [doomed.memory_ids for doomed in would]
    assert {(receipt.by, receipt.reason, receipt.compacted) for receipt in receipts} == {("a timer", "It had expired.", True)}
    assert [engine.verify(receipt) for receipt in receipts] == [0, 0]
    assert not ana.snapshot(as_of="2025-02-01")
    assert [version.id for version in bo.snapshot()] == [stays.version.id]
    assert engine.expire() == ()


def test_a_memory_goes_as_a_whole(engine: Engine, clock: FixedClock) -> None:
    """A memory of which something that is believed has not expired keeps its past; a corrected expiry counts, a retracted one that has expired goes."""
    ana = engine.scope(user="ana")
    first = ana.remember("Ana rents in Porto", expires_at="2025-02-01")
    ana.remember("Ana rents in Lisbon", supersedes=first, valid_from="2025-01-15")
    longer = ana.remember("The code is 17", expires_at="2025-02-01")
    ana.correct(longer, expires_at=None)
    shorter = ana.remember("The gate is open")
    ana.correct(shorter, expires_at="2025-02-01")
    taken_back = ana.remember("It rains in Faro", expires_at="2025-02-01")
    ana.retract(taken_back)
    clock.set("2025-03-01")
    (receipt,) = engine.expire()
    assert set(receipt.memory_ids) == {shorter.memory_id, taken_back.memory_id}
    assert len(ana.history(first)) == 3


def test_being_contested_or_pinned(engine: Engine, clock: FixedClock) -> None:
    """A conflict does not keep what has expired, and ends with it; a pinned memory goes by an expiry of its own."""
    ana = engine.scope(user="ana")
    old = ana.remember("Ana's favourite colour is red", valid_from="2024-01-01", expires_at="2025-02-01")
    new = ana.remember("Ana's favourite colour is blue", valid_from="2024-01-01")
    assert len(ana.conflicts()) == 1
    pinned = ana.remember("Call Ana at noon", pinned=True, expires_at="2025-02-01")
    clock.set("2025-03-01")
    (receipt,) = engine.expire()
    assert set(receipt.memory_ids) == {old.memory_id, pinned.memory_id}
    (left,) = ana.snapshot()
    assert (left.memory_id, left.contested) == (new.memory_id, False)


def test_a_rule_made_later_counts_from_when_it_was_written(clock: FixedClock) -> None:
    """What was written before there was a rule is found until it is expired, and goes then; a pinned one stays."""
    plain = erstwhile.open(":memory:", model=HashingEmbedder(), clock=clock)
    ana = plain.scope(user="ana")
    old = ana.remember("Ana is often late", type="observation")
    ana.remember("Ana sings well", type="observation", pinned=True)
    clock.set("2025-03-01")
    ana.remember("Ana hums", type="observation")
    clock.set("2025-04-01T00:00:01Z")
    ruled = Engine(store=plain._ledger.store, embedder=HashingEmbedder(), clock=clock, policy=Policy(retention={"observation": timedelta(days=90)}))  # type: ignore[dict-item]
    assert len(ruled.scope(user="ana").snapshot()) == 3
    (receipt,) = ruled.expire()
    assert receipt.memory_ids == (old.memory_id,)


@pytest.mark.parametrize(
    ("given", "length", "text"),
    [
        ("90 days", timedelta(days=90), "90 days"),
        (" 1 Day ", timedelta(days=1), "1 day"),
        ("36hours", timedelta(hours=36), "36 hours"),
        ("2 weeks", timedelta(days=14), "14 days"),
        ("P90D", timedelta(days=90), "90 days"),
        ("PT36H", timedelta(hours=36), "36 hours"),
        ("PT90M", timedelta(minutes=90), "PT5400S"),
        (timedelta(hours=1), timedelta(hours=1), "1 hour"),
    ],
)
def test_lengths_of_time(given: str, length: timedelta, text: str) -> None:
    """A length is read from days, hours, weeks or ISO 8601, and written so that it is read back."""
    assert as_duration(given) == length
    assert duration_text(length) == text
    assert as_duration(text) == length


@pytest.mark.parametrize(
    "given", ["", "90", "ninety days", "1 month", "P1Y", "0 days", "-3 days", "59 minutes", "99999 days", "999999999 weeks", "PT1S", 90, None]
)
def test_what_is_no_length_of_time(given: object) -> None:
    """Anything else, and what is too short or too long, is refused with what to write."""
    with pytest.raises(erstwhile.InvalidInputError, match=r"observation.*(write|give)"):
        Policy.of({"retention": {"observation": given}})


def test_the_policy_keeps_it() -> None:
    """A policy with lengths is written to a file and read back; one can be taken out again."""
    import tomllib

    policy = Policy().with_retention("observation", "90 days").with_retention("error", "PT36H")
    assert Policy.of(tomllib.loads(policy.toml())) == policy
    assert policy.with_retention("error", None).with_retention("observation", None) == Policy()


def test_a_clock_that_ran_ahead_takes_nothing_along(engine: Engine, clock: FixedClock) -> None:
    """The system time stays ahead once a clock was; what is erased for good goes by what the clock says now."""
    ana = engine.scope(user="ana")
    ana.remember("Ana is often late", type="observation")
    clock.set("2099-01-01")
    ana.remember("Bo sings")
    clock.set("2025-01-02")
    assert engine.would_expire() == ()
    assert engine.expire() == ()
    clock.set("2025-04-02")
    assert [receipt.memories for receipt in engine.expire()] == [1]
