"""Getting back in without a password: by a user name and a recovery code, to mend credentials.

What is proven opens no session. Only an account that has no password is led back so; every other
name gets the same work and the same answer.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, new_secret, secret_hash
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.hashing import Cost
from vault.names import is_named
from vault.passkeys import Added, NewPasskey, new_passkey_parameters
from vault.recovery_codes import tag_of
from vault.seals import is_ours


@dataclass(frozen=True)
class Verdict:
    """The vault's answer: ``right`` comes with an attempt to recover, ``wait`` with the seconds."""

    status: Literal["right", "wrong", "wait", "known_only", "locked", "closed"]
    attempt: Attempt | None = None
    wait_seconds: int = 0


def prove(username: str, code: str, *, origin: Origin) -> Verdict:
    """Takes one guess at a recovery code of a canonical user name: charged, committed, then judged.

    A right one is spent. Raises ``VaultUnavailable``, ``HashingBusy``.
    """
    asked = connection.row(
        "SELECT * FROM api.recovery_challenge_v1(%(username)s)", {"username": username}
    )
    cost = Cost(asked["memory_kib"], asked["time_cost"], asked["parallelism"])
    key_id = asked["pepper_id"]
    tag = tag_of(code, asked["subject"], asked["salt"], cost, key_id)
    secret = new_secret()
    row = connection.row(
        "CALL api.prove_recovery_v1(%(username)s, %(tag)s, %(attempt_hash)s, %(network)s,"
        " %(agent)s, %(device)s)",
        {
            "username": username,
            "tag": tag,
            "attempt_hash": secret_hash(secret),
            "network": origin.network,
            "agent": origin.agent,
            "device": origin.device,
        },
    )
    status = row["status"]
    if status == "wait":
        return Verdict("wait", wait_seconds=row["wait_seconds"])
    if status in ("wrong", "known_only", "locked", "closed"):
        return Verdict(status)
    if status != "right":
        raise VaultRefused("prove_recovery", status)
    fields = (row["account_id"], tag)
    if not is_ours(row["proof"], settings.PEPPER_KEYS, key_id, "recovery-code-proof", *fields):
        # The database's word alone is not enough: whoever writes its rows could give it to itself.
        report_row("recovery_code", row["account_id"])
        return Verdict("wrong")
    if not is_named(row):
        return Verdict("wrong")
    return Verdict("right", Attempt.from_row(secret, "recover", row, ("recovery_code",)))


def mend_with_passkey(
    attempt: Attempt, passkey: NewPasskey, *, name: str, language: str, origin: Origin
) -> Added:
    """Adds a passkey by an attempt to recover, which it ends, and all sessions with it.

    ``weak`` means that more has to be proven. Raises ``VaultUnavailable``.
    """
    status: Added = connection.row(
        "SELECT api.mend_with_passkey_v1(%(attempt)s, %(credential_id)s, %(user_handle)s,"
        " %(public_key)s, %(aaguid)s, %(is_synced)s, %(backed_up)s, %(transports)s, %(name)s,"
        " %(sign_count)s, %(mac)s, %(mac_key)s, %(language)s, %(network)s, %(agent)s) AS status",
        {
            **new_passkey_parameters(passkey, attempt.account_id, name),
            "attempt": attempt.secret,
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Added):
        raise VaultRefused("mend_with_passkey", status)
    return status
