"""Trusted browsers in the vault: by whom, until when, and what they spare."""

import time
from dataclasses import replace

import psycopg
import pytest

from tests.database.asking import AGENT, NETWORK, Login, call, random_32, value
from tests.database.factors import enrol_app, enrol_codes, enrol_passkey, later, with_code
from tests.database.people import Member, attempt_of, sign_up
from vault import sessions, trusted_browsers
from vault.attempts import new_secret
from vault.errors import FactorMissing, VaultRefused
from vault.events import NOWHERE, Origin
from vault.sessions import Session

HERE = Origin(network=NETWORK, agent=AGENT, device=new_secret())


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


@pytest.fixture
def secret(ada: Member) -> bytes:
    """Her app's secret."""
    return enrol_app(ada)


def by_code(ada: Member, secret: bytes, origin: Origin = HERE, steps: int = 0) -> Session:
    """A session opened with a code, in a browser."""
    proven = with_code(attempt_of(ada), secret, now=later(steps), origin=origin).attempt
    assert proven is not None
    session = sessions.open_session(proven, kept=False, agent_label="", origin=origin)
    assert session is not None
    return session


def trust(session: Session, origin: Origin = HERE, days: int = 30) -> str:
    """Trusts the browser."""
    return trusted_browsers.trust(session, days=days, label="Firefox", origin=origin)


def test_trusted_browser_spares_the_code_and_counts_as_no_factor(
    ada: Member, secret: bytes
) -> None:
    """NIST 5.1a: the session says one factor."""
    assert trust(by_code(ada, secret)) == "trusted"
    attempt = attempt_of(ada)
    with pytest.raises(FactorMissing):
        sessions.open_session(attempt, kept=False, agent_label="", origin=HERE)
    spared = trusted_browsers.spare_code(attempt, HERE)
    assert spared is not None
    assert (spared.proofs, spared.amr) == (("password", "browser"), ("pwd",))
    session = sessions.open_session(spared, kept=False, agent_label="", origin=HERE)
    assert session is not None
    assert session.amr == ("pwd",)


def test_trust_is_given_by_a_session_that_has_just_shown_a_second_factor(
    ada: Member, secret: bytes, admin: psycopg.Connection
) -> None:
    """Neither by one that was spared it, nor by one of long ago, nor for a browser that is new."""
    session = by_code(ada, secret)
    assert trust(session, replace(HERE, device=new_secret())) == "gone"
    assert trust(session, replace(HERE, device=None)) == "gone"
    assert trust(session) == "trusted"
    spared = trusted_browsers.spare_code(attempt_of(ada), HERE)
    assert spared is not None
    lesser = sessions.open_session(spared, kept=False, agent_label="", origin=HERE)
    assert lesser is not None
    assert trust(lesser) == "weak"
    admin.execute(
        "UPDATE vault.sessions SET authenticated_at = authenticated_at - interval '301 seconds'"
    )
    assert trust(session) == "weak"
    admin.execute("UPDATE vault.sessions SET ended_at = clock_timestamp()")
    assert trust(session) == "gone"


@pytest.mark.parametrize("days", [0, -1, 91, 3650])
def test_trust_ends_within_what_the_vault_allows(ada: Member, secret: bytes, days: int) -> None:
    """Ninety days, whatever a web process asks for."""
    with pytest.raises(VaultRefused, match="bad_request"):
        trust(by_code(ada, secret), days=days)


def test_trust_spares_only_the_second_step_of_a_password(
    ada: Member, secret: bytes, admin: psycopg.Connection
) -> None:
    """No other purpose, no attempt that is over, and nobody else's."""
    session = by_code(ada, secret)
    trust(session)
    again = attempt_of(ada, purpose="reauthenticate", session_secret=session.secret)
    assert trusted_browsers.spare_code(again, HERE) is None
    assert trusted_browsers.spare_code(attempt_of(sign_up("Mallory")), HERE) is None
    assert trusted_browsers.spare_code(attempt_of(ada), replace(HERE, device=new_secret())) is None
    over = attempt_of(ada)
    admin.execute("UPDATE vault.attempts SET consumed_at = clock_timestamp()")
    assert trusted_browsers.spare_code(over, HERE) is None


def test_trust_opens_no_account_that_holds_a_passkey(
    ada: Member, secret: bytes, admin: psycopg.Connection
) -> None:
    """The vault's own word: the better factor is never spared."""
    trust(by_code(ada, secret))
    other = sign_up("Other")
    enrol_passkey(other)
    admin.execute(
        "UPDATE vault.passkeys SET account_id = %s WHERE account_id = %s",
        [ada.account_id, other.account_id],
    )
    spared = trusted_browsers.spare_code(attempt_of(ada), HERE)
    assert spared is not None
    with pytest.raises(FactorMissing):
        sessions.open_session(spared, kept=False, agent_label="", origin=HERE)


def test_trust_is_listed_and_ended_by_its_owner_alone(ada: Member, secret: bytes) -> None:
    """One, or all of them; ended it spares nothing."""
    session = by_code(ada, secret)
    trust(session)
    enrol_codes(mallory := sign_up("Mallory"))
    [mine] = trusted_browsers.own_trusted_browsers(session, HERE)
    assert (mine.label, mine.is_current) == ("Firefox", True)
    assert abs(mine.trusted_until.timestamp() - time.time() - 30 * 86400) < 120
    [elsewhere] = trusted_browsers.own_trusted_browsers(session, NOWHERE)
    assert not elsewhere.is_current
    hers = sessions.open_session(attempt_of(mallory), kept=False, agent_label="", origin=NOWHERE)
    assert hers is not None
    for browser in (mine.id, None):
        assert trusted_browsers.distrust(hers, browser, origin=NOWHERE) == "unknown"
    assert trusted_browsers.distrust(session, mine.id, origin=NOWHERE) == "distrusted"
    assert trusted_browsers.distrust(session, None, origin=NOWHERE) == "unknown"
    assert trusted_browsers.own_trusted_browsers(session, HERE) == []
    assert trusted_browsers.spare_code(attempt_of(ada), HERE) is None


def test_passkey_is_offered_once_in_a_browser(
    ada: Member, secret: bytes, login: Login, admin: psycopg.Connection
) -> None:
    """And in each of an account's browsers; never for a session that is none."""
    session = by_code(ada, secret)
    assert trusted_browsers.is_passkey_to_be_offered(session, HERE)
    assert not trusted_browsers.is_passkey_to_be_offered(session, HERE)
    assert not trusted_browsers.is_passkey_to_be_offered(session, NOWHERE)
    there = replace(HERE, device=new_secret())
    other = by_code(ada, secret, there, steps=1)
    assert trusted_browsers.is_passkey_to_be_offered(other, there)
    with login("web") as web:
        name = "api.offer_passkey_v1"
        assert call(web, name, random_32(), HERE.device)[name[4:]] is False
    assert value(admin, "SELECT count(passkey_offered_at) FROM vault.device_credentials") == 2
