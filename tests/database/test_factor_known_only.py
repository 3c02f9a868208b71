"""A hundred wrong second factors in a row leave them to known devices, until the owner is seen."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.database.asking import (
    Login,
    Person,
    a_person,
    call,
    guess,
    open_session,
    prove,
    random_32,
    sha256,
    value,
)
from tests.database.factors import (
    a_passkey,
    an_app,
    an_attempt,
    propose_code,
    propose_totp,
    prove_passkey,
    right_code,
    some_codes,
    wrong_factor,
)
from tests.database.mail_arguments import BROWSER, ORIGIN, a_token, an_address
from tests.database.operating import an_operator, freshly

TEN, HUNDRED = 10, 100


@pytest.fixture
def web(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """Web's own connection."""
    with login("web") as connection:
        yield connection


@pytest.fixture
def ada(admin: psycopg.Connection, web: psycopg.Connection) -> Person:
    """Somebody with an app and recovery codes."""
    person = a_person(web)
    an_app(admin, person)
    some_codes(admin, person)
    return person


def _spend(admin: psycopg.Connection, web: psycopg.Connection, person: Person) -> None:
    """A hundred wrong codes, in as many attempts and days as it takes."""
    attempt = b""
    for number in range(HUNDRED):
        if number % TEN == 0:
            attempt = prove(web, person).secret
        assert wrong_factor(web, attempt)["status"] in ("wrong", "ended")
        admin.execute("UPDATE vault.guess_budgets SET next_at = NULL, day_count = 0")


def test_hundred_wrong_factors_in_a_row_leave_them_to_known_devices(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """NIST SP 800-63B section 3.2.2, however many days it takes; then a known device alone."""
    device = random_32()
    full = an_attempt(admin, ada, ["password", "totp"])
    assert open_session(web, full, device=device) == "opened"
    _spend(admin, web, ada)
    admin.execute("UPDATE vault.guess_budgets SET day = day - 300")
    assert right_code(admin, web, ada) == "known_only"
    attempt = prove(web, ada).secret
    assert propose_code(web, attempt, random_32())["status"] == "known_only"
    assert propose_totp(web, attempt, device)["status"] == "proposed"
    assert guess(web, "Ada", ada.tag)["status"] == "right", "the password is another matter"


def test_known_only_is_cleared_by_a_passkey_that_knew_its_user(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """The owner has shown themself in another way; a touch alone shows nobody."""
    credential = a_passkey(admin, ada)
    _spend(admin, web, ada)
    assert prove_passkey(web, credential, user_verified=False)["status"] == "right"
    assert right_code(admin, web, ada) == "known_only"
    assert prove_passkey(web, credential)["status"] == "right"
    assert right_code(admin, web, ada) == "right"


def test_known_only_is_cleared_by_an_operator(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """Whom the owner has asked for help; with a reason, and an event."""
    _spend(admin, web, ada)
    with login("operator") as operator:
        olga = an_operator(admin, web, operator)
        for expected in ("unlocked", "already"):
            freshly(operator, olga)
            assert (
                call(operator, "api.unlock_account_v1", olga, ada.account_id, "asked by telephone")[
                    "status"
                ]
                == expected
            )
    assert right_code(admin, web, ada) == "right"


def test_known_only_is_not_cleared_by_the_password(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """Whoever guesses at the second factor has the password already."""
    _spend(admin, web, ada)
    assert prove(web, ada).verdict["status"] == "right"
    assert right_code(admin, web, ada) == "known_only"


def test_known_only_is_not_cleared_by_a_letter(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """Whoever reads the owner's mail stands before the second factor; the password is cleared."""
    _spend(admin, web, ada)
    assert guess(web, "Ada", random_32())["status"] == "wrong"
    admin.execute("UPDATE vault.guess_budgets SET in_a_row = 100")
    assert guess(web, "Ada", ada.tag)["status"] == "known_only"
    secret = random_32()
    token = a_token(admin, ada, an_address(admin, ada), "reset", secret)
    attempt = random_32()
    redeemed = call(
        web, "api.redeem_reset_v1", token, secret, BROWSER, None, sha256(attempt), *ORIGIN
    )
    assert redeemed["status"] == "right"
    assert right_code(admin, web, ada, attempt) == "known_only"
    assert guess(web, "Ada", ada.tag)["status"] == "right"


def test_known_only_is_cleared_by_a_changed_password(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person
) -> None:
    """Which needed the second factor, in a browser that is known."""
    session = random_32()
    full = an_attempt(admin, ada, ["password", "totp"])
    assert open_session(web, full, secret_hash=sha256(session)) == "opened"
    _spend(admin, web, ada)
    sid = value(admin, "SELECT sid FROM vault.sessions WHERE secret_hash = sha256(%s)", session)
    fresh = an_attempt(admin, ada, ["password", "totp"], purpose="reauthenticate", sid=sid)
    tag = random_32()
    changed = call(
        web,
        "api.change_password_v1",
        *(session, fresh.secret, random_32()[:16], 19457, 2, 1, "t1", tag, random_32()),
        *(random_32(), fresh.verdict["account_epoch"] + 1, random_32(), "t1", "en", *ORIGIN),
    )
    assert changed["status"] == "changed"
    person = Person(ada.account_id, ada.username, tag)
    assert right_code(admin, web, person) == "right"
