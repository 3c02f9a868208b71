"""Wikis that are none of the family's own, and consent to them, as bare SQL."""

import time
from typing import Any

import psycopg

from tests.database.asking import (
    AGENT,
    NETWORK,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    random_32,
    sha256,
)

FOREIGN = "wiki-f"
ORIGIN = [NETWORK, AGENT]


def a_foreign_wiki(admin: psycopg.Connection, client_id: str = FOREIGN, **changes: Any) -> str:
    """Registers a wiki of somebody else's."""
    scopes = ["openid", "profile", "email", "offline_access"]
    return a_wiki(admin, client_id, **{"first_party": False, "scopes": scopes, **changes})


def give(connection: psycopg.Connection, session: bytes, **changes: Any) -> str:
    """Lets the foreign wiki know something; gives the status."""
    parameters = {
        "session": session,
        "client_id": FOREIGN,
        "scopes": ["openid"],
        "given_at": int(time.time()),
        "mac": random_32(),
        "mac_key": "t1",
        "old_mac": None,
        "question": sha256(random_32()),
        "network": NETWORK,
        "agent": AGENT,
        **changes,
    }
    status: str = call(connection, "api.give_consent_v1", *parameters.values())["status"]
    return status


def withdraw(connection: psycopg.Connection, session: bytes, client_id: str = FOREIGN) -> str:
    """Takes it back; gives the status."""
    answer = call(connection, "api.withdraw_consent_v1", session, client_id, *ORIGIN)
    return str(answer["status"])


def consents(admin: psycopg.Connection) -> list[list[str]]:
    """The scopes of every consent that there is."""
    return [row["scopes"] for row in ask(admin, "SELECT scopes FROM vault.consents")]


def consenting_arguments(
    admin: psycopg.Connection, web: psycopg.Connection
) -> dict[str, list[Any]]:
    """Arguments with which the functions do their work: of Carla, who knows a foreign wiki."""
    a_foreign_wiki(admin)
    session = a_session(web, a_person(web, "Carla"))
    mac = random_32()
    assert give(web, session, mac=mac) == "given"
    more = [FOREIGN, ["openid", "profile"], int(time.time()), random_32(), "t1"]
    return {
        "find_consent": [session, FOREIGN],
        "give_consent": [session, *more, mac, sha256(random_32()), *ORIGIN],
        "withdraw_consent": [session, FOREIGN, *ORIGIN],
        "list_consents": [session],
        "consented_wikis": [session],
    }
