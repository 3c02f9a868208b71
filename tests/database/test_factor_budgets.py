"""What guesses at second factors cost: ten end an attempt, a hundred in a row the guessing (V-otp).

One budget for apps and recovery codes, apart from the password's; a known device has its own.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.database.asking import (
    Login,
    Person,
    a_person,
    ask,
    guess,
    open_session,
    prove,
    random_32,
    sha256,
)
from tests.database.factors import (
    an_app,
    an_attempt,
    guess_code,
    opened,
    propose_code,
    propose_totp,
    right_code,
    right_totp,
    some_codes,
    wrong_factor,
)

TEN, A_DAY = 10, 100
Wrong = Callable[[psycopg.Connection, bytes], str]


def _wrong_totp(web: psycopg.Connection, attempt: bytes) -> str:
    return str(wrong_factor(web, attempt)["status"])


def _wrong_code(web: psycopg.Connection, attempt: bytes) -> str:
    return str(guess_code(web, attempt, random_32())["status"])


@pytest.fixture
def web(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """Web's own connection."""
    with login("web") as connection:
        yield connection


@pytest.fixture
def ada(admin: psycopg.Connection, web: psycopg.Connection) -> Person:
    """Somebody with an app, recovery codes and a confirmed address."""
    person = a_person(web)
    an_app(admin, person)
    some_codes(admin, person)
    admin.execute(
        "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
        " is_primary, verified_at) VALUES (%s, 'sealed', 'd', 't1', true, clock_timestamp())",
        [person.account_id],
    )
    return person


def _budget(admin: psycopg.Connection, person: Person) -> dict[str, int]:
    """The strangers' budget of somebody's second factors."""
    [row] = ask(
        admin,
        "SELECT in_a_row, day_count FROM vault.guess_budgets"
        " WHERE subject = uuid_send(%s) || '\\x02'::bytea",
        person.account_id,
    )
    return row


# --- Ten end an attempt ------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [_wrong_totp, _wrong_code])
def test_tenth_wrong_factor_ends_the_attempt_and_writes_to_the_owner(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, wrong: Wrong
) -> None:
    """V-otp: at the tenth, not at an eleventh that a careful stranger never makes."""
    proof = prove(web, ada)
    letters = "SELECT payload ->> 'template' AS name FROM vault.outbox"
    for _ in range(TEN - 1):
        assert wrong(web, proof.secret) == "wrong"
    assert ask(admin, letters) == []
    assert wrong(web, proof.secret) == "ended"
    assert ask(admin, letters) == [{"name": "second_factor_failed"}]
    assert wrong(web, proof.secret) == "gone"
    assert right_code(admin, web, ada, proof.secret) == "gone"
    assert open_session(web, proof, amr=["pwd"]) == "gone"
    tags = Counter(row["tag"] for row in ask(admin, "SELECT tag FROM vault.events"))
    assert tags["account:factor:exhausted"] == 1
    assert tags["account:factor:wrong"] == TEN


def test_wrong_factors_of_both_kinds_end_an_attempt_together(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """Going over to the other kind buys no more guesses, and a replayed code is a wrong one."""
    attempt = prove(web, ada).secret
    assert right_code(admin, web, ada, attempt) == "right"
    [app] = ask(admin, "SELECT id, last_step FROM vault.totp_devices")
    heard = [right_totp(web, attempt, app["id"], app["last_step"])["status"]]
    for _ in range(3):
        heard += [_wrong_totp(web, attempt), _wrong_code(web, attempt)]
        heard.append(right_totp(web, attempt, app["id"], app["last_step"])["status"])
    assert Counter(heard) == {"wrong": 6, "replayed": 3, "ended": 1}
    assert heard[-1] == "ended"


def test_openings_without_a_word_about_the_code_end_the_attempt_as_well(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """A web process that keeps silent has opened the secrets ten times, and not once more."""
    attempt = prove(web, ada).secret
    heard = [opened(web, attempt)["status"] for _ in range(TEN + 2)]
    assert heard == ["opened"] * TEN + ["ended", "gone"]


def test_right_factor_gives_back_its_own_charge_and_no_other(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """Nine slips and then the right one: the attempt goes on, with one slip left in it."""
    attempt = prove(web, ada).secret
    for _ in range(TEN - 1):
        assert _wrong_totp(web, attempt) == "wrong"
    assert right_code(admin, web, ada, attempt) == "right"
    assert _budget(admin, ada) == {"in_a_row": 0, "day_count": TEN - 1}
    assert _wrong_totp(web, attempt) == "ended"


# --- One budget an account ---------------------------------------------------------------------


def test_budget_is_shared_by_tabs_kinds_and_purposes(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """V-otp: ten in a row are free, however many attempts they are spread over; then a wait."""
    session = random_32()
    full = an_attempt(admin, ada, ["password", "totp"])
    assert open_session(web, full, secret_hash=sha256(session)) == "opened"
    for number in range(TEN):
        again = {"purpose": "reauthenticate", "session": session} if number % 2 else {}
        attempt = prove(web, ada, **again).secret
        assert (_wrong_totp if number % 3 else _wrong_code)(web, attempt) == "wrong"
    for propose in (propose_totp, lambda c, a: propose_code(c, a, random_32())):
        refused = propose(web, prove(web, ada).secret)
        assert (refused["status"], refused["proposal"]) == ("wait", None)
        assert 0 < refused["wait_seconds"] <= 15
    assert right_code(admin, web, ada) == "wait"


def test_budget_is_not_restored_by_any_other_sign_in(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """V-otp: neither the right password nor somebody else's whole sign-in buys a guess."""
    mallory = a_person(web, "Mallory")
    an_app(admin, mallory)
    for _ in range(TEN):
        assert _wrong_totp(web, prove(web, ada).secret) == "wrong"
        assert right_code(admin, web, mallory) == "right"
    assert right_code(admin, web, ada) == "wait"
    assert _budget(admin, ada)["in_a_row"] == TEN


def test_budget_is_apart_from_the_passwords(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """Who guesses at one leaves the other alone, either way."""
    attempt = prove(web, ada).secret
    for _ in range(TEN):
        _wrong_totp(web, attempt)
    assert guess(web, "Ada", ada.tag)["status"] == "right"
    grace = a_person(web, "Grace")
    an_app(admin, grace)
    attempt = prove(web, grace).secret
    for _ in range(TEN):
        guess(web, "Grace", random_32())
    assert guess(web, "Grace", grace.tag)["status"] == "wait"
    assert right_code(admin, web, grace, attempt) == "right"


def test_budget_delays_ever_longer_and_ends_for_the_day(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """As the password's: 15 seconds, doubled up to 15 minutes; a hundred a day."""
    for _ in range(TEN):
        _wrong_totp(web, prove(web, ada).secret)
    waits = []
    for _ in range(8):
        refused = propose_totp(web, prove(web, ada).secret)
        waits.append(refused["wait_seconds"])
        admin.execute(
            "UPDATE vault.guess_budgets SET next_at = next_at - %s",
            [timedelta(seconds=refused["wait_seconds"])],
        )
        assert _wrong_totp(web, prove(web, ada).secret) == "wrong"
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900]
    admin.execute(
        "UPDATE vault.guess_budgets SET in_a_row = 0, next_at = NULL, day_count = %s", [A_DAY]
    )
    assert _right_with_any_password(admin, web, ada) == "wait"


def _right_with_any_password(
    admin: psycopg.Connection, web: psycopg.Connection, person: Person
) -> str:
    """As ``_right``, by an attempt that needed no guess at the password."""
    return right_code(admin, web, person, an_attempt(admin, person, ["password"]).secret)


def test_waiting_opens_no_secret_and_judges_no_code(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """A guess that is not paid for is not recorded, not opened, and not answered."""
    for _ in range(TEN):
        _wrong_totp(web, prove(web, ada).secret)
    attempt = prove(web, ada).secret
    before = ask(admin, "SELECT * FROM vault.factor_proposals ORDER BY id")
    budget = _budget(admin, ada)
    for _ in range(3):
        assert opened(web, attempt)["status"] == "wait"
        assert _wrong_code(web, attempt) == "wait"
    assert ask(admin, "SELECT * FROM vault.factor_proposals ORDER BY id") == before
    assert _budget(admin, ada) == budget
    assert ask(
        admin, "SELECT wrong_factors FROM vault.attempts WHERE secret_hash = sha256(%s)", attempt
    ) == [{"wrong_factors": 0}]


# --- Known devices -----------------------------------------------------------------------------


def test_known_device_has_a_budget_of_its_own(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """Strangers who use up theirs keep nobody out of a browser that was here before."""
    device = random_32()
    full = an_attempt(admin, ada, ["password", "totp"])
    assert open_session(web, full, device=device) == "opened"
    for _ in range(TEN):
        _wrong_totp(web, prove(web, ada).secret)
    attempt = prove(web, ada).secret
    for stranger in (None, random_32(), b"", b"x"):
        assert propose_totp(web, attempt, stranger)["status"] == "wait"
        assert propose_code(web, attempt, random_32(), stranger)["status"] == "wait"
    assert wrong_factor(web, attempt, device)["status"] == "wrong"
    assert guess_code(web, attempt, random_32(), device)["status"] == "wrong"
    for _ in range(TEN - 2):
        wrong_factor(web, prove(web, ada).secret, device)
    assert propose_totp(web, attempt, device)["status"] == "wait"
