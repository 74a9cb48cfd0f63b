"""Where a model's scale begins and ends."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from erstwhile.embed import Embedder, HashingEmbedder, OnnxEmbedder, Role, load_embedder
from erstwhile.embed.calibration import HIGHEST, KNOWN, QUESTIONS, STATEMENTS, Scale, measured_scale, scale_of
from erstwhile.embed.models import PROFILES, packaged_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

RELATED = {
    "Who repaired the organ in the village church?": "The organ in our church was mended by Mr Hale.",
    "Does she still play the cello?": "Ana has given up the cello.",
    "When does the tax office close on Thursdays?": "On Thursdays the tax office is open until six.",
}


@pytest.fixture(scope="module", params=sorted(PROFILES))
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return load_embedder(str(request.param))


class _Counting(HashingEmbedder):
    """Counts the texts that it is given, under a name of one's choice."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__()
        self.name = fingerprint
        self.texts = 0

    @property
    def fingerprint(self) -> str:
        return self.name

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        self.texts += len(texts)
        return super().embed(texts, role=role)


def test_what_is_known_is_what_is_measured(embedder: Embedder) -> None:
    """A scale that is written down stands for the model that is shipped: a new model or query adapter needs a new one."""
    known = KNOWN[embedder.fingerprint.partition("@")[0]]
    assert asdict(known) == pytest.approx(asdict(measured_scale(embedder)), abs=0.02)
    assert scale_of(embedder) == known


def test_every_shipped_model_is_known() -> None:
    """With a model of ours, the first recall embeds nothing but the question; no scale is kept for a model that is gone."""
    assert {load_embedder(profile).fingerprint.partition("@")[0] for profile in PROFILES} == KNOWN.keys()


def test_related_texts_lie_above_the_floor(embedder: Embedder) -> None:
    """What answers a question is nearer to it than any of the texts that have nothing to do with it."""
    questions = embedder.embed(list(RELATED), role="query")
    answers = embedder.embed(list(RELATED.values()), role="passage")
    strangers = questions @ embedder.embed(STATEMENTS, role="passage").T
    for place in range(len(RELATED)):
        assert float(questions[place] @ answers[place]) > max(float(strangers[place].max()), scale_of(embedder).floor) + 0.1


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_model_embeds_nothing(name: str) -> None:
    """The hash of the files, after the name, does not count."""
    embedder = _Counting(f"{name}@0123456789abcdef")
    assert scale_of(embedder) == KNOWN[name]
    assert embedder.texts == 0


def test_an_unknown_model_is_measured() -> None:
    """A model of the user's own gets its own scale, at the price of 32 short texts."""
    embedder = _Counting("all-minilm-l6-v2-w7a8-tuned@1")
    assert scale_of(embedder) == measured_scale(HashingEmbedder())
    assert embedder.texts == 2 * (len(QUESTIONS) + len(STATEMENTS)) == 32


def test_texts_alone_say_where_strangers_lie() -> None:
    """Without a query adapter or prefixes, a question is a text like any other, and one in the same words the same."""
    scale = scale_of(OnnxEmbedder(replace(packaged_model("bge-small"), query_adapter=None, name="another")))
    assert scale.floor == pytest.approx(scale.apart)
    assert scale.ceiling == pytest.approx(1.0)
    assert scale.apart == pytest.approx(KNOWN["bge-small-en-v1.5-w7a8"].apart, abs=0.02)


class _Constant(HashingEmbedder):
    """All texts are alike."""

    @property
    def fingerprint(self) -> str:
        return "constant@1"

    def embed(self, texts: Sequence[str], *, role: Role) -> NDArray[np.float32]:
        return super().embed(["the same"] * len(texts), role=role)


def test_a_model_that_tells_nothing_still_has_a_scale() -> None:
    """What is divided by is never 0."""
    scale = scale_of(_Constant())
    assert scale == Scale(floor=HIGHEST, ceiling=pytest.approx(1.0), apart=HIGHEST)
    assert scale.ceiling > scale.floor
