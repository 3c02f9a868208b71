"""The rows that a key vouches for: none was made or changed by whoever has no key.

A sample of each table unless all rows are asked for; read by a cursor on the server, a thousand at
a time. Nothing is reported to the trail: whoever reads such a row in service does that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from psycopg.rows import dict_row

from vault import signing_keys
from vault.app_passwords import mac_fields as app_password_fields
from vault.consents import consent_fields
from vault.doctor.checks import Note, Skipped, check
from vault.doctor.patient import Patient
from vault.email_addresses import is_confirmed, normal_form
from vault.errors import KeyUnknown, SealBroken
from vault.names import name_fields
from vault.operator_passkeys import invite_fields
from vault.operators import operator_fields
from vault.passkeys import passkey_fields
from vault.seals import is_ours, open_address
from vault.totp import open_secret
from vault.trusted_browsers import trust_fields
from vault.wikis import from_row, wiki_fields

Row = dict[str, Any]
_AT_ONCE: Final = 1000
_REMEDY: Final = (
    "Somebody wrote into the vault past its functions, or a ring lacks a key (see key-rings). In"
    " service the row is refused already. Find out who, then make it anew or delete it."
)


@dataclass(frozen=True)
class _Kind:
    """One table: which rows, what each is called, and whether a holder of the keys made it."""

    table: str
    columns: str
    is_ours: Callable[[Row], bool]
    called: str = "account"  # what the row's ``id`` is an id of
    where: str = "true"
    always_all: bool = False  # few rows, of great power


def _check(patient: Patient, kind: _Kind) -> Iterator[str]:
    looked_at = 0
    source = f"{kind.table} t" if kind.always_all else _sample(patient, kind.table)
    limit = None if kind.always_all else patient.rows
    with patient.vault.cursor("doctor", row_factory=dict_row) as cursor:
        cursor.itersize = _AT_ONCE
        statement = _SELECT.format(kind.columns, source, kind.where)
        for row in cursor.execute(statement.encode(), [limit]):
            looked_at += 1
            if not _is_ours(kind, row):
                yield f"{kind.called} {_id_of(row)}"
    yield Note(f"{looked_at} rows looked at")


_SELECT: Final = "SELECT {} FROM {} WHERE {} LIMIT %s"


def _sample(patient: Patient, table: str) -> str:
    """The table, or pages of it chosen by chance that have about as many rows as are wanted."""
    found = patient.vault.execute(
        "SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table]
    ).fetchone()
    estimate = found[0] if found else -1
    if patient.rows is None or estimate <= patient.rows:
        return f"{table} t"
    return f"{table} t TABLESAMPLE SYSTEM ({min(100, 120 * patient.rows / estimate)})"


def _is_ours(kind: _Kind, row: Row) -> bool:
    try:
        return kind.is_ours(row)
    except (KeyUnknown, SealBroken, ValueError):
        return False


def _id_of(row: Row) -> str:
    return row["id"].hex() if isinstance(row["id"], bytes) else str(row["id"])


def _has_mac(ring: str, purpose: str, fields: Callable[[Row], Any]) -> Callable[[Row], bool]:
    """Whether a row's MAC is one over those fields, under a key of the ring."""

    def is_so(row: Row) -> bool:
        keys = getattr(settings, ring)
        return is_ours(row["mac"], keys, row["mac_key"], purpose, *fields(row))

    return is_so


def _is_address(row: Row) -> bool:
    """An address opens for its account, has its own digest, and is confirmed only under a MAC."""
    normal = normal_form(open_address(row["sealed"], row["account_id"]))
    digest, key = row["lookup_digest"], row["lookup_key"]
    if not is_ours(digest, settings.ADDRESS_KEYS, key, "address-lookup", normal):
        return False
    if row["verified_at"] is None:
        return True
    return is_confirmed(row["id"], row["account_id"], digest, row["mac"], row["mac_key"])


def _is_totp(row: Row) -> bool:
    account: UUID = row["account_id"]
    secret = open_secret(row["sealed_secret"], account, row["id"])
    digest, key = row["secret_digest"], row["digest_key"]
    return is_ours(digest, settings.CREDENTIAL_KEYS, key, "totp-digest", account, secret)


def _is_signing_key(row: Row) -> bool:
    try:
        return signing_keys.opened(row["id"], row["alg"], row["sealed_private"]) is not None
    except KeyUnknown:
        # One that only verifies hints may go with its ring.
        return not row["is_published"]


@check(_REMEDY)
def operators_are_ours(patient: Patient) -> Iterator[str]:
    """Every operator was made one by a holder of the keys."""
    yield from _check(
        patient,
        _Kind(
            "vault.operators",
            "account_id AS id, account_id, level, mac, mac_key,"
            " vault.epoch_seconds(granted_at) AS granted_at",
            _has_mac("OPERATOR_KEYS", "operator", operator_fields),
            called="operator",
            where="revoked_at IS NULL",
            always_all=True,
        ),
    )


@check(_REMEDY)
def operator_invites_are_ours(patient: Patient) -> Iterator[str]:
    """Every link by which an operator may enrol a passkey was made by a holder of the keys."""
    yield from _check(
        patient,
        _Kind(
            "vault.operator_invites",
            "token_hash AS id, token_hash, account_id, mac, mac_key,"
            " vault.epoch_seconds(expires_at) AS expires_at",
            _has_mac("OPERATOR_KEYS", "operator-invite", invite_fields),
            called="operator's link",
            where="spent_at IS NULL AND expires_at > clock_timestamp()",
            always_all=True,
        ),
    )


@check(_REMEDY)
def wikis_are_ours(patient: Patient) -> Iterator[str]:
    """Every wiki was registered as it stands there by a holder of the keys."""
    yield from _check(
        patient,
        _Kind(
            "vault.wikis",
            "client_id AS id, t.*",
            _has_mac("WIKI_KEYS", "wiki", lambda row: wiki_fields(from_row(row))),
            called="wiki",
            always_all=True,
        ),
    )


@check(_REMEDY)
def signing_keys_are_ours(patient: Patient) -> Iterator[str]:
    """Every signing key that verifies anything opens, and is the one that its id says.

    As far as its ring has the key: one that is published no more may be given up with that.
    """
    yield from _check(
        patient,
        _Kind(
            "vault.signing_keys",
            "kid AS id, alg, sealed_private, vault.is_published(t) AS is_published",
            _is_signing_key,
            called="signing key",
            # Nothing is made of the others any more: their ring may be gone (api.key_usage_v1).
            where="vault.verifies_hints(t)",
            always_all=True,
        ),
    )


@check(_REMEDY)
def names_are_ours(patient: Patient) -> Iterator[str]:
    """Every account was given the name that it has."""
    yield from _check(
        patient,
        _Kind(
            "vault.accounts",
            "id, username, mac, mac_key",
            _has_mac(
                "CREDENTIAL_KEYS",
                "account-name",
                lambda row: name_fields(row["id"], row["username"]),
            ),
        ),
    )


@check(_REMEDY)
def addresses_are_ours(patient: Patient) -> Iterator[str]:
    """Every address opens for its account and is found by its own digest; a confirmed one was."""
    yield from _check(
        patient,
        _Kind(
            "vault.email_addresses",
            "id, account_id, sealed, lookup_digest, lookup_key, verified_at, mac, mac_key",
            _is_address,
            called="address",
        ),
    )


@check(_REMEDY)
def passkeys_are_ours(patient: Patient) -> Iterator[str]:
    """Every passkey was added to its account by a holder of the keys."""
    yield from _check(
        patient,
        _Kind(
            "vault.passkeys",
            "credential_id AS id, t.*",
            _has_mac("PASSKEY_KEYS", "passkey", passkey_fields),
            called="passkey",
        ),
    )


@check(_REMEDY)
def app_passwords_are_ours(patient: Patient) -> Iterator[str]:
    """Every app password opens what was asked for when it was made, and no more."""
    yield from _check(
        patient,
        _Kind(
            "vault.app_passwords",
            "id, account_id, secret_hash, name, scopes, networks::text[] AS networks, mac, mac_key,"
            " vault.epoch_seconds(created_at) AS created_at,"
            " vault.epoch_seconds(expires_at) AS expires_at",
            _has_mac("CREDENTIAL_KEYS", "app-password", app_password_fields),
            called="app password",
            where="revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())",
        ),
    )


@check(_REMEDY)
def trusted_browsers_are_ours(patient: Patient) -> Iterator[str]:
    """Every browser that is spared a code was trusted by a session of its account."""
    yield from _check(
        patient,
        _Kind(
            "vault.device_credentials",
            "id, account_id, secret_hash, trusted_until, mac, mac_key",
            _has_mac(
                "CREDENTIAL_KEYS",
                "trusted-browser",
                lambda row: trust_fields(
                    row["account_id"], row["secret_hash"], row["trusted_until"]
                ),
            ),
            called="trusted browser",
            where="trusted_until > vault.epoch_seconds(clock_timestamp())",
        ),
    )


@check(_REMEDY)
def consents_are_ours(patient: Patient) -> Iterator[str]:
    """Every wiki of somebody else's is let know what a session of the account said yes to."""
    yield from _check(
        patient,
        _Kind(
            "vault.consents",
            "account_id AS id, t.*",
            _has_mac("CREDENTIAL_KEYS", "consent", consent_fields),
            called="consent of account",
        ),
    )


@check(_REMEDY)
def totp_secrets_are_ours(patient: Patient) -> Iterator[str]:
    """Every TOTP secret opens for its account and app."""
    yield from _check(
        patient,
        _Kind(
            "vault.totp_devices",
            "id, account_id, sealed_secret, secret_digest, digest_key",
            _is_totp,
            called="TOTP app",
        ),
    )


@check(_REMEDY)
def sessions_are_ours(_patient: Patient) -> Iterator[str]:
    """Every session, grant and refresh token was made by a holder of the keys."""
    raise Skipped(
        "their rings are web's and operator's alone, who refuse and report each row that is not"
        " theirs when they read it; passwords and recovery codes are vouched for with what is typed"
    )


CHECKS = (
    operators_are_ours,
    operator_invites_are_ours,
    wikis_are_ours,
    signing_keys_are_ours,
    names_are_ours,
    addresses_are_ours,
    passkeys_are_ours,
    app_passwords_are_ours,
    trusted_browsers_are_ours,
    consents_are_ours,
    totp_secrets_are_ours,
    sessions_are_ours,
)
