"""Secrets are found by their form, ordinary text is not, and what looks like one is never written, embedded, logged or put into an error."""

import logging
import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from benchmarks.guard.secrets import ORDINARY, generated
from hypothesis import given
from hypothesis import strategies as st
from tests.guard import conftest

from erstwhile.embed import HashingEmbedder
from erstwhile.errors import InvalidInputError
from erstwhile.guard import find_secrets
from erstwhile.guard.rules import rules
from erstwhile.guard.secrets import masked_text
from erstwhile.model import Provenance
from erstwhile.policy import Policy
from erstwhile.scoped import ScopedMemory

Make = Callable[..., ScopedMemory]
KEY = "ghp_" + "a1B2c3D4e5F6" * 3
CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize("kind", sorted(generated(1)))
def test_it_is_found_by_its_form(kind: str) -> None:
    """A made-up secret of each kind is found in the middle of a sentence, and nothing of it is left when it is masked."""
    for sentence, secret in generated(3)[kind]:
        assert [each.kind for each in find_secrets(sentence)], sentence
        assert secret not in masked_text(sentence)[0]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_passes(text: str) -> None:
    """Hashes, ids, order and phone numbers, dates and talk about passwords are no secrets."""
    assert find_secrets(text) == ()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.kind)
def test_a_rule_takes_no_time_on_a_text_made_for_it(rule: object) -> None:
    """What each rule looks for, over and over and cut short, at the greatest length: the search ends."""
    for keyword in rule.keywords[:1]:  # type: ignore[attr-defined]
        for filling in ("a", "= ", "A1", "-", "\n"):
            text = (keyword + filling * 30) * (32_768 // (len(keyword) + 30))
            list(rule.spans(text[:32_768]))  # type: ignore[attr-defined]
            list(rule.spans(keyword + filling * 16_000))  # type: ignore[attr-defined]


@given(st.text() | st.lists(st.sampled_from([KEY, CARD, "password is hunter2!x", "hello", "://a:b1234@c"])).map(" ".join))
def test_a_masked_text_has_no_secret(text: str) -> None:
    """Masking leaves nothing to mask, and names at least what was found: one that is taken out can lay bare another beside it."""
    clean, kinds = masked_text(text)
    assert len(kinds) >= len(find_secrets(text))
    assert find_secrets(clean) == ()


def test_secrets_that_touch_are_both_masked() -> None:
    """A card number right after a token's last character is told once the token is out."""
    clean, kinds = masked_text(f"gho_{'0123456789ab' * 3}{CARD}")
    assert find_secrets(clean) == ()
    assert kinds[0] == "github-oauth"
    assert "1111" not in clean


PARTS = {
    "content": {"content": f"the key is {KEY}"},
    "tags 0": {"tags": (KEY,)},
    "aliases 1": {"aliases": ("a", KEY)},
    "metadata.deploy.key 0": {"metadata": {"deploy": {"key": [KEY]}}},
    "metadata, a name": {"metadata": {KEY: 1}},
    "metadata.card": {"metadata": {"card": int(CARD.replace(" ", ""))}},
    "metadata.password": {"metadata": {"password": "hunter2!x"}},
    "derived_from 0": {"derived_from": (KEY,)},
    "source quote": {"source": Provenance(quote=KEY)},
    "source reference": {"source": Provenance(reference=f"https://me:{KEY}@host/x")},
    "source actor": {"source": Provenance(actor=KEY)},
}


@pytest.mark.parametrize("where", PARTS)
def test_every_part_is_looked_at(make: Make, where: str) -> None:
    """Refused by default, with the kind and the place and not the text; masked where the policy says so, and told in the outcome."""
    draft = {"content": "a thing", **PARTS[where]}
    with pytest.raises(InvalidInputError, match=f"^{re.escape(where)} holds what looks like a secret") as error:
        make().remember(**draft)
    assert KEY not in str(error.value)
    memory = make(policy=Policy(secrets="mask"))  # type: ignore[arg-type]
    outcome = memory.remember(**draft)
    assert [each.where for each in outcome.masked] == [where]
    for text in (repr(outcome), repr(memory.history(outcome))):
        assert not {KEY, CARD.replace(" ", ""), "hunter2!x"} & set(re.split(r"[\s'\"(),\[\]{}:@/]+", text))
    kept = make(policy=Policy(secrets="keep"))  # type: ignore[arg-type]
    assert kept.remember(**draft).masked == ()


def test_every_way_of_writing(make: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, in a batch, in a conversation, in what is drawn, in a correction and in a merger: neither the store nor the model nor the log sees it."""
    seen: list[str] = []
    embed = HashingEmbedder.embed

    def watched(self: HashingEmbedder, texts: Sequence[str], *, role: str) -> np.ndarray:
        seen.extend(texts)
        return embed(self, texts, role=role)  # type: ignore[arg-type]

    monkeypatch.setattr(HashingEmbedder, "embed", watched)
    memory = make(extractor=conftest.Obedient())
    with caplog.at_level(logging.DEBUG):
        kept = memory.remember("home: Porto")
        for write in (
            lambda: memory.remember(f"x {KEY}"),
            lambda: memory.remember_many(["fine", f"x {KEY}"]),
            lambda: memory.correct(kept, f"x {KEY}"),
            lambda: memory.correct(kept, tags=[KEY]),
            lambda: memory.correct(kept, importance=0.9, source=Provenance(reference=KEY)),
            lambda: memory.resolve("none", "merge", text=f"x {KEY}"),
        ):
            with pytest.raises(InvalidInputError, match="secret") as error:
                write()
            assert KEY not in str(error.value)
        assert [version.content for version in memory.snapshot()] == ["home: Porto"]
        found = memory.observe([{"role": "user", "content": "hi"}, {"role": "user", "content": f"My key is {KEY}.", "id": KEY, "name": KEY}], session=KEY)
    assert [turn.content for turn in found] == ["hi", "My key is [secret: github-pat]."]
    assert {each.where for each in found.masked} >= {"message 1 content", "message 1 source reference", "message 1 source actor", "message 1 session"}
    assert not any(KEY in text for text in (*seen, caplog.text, repr(found), repr(memory.changes("2000-01-01", turns=True))))
    again = memory.observe([{"role": "user", "content": f"My key is {KEY}.", "id": KEY, "name": KEY}], session=KEY)
    assert again[0].id == found[1].id


def test_a_turn_can_be_refused_or_kept(make: Make) -> None:
    """The policy for turns is its own."""
    said = [{"role": "user", "content": f"My key is {KEY}."}]
    with pytest.raises(InvalidInputError, match=r"^message 0 content holds"):
        make(policy=Policy(turn_secrets="refuse")).observe(said)  # type: ignore[arg-type]
    assert KEY in make(policy=Policy(turn_secrets="keep")).observe(said)[0].content  # type: ignore[arg-type]


def test_a_key_is_only_kept_as_a_hash(ana: ScopedMemory) -> None:
    """An idempotency key with a secret in it tells retries apart, and does not stand in the store."""
    first, other = ana.remember("one", key=f"job {KEY}"), ana.remember("two", key=f"job {KEY[:-1]}9")
    assert first.memory_id != other.memory_id
    assert KEY not in repr(ana.history(first))


def test_deep_metadata_is_an_error_and_no_crash(ana: ScopedMemory) -> None:
    """Data nested for its own sake is refused in words."""
    deep: dict[str, object] = {}
    for _ in range(700):
        deep = {"a": deep}
    with pytest.raises(InvalidInputError):
        ana.remember("a thing", metadata=deep)
