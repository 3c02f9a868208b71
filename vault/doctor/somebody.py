"""Somebody who never was, for a transaction that is rolled back: functions are tried on them."""

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

_SQL = Path(__file__).with_name("somebody.sql")
_IDS = (
    "account",
    "other",
    "sid",
    "operator_sid",
    "grant",
    "redeemed_grant",
    "address",
    "new_address",
    "totp",
    "app_password",
    "reset",
    "confirm",
    "undo",
    "disown",
    "unarmed",
    "guess",
    "totp_guess",
    "opening",
    "code_guess",
    "app_guess",
    "trusted",
    "recovery_guess",
)
_SECRETS = (
    "digest",
    "session",
    "operator_session",
    "sign_in",
    "fresh_proof",
    "recovery",
    "operator_attempt",
    "code",
    "refresh_token",
    "credential",
    "operator_credential",
    "other_credential",
    "invite",
    "browser",
    "device",
    "reset_token",
    "confirm_token",
    "undo_token",
    "disown_token",
)


@dataclass(frozen=True)
class Somebody:
    """What is theirs, by the names of ``somebody.sql``."""

    has: dict[str, Any] = field(repr=False)

    def arguments(self, role: str, function: str, parameters: list[tuple[str, str]]) -> list[Any]:
        """What a function takes on a good day; ``parameters`` are names and types, in order."""
        names = {name for name, _ in parameters}
        return [self._argument(role, function, name, kind, names) for name, kind in parameters]

    def _argument(self, role: str, function: str, name: str, kind: str, names: set[str]) -> Any:
        if (name, function) in _AT:
            key = _AT[name, function]
            return self.has[key] if key else self.plausible(name, kind)
        if name == "p_attempt" and "p_session" in names:
            return self.has["fresh_proof"]
        if role == "operator" and name in _OF_OPERATORS:
            return self.has[_OF_OPERATORS[name]]
        if name in _NAMED:
            return self.has[_NAMED[name]]
        return self.plausible(name, kind)

    def digests(self) -> list[bytes]:
        """What the vault keeps of their secrets: unique keys, some of them."""
        kept = ("session", "sign_in", "code", "refresh_token", "app_secret", "reset_token")
        return [hashlib.sha256(self.has[name]).digest() for name in kept]

    def plausible(self, name: str, kind: str) -> Any:
        """Something new of that type, such as nobody has."""
        if name in _LITERAL:
            return _LITERAL[name]
        if kind == "bigint" and name.endswith("_at"):
            return self.has["now"] + (3600 if name == "p_expires_at" else 0)
        made: dict[str, Any] = {
            "uuid": uuid4(),
            "bytea": secrets.token_bytes(32),
            "uuid[]": [uuid4()],
            "bytea[]": [secrets.token_bytes(32)],
            "text": f"doctor {secrets.token_hex(8)}",
            "text[]": [f"doctor {secrets.token_hex(8)}"],
            "integer": 1,
            "integer[]": [1],
            "bigint": 1,
            "boolean": False,
            "inet": "192.0.2.1",
        }
        return made.get(kind)


def make(connection: psycopg.Connection[Any]) -> Somebody:
    """Makes them, inside the transaction that is open."""
    name = secrets.token_hex(8)
    row = connection.execute("SELECT epoch FROM vault.site").fetchone()
    has: dict[str, Any] = {
        **{key: uuid4() for key in _IDS},
        **{key: secrets.token_bytes(32) for key in _SECRETS},
        "now": int(time.time()),
        "site_epoch": row[0] if row else None,
        "username": f"Doctor {name}",
        "taken": f"Other doctor {name}",
        "client_id": f"doctor-{name}",
        "uri": "https://doctor.invalid/",
        "challenge": "c" * 43,
        "salt": secrets.token_bytes(16),
        "sealed": secrets.token_bytes(60),
        "app_secret": secrets.token_bytes(20),
        "job": -secrets.randbits(60),
        "request": -secrets.randbits(60),
    }
    has["addresses"] = [has["address"]]
    has["accounts"], has["sids"] = [has["account"]], [has["sid"]]
    has["digests"] = [hashlib.sha256(has["session"]).digest()]
    connection.execute(_SQL.read_bytes(), has)
    return Somebody(has)


# What a parameter of that name stands for.
_NAMED = {
    "p_session": "session",
    "p_secret": "session",
    "p_attempt": "sign_in",
    "p_account": "account",
    "p_username": "username",
    "p_client_id": "client_id",
    "p_redirect_uri": "uri",
    "p_code_challenge": "challenge",
    "p_code": "code",
    "p_grant": "grant",
    "p_address": "address",
    "p_credential": "credential",
    "p_browser": "browser",
    "p_device": "device",
    "p_site_epoch": "site_epoch",
    "p_salt": "salt",
    "p_sealed": "sealed",
    "p_sealed_address": "sealed",
    "p_digests": "digests",
    "p_accounts": "accounts",
    "p_refs": "sids",
    "p_ref": "sid",
}
# In the operator's process it stands for a thing of the operator's.
_OF_OPERATORS = {
    "p_session": "operator_session",
    "p_secret": "operator_session",
    "p_credential": "operator_credential",
}
# Where the same name stands for something else, or (None) for something new.
_AT = {
    ("p_account", "api.register_account_v1"): None,
    ("p_username", "api.register_account_v1"): None,
    ("p_proposal", "api.judge_password_v1"): "guess",
    ("p_proposal", "api.open_totp_v1"): "totp_guess",
    ("p_proposal", "api.judge_recovery_code_v1"): "code_guess",
    ("p_proposal", "api.judge_app_password_v1"): "app_guess",
    ("p_opening", "api.accept_totp_v1"): "opening",
    ("p_opening", "api.refuse_totp_v1"): "opening",
    ("p_secret", "api.propose_app_password_v1"): "app_secret",
    ("p_attempt", "api.reset_password_v1"): "recovery",
    ("p_attempt", "api.recovery_subject_v1"): "recovery",
    ("p_attempt", "api.open_operator_session_v1"): "operator_attempt",
    ("p_attempt", "api.prove_operator_v1"): "operator_attempt",
    ("p_token", "api.find_operator_invite_v1"): "invite",
    ("p_token", "api.enrol_operator_passkey_v1"): "invite",
    ("p_account", "api.enrol_operator_passkey_v1"): "other",
    ("p_credential", "api.enrol_operator_passkey_v1"): None,
    ("p_account", "api.find_operator_v1"): "other",
    ("p_sid", "api.end_own_session_v1"): "sid",
    ("p_grant", "api.issue_grant_v1"): None,
    ("p_grant", "api.describe_grant_v1"): "redeemed_grant",
    ("p_grant", "api.issue_refresh_token_v1"): "redeemed_grant",
    ("p_grant", "api.rotate_refresh_token_v1"): "redeemed_grant",
    ("p_token", "api.rotate_refresh_token_v1"): "refresh_token",
    ("p_token", "api.find_token_v1"): "reset_token",
    ("p_token", "api.redeem_reset_v1"): "reset_token",
    ("p_token", "api.confirm_address_v1"): "confirm_token",
    ("p_token", "api.restore_address_v1"): "undo_token",
    ("p_token", "api.disown_session_v1"): "disown_token",
    ("p_sid", "api.issue_grant_v1"): "sid",
    ("p_browser", "api.distrust_browser_v1"): "trusted",
    ("p_old_mac", "api.give_consent_v1"): "digest",
    ("p_proposal", "api.judge_recovery_v1"): "recovery_guess",
    ("p_attempt", "api.mend_with_passkey_v1"): "recovery",
    ("p_credential", "api.mend_with_passkey_v1"): None,
    ("p_credential", "api.register_with_passkey_v1"): None,
    ("p_account", "api.register_with_passkey_v1"): None,
    ("p_username", "api.register_with_passkey_v1"): None,
    ("p_address", "api.register_with_passkey_v1"): None,
    ("p_username", "api.check_name_v1"): None,
    ("p_address", "api.add_address_v1"): None,
    ("p_address", "api.register_account_v1"): None,
    ("p_address", "api.remove_address_v1"): "new_address",
    ("p_address", "api.set_primary_address_v1"): "new_address",
    ("p_address", "api.request_confirmation_v1"): "new_address",
    ("p_address", "api.judge_app_password_v1"): None,
    ("p_credential", "api.add_passkey_v1"): None,
    ("p_id", "api.rename_totp_v1"): "totp",
    ("p_id", "api.remove_totp_v1"): "totp",
    ("p_id", "api.accept_totp_v1"): "totp",
    ("p_id", "api.revoke_app_password_v1"): "app_password",
    ("p_id", "api.token_to_arm_v1"): "reset",
    ("p_id", "api.arm_token_v1"): "unarmed",
    ("p_id", "api.redeem_reset_v1"): "reset",
    ("p_id", "api.confirm_address_v1"): "confirm",
    ("p_id", "api.restore_address_v1"): "undo",
    ("p_id", "api.disown_session_v1"): "disown",
    ("p_job", "api.reset_request_v1"): "request",
    ("p_job", "api.answer_reset_v1"): "request",
    ("p_addresses", "api.answer_reset_v1"): "addresses",
    ("p_id", "api.finish_outbox_v1"): "job",
    ("p_id", "api.retry_outbox_v1"): "job",
    ("p_id", "api.bury_outbox_v1"): "job",
    ("p_id", "api.revive_outbox_v1"): "job",
    ("p_id", "api.drop_outbox_v1"): "job",
}
_LITERAL: dict[str, Any] = {
    "p_memory_kib": 19456,
    "p_time_cost": 2,
    "p_idle_seconds": 600,
    "p_amr": ["pwd", "otp", "mfa"],
    "p_purpose": "sign_in",
    "p_state": "suspended",
    "p_account_epoch": 1,
    "p_language": "en",
    "p_mac_key": "doctor",
    "p_network": "192.0.2.0/24",
    "p_scopes": ["openid"],
    "p_networks": [],
    "p_transports": ["usb"],
    "p_new_epoch": 2,
    "p_what": "doctor",
    "p_step": int(time.time()) // 30,
    "p_old_secret": None,
    "p_address_digests": None,
    "p_kind": "session",
    "p_kinds": ["session"],
}
