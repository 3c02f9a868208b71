"""``rotatekeys --re-seal`` vouches for nothing that the key of before did not vouch for."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.database.asking import Row, ask, random_32, value
from tests.database.console import Console, Playing
from tests.database.rotating import Rings, furnish, kept_keys
from vault import resealing
from vault.renewals import KINDS


@pytest.fixture
def console(
    vault: None,
    playing: Playing,
    capsys: pytest.CaptureFixture[str],
    admin: psycopg.Connection,
) -> Iterator[Console]:
    """The owner's console with new rings, before a vault that is furnished under the old ones."""
    with kept_keys(admin):
        furnish(Console(playing, capsys), admin)
        yield Console(Rings.make().playing, capsys)


def refused(admin: psycopg.Connection) -> list[Row]:
    """What the trail says of rows that are not ours."""
    found = ask(admin, "SELECT detail FROM vault.events WHERE tag = 'site:row:refused'")
    return [row["detail"] for row in found]


SABOTAGE = {
    "operators": "UPDATE vault.operators SET level = 'looker'",
    "wikis": "UPDATE vault.wikis SET redirect_uris = '{https://evil.example/}'",
    "signing_keys": "UPDATE vault.signing_keys SET sealed_private = set_byte(sealed_private, 40,"
    " get_byte(sealed_private, 40) # 1) WHERE alg = 'RS256'",
    "passkeys": "UPDATE vault.passkeys SET public_key = '\\xdead'",
    "totp": "UPDATE vault.totp_devices SET sealed_secret = set_byte(sealed_secret, 40,"
    " get_byte(sealed_secret, 40) # 1)",
    "app_passwords": "UPDATE vault.app_passwords SET scopes = '{basic,edit}'",
    "trusted_browsers": "UPDATE vault.device_credentials SET trusted_until = trusted_until + 1"
    " WHERE trusted_until IS NOT NULL",
    "consents": "UPDATE vault.consents SET scopes = '{openid,email}'",
    "names": "UPDATE vault.accounts SET username = 'Mallory' WHERE username = 'Ada'",
    "addresses": "UPDATE vault.email_addresses SET mac = sha256('x') WHERE mac <> ''",
    "letters": "UPDATE vault.outbox SET account_id ="
    " (SELECT id FROM vault.accounts WHERE username = 'Ada') WHERE sealed_address IS NOT NULL",
}
MORE = {
    "addresses, digest": "UPDATE vault.email_addresses SET lookup_digest = sha256('x')"
    " WHERE verified_at IS NULL",
    "addresses, confirmed by a writer": "UPDATE vault.email_addresses SET verified_at = now()"
    " WHERE verified_at IS NULL",
    "addresses, of another": "UPDATE vault.email_addresses SET account_id ="
    " (SELECT account_id FROM vault.operators) WHERE verified_at IS NULL",
    "totp, digest": "UPDATE vault.totp_devices SET secret_digest = sha256('x')",
    "letters, of nobody": "UPDATE vault.outbox SET account_id = NULL"
    " WHERE sealed_address IS NOT NULL",
    "wikis, older MAC": "UPDATE vault.wikis SET mac = sha256('x')",
}


@pytest.mark.parametrize("case", [*SABOTAGE, *MORE])
def test_reseal_of_a_row_that_is_not_ours_leaves_it_and_says_so(
    console: Console, admin: psycopg.Connection, case: str
) -> None:
    """A new key vouches for nothing that the old one did not: status 1, the trail, all others done.

    Rows that a database writer made or changed would otherwise become ours by a rotation.
    """
    what = case.partition(",")[0]
    if case == "addresses, of another":
        admin.execute("UPDATE vault.email_addresses SET is_primary = false")
    admin.execute({**SABOTAGE, **MORE}[case].encode())
    kind = next(kind for kind in KINDS if kind.what == what)
    before = _rows(admin, what)
    status, out, err = console.run("rotatekeys", "--re-seal", "--json")
    assert status == 1
    assert err.splitlines()[-1].startswith("rotatekeys: 1 rows were left as they are")
    done = json.loads(out)["resealed"]
    assert {name for name, one in done.items() if one["refused"]} == {what}
    [(row_id, why)] = done[what]["refusals"].items()
    assert why == resealing.NOT_OURS
    assert refused(admin) == [{"what": kind.row, "subject": row_id}]
    unchanged = set(before) & set(_rows(admin, what))
    assert len(unchanged) == 1
    assert len(before) - len(unchanged) == done[what]["renewed"]


_TABLES = {
    "names": "accounts",
    "totp": "totp_devices",
    "addresses": "email_addresses",
    "letters": "outbox",
    "trusted_browsers": "device_credentials",
}
_THOSE = {
    "letters": "WHERE sealed_address IS NOT NULL",
    "trusted_browsers": "WHERE trusted_until IS NOT NULL",
}


def _rows(admin: psycopg.Connection, what: str) -> list[str]:
    """Every row of that kind, whole."""
    where = _THOSE.get(what, "")
    found = ask(admin, f"SELECT t::text AS row FROM vault.{_TABLES.get(what, what)} t {where}")
    return [row["row"] for row in found]


def test_reseal_without_the_key_that_a_row_names_leaves_it_without_an_alarm(
    console: Console, admin: psycopg.Connection
) -> None:
    """A process that was started with a file of before is no break-in."""
    admin.execute("UPDATE vault.wikis SET mac_key = 'lost'")
    status, out, _err = console.run("rotatekeys", "--re-seal", "--json")
    assert status == 1
    [why] = json.loads(out)["resealed"]["wikis"]["refusals"].values()
    assert why == "AUTHSITE_WIKI_KEYS has no key 'lost'"
    assert refused(admin) == []


def test_reseal_leaves_what_counts_for_nothing_under_the_old_key(
    console: Console, admin: psycopg.Connection
) -> None:
    """A revoked operator, app password or signing key that a writer revives later stays dead."""
    admin.execute("UPDATE vault.operators SET revoked_at = now()")
    admin.execute("UPDATE vault.app_passwords SET revoked_at = now()")
    admin.execute(
        "UPDATE vault.signing_keys SET state = 'retired', retired_at = '-infinity'"
        " WHERE alg = 'RS256'"
    )
    admin.execute("UPDATE vault.outbox SET done_at = now()")
    done = json.loads(console.run("rotatekeys", "--re-seal", "--json")[1])["resealed"]
    assert [done[what]["renewed"] for what in ("operators", "app_passwords", "letters")] == [0] * 3
    assert done["signing_keys"]["renewed"] == 1
    assert value(admin, "SELECT mac_key FROM vault.operators") == "t1"
    assert value(admin, "SELECT mac_key FROM vault.app_passwords") == "t1"


def test_reseal_leaves_empty_macs_empty(console: Console, admin: psycopg.Connection) -> None:
    """A row that no key vouches for is nobody's, before and after."""
    admin.execute("UPDATE vault.wikis SET mac = '', mac_key = ''")
    console.run("rotatekeys", "--re-seal")
    assert admin.execute("SELECT mac, mac_key FROM vault.wikis").fetchall() == [(b"", "")]
    found = admin.execute(
        "SELECT mac, mac_key, lookup_key FROM vault.email_addresses WHERE verified_at IS NULL"
    ).fetchall()
    assert found == [(b"", "", "t2")]


def test_reseal_of_a_row_signed_under_a_random_key_id_names_no_key_of_ours(
    console: Console, admin: psycopg.Connection
) -> None:
    """A seal that names something odd is left, whatever bytes it has there."""
    admin.execute(
        "UPDATE vault.outbox SET sealed_address = '\\x0104ff00fe01'::bytea || %s"
        " WHERE sealed_address IS NOT NULL",
        [random_32()],
    )
    status, out, _err = console.run("rotatekeys", "--re-seal", "--json")
    assert status == 1
    assert json.loads(out)["resealed"]["letters"]["refused"] == 1
