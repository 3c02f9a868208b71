"""What a job may say, field by field; anything else was not written by the vault.

Whoever can write into the outbox's table must not be able to put words of their own into our
letters: so there is no field for words, and each that there is has a narrow shape.
"""

import re
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_supported_language_variant

from outbox.errors import NotOurs
from vault.agents import parts_of
from vault.outbox import Job

# Seconds between the writing of a row and the time that it says: the same statement makes both.
_NEAR: Final = 60
_NAME_BYTES: Final = 255
_REFERENCE = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}")
# What no user name can have (accounts/services/usernames/mediawiki.py).
_NEVER_IN_NAMES = re.compile(
    "[\x00-\x1f\x7f-\xa0#<>\\[\\]|{}/_\u2000-\u200f\u2028-\u202f\u3000\ud800-\uf8ff\ufffd]|^ | $|  "
)
_LETTER_FIELDS: Final = {"template", "language", "username", "at", "reference", "tokens"}
_SIGN_IN_FIELDS: Final = {"why", "agent", "network"}
_NEW_SIGN_IN: Final = "new_sign_in"
_ODDITIES: Final = {"device", "network", "failures"}
_MOST_TOKENS: Final = 10
_FOR_OPERATORS: Final = {"operator_alert", "operator_measure"}


@dataclass(frozen=True)
class Letter:
    """What a letter to a person is made of."""

    template: str
    language: str
    username: str  # empty: not fit to be written
    at: int
    reference: str
    tokens: tuple[UUID, ...]
    sign_in: "SignIn | None"


@dataclass(frozen=True)
class SignIn:
    """The sign-in that a letter tells of.

    ``why`` it is unlike those before: device, network, failures. ``browser``, ``system`` and the
    coarse ``network`` are empty where nothing is known.
    """

    why: str
    browser: str
    system: str
    network: str


def read_letter(job: Job) -> Letter:
    """The payload of a letter, if every field of it is one. Raises NotOurs, which names it."""
    payload = read_fields(job, _LETTER_FIELDS | _SIGN_IN_FIELDS)
    template, reference = payload.get("template"), payload.get("reference")
    if not isinstance(template, str) or template not in letter_templates():
        raise NotOurs("template")
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise NotOurs("reference")
    return Letter(
        template=template,
        language=_language(payload.get("language")),
        username=read_username(payload.get("username")),
        at=read_time(job),
        reference=reference,
        tokens=_tokens(payload.get("tokens", [])),
        sign_in=_sign_in(payload, is_told=template == _NEW_SIGN_IN),
    )


def read_fields(job: Job, known: Set[str]) -> dict[str, Any]:
    """A job's payload, if it has no field besides the known. Raises NotOurs."""
    payload: object = job.payload
    if not isinstance(payload, dict) or not payload.keys() <= known:
        raise NotOurs("payload")
    return payload


def read_time(job: Job) -> int:
    """When a job says that it was written. Raises NotOurs if it was not written then."""
    at = job.payload.get("at")
    if type(at) is not int or abs(at - int(job.created_at.timestamp())) > _NEAR:
        raise NotOurs("time")
    return at


@cache
def letter_templates() -> frozenset[str]:
    """The names of the letters to people: the files that there are, and no others."""
    files = Path(settings.BASE_DIR, "templates", "emails").glob("*.subject.txt")
    return frozenset(file.name.partition(".")[0] for file in files) - _FOR_OPERATORS


def read_username(value: object) -> str:
    """A canonical user name; nothing where it could read as an address or turn text round.

    Raises NotOurs for what is none.
    """
    if (
        not isinstance(value, str)
        or not value
        or _NEVER_IN_NAMES.search(value)
        or len(value.encode()) > _NAME_BYTES
        or not unicodedata.is_normalized("NFC", value)
    ):
        raise NotOurs("username")
    # Imported names may have them. The letter comes all the same, and calls nobody by name.
    if any(character in "@:" or unicodedata.category(character) == "Cf" for character in value):
        return ""
    return value


def _tokens(values: object) -> tuple[UUID, ...]:
    if not isinstance(values, list) or len(values) > _MOST_TOKENS:
        raise NotOurs("tokens")
    return tuple(_token(value) for value in values)


def _token(value: object) -> UUID:
    try:
        token = UUID(str(value))
    except ValueError:
        raise NotOurs("tokens") from None
    if str(token) != value:
        raise NotOurs("tokens")
    return token


def _sign_in(payload: dict[str, Any], *, is_told: bool) -> SignIn | None:
    """What is said of a sign-in: words from closed lists, and a network. Raises NotOurs."""
    given = {name: payload.get(name) for name in _SIGN_IN_FIELDS & payload.keys()}
    if not is_told:
        if given:
            raise NotOurs("sign_in")
        return None
    why = given.get("why")
    if not isinstance(why, str) or why not in _ODDITIES:
        raise NotOurs("sign_in")
    # Web names the browser, so that it must not be able to stop a letter by it.
    agent = given.get("agent")
    parts = (parts_of(agent) if isinstance(agent, str) else None) or ("", "")
    return SignIn(why, *parts, network=_network(given.get("network")))


def _network(value: object) -> str:
    if value is None:
        return ""
    try:
        network = str(ip_network(value)) if isinstance(value, str) else ""
    except ValueError:
        network = ""
    if not network or network != value:
        raise NotOurs("network")
    return network


def _language(wanted: object) -> str:
    """One that we have. Web names it, so that it must not be able to stop a letter by it."""
    try:
        return get_supported_language_variant(str(wanted))
    except LookupError:
        return settings.LANGUAGE_CODE
