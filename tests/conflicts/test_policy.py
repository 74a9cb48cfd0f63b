"""What a judgement leads to: rules, trust, thresholds, and the file they are read from."""

from pathlib import Path

import pytest

from erstwhile.config import Settings
from erstwhile.errors import InvalidInputError
from erstwhile.model import MemoryType, Provenance, SourceKind, Version
from erstwhile.policy import Policy, Rule, Verdict
from erstwhile.relations import Judgement, Relation
from erstwhile.results import Action
from erstwhile.scoped import ScopedMemory
from erstwhile.testing import FixedClock, make_version

ACCUMULATING = [MemoryType.EVENT, MemoryType.OBSERVATION, MemoryType.ARTIFACT, MemoryType.LEARNING, MemoryType.ERROR]
SUPERSEDING = [MemoryType.FACT, MemoryType.PREFERENCE, MemoryType.RELATIONSHIP, MemoryType.CONTEXT, MemoryType.GOAL, MemoryType.DECISION]


def _of(kind: MemoryType, source: SourceKind = SourceKind.STATED, **parts: object) -> Version:
    return make_version(type=kind, source=Provenance(kind=source), **parts)


def _says(relation: Relation = Relation.SUPERSEDES, score: float = 0.9, *, ends: bool = False, explicit: bool = False) -> Judgement:
    return Judgement(relation=relation, score=score, reason="So.", ends=ends, explicit=explicit)


def _verdict(policy: Policy, judgement: Judgement, earlier: Version, later: Version) -> Verdict:
    return policy.verdict(judgement, earlier=earlier, later=later)[0]


@pytest.mark.parametrize("kind", SUPERSEDING)
def test_a_newer_one_takes_the_place(kind: MemoryType) -> None:
    """Facts, preferences, relationships, contexts, goals and decisions give way to a newer one."""
    assert _verdict(Policy(), _says(), _of(kind), _of(MemoryType.FACT)) is Verdict.RETIRE


@pytest.mark.parametrize("kind", ACCUMULATING)
def test_what_happened_stays(kind: MemoryType) -> None:
    """Events, observations, artifacts, learnings and errors accumulate; only what is no further record ends them."""
    assert _verdict(Policy(), _says(), _of(kind), _of(kind)) is Verdict.KEEP
    assert _verdict(Policy(), _says(explicit=True), _of(kind), _of(kind)) is Verdict.RETIRE


def test_a_commitment_is_closed() -> None:
    """A commitment ends when it is fulfilled or called off, or replaced in so many words; another value from elsewhere contests it."""
    promise, note = _of(MemoryType.COMMITMENT), _of(MemoryType.FACT)
    assert _verdict(Policy(), _says(), promise, note) is Verdict.OPEN
    assert _verdict(Policy(), _says(ends=True), promise, note) is Verdict.RETIRE
    assert _verdict(Policy(), _says(explicit=True), promise, note) is Verdict.RETIRE


@pytest.mark.parametrize("earlier", SourceKind)
@pytest.mark.parametrize("later", SourceKind)
def test_an_instruction_takes_a_source_as_trusted(earlier: SourceKind, later: SourceKind) -> None:
    """An instruction is replaced by a source at least as trusted, and contested by any other."""
    policy = Policy()
    expected = Verdict.RETIRE if policy.trust[later] >= policy.trust[earlier] else Verdict.OPEN
    assert _verdict(policy, _says(), _of(MemoryType.INSTRUCTION, earlier), _of(MemoryType.INSTRUCTION, later)) is expected


@pytest.mark.parametrize("said", [SourceKind.STATED, SourceKind.CORRECTED, SourceKind.VALIDATED])
@pytest.mark.parametrize("kind", MemoryType)
def test_nothing_inferred_ends_what_somebody_said(kind: MemoryType, said: SourceKind) -> None:
    """Whatever the type and however sure, what was inferred, seen, imported or came from a tool ends nothing that a person said; a correction does."""
    for source in (SourceKind.INFERRED, SourceKind.TOOL, SourceKind.OBSERVED, SourceKind.IMPORTED):
        for judgement in (_says(score=1.0), _says(score=1.0, ends=True), _says(score=1.0, explicit=True)):
            assert _verdict(Policy(), judgement, _of(kind, said), _of(kind, source)) is Verdict.OPEN
    assert _verdict(Policy(), _says(explicit=True), _of(kind, said), _of(kind, SourceKind.CORRECTED)) is Verdict.RETIRE


def test_what_a_person_confirmed_a_person_said(bo: ScopedMemory, clock: FixedClock) -> None:
    """A guess that somebody has confirmed since is not ended by another guess."""
    guess = Provenance(kind=SourceKind.INFERRED, actor="model")
    bo.remember("home: Porto", source=guess)
    clock.advance()
    assert bo.remember("home: Porto!").action is Action.REINFORCED
    clock.advance()
    assert bo.remember("home: Lisbon", source=guess).action is Action.CONTESTED
    clock.advance()
    assert bo.remember("home: Faro").action is Action.SUPERSEDED


def test_a_tool_ends_what_a_model_inferred() -> None:
    """Sources trusted alike replace one another."""
    assert _verdict(Policy(), _says(), _of(MemoryType.FACT, SourceKind.INFERRED), _of(MemoryType.FACT, SourceKind.TOOL)) is Verdict.RETIRE


def test_an_unsure_memory_does_not_end_a_sure_one() -> None:
    """A memory below the least confidence contests one that is not below it, and ends one that is."""
    sure, unsure = _of(MemoryType.FACT), _of(MemoryType.FACT, confidence=0.4)
    assert _verdict(Policy(), _says(), sure, unsure) is Verdict.OPEN
    assert _verdict(Policy(), _says(), unsure, unsure) is Verdict.RETIRE
    assert _verdict(Policy(least_confidence=0.3), _says(), sure, unsure) is Verdict.RETIRE


@pytest.mark.parametrize(
    ("relation", "below", "at"),
    [
        (Relation.SUPERSEDES, (0.69, Verdict.OPEN), (0.7, Verdict.RETIRE)),
        (Relation.SUPERSEDES, (0.49, Verdict.KEEP), (0.5, Verdict.OPEN)),
        (Relation.CONTRADICTS, (0.49, Verdict.KEEP), (0.5, Verdict.OPEN)),
        (Relation.UNSURE, (0.49, Verdict.KEEP), (0.5, Verdict.OPEN)),
        (Relation.DUPLICATE, (0.89, Verdict.KEEP), (0.9, Verdict.REINFORCE)),
        (Relation.COEXISTS, (0.0, Verdict.KEEP), (1.0, Verdict.KEEP)),
        (Relation.REFINES, (0.0, Verdict.KEEP), (1.0, Verdict.KEEP)),
    ],
)
def test_thresholds(relation: Relation, below: tuple[float, Verdict], at: tuple[float, Verdict]) -> None:
    """A judgement counts from its threshold on, and not below it; what coexists or refines is always kept."""
    fact = _of(MemoryType.FACT)
    for score, verdict in (below, at):
        assert _verdict(Policy(), _says(relation, score), fact, fact) is verdict


def test_why_something_stays_is_said(bo: ScopedMemory, clock: FixedClock) -> None:
    """The policy's reason is added to the judge's, on one line, and kept with the conflict."""
    bo.remember("home: Porto")
    clock.advance()
    outcome = bo.remember("home: Lisbon", source=Provenance(kind=SourceKind.TOOL, actor="web"))
    assert outcome.reason == "Told: supersedes. But tool memories may not end what was stated: both stay until somebody settles it."
    assert bo.conflicts()[0].reason == outcome.reason


@pytest.mark.parametrize(
    "given",
    [
        {"rules": {"fact": "burn"}},
        {"rules": {"poem": "guard"}},
        {"rules": ["fact"]},
        {"rules": {"fact": 3}},
        {"trust": {"stated": "much"}},
        {"trust": {"stated": True}},
        {"trust": {"rumour": 1}},
        {"retire_at": 1.1},
        {"open_at": "high"},
        {"reinforce_at": None},
        {"least_confidence": -1},
        {"colour": "red"},
    ],
)
def test_bad_policies_are_named(given: dict[str, object]) -> None:
    """What is no part of a policy, or cannot be used, is refused in words."""
    with pytest.raises(InvalidInputError):
        Policy.of(given)


def test_a_policy_is_data(tmp_path: Path) -> None:
    """A policy written as TOML and read through the settings is the same; what a file leaves out keeps its default."""
    policy = Policy().with_rule("event", "supersede").with_rule(MemoryType.FACT, Rule.ACCUMULATE)
    path = tmp_path / "policy.toml"
    path.write_text(policy.toml(), encoding="utf-8")
    assert Settings.load({"ERSTWHILE_POLICY": str(path)}).policy == policy
    path.write_text('[rules]\nfact = "Guard"\n[trust]\ntool = 3\n', encoding="utf-8")
    read = Settings.load({"ERSTWHILE_POLICY": str(path)}).policy
    assert (read.rules[MemoryType.FACT], read.rules[MemoryType.GOAL], read.trust[SourceKind.TOOL]) == (Rule.GUARD, Rule.SUPERSEDE, 3)
    assert Settings.load({"ERSTWHILE_HOME": str(tmp_path)}).policy == read
    assert Settings.load({"ERSTWHILE_HOME": str(tmp_path / "other")}).policy == Policy()


@pytest.mark.parametrize("text", ["[rules", 'colour = "red"', '[rules]\nfact = "burn"', b"\xff\xfe"])
def test_a_policy_file_that_cannot_be_used_is_named(tmp_path: Path, text: str | bytes) -> None:
    """A mistake in the file, or a file that is not there, is told with its path."""
    path = tmp_path / "policy.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidInputError, match=r"policy\.toml"):
        Settings.load({"ERSTWHILE_POLICY": str(path)})
    with pytest.raises(InvalidInputError, match="no such file"):
        Settings.load({"ERSTWHILE_POLICY": str(tmp_path / "none.toml")})
