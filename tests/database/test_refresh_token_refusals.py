"""Refresh tokens that are refused: odd ones, mixed ones, and rows that a writer changed."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import (
    Login,
    ask,
    call,
    random_32,
    reported,
    sha256,
    value,
)
from tests.database.mail import Playing, a_member
from tests.database.people import sign_in
from tests.database.refreshing import (
    a_grant,
    a_token,
    rotated,
    session,
    wiki,
)
from vault import refresh_tokens
from vault.refresh_tokens import Rotated
from vault.sessions import Session
from vault.wikis import Wiki

__all__ = ["session", "wiki"]


@pytest.mark.parametrize(
    "text", ["", "x", ".", "0" * 32 + ".", "0" * 32 + "." + "A" * 42, "0" * 32 + "." + "A" * 44]
)
def test_refresh_token_of_another_form_is_unknown(wiki: Wiki, text: str) -> None:
    """What is no token is asked about nobody."""
    assert refresh_tokens.rotate(text, wiki) == "unknown"
    assert refresh_tokens.rotate(f"{uuid4().hex}.{'A' * 43}", wiki) == "unknown"


def test_refresh_token_with_another_grants_id_is_unknown(wiki: Wiki, session: Session) -> None:
    """Both halves have to go together."""
    one, other = a_token(a_grant(session, wiki)), a_token(a_grant(session, wiki))
    mixed = f"{one.partition('.')[0]}.{other.partition('.')[2]}"
    assert refresh_tokens.rotate(mixed, wiki) == "unknown"
    assert isinstance(refresh_tokens.rotate(one, wiki), Rotated)


def test_refresh_token_with_arguments_missing_or_odd_is_a_bad_request(
    login: Login, wiki: Wiki, session: Session
) -> None:
    """Each argument alone: a status of its own, and nothing is spent."""
    grant, other = a_grant(session, wiki), a_grant(session, wiki)
    text = a_token(grant)
    decoded = refresh_tokens.decode(text)
    assert decoded is not None
    stored = sha256(decoded[1])
    rotating: list[Any] = [decoded[1], grant, wiki.client_id, random_32(), random_32(), "t1"]
    issuing: list[Any] = [other, random_32(), random_32(), "t1"]
    digest, vouched, key = [None, b"", b"x" * 33, stored], [None, b"m"], [None, "", "k" * 41]
    with login("web") as web:
        for function, good, odd in (
            (
                "api.rotate_refresh_token_v1",
                rotating,
                {0: [None], 1: [None], 2: [None], 3: digest, 4: vouched, 5: key},
            ),
            ("api.issue_refresh_token_v1", issuing, {0: [None], 1: digest, 2: vouched, 3: key}),
        ):
            for position, values in odd.items():
                for wrong in values:
                    arguments = [*good[:position], wrong, *good[position + 1 :]]
                    status = call(web, function, *arguments)["status"]
                    assert status == "bad_request", (function, position, wrong)
        for unknown in (b"", b"x", random_32()):
            answer = call(web, "api.rotate_refresh_token_v1", unknown, *rotating[1:])
            assert answer["status"] == "unknown"
    assert isinstance(refresh_tokens.rotate(text, wiki), Rotated)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ("refresh_tokens SET mac = sha256('mac')", ("unknown", "refresh_token")),
        ("refresh_tokens SET mac = ''", ("unknown", "refresh_token")),
        ("refresh_tokens SET mac_key = 'another'", ("unknown", "refresh_token")),
        ("grants SET scopes = scopes || '{admin}'", ("dead", "grant")),
        ("sessions SET expires_at = expires_at + interval '9 years'", ("dead", "session")),
        ("accounts SET username = 'Another'", ("dead", "account")),
    ],
)
def test_refresh_token_whose_rows_a_writer_changed_is_refused_and_reported(
    admin: psycopg.Connection, wiki: Wiki, session: Session, change: str, refused: tuple[str, str]
) -> None:
    """The token's own row, and those that stand behind it: session, grant and name."""
    token = a_token(a_grant(session, wiki))
    admin.execute(f"UPDATE vault.{change}")
    status, what = refused
    assert refresh_tokens.rotate(token, wiki) == status
    assert {one for one, _ in reported(admin)} == {what}


def test_refresh_token_moved_to_another_grant_by_a_writer_is_refused(
    admin: psycopg.Connection, wiki: Wiki, session: Session, playing: Playing
) -> None:
    """A writer's own token on a victim's grant names nobody."""
    victim = sign_in(a_member(playing, "Victim", None))
    grant = a_grant(victim, wiki)
    text = a_token(a_grant(session, wiki))
    admin.execute("UPDATE vault.refresh_tokens SET grant_id = %s", [grant])
    moved = f"{grant.hex}.{text.partition('.')[2]}"
    assert refresh_tokens.rotate(moved, wiki) == "unknown"
    assert reported(admin) == {("refresh_token", str(grant))}


def test_refresh_token_is_kept_as_a_digest_alone(
    admin: psycopg.Connection, wiki: Wiki, session: Session
) -> None:
    """Who reads the tables cannot present what stands there; nor does a repr show one."""
    text = a_token(a_grant(session, wiki))
    dump = str(ask(admin, "SELECT t::text AS row FROM vault.refresh_tokens t"))
    dump += str(ask(admin, "SELECT e::text AS row FROM vault.events e"))
    decoded = refresh_tokens.decode(text)
    assert decoded is not None
    assert decoded[1].hex() not in dump
    stored = value(admin, "SELECT token_hash FROM vault.refresh_tokens")
    assert refresh_tokens.rotate(refresh_tokens.encode(decoded[0], stored), wiki) == "unknown"
    swapped = rotated(text, wiki)
    assert swapped.token.text not in repr(swapped)
