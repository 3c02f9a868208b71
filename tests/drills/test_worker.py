"""The thief has the worker: its login to the vault, and the keys of letters and addresses."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest

from tests.database.asking import Login, ask, call, random_32, value
from tests.database.factors import enrol_app
from tests.database.mail import (
    ADDRESS,
    a_member,
    answer_requests,
    armed,
    ask_for_reset,
    redeem,
    request_reset,
    requests,
    reset,
    tokens,
)
from tests.database.people import prove
from tests.drills.loot import Loot
from vault.attempts import Attempt
from vault.seals import open_address

Play = Callable[[str], AbstractContextManager[None]]


def test_worker_takes_accounts_that_have_nothing_but_a_password(
    admin: psycopg.Connection, playing: Play, loot: Loot
) -> None:
    """It makes the tokens, so that it needs no letter: as much as whoever reads all mail."""
    ada = a_member(playing)
    request_reset()  # anybody can ask
    answer_requests(playing, admin)
    attempt = redeem(armed(playing, admin).secret, browser=None, username="Ada")
    assert isinstance(attempt, Attempt)
    assert reset(attempt) == "reset"
    assert prove(ada).status == "wrong"
    loot.gained("a new password, and so the account, of whoever has no second factor")


def test_worker_takes_no_account_with_a_second_factor(
    admin: psycopg.Connection, playing: Play, loot: Loot
) -> None:
    """It has no key to codes, passkeys or passwords (V-reset)."""
    ada = a_member(playing)
    enrol_app(ada)
    ask_for_reset(playing, admin)
    attempt = redeem(armed(playing, admin).secret, browser=None, username="Ada")
    assert isinstance(attempt, Attempt)
    assert reset(attempt) == "weak"
    assert prove(ada).status == "right"
    loot.refused("accounts with a second factor")


def test_worker_reads_the_addresses_that_are_written_to_and_no_list(
    admin: psycopg.Connection, login: Login, playing: Play, loot: Loot
) -> None:
    """Those of letters that wait, and those that a request means: it asks for nobody itself."""
    a_member(playing)
    grace = a_member(playing, "Grace", "grace@example.org")
    request_reset()
    [job] = requests(admin)
    with login("worker") as worker:
        [meant] = ask(worker, "SELECT * FROM api.reset_request_v1(%s)", job)
        with playing("worker"):
            assert open_address(meant["sealed_address"], meant["account_id"]) == ADDRESS
        loot.gained("addresses of those who are written to, and of whom somebody asks for")
        for statement in (
            "SELECT api.request_reset_v1('Grace', NULL, %s, 'en', '', '')",
            "SELECT * FROM api.find_token_v1(%s, NULL)",
            "SELECT * FROM api.list_addresses_v1(%s)",
            "SELECT * FROM api.own_letters_v1(%s)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                worker.execute(statement, [random_32()])
        hers = value(
            admin, "SELECT id FROM vault.email_addresses WHERE account_id = %s", grace.account_id
        )
        given = (job, [meant["address_id"], hers], [0, 0])
        assert call(worker, "api.answer_reset_v1", *given)["status"] == "answered"
    assert len(tokens(admin)) == 1
    made = "SELECT account_id = %s FROM vault.mailed_tokens"
    assert not value(admin, made, grace.account_id)
    loot.refused("a token for somebody whom no request means, or a second one for who is meant")
