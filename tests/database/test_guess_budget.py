"""A stranger's guesses at a password: how many, how fast, and what the answers give away."""

from collections import Counter
from datetime import timedelta

import psycopg
import pytest
from django.test import override_settings

from accounts.services.usernames import canonical_username
from tests.database.asking import (
    Login,
    a_person,
    a_session,
    ask,
    call,
    guess,
    propose,
    prove,
    random_32,
    value,
)
from tests.database.people import sign_up
from tests.database.racing import raced
from vault import connection as vault_connection
from vault import passwords
from vault.events import NOWHERE

FREE, A_DAY = 10, 100


def _wait(admin: psycopg.Connection, seconds: float) -> None:
    """Lets that much time pass for every budget."""
    admin.execute(
        "UPDATE vault.guess_budgets SET next_at = next_at - %s", [timedelta(seconds=seconds)]
    )


def _no_wait(admin: psycopg.Connection) -> None:
    admin.execute("UPDATE vault.guess_budgets SET next_at = NULL")


def test_guesses_in_a_row_are_free_at_first_then_delayed_ever_longer(
    admin: psycopg.Connection, login: Login
) -> None:
    """Ten guesses go at once; then each waits twice as long as the one before, up to 15 minutes."""
    with login("web") as web:
        ada = a_person(web)
        for _ in range(FREE):
            assert guess(web, "Ada", random_32())["status"] == "wrong"
        waits = []
        for _ in range(9):
            refused = guess(web, "Ada", ada.tag)
            assert refused["status"] == "wait"
            waits.append(refused["wait_seconds"])
            _wait(admin, refused["wait_seconds"])
            assert guess(web, "Ada", random_32())["status"] == "wrong"
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900]


def test_guess_while_waiting_is_neither_charged_nor_judged(
    admin: psycopg.Connection, login: Login
) -> None:
    """Knocking during the delay does not lengthen it, and the right password gets no answer."""
    with login("web") as web:
        ada = a_person(web)
        for _ in range(FREE):
            guess(web, "Ada", random_32())
        before = ask(admin, "SELECT * FROM vault.guess_budgets")
        for _ in range(5):
            assert guess(web, "Ada", ada.tag)["status"] == "wait"
    assert ask(admin, "SELECT * FROM vault.guess_budgets") == before
    assert value(admin, "SELECT count(*) FROM vault.password_proposals") == FREE


def test_guesses_of_a_day_end_at_a_hundred_until_midnight_utc(
    admin: psycopg.Connection, login: Login
) -> None:
    """However patient, a stranger gets a hundred verdicts a day, and a hundred more tomorrow."""
    with login("web") as web:
        ada = a_person(web)
        statuses = []
        for _ in range(A_DAY + 5):
            statuses.append(guess(web, "Ada", random_32())["status"])
            # Not all in a row, as if the owner had shown themself in between.
            admin.execute("UPDATE vault.guess_budgets SET in_a_row = 0, next_at = NULL")
        assert Counter(statuses) == {"wrong": A_DAY, "wait": 5}
        seconds = guess(web, "Ada", ada.tag)["wait_seconds"]
        left = value(
            admin,
            "SELECT extract(epoch FROM date_trunc('day', clock_timestamp(), 'UTC')"
            " + interval '1 day' - clock_timestamp())",
        )
        assert abs(seconds - float(left)) < 5
        admin.execute("UPDATE vault.guess_budgets SET day = day - 1")
        assert guess(web, "Ada", ada.tag)["status"] == "right"


@pytest.mark.parametrize("username", ["Ada", "Nobody"])
def test_hundred_wrong_guesses_in_a_row_leave_the_password_to_known_devices(
    admin: psycopg.Connection, login: Login, username: str
) -> None:
    """NIST SP 800-63B section 3.2.2, however many days it takes, and for names that nobody has."""
    with login("web") as web:
        ada = a_person(web)
        for _ in range(A_DAY):
            guess(web, username, random_32())
            _no_wait(admin)
        admin.execute("UPDATE vault.guess_budgets SET day = day - 300, next_at = NULL")
        for tag in (random_32(), ada.tag):
            assert guess(web, username, tag)["status"] == "known_only"
        admin.execute("SELECT vault.clear_guesses(%s)", [ada.account_id])
        expected = "right" if username == "Ada" else "known_only"
        assert guess(web, username, ada.tag)["status"] == expected


@pytest.mark.parametrize("username", ["Ada", "Nobody"])
def test_guesses_in_parallel_cost_as_many_units_as_there_were(
    admin: psycopg.Connection, login: Login, username: str
) -> None:
    """Fifty guesses at once get ten verdicts: no two of them share a unit (V-limit)."""
    with login("web") as web:
        a_person(web)
    answers = raced(50, login, lambda c: guess(c, username, random_32())["status"])
    assert Counter(answers) == {"wrong": FREE, "wait": 50 - FREE}
    admin.execute("UPDATE vault.guess_budgets SET in_a_row = -1000, next_at = NULL, day_count = 0")
    answers = raced(50, login, lambda c: guess(c, username, random_32())["status"])
    assert Counter(answers) == {"wrong": 50}
    assert value(admin, "SELECT sum(day_count) FROM vault.guess_budgets") == 50


def test_guesses_at_a_name_that_nobody_has_are_answered_as_at_one_that_somebody_has(
    admin: psycopg.Connection, login: Login
) -> None:
    """The same statuses in the same order, the same waits, the same columns."""
    with login("web") as web:
        a_person(web)
        heard = {}
        for name in ("Ada", "Nobody"):
            challenge = call(web, "api.password_challenge_v1", name)
            assert challenge == call(web, "api.password_challenge_v1", name)
            answers: list[object] = [
                {key: type(found) for key, found in challenge.items()},
                {key: len(challenge[key]) for key in ("subject", "salt")},
            ]
            for _ in range(FREE + 3):
                answer = guess(web, name, random_32())
                answers.append((answer["status"], answer.get("wait_seconds")))
            heard[name] = answers
    assert heard["Ada"] == heard["Nobody"]


def test_password_of_a_name_that_nobody_has_takes_the_same_statements(vault: None) -> None:
    """Two statements for a name that somebody has, two for any other (V-enum)."""
    with override_settings(ARGON2_MEMORY_KIB=64, ARGON2_TIME_COST=1):
        sign_up("Ada")
        counts = {}
        for name in ("Ada", "Nobody"):
            with vault_connection.counted_statements() as statements:
                verdict = passwords.prove(name, "not it", purpose="sign_in", origin=NOWHERE)
            assert verdict == passwords.Verdict("wrong")
            counts[name] = list(statements)
    assert counts["Ada"] == counts["Nobody"]
    assert len(counts["Ada"]) == 2


@pytest.mark.parametrize(
    "spelling", ["Ada Lovelace", "ada Lovelace", "Ada_Lovelace", " Ada  Lovelace ", "ada_Lovelace_"]
)
def test_budget_is_one_for_every_spelling_of_a_name(
    admin: psycopg.Connection, login: Login, spelling: str
) -> None:
    """Whatever way a name is typed, the account's one budget pays (V-limit)."""
    with login("web") as web:
        a_person(web, "Ada Lovelace")
        guess(web, canonical_username(spelling), random_32())
    subjects = ask(admin, "SELECT subject, day_count FROM vault.guess_budgets")
    account = value(admin, "SELECT uuid_send(id) FROM vault.accounts")
    assert subjects == [{"subject": account, "day_count": 1}]


def test_budget_is_one_for_every_purpose(admin: psycopg.Connection, login: Login) -> None:
    """Guesses to sign in and to prove again pay from one budget."""
    with login("web") as web:
        ada = a_person(web)
        session = a_session(web, ada)
        for _ in range(5):
            guess(web, "Ada", random_32())
            guess(web, "Ada", random_32(), purpose="reauthenticate", session=session)
        assert guess(web, "Ada", ada.tag)["status"] == "wait"
        again = {"purpose": "reauthenticate", "session": session}
        assert guess(web, "Ada", ada.tag, **again)["status"] == "wait"
    assert value(admin, "SELECT count(*) FROM vault.guess_budgets") == 1


def test_budget_after_a_right_password_is_whole_again(
    admin: psycopg.Connection, login: Login
) -> None:
    """Whoever knows the password starts afresh; today's wrong guesses stay counted."""
    with login("web") as web:
        ada = a_person(web)
        for _ in range(FREE - 1):
            guess(web, "Ada", random_32())
        prove(web, ada)
        budget = ask(admin, "SELECT in_a_row, next_at, day_count FROM vault.guess_budgets")
        assert budget == [{"in_a_row": 0, "next_at": None, "day_count": FREE - 1}]
        for _ in range(FREE):
            assert guess(web, "Ada", random_32())["status"] == "wrong"


def test_budget_of_one_account_after_another_signs_in_is_not_restored(
    admin: psycopg.Connection, login: Login
) -> None:
    """A good sign-in to one's own account buys no guesses at another's (V-otp)."""
    with login("web") as web:
        a_person(web)
        mallory = a_person(web, "Mallory")
        for _ in range(FREE):
            guess(web, "Ada", random_32())
            prove(web, mallory)
        assert guess(web, "Ada", random_32())["status"] == "wait"


def test_budgets_of_names_that_nobody_has_cannot_fill_the_disk(
    admin: psycopg.Connection, login: Login
) -> None:
    """Names that nobody has share a bounded number of rows, named by two bytes."""
    with login("web") as web:
        for number in range(30):
            guess(web, f"Nobody {number}", random_32())
    assert value(admin, "SELECT max(octet_length(subject)) FROM vault.guess_budgets") == 2


@pytest.mark.parametrize("purpose", ["operator", "recover", "", None])
def test_purpose_of_no_password_is_refused(
    admin: psycopg.Connection, login: Login, purpose: str
) -> None:
    """What a guess may be for: web opens no operator's attempt by one."""
    with login("web") as web:
        ada = a_person(web)
        session = a_session(web, ada)
        answer = propose(web, "Ada", ada.tag, purpose=purpose, session=session)
    assert answer["status"] == "bad_request"
    assert value(admin, "SELECT count(*) FROM vault.password_proposals WHERE outcome IS NULL") == 0


def test_proof_within_a_session_of_somebody_else_is_refused(
    admin: psycopg.Connection, login: Login
) -> None:
    """Proving again needs a live session of that very account."""
    with login("web") as web:
        ada, mallory = a_person(web), a_person(web, "Mallory")
        session = a_session(web, mallory)
        for offered in (session, random_32(), None):
            answer = propose(web, "Ada", ada.tag, purpose="reauthenticate", session=offered)
            assert answer["status"] == "gone"


def test_lockout_of_an_account_answers_the_same_for_right_and_wrong_passwords(
    admin: psycopg.Connection, login: Login
) -> None:
    """A locked account's password cannot be tested."""
    with login("web") as web:
        ada = a_person(web)
        admin.execute("UPDATE vault.accounts SET state = 'locked'")
        right, wrong = guess(web, "Ada", ada.tag), guess(web, "Ada", random_32())
    assert right == wrong
    assert right["status"] == "locked"
    assert value(admin, "SELECT count(*) FROM vault.attempts") == 1, "the sign-up's own alone"


def test_closed_sign_in_answers_the_same_for_right_and_wrong_passwords(
    admin: psycopg.Connection, login: Login
) -> None:
    """While nobody may sign in, no password can be tested, and unknown names answer alike."""
    with login("web") as web:
        ada = a_person(web)
        admin.execute("UPDATE vault.site SET sign_in_open = false")
        answers = [
            guess(web, "Ada", ada.tag),
            guess(web, "Ada", random_32()),
            guess(web, "Nobody", random_32()),
        ]
    assert answers[0]["status"] == "closed"
    assert answers[0] == answers[1] == answers[2]
