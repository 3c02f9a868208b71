"""Signing up, in the vault: each name and each look once, and everything or nothing."""

from collections import Counter
from uuid import uuid4

import psycopg

from accounts.services.usernames import username_skeletons
from tests.database.asking import (
    Login,
    Proof,
    a_person,
    ask,
    call,
    open_session,
    random_32,
    register,
    value,
)
from tests.database.racing import raced


def _create(
    admin: psycopg.Connection, username: str, skeletons: list[str], *, checked: bool
) -> str:
    """An account from the console, without a password."""
    status: str = call(
        admin,
        "api.create_account_v1",
        *(uuid4(), username, random_32(), "t1", skeletons, checked),
        *(None, None, None, None, None, None, None),
        *(None, None, None, None, None, None),
    )["status"]
    return status


def _left_behind(admin: psycopg.Connection) -> dict[str, int]:
    """How many rows each table has that a sign-up writes to."""
    return {
        table: value(admin, f"SELECT count(*) FROM vault.{table}")
        for table in (
            "accounts",
            "usernames",
            "skeletons",
            "password_parameters",
            "password_verifiers",
            "attempts",
        )
    }


def test_name_raced_by_twenty_belongs_to_one(admin: psycopg.Connection, login: Login) -> None:
    """One account, one password, one attempt; nothing of the other nineteen (V-race)."""
    answers = raced(20, login, lambda c: register(c, "Ada")["status"])
    assert Counter(answers) == {"created": 1, "taken": 19}
    assert set(_left_behind(admin).values()) == {1}


def test_look_alikes_raced_by_twenty_leave_one(admin: psycopg.Connection, login: Login) -> None:
    """Twenty names that look the same at the same moment: one is created."""
    names = [f"Name {number}" for number in range(20)]
    answers = raced(
        20, login, lambda c: register(c, names.pop(), skeletons=["first", "second"])["status"]
    )
    assert Counter(answers) == {"created": 1, "alike": 19}
    assert _left_behind(admin) == {
        **dict.fromkeys(_left_behind(admin), 1),
        "skeletons": 2,
    }


def test_look_alikes_that_share_one_of_several_skeletons_wait_without_deadlock(
    admin: psycopg.Connection, login: Login
) -> None:
    """Skeletons given in opposite orders are taken in one order."""
    orders = [["a", "b", "c"], ["c", "b", "a"]] * 10
    names = [f"Name {number}" for number in range(20)]
    answers = raced(20, login, lambda c: register(c, names.pop(), skeletons=orders.pop())["status"])
    assert Counter(answers) == {"created": 1, "alike": 19}


def test_look_alike_of_an_account_is_refused_at_sign_up(
    admin: psycopg.Connection, login: Login
) -> None:
    """A Cyrillic a in an otherwise Latin name is somebody's face on another's shoulders."""
    with login("web") as web:
        for name, status in (("Paypal", "created"), ("P\u0430ypal", "alike"), ("Ada", "created")):
            answer = register(web, name, skeletons=sorted(username_skeletons(name)))
            assert answer["status"] == status
    assert value(admin, "SELECT count(*) FROM vault.accounts") == 2


def test_look_alike_from_elsewhere_may_come_in_and_bars_the_next_sign_up(
    admin: psycopg.Connection, login: Login
) -> None:
    """Existing wikis hold look-alikes: an import takes them, the public form does not."""
    assert _create(admin, "Ada", ["ada"], checked=True) == "created"
    assert _create(admin, "\u0410da", ["ada"], checked=True) == "alike"
    assert _create(admin, "\u0410da", ["ada", "other"], checked=False) == "created"
    with login("web") as web:
        assert register(web, "Ad\u0430", skeletons=["ada"])["status"] == "alike"
        assert register(web, "Other", skeletons=["other"])["status"] == "alike"


def test_name_once_given_is_not_given_again(admin: psycopg.Connection, login: Login) -> None:
    """A name that an account had before it was renamed stays that account's."""
    with login("web") as web:
        a_person(web)
        admin.execute("UPDATE vault.accounts SET username = 'Countess'")
        admin.execute("INSERT INTO vault.usernames SELECT username, id FROM vault.accounts")
        for name in ("Ada", "Countess"):
            assert register(web, name, skeletons=[random_32().hex()])["status"] == "taken"


def test_sign_up_while_closed_creates_nothing(admin: psycopg.Connection, login: Login) -> None:
    """The vault closes the door, not the page: free names and taken ones hear the same."""
    with login("web") as web:
        a_person(web)
        admin.execute("UPDATE vault.site SET sign_up_open = false")
        before = _left_behind(admin)
        assert register(web, "Bob") == register(web, "Ada")
        assert register(web, "Bob")["status"] == "closed"
        assert not call(web, "api.prepare_account_v1", uuid4())["sign_up_open"]
    assert _left_behind(admin) == before


def test_sign_up_that_is_refused_leaves_nothing_but_its_event(
    admin: psycopg.Connection, login: Login
) -> None:
    """Neither a name nor a look is used up by somebody who got no account."""
    with login("web") as web:
        ada = a_person(web)
        before = _left_behind(admin)
        assert register(web, "Ada", skeletons=["new look"])["status"] == "taken"
        assert register(web, "New name", skeletons=["ada", "new look"])["status"] == "alike"
        again = register(web, "New name", skeletons=["new look"], account=ada.account_id)
        assert again["status"] == "bad_request"
        assert _left_behind(admin) == before
        assert register(web, "New name", skeletons=["new look"])["status"] == "created"
    refused = ask(
        admin,
        "SELECT detail ->> 'why' AS why FROM vault.events WHERE tag = 'account:sign_up:refused'"
        " ORDER BY id",
    )
    assert [row["why"] for row in refused] == ["taken", "alike", "bad_request"]


def test_sign_up_that_succeeds_has_proven_its_password(vault: None, login: Login) -> None:
    """The attempt that comes with the account opens the first session."""
    secret = random_32()
    with login("web") as web:
        answer = register(web, "Ada", attempt=secret)
        proof = Proof(secret, {**answer, "amr": ["pwd"]})
        assert open_session(web, proof) == "opened"


def test_name_with_other_case_or_bytes_is_another_name(vault: None, login: Login) -> None:
    """Names are compared byte by byte: what is one name is decided before, in one place."""
    with login("web") as web:
        for number, name in enumerate(("Ada", "ADA", "Ad\u00e1", "Ada\u0301")):
            answer = register(web, name, skeletons=[f"look {number}"])
            assert answer["status"] == "created"
