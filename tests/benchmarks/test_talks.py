"""What is counted of conversations is what was done."""

from benchmarks.talks import LABELS, Written, counts, read_labels, read_talks, write

from erstwhile.relations import Relation


def test_a_dialogue_is_observed_with_its_dates() -> None:
    """What a later session ends is told with both texts; what an assistant says ends nothing."""
    talk = {
        "people": ["Ana", "Assistant"],
        "sessions": [
            {"date": "2024-01-10", "turns": [["Ana", "I live in Porto."], ["Assistant", "How nice!"]]},
            {"date": "2024-05-02", "turns": [["Ana", "I moved to Lisbon."], ["Assistant", "You live in Faro now."]]},
        ],
    }
    assert write(talk) == Written(drawn=2, repeated=0, ended=(("I live in Porto.", "I moved to Lisbon."),), contested=())


def test_what_was_ended_is_held_against_the_readers() -> None:
    """A pair that nobody has read is neither right nor wrong."""
    found = [
        Written(drawn=5, repeated=1, ended=(("a", "b"), ("a", "c")), contested=(("d", "e"),)),
        Written(drawn=3, repeated=0, ended=(("f", "g"),), contested=(("h", "i"), ("j", "k"))),
    ]
    labels = {
        ("a", "b"): Relation.SUPERSEDES,
        ("a", "c"): Relation.COEXISTS,
        ("l", "m"): Relation.SUPERSEDES,
        ("d", "e"): Relation.UNSURE,
        ("h", "i"): Relation.REFINES,
    }
    told = counts(found, labels)
    assert (told["dialogues"], told["memories"], told["repeated"]) == (2, 8, 1)
    assert (told["ended"], told["right"], told["wrong"], told["open"], told["over"]) == (3, 1, 1, 1, 2)
    assert (told["contested"], told["doubtful"]) == (3, 1)


def test_the_labels_are_of_what_is_said_there() -> None:
    """Every text with a label stands in a dialogue, and each pair once."""
    said = "\n".join(text for talk in read_talks() for session in talk["sessions"] for _, text in session["turns"])
    labels = read_labels()
    assert len(labels) == len(LABELS.read_text(encoding="utf-8").splitlines())
    assert len(read_talks()) == 20
    assert len(labels) > 50
    assert [text for pair in labels for text in pair if text not in said] == []
