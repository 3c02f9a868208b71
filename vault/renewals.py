"""Each kind of row whose ring is the owner's: how it is checked, and made anew under a new key.

What a MAC covers is said by the module that reads such rows, and taken from there.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings

from vault import totp
from vault.app_passwords import mac_fields as app_password_fields
from vault.consents import consent_fields
from vault.email_addresses import confirmed_fields, confirmed_mac, normal_form
from vault.errors import KeyUnknown
from vault.keys import KeyRing
from vault.names import name_fields
from vault.operator_passkeys import invite_fields
from vault.operators import operator_fields
from vault.passkeys import passkey_fields
from vault.resealing import GivenUp, Kind, NotOurs, Row
from vault.seals import (
    Field,
    address_digest,
    is_mac,
    mac,
    open_address,
    seal,
    seal_address,
    unseal,
)
from vault.signing_keys import published_halves
from vault.trusted_browsers import trust_fields
from vault.wikis import from_row, wiki_fields

Fields = tuple[Field, ...]


def _under_mac(
    ring_name: str, purpose: str, fields: Callable[[Row], Fields]
) -> Callable[[Row], Row]:
    """How rows are renewed that carry one MAC over those fields."""

    def renewed(row: Row) -> Row:
        ring: KeyRing = getattr(settings, ring_name)
        values = fields(row)
        if not is_mac(row["mac"], ring, row["mac_key"], purpose, *values):
            raise NotOurs
        return {"old": row["mac"], "new": mac(ring, ring.active_id, purpose, *values)}

    return renewed


def _signing_key(row: Row) -> Row:
    belongs_to = row["kid"].encode()
    ring: KeyRing = settings.SIGNING_KEYS
    try:
        private = unseal(ring, "signing-key", row["sealed_private"], belongs_to)
    except KeyUnknown:
        # One that only verifies hints may go with its ring.
        if row["kid"] in {key.kid for key in published_halves()}:
            raise
        raise GivenUp from None
    return {"old": row["sealed_private"], "new": seal(ring, "signing-key", private, belongs_to)}


def _totp(row: Row) -> Row:
    """Seal and digest of a TOTP secret; both have to be ours."""
    account_id, device_id = row["account_id"], row["id"]
    secret = totp.open_secret(row["sealed_secret"], account_id, device_id)
    ring: KeyRing = settings.CREDENTIAL_KEYS
    if not is_mac(row["secret_digest"], ring, row["digest_key"], "totp-digest", account_id, secret):
        raise NotOurs
    digest, _key = totp.secret_digest(secret, account_id)
    return {
        "old": row["sealed_secret"],
        "new": totp.seal_secret(secret, account_id, device_id),
        "digest": digest,
    }


def _letter(row: Row) -> Row:
    if row["account_id"] is None:  # every seal belongs to an account
        raise NotOurs
    address = open_address(row["sealed_address"], row["account_id"])
    return {"old": row["sealed_address"], "new": seal_address(address, row["account_id"])}


def _address(row: Row) -> Row:
    """Seal, look-up digest and confirmation of an address; each has to be ours."""
    ring: KeyRing = settings.ADDRESS_KEYS
    address = open_address(row["sealed"], row["account_id"])
    normal, digest = normal_form(address), row["lookup_digest"]
    if not is_mac(digest, ring, row["lookup_key"], "address-lookup", normal):
        raise NotOurs
    new_digest, _key = address_digest(normal)
    new_mac = b""
    if row["mac"] or row["verified_at"] is not None:
        fields = confirmed_fields(row["id"], row["account_id"], digest)
        if not row["mac"] or not is_mac(
            row["mac"], ring, row["mac_key"], "address-confirmed", *fields
        ):
            raise NotOurs
        new_mac, _key = confirmed_mac(row["id"], row["account_id"], new_digest)
    return {
        "old": row["sealed"],
        "old_mac": row["mac"],
        "new": seal_address(address, row["account_id"]),
        "digest": new_digest,
        "new_mac": new_mac,
    }


# Every kind of row whose ring is the owner's, in the order in which they are renewed.
KINDS: Final = (
    Kind(
        what="operators",
        row="operator",
        ring_name="OPERATOR_KEYS",
        id="account_id",
        stale="SELECT * FROM api.stale_operators_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_operators_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac("OPERATOR_KEYS", "operator", operator_fields),
    ),
    Kind(
        what="operator_invites",
        row="operator_invite",
        ring_name="OPERATOR_KEYS",
        id="token_hash",
        stale="SELECT * FROM api.stale_operator_invites_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_operator_invites_v1(%(id)s, %(old)s, %(new)s, %(active)s)"
        " AS stored",
        renewed=_under_mac("OPERATOR_KEYS", "operator-invite", invite_fields),
    ),
    Kind(
        what="wikis",
        row="wiki",
        ring_name="WIKI_KEYS",
        id="client_id",
        stale="SELECT * FROM api.stale_wikis_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_wikis_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac("WIKI_KEYS", "wiki", lambda row: wiki_fields(from_row(row))),
    ),
    Kind(
        what="signing_keys",
        row="signing_key",
        ring_name="SIGNING_KEYS",
        id="kid",
        stale="SELECT * FROM api.stale_signing_keys_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_signing_keys_v1(%(id)s, %(old)s, %(new)s) AS stored",
        renewed=_signing_key,
    ),
    Kind(
        what="passkeys",
        row="passkey",
        ring_name="PASSKEY_KEYS",
        id="credential_id",
        stale="SELECT * FROM api.stale_passkeys_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_passkeys_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac("PASSKEY_KEYS", "passkey", passkey_fields),
    ),
    Kind(
        what="app_passwords",
        row="app_password",
        ring_name="CREDENTIAL_KEYS",
        id="id",
        stale="SELECT * FROM api.stale_app_passwords_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_app_passwords_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac("CREDENTIAL_KEYS", "app-password", app_password_fields),
    ),
    Kind(
        what="trusted_browsers",
        row="trusted_browser",
        ring_name="CREDENTIAL_KEYS",
        id="id",
        stale="SELECT * FROM api.stale_trusted_browsers_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_trusted_browsers_v1(%(id)s, %(old)s, %(new)s, %(active)s)"
        " AS stored",
        renewed=_under_mac(
            "CREDENTIAL_KEYS",
            "trusted-browser",
            lambda row: trust_fields(row["account_id"], row["secret_hash"], row["trusted_until"]),
        ),
    ),
    Kind(
        what="consents",
        row="consent",
        ring_name="CREDENTIAL_KEYS",
        id="id",
        stale="SELECT * FROM api.stale_consents_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_consents_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac("CREDENTIAL_KEYS", "consent", consent_fields),
    ),
    Kind(
        what="totp",
        row="totp_device",
        ring_name="CREDENTIAL_KEYS",
        id="id",
        stale="SELECT * FROM api.stale_totp_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_totp_v1(%(id)s, %(old)s, %(new)s, %(digest)s, %(active)s)"
        " AS stored",
        renewed=_totp,
    ),
    Kind(
        what="names",
        row="account",
        ring_name="CREDENTIAL_KEYS",
        id="account_id",
        stale="SELECT * FROM api.stale_names_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_names_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac(
            "CREDENTIAL_KEYS",
            "account-name",
            lambda row: name_fields(row["account_id"], row["username"]),
        ),
    ),
    Kind(
        what="addresses",
        row="address",
        ring_name="ADDRESS_KEYS",
        id="id",
        stale="SELECT * FROM api.stale_addresses_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_addresses_v1(%(id)s, %(old)s, %(old_mac)s, %(new)s,"
        " %(digest)s, %(new_mac)s, %(active)s) AS stored",
        renewed=_address,
    ),
    Kind(
        what="letters",
        row="letter",
        ring_name="ADDRESS_KEYS",
        id="id",
        stale="SELECT * FROM api.stale_letters_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_letters_v1(%(id)s::bigint[], %(old)s, %(new)s) AS stored",
        renewed=_letter,
    ),
)
