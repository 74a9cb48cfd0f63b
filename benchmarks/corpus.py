"""Memories and questions made up from templates, the same on every machine.

Memory ``i`` depends on ``i`` alone, so a store of 1,000 holds the first 1,000 of a store of 100,000. Seven in ten hold from a day on, two began and ended, one
carries tags; all thirteen types occur equally often.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

__all__ = ["Memory", "memories", "memory", "question"]

FIRST_DAY: Final = date(2019, 1, 1)
DAYS: Final = 2_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One memory to be written.

    Attributes:
        type: Name of its type.
        content: 8 to 43 words.
        valid_from, valid_to: ISO dates; ``None`` as the end for until changed.
        tags: None to two.
    """

    type: str
    content: str
    valid_from: str
    valid_to: str | None
    tags: tuple[str, ...]


def memory(number: int) -> Memory:
    """The memory with this number, from 0."""
    rng = random.Random(f"memory {number}")
    kind = tuple(TEMPLATES)[number % len(TEMPLATES)]
    words = [_filled(rng.choice(TEMPLATES[kind]), rng)]
    words += [_filled(tail, rng) for tail in rng.sample(TAILS, rng.choice((0, 0, 1, 1, 1, 2)))]
    start = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
    end = start + timedelta(days=rng.randrange(1, 700)) if rng.random() < 0.2 else None
    tags = tuple(rng.sample(TAGS, rng.choice((1, 2)))) if rng.random() < 0.1 else ()
    return Memory(type=kind, content=" ".join(words), valid_from=start.isoformat(), valid_to=end.isoformat() if end else None, tags=tags)


def memories(first: int, count: int) -> Iterator[Memory]:
    """``count`` memories from number ``first`` on."""
    return (memory(number) for number in range(first, first + count))


def question(number: int) -> str:
    """The question with this number, from 0: 5 to 16 words."""
    rng = random.Random(f"question {number}")
    return _filled(rng.choice(QUESTIONS), rng)


def _filled(template: str, rng: random.Random) -> str:
    name = f"{rng.choice(NAMES)} {_surname(rng)}" if rng.random() < 0.4 else rng.choice(NAMES)
    day = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
    return template.format(
        name=name,
        other=rng.choice(NAMES),
        city=rng.choice(CITIES),
        thing=f"{rng.choice(KINDS)} {rng.choice(THINGS)}",
        food=f"{rng.choice(COOKED)} {rng.choice(FOODS)}",
        project=f"{rng.choice(CODES)}-{rng.randrange(10, 100)}",
        tool=rng.choice(TOOLS),
        job=rng.choice(JOBS),
        firm=f"{_surname(rng)} {rng.choice(FIRMS)}",
        reason=rng.choice(REASONS),
        day=f"{day.day} {day:%B %Y}",
        weekday=f"{day:%A}",
        number=rng.randrange(2, 400),
    )


def _surname(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize()


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NAMES: Final = _list(
    "Ana Bruno Chiara Dmitri Elif Farid Greta Hugo Ines Jonas Keiko Luis Maren Nadia Oskar Priya Quentin Rosa Samir Tove Uma Viktor Wanda Ximena Yusuf Zofia "
    "Aaron Beatriz Cormac Dalia Esteban Fiona Gustav Hana Ivo Jolanda Kofi Leila Matteo Noor Olga Pavel Ruth Sven Tamar Ulrike Vera Wei Xavier Yara"
)
SYLLABLES: Final = _list(
    "ba ber bran cal can dal der dov el fan fer gal gren har hol jan kar kel lan lem lor mar mel mon nar nel nor os pal per quin ran rel ros"
)
CITIES: Final = _list(
    "Porto Lisbon Ghent Trieste Bergen Tartu Valencia Graz Leipzig Toulouse Bologna Krakow Uppsala Cork Split Basel Utrecht Aarhus Sofia Izmir Tunis Accra "
    "Nairobi Pune Osaka Busan Hanoi Perth Quito Lima Rosario Recife Merida Denver Halifax Boise Tucson Savannah Duluth Albany"
)
KINDS: Final = _list(
    "old new second-hand blue folding cracked borrowed heavy wooden digital rented broken silver tiny shared spare leather painted waterproof noisy"
)
THINGS: Final = _list(
    "bicycle piano laptop camera tent boiler passport greenhouse violin printer kayak sofa telescope drill router sewing-machine suitcase ladder "
    "motorbike notebook projector oven garden aquarium drone chessboard guitar backpack tractor wardrobe"
)
COOKED: Final = _list("roasted pickled spicy cold smoked vegan home-made fried gluten-free sweet")
FOODS: Final = _list(
    "lentils aubergine ramen dumplings trout hummus mushrooms pancakes paella beetroot risotto noodles chickpeas cheesecake oysters tofu plums couscous "
    "peppers porridge"
)
CODES: Final = _list("Heron Basalt Lantern Orchid Quartz Falcon Meadow Copper Tundra Saffron Juniper Harbour Comet Willow Ember Glacier")
TOOLS: Final = _list(
    "Postgres Terraform Figma Rust Excel Kafka Blender Notion Docker Python Jira Grafana LaTeX Kubernetes Ableton Redis Tableau Vim Airflow Slack"
)
JOBS: Final = _list(
    "nurse welder architect translator pharmacist surveyor beekeeper cellist accountant geologist teacher baker paramedic editor electrician carpenter"
)
FIRMS: Final = _list("Logistics Labs Clinic Bakery Partners Insurance Shipyard Analytics Foundation Motors")
TAGS: Final = _list("home work health travel money family hobby school garden music sport legal")
REASONS: Final = (
    "because the rent went up",
    "after a long talk with the landlord",
    "since the old one kept failing",
    "to be closer to the children",
    "on the advice of a doctor",
    "because the budget was cut in half",
    "after the audit found three gaps",
    "to save time in the mornings",
    "since nobody answered the second letter",
    "because the train line was closed",
    "as the insurance asked for it",
    "after two failed attempts",
    "to avoid another outage",
    "because of the noise at night",
)
TAILS: Final = (
    "It came up again on {day}, {reason}.",
    "{other} from {firm} knows the details and can be asked.",
    "The matter touches {project} and about {number} others.",
    "It was said on a {weekday} in {city}, in passing.",
    "See also the {thing} that {other} mentioned.",
    "This replaced an earlier arrangement with {firm}.",
)
TEMPLATES: Final[dict[str, tuple[str, ...]]] = {
    "fact": (
        "{name} lives in {city} and works as a {job} at {firm}.",
        "{name} owns a {thing} and keeps it at the house in {city}.",
        "The office of {firm} moved to {city} in the week of {day}.",
        "{name} is allergic to {food} and carries tablets for it.",
    ),
    "preference": (
        "{name} likes {food} best and would rather skip dessert than go without.",
        "{name} prefers {tool} to anything else for work on {project}.",
        "{name} would rather meet on a {weekday} than call late in the day.",
    ),
    "decision": (
        "The team of {project} chose {tool} {reason}.",
        "{name} decided to sell the {thing} {reason}.",
        "{name} and {other} agreed to move the launch of {project} to {day}.",
    ),
    "commitment": (
        "{name} promised to send the report on {project} to {other} by {day}.",
        "{name} has to return the {thing} to {firm} before {day}.",
        "{name} said that {number} invitations would go out by {weekday}.",
    ),
    "goal": (
        "{name} wants to walk from {city} to {other}'s farm before turning {number}.",
        "{name} aims to learn {tool} well enough to run {project} alone.",
        "The goal of {project} is to serve {number} clinics from {city}.",
    ),
    "event": (
        "{name} met {other} in {city} on {day} to look at the {thing}.",
        "The {thing} broke down on {day} while {name} was away in {city}.",
        "{firm} opened its {number}th branch, in {city}, on {day}.",
    ),
    "artifact": (
        "The plan of {project} is a document of {number} pages in {tool}, kept by {name}.",
        "{name} wrote a manual for the {thing} and left a copy with {firm}.",
    ),
    "instruction": (
        "Always ask {name} before changing anything in {project}, {reason}.",
        "Write the weekly summary in {tool} and send it to {firm} each {weekday}.",
        "Never book a table with {food} on the menu when {name} comes along.",
    ),
    "relationship": (
        "{name} is the sister of {other} and manages the {city} branch of {firm}.",
        "{name} reports to {other}, who answers for {project}.",
        "{name} and {other} have shared a {thing} for {number} weeks.",
    ),
    "context": (
        "{name} is on leave in {city} until {day} and reads no mail.",
        "The migration of {project} to {tool} is under way, with {number} tables left.",
        "{name} is looking for a new {thing} {reason}.",
    ),
    "learning": (
        "{project} taught {name} that {tool} needs {number} hours of warning before a restart.",
        "A {thing} bought in {city} lasts longer than one ordered from {firm}.",
    ),
    "observation": (
        "{name} tends to answer within {number} minutes on a {weekday} and hardly ever on others.",
        "Whenever {food} is served in {city}, {name} asks for the recipe.",
        "Questions about {tool} come mostly from {firm}, {reason}.",
    ),
    "error": (
        "The import into {tool} failed for {number} rows of {project} {reason}.",
        "{name} sent the contract of {firm} to {other} by mistake on {day}.",
        "Restarting {tool} without asking {name} lost the work of {day}.",
    ),
}
QUESTIONS: Final = (
    "Where does {name} live now?",
    "What does {name} like to eat?",
    "Who works as a {job} in {city}?",
    "Which tool did the team of {project} choose, and why?",
    "What did {name} promise to send to {other}?",
    "When does the {thing} have to be returned to {firm}?",
    "What happened in {city} on {day}?",
    "Who is responsible for {project}?",
    "What should I know before I change anything in {project}?",
    "How are {name} and {other} related?",
    "Why did the import into {tool} fail?",
    "What is {name} allergic to?",
    "On which weekday does {name} prefer to meet?",
    "Who can I ask about the {thing} that was mentioned in {city}?",
    "What does {name} want to reach with {tool} this year?",
    "Is {name} away at the moment, and until when?",
)
