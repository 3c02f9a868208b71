"""PostgreSQL's traps 3 and 4: what a reader or a writer of the rows can do with a verifier."""

import psycopg
from django.test import override_settings

from tests.database.asking import (
    Login,
    a_person,
    ask,
    guess,
    random_32,
    sha256,
    value,
)
from tests.database.people import CHEAP, sign_up
from vault import passwords
from vault.events import NOWHERE

# 3. A digest is not a guess.


def test_verifier_that_was_stolen_is_no_password(admin: psycopg.Connection, login: Login) -> None:
    """Everything that stands in the row, proposed as if it were the tag, is a wrong guess."""
    with login("web") as web:
        ada = a_person(web)
        [row] = ask(admin, "SELECT * FROM vault.password_verifiers")
        salt, digest = row["digest_salt"], row["digest"]
        assert digest == sha256(salt + ada.tag)
        for stolen in (digest, salt, sha256(digest), sha256(ada.tag), sha256(salt + digest)):
            assert guess(web, "Ada", stolen)["status"] == "wrong"


def test_digest_of_a_guess_is_gone_after_the_verdict(
    admin: psycopg.Connection, login: Login
) -> None:
    """What was proposed, and would equal the verifier, does not stay beside it."""
    with login("web") as web:
        ada = a_person(web)
        guess(web, "Ada", ada.tag)
        guess(web, "Ada", random_32())
    assert value(admin, "SELECT count(digest) FROM vault.password_proposals") == 0


# 4. Rows can be swapped.


def test_verifier_of_another_account_copied_over_opens_nothing(admin: psycopg.Connection) -> None:
    """A database writer who gives Ada the rows of Mallory's password has not changed Ada's."""
    with override_settings(**CHEAP):
        ada, mallory = sign_up("Ada"), sign_up("Mallory", "seven purple elephants dancing")
        for table in ("password_parameters", "password_verifiers"):
            admin.execute(f"DELETE FROM vault.{table} WHERE account_id = %s", [ada.account_id])
            admin.execute(
                f"UPDATE vault.{table} SET account_id = %s WHERE account_id = %s",
                [ada.account_id, mallory.account_id],
            )
        verdict = passwords.prove("Ada", mallory.password, purpose="sign_in", origin=NOWHERE)
    assert verdict.status == "wrong"
