"""A guess between being charged and being judged: once, soon, and never without a verifier."""

from collections import Counter

import psycopg

from tests.database.asking import Login, a_person, ask, guess, judge, propose, random_32
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
