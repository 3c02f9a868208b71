"""Operators register wikis and change them: a chief, by a passkey, for a reason, on the record."""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.database import people
from tests.database.asking import Login, a_wiki, ask, call, random_32, value
from tests.database.mail import a_member
from tests.database.operating import an_operator, enrolled, freshly, shows, signed_in
from tests.database.racing import raced
from vault import wikis
from vault.errors import VaultRefused
from vault.operators import Level, Operator
from vault.passkeys import Passkey
from vault.wikis import ByOperator, Wiki

Playing = Callable[[str], AbstractContextManager[None]]

WIKI = Wiki(
    client_id="new-1",
    name="New",
    first_party=True,
    state="active",
    secret_hash=b"h" * 32,
    token_endpoint_auth_method="client_secret_basic",
    home_uri="https://new.example/",
    redirect_uris=("https://new.example/callback",),
    post_logout_redirect_uris=(),
    backchannel_logout_uri=None,
    response_types=("code",),
    require_pkce=True,
    id_token_alg="ES256",
    scopes=("openid", "profile"),
)


def an_operator_of(playing: Playing, level: Level) -> tuple[Operator, Passkey]:
    """Somebody of that level, signed in to the operator's site."""
    passkey = enrolled(playing, people.sign_up("Olga").account_id, level)
    return signed_in(playing, passkey), passkey


def operators_events(admin: psycopg.Connection) -> list[dict[str, Any]]:
    """What the trail says of wikis that operators registered or changed."""
    return ask(
        admin,
        "SELECT e.tag, a.username AS actor, e.client_id, e.detail FROM vault.events e"
        " LEFT JOIN vault.accounts a ON a.id = e.actor_id"
        " WHERE e.tag LIKE 'wiki:regist%%' ORDER BY e.id",
    )


def test_chief_registers_and_changes_a_wiki_that_web_believes(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """Its MAC is the operator's process's own; who, what and why stand in the trail."""
    olga, passkey = an_operator_of(playing, "chief")
    with playing("operator"):
        by = ByOperator(shows(olga, passkey).session, "the council asked for it")
        assert wikis.register(WIKI, by) == "registered"
        found = wikis.registered("new-1", olga.session)
        assert found is not None
        by = ByOperator(shows(olga, passkey).session, "it moved")
        moved = replace(found[0], home_uri="https://moved.example/")
        assert wikis.change(moved, found[1], by) == "changed"
        assert (
            wikis.change(WIKI, found[1], ByOperator(shows(olga, passkey).session, "x")) == "moved"
        )
    with playing("web"):
        wikis.forget()
        assert wikis.find("new-1") == moved
    assert operators_events(admin) == [
        {
            "tag": tag,
            "actor": "Olga",
            "client_id": "new-1",
            "detail": {"reason": reason},
        }
        for tag, reason in (
            ("wiki:register:operator", "the council asked for it"),
            ("wiki:registration:changed", "it moved"),
        )
    ]


def test_other_operators_are_told_of_a_registration(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """By name of who did it; neither the wiki's name nor the reason is in what is mailed."""
    enrolled(playing, a_member(playing, "Oskar", "oskar@example.org").account_id, "looker")
    olga, passkey = an_operator_of(playing, "chief")
    with playing("operator"):
        by = ByOperator(shows(olga, passkey).session, "a secret reason")
        assert wikis.register(WIKI, by) == "registered"
    said = ask(
        admin,
        "SELECT a.username, o.payload FROM vault.outbox o"
        " LEFT JOIN vault.accounts a ON a.id = o.account_id"
        " WHERE o.kind = 'measure' ORDER BY a.username NULLS LAST",
    )
    assert [row["username"] for row in said] == ["Oskar", None]
    for row in said:
        told = {key: row["payload"][key] for key in row["payload"] if key != "at"}
        assert told == {"tag": "wiki:register:operator", "by": "Olga", "count": 1}


@pytest.mark.parametrize("level", ["looker", "locker"])
def test_lower_levels_register_nothing_change_nothing_and_read_no_registration(
    vault: None, playing: Playing, admin: psycopg.Connection, level: Level
) -> None:
    """However freshly their passkey was shown."""
    a_wiki(admin)
    olga, passkey = an_operator_of(playing, level)
    before = value(admin, "SELECT jsonb_agg(w)::text FROM vault.wikis w")
    with playing("operator"):
        assert wikis.registered("wiki-a", olga.session) is None
        by = ByOperator(shows(olga, passkey).session, "because")
        assert wikis.register(WIKI, by) == "forbidden"
        by = ByOperator(shows(olga, passkey).session, "because")
        mac = value(admin, "SELECT mac FROM vault.wikis")
        assert wikis.change(replace(WIKI, client_id="wiki-a"), mac, by) == "forbidden"
    assert value(admin, "SELECT jsonb_agg(w)::text FROM vault.wikis w") == before
    assert operators_events(admin) == []


def test_chief_without_a_passkey_or_a_reason_registers_nothing(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """A session alone, one proof for two wikis, and a blank reason: nothing of it is a wiki."""
    a_wiki(admin)
    olga, passkey = an_operator_of(playing, "chief")
    with playing("operator"):
        assert wikis.register(WIKI, ByOperator(olga.session, "because")) == "unproven"
        assert wikis.register(WIKI, ByOperator(shows(olga, passkey).session, " ")) == "bad_request"
        # That used the proof up.
        assert wikis.register(WIKI, ByOperator(olga.session, "because")) == "unproven"
        found = wikis.registered("wiki-a", olga.session)
        assert found is not None
        changed = replace(found[0], first_party=False)
        assert wikis.change(changed, found[1], ByOperator(olga.session, "because")) == "unproven"
        by = ByOperator(shows(olga, passkey).session, "")
        assert wikis.change(changed, found[1], by) == "bad_request"
    assert value(admin, "SELECT count(*) FROM vault.wikis") == 1
    assert value(admin, "SELECT first_party FROM vault.wikis")
    assert operators_events(admin) == []


def test_operators_who_change_a_wiki_at_once_do_so_one_after_another(
    admin: psycopg.Connection, login: Login
) -> None:
    """Of ten who have looked at the same registration one changes it; nobody's change is lost."""
    a_wiki(admin)
    row = json.loads(value(admin, "SELECT to_jsonb(w)::text FROM vault.wikis w"))
    old = value(admin, "SELECT mac FROM vault.wikis")
    with login("web") as web, login("operator") as operator:
        sessions = [
            freshly(operator, an_operator(admin, web, operator, username=f"Olga {n}"))
            for n in range(10)
        ]

    def change(connection: psycopg.Connection) -> str:
        changed = {**row, "name": f"Name {len(sessions)}", "mac": f"\\x{random_32().hex()}"}
        given = [sessions.pop(), json.dumps(changed), old, "because"]
        status: str = value(connection, "SELECT api.change_wiki_v1(%s, %s::jsonb, %s, %s)", *given)
        return status

    assert Counter(raced(10, login, change, role="operator")) == {"changed": 1, "moved": 9}
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag LIKE 'wiki:regi%%'") == 1


def test_operators_who_register_one_client_id_at_once_leave_one_wiki(
    admin: psycopg.Connection, login: Login
) -> None:
    """The first is registered, the others hear that the client id is taken."""
    a_wiki(admin)
    row = json.loads(value(admin, "SELECT to_jsonb(w)::text FROM vault.wikis w"))
    given = json.dumps({**row, "client_id": "wiki-b"})
    with login("web") as web, login("operator") as operator:
        sessions = [
            freshly(operator, an_operator(admin, web, operator, username=f"Olga {n}"))
            for n in range(6)
        ]
    said = raced(
        6,
        login,
        lambda c: value(
            c, "SELECT api.register_wiki_v1(%s, %s::jsonb, 'x')", sessions.pop(), given
        ),
        role="operator",
    )
    assert Counter(said) == {"registered": 1, "taken": 5}
    assert call(admin, "api.find_wiki_v1", "wiki-b")["state"] == "active"


# What no registration is, by what is changed of a good one; None takes it away.
MALFORMED: dict[str, Any] = {
    "no object": [],
    "text": "x",
    "number": 7,
    "null": None,
    "empty": {},
    "no MAC": {"mac": None},
    "MAC of no bytes": {"mac": "\\xzz"},
    "short MAC": {"mac": "\\x00"},
    "no client id": {"client_id": None},
    "empty client id": {"client_id": ""},
    "endless client id": {"client_id": "x" * 5000},
    "no name": {"name": None},
    "no list": {"redirect_uris": None},
    "list that is text": {"redirect_uris": "https://new.example/"},
    "list with nothing in it": {"scopes": ["openid", None]},
    "list of lists": {"scopes": [["openid"], ["email"]]},
    "list of nothings and lists": {"response_types": [[None]]},
    "list that is too deep": {"redirect_uris": [[[[[[["a"]]]]]]]},
    "list of numbers": {"redirect_uris": [1]},
    "list of objects": {"default_acr_values": [{}]},
    "list that is an object": {"post_logout_redirect_uris": {}},
    "list as the database writes it": {"redirect_uris": "{https://new.example/}"},
    "deep list as the database writes it": {"redirect_uris": "{{{{{{{a}}}}}}}"},
    "list that begins elsewhere": {"redirect_uris": "[-5:-5]={https://new.example/}"},
    "list that begins at the end": {"redirect_uris": "[2147483647:2147483647]={a}"},
    "flag that is none": {"first_party": "perhaps"},
    "endless number": {"older_secret_ends_at": 10**30},
    "time that is none": {"created_at": "yesterday-ish"},
}


@pytest.mark.parametrize("name", MALFORMED)
def test_registration_that_cannot_be_read_is_refused_and_costs_no_proof(
    admin: psycopg.Connection, login: Login, name: str
) -> None:
    """A fault of the operator's own process is a status, and the passkey shown is still good."""
    a_wiki(admin)
    row = json.loads(value(admin, "SELECT to_jsonb(w)::text FROM vault.wikis w"))
    changed = MALFORMED[name]
    is_change = isinstance(changed, dict) and changed
    given = json.dumps({**row, "client_id": "wiki-b", **changed} if is_change else changed)
    again = json.dumps({**row, **changed} if is_change else changed)
    before = value(admin, "SELECT jsonb_agg(w)::text FROM vault.wikis w")
    with login("web") as web, login("operator") as operator:
        session = freshly(operator, an_operator(admin, web, operator))
        register = "SELECT api.register_wiki_v1(%s, %s::jsonb, 'because')"
        change = "SELECT api.change_wiki_v1(%s, %s::jsonb, %s, 'because')"
        mac = value(admin, "SELECT mac FROM vault.wikis")
        assert value(operator, register, session, given) == "unreadable"
        assert value(operator, change, session, again, mac) == "unreadable"
        assert value(admin, "SELECT jsonb_agg(w)::text FROM vault.wikis w") == before
        good = json.dumps({**row, "client_id": "wiki-b"})
        assert value(operator, register, session, good) == "registered"
        assert value(operator, register, session, good) == "unproven"
    for function in ("register_wiki_v1(%s::jsonb)", "change_wiki_v1(%s::jsonb, '')"):
        assert value(admin, f"SELECT api.console_{function}", given) == "unreadable"


def test_registration_that_cannot_be_read_is_never_told_as_a_missing_reason(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """An operator could mend nothing by saying why: it is raised and logged, with its own word."""
    a_wiki(admin)
    olga, passkey = an_operator_of(playing, "chief")
    nameless = replace(WIKI, client_id="")
    with playing("operator"):
        by = ByOperator(shows(olga, passkey).session, "because")
        for refused in (
            lambda: wikis.register(nameless, by),
            lambda: wikis.change(nameless, b"", by),
        ):
            with pytest.raises(VaultRefused, match="unreadable"):
                refused()
    with playing("owner"), pytest.raises(VaultRefused, match="unreadable"):
        wikis.register(nameless)
