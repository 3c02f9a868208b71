"""The thief writes every row of known browsers, holds no key, and knows the victim's password.

It would have its own browser trusted, so that no code of the victim's app is asked for there.
"""

import time
from dataclasses import replace

import psycopg
import pytest

from tests.database.asking import reported
from tests.database.factors import enrol_app, later, with_code
from tests.database.people import Member, attempt_of, sign_up
from tests.drills.loot import Loot
from vault import sessions, trusted_browsers
from vault.attempts import new_secret, secret_hash
from vault.events import NOWHERE, Origin


def a_browser() -> Origin:
    """A browser with a secret of its own."""
    return Origin(network="192.0.2.7/32", agent="Firefox on Linux", device=new_secret())


def trusted(member: Member, secret: bytes, origin: Origin, steps: int = 0) -> None:
    """Signs somebody in with a code, and trusts the browser."""
    now = later(steps)
    proven = with_code(attempt_of(member), secret, now=now, origin=origin).attempt
    assert proven is not None
    session = sessions.open_session(proven, kept=False, agent_label="", origin=origin)
    assert session is not None
    assert trusted_browsers.trust(session, days=30, label="x", origin=origin) == "trusted"


def is_spared(member: Member, origin: Origin) -> bool:
    """Whether a sign-in there would be spared the code."""
    return trusted_browsers.spare_code(attempt_of(member), origin) is not None


@pytest.fixture
def victim(vault: None) -> Member:
    """Whose password the thief knows."""
    return sign_up("Victim")


def test_database_writer_trusts_no_browser_of_its_own(
    admin: psycopg.Connection, victim: Member, loot: Loot
) -> None:
    """Neither by a row that it makes up, nor by one of its own account, nor by the victim's."""
    secret = enrol_app(victim)
    mallory = sign_up("Mallory")
    hers, mine = a_browser(), a_browser()
    trusted(victim, secret, hers)
    trusted(mallory, enrol_app(mallory), mine)
    assert is_spared(victim, hers)
    assert is_spared(mallory, mine)
    forged = a_browser()
    assert forged.device is not None
    assert hers.device is not None
    until = int(time.time()) + 86400
    row = [secret_hash(forged.device), victim.account_id, until]
    copied = (
        "SELECT %s, %s, clock_timestamp(), clock_timestamp(), gen_random_uuid(), '',"
        " clock_timestamp(), %s, mac, mac_key FROM vault.device_credentials WHERE account_id = %s"
        " AND trusted_until IS NOT NULL LIMIT 1"
    )
    columns = (
        "(secret_hash, account_id, created_at, last_used_at, id, label, trusted_at, trusted_until,"
        " mac, mac_key)"
    )
    for whose in (mallory, victim):
        admin.execute(
            f"INSERT INTO vault.device_credentials {columns} {copied}", [*row, whose.account_id]
        )
        assert not is_spared(victim, forged)
        loot.refused(f"a browser of its own under the MAC of {whose.username}'s")
        admin.execute("DELETE FROM vault.device_credentials WHERE secret_hash = %s", [row[0]])
    admin.execute(
        "UPDATE vault.device_credentials SET account_id = %s WHERE account_id = %s",
        [victim.account_id, mallory.account_id],
    )
    assert not is_spared(victim, mine)
    loot.refused("its own trusted browser turned over to the victim")
    admin.execute("UPDATE vault.device_credentials SET trusted_until = trusted_until + 86400")
    assert not is_spared(victim, hers)
    loot.refused("the victim's trust made longer")
    assert ("trusted_browser", str(victim.account_id)) in reported(admin)


def test_database_writer_spares_itself_nothing_by_a_proof_in_the_row(
    admin: psycopg.Connection, victim: Member, loot: Loot
) -> None:
    """The word of a browser that stands in an attempt's row was heard by nobody."""
    enrol_app(victim)
    attempt = attempt_of(victim)
    admin.execute("UPDATE vault.attempts SET proofs = '{password,browser}'")
    assert attempt.proofs == ("password",), "so the flow asks for the code"
    loot.refused("the browser's word written into an attempt")
    # Code inside the web process could leave the flow out; then the vault's own row decides.
    assert sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE) is not None
    loot.gained("with code inside the web process as well: a sign-in without the code, at aal1")
    assert replace(attempt).amr == ("pwd",)
