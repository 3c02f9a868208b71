"""Names under a MAC: what a database writer renamed is used nowhere, and written down."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import (
    Login,
    call,
    register,
    reported,
    value,
)
from tests.database.operating import enrolled, signed_in
from tests.database.people import Member, prove, sign_in, sign_up
from tests.database.vouched import a_code, ada, redeem, redeemed, wiki
from vault import grants, sessions
from vault.wikis import Wiki

__all__ = ["ada", "wiki"]
Playing = Callable[[str], AbstractContextManager[None]]


@pytest.mark.parametrize(
    "change",
    [
        "username = 'Countess'",
        "username = 'ADA'",
        "mac = ''",
        "mac = sha256('x')",
        "mac = (SELECT mac FROM vault.accounts WHERE username = 'Other')",
        "mac_key = ''",
        "mac_key = 'other'",
    ],
)
def test_name_that_a_database_writer_changed_is_used_nowhere(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, change: str
) -> None:
    """Not by a session, a password, a code or an access token; and each says so in the trail."""
    sign_up("Other")
    session = sign_in(ada)
    code, spent = a_code(session, wiki), a_code(session, wiki)
    token = redeemed(spent, wiki).grant_id
    admin.execute(f"UPDATE vault.accounts SET {change} WHERE username = 'Ada'")
    for use in (
        lambda: sessions.resume(session.secret) is None,
        lambda: prove(ada).status == "wrong",
        lambda: redeem(code, wiki) == "dead",
        lambda: grants.describe(token) is None,
    ):
        admin.execute("DELETE FROM vault.events WHERE tag = 'site:row:refused'")
        assert use()
        assert reported(admin) == {("account", str(ada.account_id))}


def test_name_is_shown_to_an_operator_without_the_ring(
    admin: psycopg.Connection, ada: Member, playing: Playing
) -> None:
    """The operator's process decides nothing by a name, and so has no key to check one."""
    passkey = enrolled(playing, ada.account_id, "looker")
    admin.execute("UPDATE vault.accounts SET mac = ''")
    assert signed_in(playing, passkey).session.username == "Ada"


@pytest.mark.parametrize(
    ("mac", "key"),
    [(None, "t1"), (b"", "t1"), (b"x" * 31, "t1"), (b"x" * 32, ""), (b"x" * 32, None)],
)
def test_account_without_a_mac_is_not_made(
    admin: psycopg.Connection, login: Login, mac: bytes | None, key: str | None
) -> None:
    """Neither at the public door nor at the console, and nothing is left of the name."""
    with login("web") as web:
        assert register(web, "Ada", name_mac=mac, name_mac_key=key)["status"] == "bad_request"
    made = call(
        admin,
        "api.create_account_v1",
        *(uuid4(), "Ada", mac, key, ["ada"], True, *([None] * 7), *([None] * 6)),
    )
    assert made["status"] == "bad_request"
    for table in ("accounts", "usernames", "skeletons"):
        assert value(admin, f"SELECT count(*) FROM vault.{table}") == 0
