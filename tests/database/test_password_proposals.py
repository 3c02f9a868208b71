"""A guess between being charged and being judged: once, soon, and never without a verifier."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.database.asking import (
    AGENT,
    NETWORK,
    Login,
    a_person,
    ask,
    guess,
    judge,
    propose,
    random_32,
    value,
)
from tests.database.racing import raced


def test_proposal_is_judged_once(admin: psycopg.Connection, login: Login) -> None:
    """A verdict cannot be asked for twice, nor by twenty at once."""
    with login("web") as web:
        ada = a_person(web)
        proposal = propose(web, "Ada", ada.tag)["proposal"]
    answers = raced(20, login, lambda c: judge(c, proposal)["status"])
    assert Counter(answers) == {"right": 1, "unknown": 19}
    stored = ask(admin, "SELECT digest, outcome FROM vault.password_proposals")
    assert stored == [{"digest": None, "outcome": "right"}]


def test_proposal_that_waited_too_long_is_judged_late(
    admin: psycopg.Connection, login: Login
) -> None:
    """A guess cannot be kept for later, when a password may have changed."""
    with login("web") as web:
        ada = a_person(web)
        proposal = propose(web, "Ada", ada.tag)["proposal"]
        admin.execute(
            "UPDATE vault.password_proposals SET proposed_at = proposed_at - interval '61 seconds'"
        )
        assert judge(web, proposal)["status"] == "late"


def test_account_without_a_password_is_opened_by_none(
    admin: psycopg.Connection, login: Login
) -> None:
    """No verifier, no match: neither an empty tag nor any other opens it (V-blank)."""
    with login("web") as web:
        a_person(web)
        admin.execute("DELETE FROM vault.password_verifiers; DELETE FROM vault.password_parameters")
        assert propose(web, "Ada", b"")["status"] == "bad_request"
        for tag in (bytes(32), random_32()):
            assert guess(web, "Ada", tag)["status"] == "wrong"
        admin.execute(
            "INSERT INTO vault.password_verifiers (account_id) SELECT id FROM vault.accounts"
        )
        assert guess(web, "Ada", bytes(32))["status"] == "wrong"


def test_verdict_that_waited_for_a_change_of_password_judges_by_the_new_one(
    admin: psycopg.Connection, login: Login
) -> None:
    """The old one would open an attempt of the new epoch, which the change could not end."""
    with login("web") as web, ThreadPoolExecutor(1) as pool:
        ada = a_person(web)
        proposal = propose(web, "Ada", ada.tag)["proposal"]
        with admin.transaction():
            admin.execute("UPDATE vault.accounts SET epoch = epoch + 1")
            admin.execute("UPDATE vault.password_verifiers SET digest = sha256(digest)")
            verdict = pool.submit(judge, web, proposal)
            while not value(admin, "SELECT pg_blocking_pids(%s)", web.info.backend_pid):
                assert not verdict.done()
        assert verdict.result()["status"] == "wrong"


@pytest.mark.parametrize(
    ("set_by_the_caller", "then"), [("off", "on"), ("local", "local"), ("on", "on")]
)
def test_verdict_is_written_to_disk_whatever_its_caller_has_set(
    vault: None, login: Login, set_by_the_caller: str, then: str
) -> None:
    """A crash takes no verdict with it, and so no charge before one; a safer way stays."""
    with login("web") as web:
        ada = a_person(web)
        proposal = propose(web, "Ada", ada.tag)["proposal"]
        web.execute(f"SET synchronous_commit = {set_by_the_caller}")
        with web.transaction():
            assert judge(web, proposal)["status"] == "right"
            assert value(web, "SHOW synchronous_commit") == then
        assert value(web, "SHOW synchronous_commit") == set_by_the_caller


def test_whole_guess_leaves_its_callers_way_of_writing_as_it_was(vault: None, login: Login) -> None:
    """Only the charge's own commit need not wait for the disk: the verdict's waits for both."""
    with login("web") as web:
        web.execute("SET synchronous_commit = remote_apply")
        arguments = ("Nobody", random_32(), "sign_in", random_32(), None, NETWORK, AGENT)
        [answer] = ask(web, "CALL api.prove_password_v1(%s, %s, %s, %s, %s, %s, %s)", *arguments)
        assert answer["status"] == "wrong"
        assert value(web, "SHOW synchronous_commit") == "remote_apply"
