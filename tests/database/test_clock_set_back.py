"""A clock that was set back by an hour revives nothing that was revoked, spent or used.

Each row of the table is tried twice: what nobody revoked is good after it as before, so that it is
the revocation that counts and not the clock. What merely ends later does: an hour later.
"""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.database import revocations, revoked_credentials
from tests.database.asking import Login, Proof, a_person, a_session, a_wiki, prove, value
from tests.database.clocks import set_back
from tests.database.factors import an_app, guess_code, right_totp, some_codes
from tests.database.revocations import SCOPES, Case, Vault, step_of_an_app_used
from tests.database.rotating import kept_keys
from vault.totp_codes import step_at

CASES = [*revocations.CASES, *revoked_credentials.CASES]


@pytest.fixture
def at(admin: psycopg.Connection, login: Login) -> Iterator[Vault]:
    """Ada is signed in, and there is a wiki."""
    a_wiki(admin, scopes=SCOPES)
    # The keys stay when the rest is emptied, and their times were moved as well.
    with kept_keys(admin), login("web") as web, login("operator") as operator:
        ada = a_person(web)
        yield Vault(admin, web, operator, ada, a_session(web, ada))


@pytest.mark.parametrize("seconds", [3600, 86400], ids=["an-hour", "a-day"])
@pytest.mark.parametrize("case", CASES, ids=lambda one: one.__name__)
def test_clock_set_back_revives_nothing_that_was_revoked(
    at: Vault, case: Callable[[Vault], Case], seconds: int
) -> None:
    """By an hour, as by somebody who errs about summer time, or by a day."""
    one = case(at)
    one.revoke()
    set_back(at.admin, seconds)
    assert one.use() != one.good
    assert one.use() != one.good


@pytest.mark.parametrize(
    "case", [one for one in CASES if one is not step_of_an_app_used], ids=lambda one: one.__name__
)
def test_clock_set_back_takes_nothing_away_that_was_good(
    at: Vault, case: Callable[[Vault], Case]
) -> None:
    """So it is no clock that refuses above; and a clock that errs signs nobody out."""
    one = case(at)
    set_back(at.admin)
    assert one.use() == one.good


def test_code_of_an_app_is_refused_until_the_clock_has_passed_the_last_one(at: Vault) -> None:
    """Some time without codes rather than one code twice; meanwhile recovery codes go on."""
    app, now = an_app(at.admin, at.ada), step_at()
    [tag, *_] = some_codes(at.admin, at.ada)
    assert right_totp(at.web, prove(at.web, at.ada).secret, app, now)["status"] == "right"
    set_back(at.admin, 60)
    for step in (now, now + 1):
        answer = right_totp(at.web, prove(at.web, at.ada).secret, app, step)
        assert answer["status"] == "replayed"
    assert guess_code(at.web, prove(at.web, at.ada).secret, tag)["status"] == "right"


def test_every_time_of_the_vault_is_set_back(at: Vault) -> None:
    """From the catalogue: a table that comes later is among them by itself."""
    before = value(at.admin, "SELECT created_at FROM vault.accounts")
    columns = value(
        at.admin,
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'vault'"
        " AND udt_name IN ('timestamptz', '_timestamptz')",
    )
    assert set_back(at.admin) == columns > 40
    after = value(at.admin, "SELECT created_at FROM vault.accounts")
    assert (after - before).total_seconds() == 3600
    assert isinstance(prove(at.web, at.ada), Proof)
