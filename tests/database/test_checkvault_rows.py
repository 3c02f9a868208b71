"""``checkvault`` and rows that no holder of the keys wrote; key rings; the sealed trail."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

from tests.database.asking import value
from tests.database.console import Console, Playing
from tests.database.examining import QUICK, examine, red, result_of
from tests.database.people import Member
from tests.database.rotating import Rings, furnish, kept_keys
from tests.database.trail import Trail, trail
from vault.doctor import rows

__all__ = ["trail"]

ROW_CHECKS = [check.id for check in rows.CHECKS if check.id != "sessions-are-ours"]
# What somebody who writes the tables but has no key may do, and the check that finds it.
FORGERIES = {
    "an operator without a MAC": (
        (
            "INSERT INTO vault.operators (account_id, level, granted_at, mac, mac_key)"
            " SELECT id, 'chief', now(), '', '' FROM vault.accounts WHERE username = 'Ada'"
        ),
        "operators-are-ours",
    ),
    "an operator with another's MAC": (
        (
            "INSERT INTO vault.operators (account_id, level, granted_at, mac, mac_key)"
            " SELECT a.id, o.level, o.granted_at, o.mac, o.mac_key"
            " FROM vault.accounts a, vault.operators o WHERE a.username = 'Ada'"
        ),
        "operators-are-ours",
    ),
    "a level that was raised": (
        "UPDATE vault.operators SET level = 'looker'",
        "operators-are-ours",
    ),
    "an operator's link that lives longer": (
        "UPDATE vault.operator_invites SET expires_at = expires_at + interval '1 day'",
        "operator-invites-are-ours",
    ),
    "an operator's link for somebody else": (
        (
            "UPDATE vault.operator_invites SET account_id ="
            " (SELECT id FROM vault.accounts WHERE username = 'Ada')"
        ),
        "operator-invites-are-ours",
    ),
    "a wiki that nobody registered": (
        (
            "INSERT INTO vault.wikis SELECT 'evil', name, first_party, state, state_reason,"
            " secret_hash, token_endpoint_auth_method, home_uri, redirect_uris,"
            " post_logout_redirect_uris,"
            " backchannel_logout_uri, response_types, require_pkce, id_token_alg, scopes,"
            " created_at, mac, mac_key FROM vault.wikis"
        ),
        "wikis-are-ours",
    ),
    "a wiki without a MAC": ("UPDATE vault.wikis SET mac = '', mac_key = ''", "wikis-are-ours"),
    "an address to redirect to": (
        "UPDATE vault.wikis SET redirect_uris = redirect_uris || 'https://evil.example/'::text",
        "wikis-are-ours",
    ),
    "a signing key under another id": (
        "UPDATE vault.signing_keys SET kid = 'another' WHERE alg = 'ES256'",
        "signing-keys-are-ours",
    ),
    "a signing key of one's own": (
        (
            "UPDATE vault.signing_keys SET sealed_private = overlay(sealed_private PLACING '\\x00'"
            " FROM octet_length(sealed_private) FOR 1) WHERE alg = 'ES256'"
        ),
        "signing-keys-are-ours",
    ),
    "a name that was taken over": (
        "UPDATE vault.accounts SET username = username || ' II' WHERE username = 'Ada'",
        "names-are-ours",
    ),
    "a confirmation that never was": (
        "UPDATE vault.email_addresses SET verified_at = now() WHERE verified_at IS NULL",
        "addresses-are-ours",
    ),
    "an address of somebody else": (
        (
            "UPDATE vault.email_addresses e SET account_id = a.id, is_primary = false"
            " FROM vault.accounts a WHERE a.username = 'Ada' AND e.verified_at IS NOT NULL"
        ),
        "addresses-are-ours",
    ),
    "an address found by another's digest": (
        "UPDATE vault.email_addresses SET lookup_digest = sha256('x') WHERE verified_at IS NULL",
        "addresses-are-ours",
    ),
    "a passkey of somebody else": (
        "UPDATE vault.passkeys SET account_id = (SELECT account_id FROM vault.operators)",
        "passkeys-are-ours",
    ),
    "another public key": (
        "UPDATE vault.passkeys SET public_key = sha256('x')",
        "passkeys-are-ours",
    ),
    "an app password that opens more": (
        "UPDATE vault.app_passwords SET scopes = '{everything}'",
        "app-passwords-are-ours",
    ),
    "an app password from anywhere": (
        "UPDATE vault.app_passwords SET networks = '{}'",
        "app-passwords-are-ours",
    ),
    "a browser that was trusted for longer": (
        "UPDATE vault.device_credentials SET trusted_until = trusted_until + 1",
        "trusted-browsers-are-ours",
    ),
    "a consent to more": (
        "UPDATE vault.consents SET scopes = scopes || 'email'::text",
        "consents-are-ours",
    ),
    "a consent of somebody else": (
        "UPDATE vault.consents SET account_id = (SELECT account_id FROM vault.operators)",
        "consents-are-ours",
    ),
    "a TOTP app of somebody else": (
        "UPDATE vault.totp_devices SET account_id = (SELECT account_id FROM vault.operators)",
        "totp-secrets-are-ours",
    ),
    "a TOTP secret that does not open": (
        (
            "UPDATE vault.totp_devices SET sealed_secret = overlay(sealed_secret PLACING '\\x00'"
            " FROM octet_length(sealed_secret) FOR 1)"
        ),
        "totp-secrets-are-ours",
    ),
}


@pytest.fixture
def furnished(
    vault: None, playing: Playing, capsys: pytest.CaptureFixture[str], admin: psycopg.Connection
) -> Iterator[Member]:
    """One row or more of every kind that the owner can check; gives Ada."""
    with kept_keys(admin):
        yield furnish(Console(playing, capsys), admin)


@pytest.mark.parametrize("wanted", [None, 5])
def test_rows_that_are_ours_are_found_in_order(
    furnished: Member, playing: Playing, wanted: int | None
) -> None:
    """Each kind of row was looked at, all of them or a few."""
    examination = examine(playing, rows=wanted, without=QUICK)
    assert red(examination) == {}
    for check_id in ROW_CHECKS:
        [note] = result_of(examination, check_id).notes
        assert int(note.split()[0]) >= 1, check_id


@pytest.mark.parametrize("what", FORGERIES)
def test_row_that_is_not_ours_turns_exactly_its_check_red(
    furnished: Member, admin: psycopg.Connection, playing: Playing, what: str
) -> None:
    """Made, copied, moved or changed by whoever has no key; the trail is not written to."""
    statement, found_by = FORGERIES[what]
    before = value(admin, "SELECT count(*) FROM vault.events")
    admin.execute(statement)
    found = red(examine(playing, without=QUICK))
    assert set(found) == {found_by}, found
    assert value(admin, "SELECT count(*) FROM vault.events") == before


def test_rows_that_count_for_nothing_any_more_are_no_finding(
    furnished: Member, admin: psycopg.Connection, playing: Playing
) -> None:
    """A withdrawn signing key, an app password that is over: ``--drop`` took their ring's key."""
    admin.execute(
        "INSERT INTO vault.signing_keys SELECT 'withdrawn', alg, 'retired', public_jwk, '',"
        " created_at, '-infinity' FROM vault.signing_keys LIMIT 1"
    )
    admin.execute("UPDATE vault.app_passwords SET expires_at = now() - interval '1 day'")
    assert red(examine(playing, without=QUICK)) == {}


def test_rows_of_a_large_table_are_sampled_and_named_only_so_far(
    vault: None, admin: psycopg.Connection, playing: Playing
) -> None:
    """About as many as were asked for, chosen by chance; of those at fault, the first are named."""
    with admin.cursor().copy("COPY vault.accounts (id, username) FROM STDIN") as copy:
        for number in range(5000):
            copy.write_row([uuid4(), f"Forged {number}"])
    admin.execute("ANALYZE vault.accounts")
    result = result_of(examine(playing, rows=400, without=QUICK), "names-are-ours")
    [note] = result.notes
    assert 1 <= int(note.split()[0]) <= 400
    assert len(result.faults) == 21
    assert result.faults[-1].startswith("and ")
    admin.execute("TRUNCATE vault.accounts CASCADE")
    admin.execute("ANALYZE vault.accounts")


def test_rings_that_lack_a_key_are_found(
    furnished: Member, admin: psycopg.Connection, playing: Playing
) -> None:
    """With the old keys gone too early, each ring says which key is missing and what named it."""
    rings = Rings.make()
    examination = examine(lambda role: rings.playing(role, alone=True), without=QUICK)
    found = red(examination)
    # Decoys name the old pepper until the next migration.
    assert set(found) == {"key-rings", "decoys-as-settings", *ROW_CHECKS}
    said = "\n".join(found["key-rings"])
    for ring in ("PEPPER_KEYS", "OPERATOR_KEYS", "SIGNING_KEYS", "ADDRESS_KEYS", "WIKI_KEYS"):
        assert f"{ring} lacks the key t1" in said


def test_rings_with_old_keys_say_what_still_names_them(furnished: Member, playing: Playing) -> None:
    """Nothing is wrong with an old key behind a new one: it is told when it can go."""
    rings = Rings.make()
    examination = examine(rings.playing, without=[*QUICK, "decoys-as-settings"])
    assert red(examination) == {}
    notes = "\n".join(result_of(examination, "key-rings").notes)
    assert "WIKI_KEYS: the old key t1 is still named by 1 wikis" in notes
    assert "EVENT_KEYS: nothing names the old key t1; it can be taken out" in notes


def test_rings_that_share_a_key_are_found(vault: None, playing: Playing) -> None:
    """One key, one purpose."""

    def sharing(role: str) -> override_settings:
        with playing(role):
            shared = settings.WIKI_KEYS
        return override_settings(**_played(playing, role) | {"PASSKEY_KEYS": shared})

    assert set(red(examine(sharing, without=QUICK))) == {"keys-apart"}


def _played(playing: Playing, role: str) -> dict[str, object]:
    from tests.environment import environment_for
    from tests.roles import settings_of

    return settings_of(role, environment_for(role))


def test_trail_that_is_as_sealed_is_in_order_and_one_that_is_not_is_found(
    trail: Trail, playing: Playing
) -> None:
    """A line that was changed after its seal, and only for those who ask."""
    trail.sealed(3, 2)
    trail.hand_over()
    assert red(examine(playing, events=True, without=QUICK)) == {}
    trail.admin.execute("UPDATE vault.events SET tag = 'account:password:right' WHERE id = 2")
    assert red(examine(playing, without=QUICK)) == {}
    found = red(examine(playing, events=True, without=QUICK))
    assert set(found) == {"trail-as-sealed"}
    assert found["trail-as-sealed"][0].startswith("changed at seal 1")


@pytest.mark.parametrize(
    ("retired_at", "is_red"), [("now()", True), ("now() - interval '2 days'", False)]
)
def test_signing_key_that_is_published_no_more_may_go_with_its_ring(
    furnished: Member, admin: psycopg.Connection, retired_at: str, is_red: bool
) -> None:
    """Hints of it are asked about, and that is all: told, but no fault."""
    admin.execute(
        f"UPDATE vault.signing_keys SET state = 'retired', retired_at = {retired_at}".encode()
    )
    rings = Rings.make()
    examination = examine(lambda role: rings.playing(role, alone=True), without=QUICK)
    assert ("signing-keys-are-ours" in red(examination)) is is_red
    said = [line for line in red(examination)["key-rings"] if line.startswith("SIGNING_KEYS")]
    assert bool(said) is is_red
    noted = [note for note in result_of(examination, "key-rings").notes if "SIGNING_KEYS" in note]
    assert any("verify hints no more" in note for note in noted) is not is_red
