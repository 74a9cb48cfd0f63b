"""Made-up secrets of real formats, each in a sentence as people and tools write it; and ordinary text that looks like secrets and holds none."""

import base64
import json
import random
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Final

__all__ = ["ORDINARY", "generated"]

Draw = Callable[[random.Random], str]
LETTERS, DIGITS, HEX = string.ascii_letters, string.digits, "0123456789abcdef"
WORD: Final = LETTERS + DIGITS

SENTENCES: Final = (
    "The staging server uses {} since Monday.",
    "please remember {}",
    "export KEY={}",
    "Ana said: my key is {}, don't lose it",
    '{{"credential": "{}"}}',
    "({})",
)


def _of(alphabet: str, length: int) -> Draw:
    return lambda source: "".join(source.choices(alphabet, k=length))


def _after(prefix: str, alphabet: str, length: int, suffix: str = "") -> Draw:
    return lambda source: prefix + _of(alphabet, length)(source) + suffix


def _jwt(source: random.Random) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": _of(DIGITS, 10)(source), "name": "Ana", "iat": 1_700_000_000})
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join((*coded, _of(WORD + "-_", 43)(source)))


def _pem(source: random.Random) -> str:
    lines = "\n".join(_of(WORD + "+/", 64)(source) for _ in range(6))
    kind = source.choice(["RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "])
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def _card(source: random.Random) -> str:
    prefix, length = source.choice([("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16), ("3528", 16)])
    digits = prefix + _of(DIGITS, length - len(prefix) - 1)(source)
    total = sum(int(digit) if place % 2 else sum(divmod(int(digit) * 2, 10)) for place, digit in enumerate(reversed(digits)))
    digits += str(-total % 10)
    groups = (4, 6, 5) if length == 15 else (4, 4, 4, 4)
    mark, parts, place = source.choice(["", " ", "-"]), [], 0
    for size in groups:
        parts.append(digits[place : place + size])
        place += size
    return mark.join(parts)


def _password(source: random.Random) -> str:
    return source.choice(["Tr0ub4dor", "c0rrect-horse", "Summer2024!", "hunter2!", "P@ssw0rd9", "x9$Kq7"]) + _of(WORD, 3)(source)


BARE: Final[Mapping[str, Draw]] = {
    "AWS access key": lambda source: "AKIA" + _of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)(source),
    "Anthropic API key": _after("sk-ant-api03-", WORD + "_-", 93, "AA"),
    "Azure client secret": lambda source: f"{_of(WORD, 3)(source)}8Q~{_of(WORD + '._-', 34)(source)}",
    "Databricks token": _after("dapi", HEX, 32),
    "DigitalOcean token": _after("dop_v1_", HEX, 64),
    "GitHub fine-grained token": _after("github_pat_", WORD + "_", 82),
    "GitHub token": _after("ghp_", WORD, 36),
    "GitLab token": _after("glpat-", WORD + "-", 20),
    "Google API key": _after("AIza", WORD + "-_", 35),
    "Hugging Face token": _after("hf_", LETTERS, 34),
    "JSON web token": _jwt,
    "Linear API key": _after("lin_api_", WORD, 40),
    "Notion token": lambda source: f"ntn_{_of(DIGITS, 11)(source)}{_of(WORD, 35)(source)}",
    "OpenAI API key": lambda source: f"sk-{_of(WORD, 20)(source)}T3BlbkFJ{_of(WORD, 20)(source)}",
    "PyPI token": _after("pypi-AgEIcHlwaS5vcmc", WORD + "-_", 80),
    "SendGrid token": lambda source: f"SG.{_of(WORD, 22)(source)}.{_of(WORD, 43)(source)}",
    "Shopify token": _after("shpat_", HEX, 32),
    "Slack bot token": lambda source: f"xoxb-{_of(DIGITS, 12)(source)}-{_of(DIGITS, 12)(source)}-{_of(WORD, 24)(source)}",
    "Stripe key": _after("sk_live_", WORD, 24),
    "Twilio key": _after("SK", HEX, 32),
    "Vault token": _after("hvs.", WORD + "_-", 95),
    "card number": _card,
    "npm token": _after("npm_", string.ascii_lowercase + DIGITS, 36),
    "private key": _pem,
}
"""Secrets that are told by their own form."""

SAID: Final[Mapping[str, tuple[Draw, Sequence[str]]]] = {
    "password": (
        _password,
        ("the wifi password is {}", "password: {}", "My password for the router is {}.", 'db_password="{}"', "the new passcode is now {}!", "pwd={}"),
    ),
    "key of a service without a form": (
        _of(WORD, 32),
        ("the API key is {}", "api_key={}", "My access token: {}", "client secret is {}.", 'secret_key = "{}"', "and then he said that the bot token is {}"),
    ),
    "authorization header": (_of(WORD + "-_", 40), ("Authorization: Bearer {}", "curl -H 'Authorization: Bearer {}' host", "it sends bearer {} each time")),
    "password in an address": (
        _password,
        ("postgres://app:{}@db.internal:5432/app", "clone https://ana:{}@git.example.com/x.git now", "redis://:{}@cache:6379/0", "amqp://u:{}@mq"),
    ),
}
"""Secrets that are told by what is said of them."""

ORDINARY: Final = (
    "The fix is in commit 9f8e7d6c5b4a39281706f5e4d3c2b1a098765432 on main.",
    "Merged 3ad77bb into release/2.4 yesterday.",
    "sha256:9b74c9897bac770ffc029102a200c5de5f2b4f7c2a1f9b5c7a0f8b0c5d6e7f80 is the digest of the image",
    "The request id is 550e8400-e29b-41d4-a716-446655440000.",
    "memory 01a1fe80-ac08-70e6-a588-9c68ff139cc6 was superseded",
    "My order number is 4003-8812-5567-1204 and it has not arrived.",
    "Order 112-7849305-2231462 ships on Friday.",
    "Tracking: 1Z999AA10123456784",
    "Call me at +351 912 345 678 or (415) 555-2671.",
    "Her IBAN starts with PT50 and she banks with Caixa.",
    "The invoice INV-2024-00012345 is due on 2024-12-31.",
    "ISBN 978-3-16-148410-0 is the one I read.",
    "The token ring network was invented by IBM.",
    "I forgot my password again.",
    "My password is too long to remember.",
    "The password is the name of my first dog.",
    "The password policy is at least twelve characters.",
    "The password must be changed every 90days.",
    "The secret is to add butter.",
    "The secret to happiness is low expectations.",
    "The key is under the doormat.",
    "The key to the shed is on the second shelf.",
    "My API key expired yesterday, please renew it.",
    "The access token is stored in ~/.config/app/token.json.",
    "api_key=YOUR_API_KEY",
    "password=<your password>",
    "export TOKEN=$GITHUB_TOKEN",
    "postgres://user:password@localhost/db",
    "https://example.com/reset?next=/home",
    "See http://localhost:8080/@ana/posts for more.",
    "Bearer of bad news: the flight was cancelled.",
    "The basic authentication documentation is outdated.",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    "The photo is IMG_20240612_184512345.jpg.",
    "docker pull registry.local/app@sha256:1f2e3d4c5b6a79880f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978",
    "The MAC address is 00:1A:2B:3C:4D:5E.",
    "IPv6: 2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    "Version 1.24.0rc1 fixes the crash in parse_token().",
    "Build 20240612.1845 passed; 1234567890123456 tests were skipped.",
    "My frequent flyer number is 123 456 789.",
    "Timestamp 1718217912345678 in microseconds.",
    "The coordinates are 41.15794438, -8.62910531.",
    "I ran 5000 5000 5000 5000 metres in four days.",
    "The license is Apache-2.0 and the author is sk-tester.",
    "-----BEGIN CERTIFICATE-----",
    "A PEM file begins with -----BEGIN PRIVATE KEY----- and some base64.",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 is the start of her public key",
    "The model is gpt-4o-mini-2024-07-18.",
    "arn:aws:iam::123456789012:role/deploy",
    "The tenant is contoso.onmicrosoft.com.",
    "His user name is anna.schmidt1987.",
    "Her password hint is blue.",
    "The database password rotation was moved to Thursday.",
    "We pass the token to the parser, and the token is consumed.",
    "The wifi is called FRITZ!Box 7590.",
    "eyes, eyelids and eyebrows",
    "The meeting id is 845 1234 5678.",
    "credit: 4 points, card: 16 digits, name: as printed",
    "Room 4111, floor 11, building 1111.",
    "basic English vocabulary",
)
"""Ordinary text with hashes, ids, numbers and the words that secrets are said with."""


def generated(count: int, *, seed: int = 7) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Sentences with a made-up secret, and that secret, by kind; the same numbers give the same sentences.

    Args:
        count: How many of each kind.
        seed: Where the random numbers begin.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, draw in BARE.items():
        source = random.Random(f"{seed} {kind}")
        found[kind] = [(SENTENCES[place % len(SENTENCES)].format(secret), secret) for place in range(count) for secret in [draw(source)]]
    for kind, (draw, sentences) in SAID.items():
        source = random.Random(f"{seed} {kind}")
        found[kind] = [(sentences[place % len(sentences)].replace("{}", secret), secret) for place in range(count) for secret in [draw(source)]]
    return found
