"""The views of one account's and one wiki's page: what they tell, and what they never do."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.asking import (
    Login,
    Person,
    Row,
    a_person,
    a_session,
    a_wiki,
    ask,
    issue,
    redeem,
    value,
)
from tests.database.factors import a_passkey, an_app, some_codes

# All that operators may read of one account or wiki besides its row. A new column says so here.
COLUMNS = {
    "factors": {"account_id", "kind", "count", "added_at"},
    "logouts": {
        *("id", "account_id", "sid", "agent_label", "ended_at", "end_reason", "client_id", "wiki"),
        *("state", "last_error"),
    },
    "letters": {
        *("id", "account_id", "template", "reference", "created_at", "state", "done_at"),
        *("buried_at", "last_error"),
    },
    "wiki_calls": {
        *("client_id", "issued_at", "redeemed_at", "refreshed_at", "refused_at", "refused_why"),
        *("told_at", "waiting", "given_up", "last_error"),
    },
}
CANARY = "canary"  # stands wherever somebody's own words, or a secret, are kept


def seen(login: Login, view: str, **named: Any) -> list[Row]:
    """What the operator's role reads of a view, of one account or wiki if one is named."""
    where = " AND ".join(["true", *(f"{column} = %({column})s" for column in named)])
    with login("operator") as operator, operator.cursor() as cursor:
        cursor.execute(f"SELECT * FROM views.{view} WHERE {where}", named)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def an_address(admin: psycopg.Connection, person: Person, **changes: Any) -> None:
    """An address of somebody, confirmed if nothing else is said."""
    row = {
        "account_id": person.account_id,
        "sealed": CANARY.encode(),
        "lookup_digest": CANARY.encode(),
        "lookup_key": "t1",
        "is_primary": False,
        "verified_at": datetime.now(UTC),
        **changes,
    }
    admin.execute(
        f"INSERT INTO vault.email_addresses ({', '.join(row)})"
        f" VALUES ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def an_app_password(admin: psycopg.Connection, person: Person, **changes: Any) -> None:
    """A live app password of somebody."""
    row = {
        "id": uuid4(),
        "account_id": person.account_id,
        "secret_hash": CANARY.encode(),
        "name": CANARY,
        "scopes": [],
        "networks": [],
        "created_at": datetime.now(UTC),
        "mac": CANARY.encode(),
        "mac_key": "t1",
        **changes,
    }
    admin.execute(
        f"INSERT INTO vault.app_passwords ({', '.join(row)})"
        f" VALUES ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def a_job(
    admin: psycopg.Connection, kind: str, account_id: UUID | None, payload: Row, **columns: Any
) -> int:
    """A job of the outbox in any state."""
    row = {"kind": kind, "account_id": account_id, "payload": json.dumps(payload), **columns}
    found = admin.execute(
        f"INSERT INTO vault.outbox ({', '.join(row)})"
        f" VALUES ({', '.join(['%s'] * len(row))}) RETURNING id",
        list(row.values()),
    ).fetchone()
    assert found is not None
    return int(found[0])


def a_letter(admin: psycopg.Connection, account_id: UUID, **columns: Any) -> int:
    """A letter to somebody, in any state."""
    payload = {"template": "new_sign_in", "reference": "ABCD-1234", "username": CANARY}
    sealed = {"sealed_address": CANARY.encode()}
    return a_job(admin, "letter", account_id, payload, **(sealed | columns))


def ended(admin: psycopg.Connection, secret: bytes, *, minutes_ago: int = 1) -> UUID:
    """Ends a session without telling anybody; gives its sid."""
    sid: UUID = value(
        admin,
        "UPDATE vault.sessions SET ended_at = now() - %s * interval '1 minute',"
        " end_reason = 'signed_out' WHERE secret_hash = sha256(%s) RETURNING sid",
        *(minutes_ago, secret),
    )
    return sid


def test_views_have_these_columns_and_no_other(vault: None, login: Login) -> None:
    """Whoever adds one has decided that operators may read it."""
    with login("operator") as operator:
        rows = ask(
            operator,
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'views' AND table_name = ANY (%s)",
            list(COLUMNS),
        )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], set()).add(row["column_name"])
    assert found == COLUMNS


def test_factors_are_counted_by_kind_and_what_is_gone_is_not(
    admin: psycopg.Connection, login: Login
) -> None:
    """Password, passkeys, apps, codes left, app passwords, addresses: those that count today."""
    with login("web") as web:
        ada, bea = a_person(web, "Ada"), a_person(web, "Bea")
    for kind in ("web", "web", "operator"):
        a_passkey(admin, ada, kind=kind)
    an_app(admin, ada)
    some_codes(admin, ada)
    admin.execute("DELETE FROM vault.recovery_codes WHERE position < 3")
    now = datetime.now(UTC)
    an_app_password(admin, ada)
    an_app_password(admin, ada, revoked_at=now)
    an_app_password(admin, ada, expires_at=now - timedelta(minutes=1))
    an_app_password(admin, ada, expires_at=now + timedelta(minutes=1))
    an_address(admin, ada)
    an_address(admin, ada, verified_at=None)
    an_address(admin, ada, removed_at=now)
    left = value(admin, "SELECT count(*) FROM vault.recovery_codes")
    assert left in (7, 8)
    assert {
        row["kind"]: row["count"] for row in seen(login, "factors", account_id=ada.account_id)
    } == {
        "password": 1,
        "passkey": 2,
        "operator_passkey": 1,
        "totp": 1,
        "recovery_codes": left,
        "app_password": 2,
        "address": 1,
    }
    [only] = seen(login, "factors", account_id=bea.account_id)
    assert only["kind"] == "password"
    assert [(datetime.now(UTC) - at) < timedelta(minutes=1) for at in only["added_at"]] == [True]


def test_views_tell_nobodys_words_address_or_secret(
    admin: psycopg.Connection, login: Login
) -> None:
    """What people named their things, where letters go, what they say: in no row of any view."""
    with login("web") as web:
        ada = a_person(web)
        session = a_session(web, ada)
    a_passkey(admin, ada, name=CANARY, public_key=CANARY.encode() * 6)
    an_app(admin, ada)
    admin.execute(
        "UPDATE vault.totp_devices SET name = %s, sealed_secret = %s", [CANARY, CANARY.encode()]
    )
    an_app_password(admin, ada)
    an_address(admin, ada)
    a_letter(admin, ada.account_id)
    wiki = a_wiki(admin)
    sid = ended(admin, session)
    admin.execute("INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, %s)", [sid, wiki])
    a_job(
        admin,
        "backchannel_logout",
        ada.account_id,
        {"sid": str(sid), "client_id": wiki, "jti": CANARY, "sub": CANARY},
    )
    hidden = [CANARY, CANARY.encode().hex(), session.hex()]
    for view in COLUMNS:
        rows = seen(login, view)
        assert rows
        assert not [word for word in hidden if word in str(rows)]


def test_letters_are_those_of_one_account_and_one_month(
    admin: psycopg.Connection, login: Login
) -> None:
    """Which, when, what became of it; not older ones, nor what is no letter to somebody."""
    with login("web") as web:
        ada, bea = a_person(web, "Ada"), a_person(web, "Bea")
    admin.execute("DELETE FROM vault.outbox")
    now = datetime.now(UTC)
    sent = a_letter(admin, ada.account_id, done_at=now)
    dead = a_letter(admin, ada.account_id, buried_at=now, last_error="recipient_refused")
    due = a_letter(admin, ada.account_id)
    a_letter(admin, ada.account_id, created_at=now - timedelta(days=31))
    a_letter(admin, bea.account_id)
    a_job(admin, "backchannel_logout", ada.account_id, {"sid": "x", "client_id": "y"})
    found = {row["id"]: row for row in seen(login, "letters", account_id=ada.account_id)}
    assert {number: row["state"] for number, row in found.items()} == {
        sent: "done",
        dead: "dead",
        due: "due",
    }
    assert found[dead]["last_error"] == "recipient_refused"
    assert {(row["template"], row["reference"]) for row in found.values()} == {
        ("new_sign_in", "ABCD-1234")
    }


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"done_at": datetime.now(UTC)}, "told"),
        ({}, "waiting"),
        ({"last_error": "timed_out"}, "waiting"),
        ({"buried_at": datetime.now(UTC), "last_error": "timed_out"}, "failed"),
        (None, ""),
    ],
)
def test_logout_of_an_ended_session_says_what_became_of_telling_each_wiki(
    admin: psycopg.Connection, login: Login, columns: Row | None, state: str
) -> None:
    """Told, waiting, given up and why; nothing where the wiki never asked to be told."""
    with login("web") as web:
        ada = a_person(web)
        sid = ended(admin, a_session(web, ada))
        a_session(web, ada)  # still open: nobody is told
    wiki = a_wiki(admin)
    admin.execute("INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, %s)", [sid, wiki])
    if columns is not None:
        payload = {"sid": str(sid), "client_id": wiki}
        a_job(admin, "backchannel_logout", ada.account_id, payload, **columns)
    [row] = seen(login, "logouts", account_id=ada.account_id)
    assert (row["sid"], row["client_id"], row["state"]) == (sid, wiki, state)
    assert row["last_error"] == (columns or {}).get("last_error")


def test_session_that_ended_an_hour_ago_is_told_of_no_more(
    admin: psycopg.Connection, login: Login
) -> None:
    """The events tell of those; one without a wiki is told of within the hour too."""
    with login("web") as web:
        ada = a_person(web)
        ended(admin, a_session(web, ada), minutes_ago=61)
        sid = ended(admin, a_session(web, ada), minutes_ago=59)
    [row] = seen(login, "logouts", account_id=ada.account_id)
    assert (row["sid"], row["client_id"]) == (sid, None)


def test_wiki_shows_when_it_last_did_what(admin: psycopg.Connection, login: Login) -> None:
    """Signed in to, redeemed, refused and why: of this wiki, and of no other."""
    wiki, other = a_wiki(admin), a_wiki(admin, "wiki-b")
    with login("web") as web:
        ada = a_person(web)
        session = a_session(web, ada)
        code = issue(web, session, wiki)["code"]
        [calls] = seen(login, "wiki_calls", client_id=wiki)
        assert calls["issued_at"] is not None
        assert (calls["redeemed_at"], calls["refused_at"]) == (None, None)
        assert redeem(web, code)["status"] == "redeemed"
        assert redeem(web, code)["status"] == "replayed"
    admin.execute(
        "INSERT INTO vault.events (tag, client_id) VALUES ('wiki:refresh:rotated', %s)", [wiki]
    )
    [calls] = seen(login, "wiki_calls", client_id=wiki)
    assert calls["refused_why"] == "replayed"
    times = [calls[f"{what}_at"] for what in ("issued", "redeemed", "refused", "refreshed")]
    assert times == sorted(times)
    [calls] = seen(login, "wiki_calls", client_id=other)
    assert (calls["waiting"], calls["given_up"]) == (0, 0)
    assert {v for k, v in calls.items() if k not in ("client_id", "waiting", "given_up")} == {None}


def test_wiki_shows_what_it_was_told_and_what_did_not_reach_it(
    admin: psycopg.Connection, login: Login
) -> None:
    """When it last answered, how many wait, how many were given up, and the latest error."""
    wiki, other = a_wiki(admin), a_wiki(admin, "wiki-b")
    now = datetime.now(UTC)
    for client_id, columns in (
        (wiki, {"done_at": now}),
        (wiki, {"done_at": now - timedelta(hours=1)}),
        (wiki, {"last_error": "refused"}),
        (wiki, {"last_error": "timed_out"}),
        (wiki, {}),
        (wiki, {"buried_at": now, "last_error": "status_500"}),
        (wiki, {}),
        (other, {}),
    ):
        a_job(admin, "backchannel_logout", uuid4(), {"client_id": client_id}, **columns)
    [calls] = seen(login, "wiki_calls", client_id=wiki)
    assert calls["told_at"] == now
    assert (calls["waiting"], calls["given_up"]) == (4, 1)
    assert calls["last_error"] == "status_500"


def test_wiki_that_was_away_is_counted_no_further_than_is_of_use(
    admin: psycopg.Connection, login: Login
) -> None:
    """A thousand that wait are enough to know; the newest error is found among all of them."""
    wiki = a_wiki(admin)
    a_job(admin, "backchannel_logout", None, {"client_id": wiki}, last_error="timed_out")
    admin.execute(
        "INSERT INTO vault.outbox (kind, payload) SELECT 'backchannel_logout',"
        " jsonb_build_object('client_id', %s::text) FROM generate_series(1, 1100)",
        [wiki],
    )
    [calls] = seen(login, "wiki_calls", client_id=wiki)
    assert (calls["waiting"], calls["given_up"], calls["last_error"]) == (1000, 0, "timed_out")


@pytest.mark.parametrize(
    ("view", "column", "tables"),
    [
        ("factors", "account_id", ["passkeys", "totp_devices", "app_passwords", "email_addresses"]),
        ("logouts", "account_id", ["sessions", "outbox"]),
        ("letters", "account_id", ["outbox"]),
        ("wiki_calls", "client_id", ["events", "outbox"]),
    ],
)
def test_page_of_one_thing_reads_no_table_in_full(
    admin: psycopg.Connection, view: str, column: str, tables: list[str]
) -> None:
    """However long trail and outbox are, what is about one account or wiki has an index."""
    # In tables that are nearly empty any plan is as good: which one is chosen then hangs on chance.
    admin.execute(
        "INSERT INTO vault.events (tag, client_id) SELECT tag, 'wiki-' || n % 300"
        " FROM generate_series(1, 2000) AS n, unnest('{wiki:sign_in:issued,wiki:code:redeemed,"
        "wiki:refresh:rotated,wiki:code:refused,wiki:refresh:refused}'::text[]) AS tag"
    )
    admin.execute(
        "INSERT INTO vault.outbox (kind, payload, done_at) SELECT 'backchannel_logout',"
        " jsonb_build_object('client_id', 'wiki-' || n % 300), now()"
        " FROM generate_series(1, 5000) AS n"
    )
    admin.execute("ANALYZE vault.events, vault.outbox")
    admin.execute("SET enable_seqscan = off")
    key = str(uuid4())
    plan = "\n".join(
        line
        for (line,) in admin.execute(f"EXPLAIN SELECT * FROM views.{view} WHERE {column} = '{key}'")
    )
    for table in tables:
        assert f" on {table} " in plan
        assert f"Seq Scan on {table} " not in plan
    # None is walked through from one end to the other either.
    assert plan.count("Index Cond") >= plan.count("Index Scan")
