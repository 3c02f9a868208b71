"""Asks the vault about passwords: a challenge, then one committed guess and its verdict.

The tag is computed here, from the pepper that the database does not have; the verifier stays in
the database. See docs/decisions/0002-propose-commit-verdict.md.
"""

import hmac
from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, fresh_secret, new_secret, secret_hash
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.hashing import Cost, argon2id, new_salt
from vault.keys import KeyRing
from vault.names import is_named
from vault.seals import is_ours, mac
from vault.sessions import Session, renewed_mac

Purpose = Literal["sign_in", "reauthenticate"]


@dataclass(frozen=True)
class Challenge:
    """What is needed to compute the tag of a guess; the same shape for names that nobody has."""

    subject: bytes
    salt: bytes
    cost: Cost
    pepper_id: str
    scheme: str
    inner_scheme: dict[str, str] | None


@dataclass(frozen=True)
class NewPassword:
    """A password ready to be stored: its tag, and how it was computed."""

    salt: bytes
    cost: Cost
    pepper_id: str
    tag: bytes

    def parameters(self, account_id: UUID) -> dict[str, object]:
        """The arguments that every storing function takes."""
        return {
            "salt": self.salt,
            "memory_kib": self.cost.memory_kib,
            "time_cost": self.cost.time_cost,
            "parallelism": self.cost.parallelism,
            "pepper_id": self.pepper_id,
            "tag": self.tag,
            "proof": mac(
                settings.PEPPER_KEYS, self.pepper_id, "password-proof", account_id, self.tag
            ),
        }


@dataclass(frozen=True)
class Verdict:
    """The vault's answer to a guess.

    ``right`` comes with an open attempt, ``wait`` with the seconds after which to try again;
    ``known_only`` means that only a browser known to the account may try any more;
    ``gone`` means that the session which wanted to reauthenticate has ended.
    """

    status: Literal["right", "wrong", "wait", "known_only", "locked", "closed", "gone"]
    attempt: Attempt | None = None
    wait_seconds: int = 0


def challenge(username: str) -> Challenge:
    """The challenge for a canonical user name; unknown ones get a decoy that never changes.

    Raises ``VaultUnavailable``.
    """
    row = connection.row(
        "SELECT * FROM api.password_challenge_v1(%(username)s)", {"username": username}
    )
    return Challenge(
        subject=row["subject"],
        salt=row["salt"],
        cost=Cost(row["memory_kib"], row["time_cost"], row["parallelism"]),
        pepper_id=row["pepper_id"],
        scheme=row["scheme"],
        inner_scheme=row["inner_scheme"],
    )


def _tag(password: str, subject: bytes, salt: bytes, cost: Cost, pepper_id: str) -> bytes:
    """Argon2id over HMAC-SHA256(pepper, subject || password): 32 bytes."""
    ring: KeyRing = settings.PEPPER_KEYS
    peppered = hmac.digest(ring.key(pepper_id, "password"), subject + password.encode(), "sha256")
    return argon2id(peppered, salt, cost)


def new_password(password: str, subject: bytes) -> NewPassword:
    """Computes what is stored for a password, at today's cost (``settings.ARGON2_*``)."""
    ring: KeyRing = settings.PEPPER_KEYS
    salt, cost = new_salt(), Cost.today()
    return NewPassword(
        salt, cost, ring.active_id, _tag(password, subject, salt, cost, ring.active_id)
    )


def prove(
    username: str,
    password: str,
    *,
    purpose: Purpose,
    origin: Origin,
    session_secret: bytes | None = None,
) -> Verdict:
    """Takes one guess at the password of a canonical user name: charged, committed, then judged.

    ``session_secret`` is needed to ``reauthenticate``. A right password that is stored at less
    than today's cost is stored anew. Raises ``VaultUnavailable``, ``HashingBusy``.
    """
    asked = challenge(username)
    if asked.scheme != "argon2id" or asked.inner_scheme is not None:
        raise VaultRefused("password_challenge", f"scheme {asked.scheme} is not known here")
    tag = _tag(password, asked.subject, asked.salt, asked.cost, asked.pepper_id)
    attempt_secret = new_secret()
    row = connection.row(
        "CALL api.prove_password_v1(%(username)s, %(tag)s, %(purpose)s, %(attempt_hash)s,"
        " %(session)s, %(network)s, %(agent)s, %(device)s)",
        {
            "username": username,
            "tag": tag,
            "purpose": purpose,
            "attempt_hash": secret_hash(attempt_secret),
            "session": session_secret,
            "network": origin.network,
            "agent": origin.agent,
            "device": origin.device,
        },
    )
    status = row["status"]
    if status == "wait":
        return Verdict("wait", wait_seconds=row["wait_seconds"])
    if status in ("wrong", "known_only", "locked", "closed", "gone"):
        return Verdict(status)
    if status != "right":
        raise VaultRefused("prove_password", status)
    if not _is_proof(row["proof"], row["account_id"], asked.pepper_id, tag):
        # The database's word alone is not enough: whoever writes its rows could give it to itself.
        report_row("password", row["account_id"])
        return Verdict("wrong")
    if not is_named(row):
        return Verdict("wrong")
    attempt = Attempt.from_row(attempt_secret, purpose, row, ("password",))
    is_old = asked.cost.is_below(Cost.today()) or asked.pepper_id != settings.PEPPER_KEYS.active_id
    if is_old:
        _upgrade(attempt, new_password(password, asked.subject))
    return Verdict("right", attempt=attempt)


def _is_proof(proof: bytes | None, account_id: UUID, pepper_id: str, tag: bytes) -> bool:
    """Whether this very tag was stored for this account by a holder of the pepper."""
    return is_ours(proof, settings.PEPPER_KEYS, pepper_id, "password-proof", account_id, tag)


def _upgrade(attempt: Attempt, stored: NewPassword) -> None:
    """Stores the proven password at today's cost; that it was done already is fine."""
    status = connection.row(
        "SELECT api.upgrade_password_v1(%(attempt)s, %(salt)s, %(memory_kib)s, %(time_cost)s,"
        " %(parallelism)s, %(pepper_id)s, %(tag)s, %(proof)s) AS status",
        {"attempt": attempt.secret, **stored.parameters(attempt.account_id)},
    )["status"]
    if status not in ("upgraded", "kept"):
        raise VaultRefused("upgrade_password", status)


@dataclass(frozen=True)
class Change:
    """A changed password: the session's new secret, and how many others ended."""

    session_secret: bytes
    others_ended: int


def change(
    session: Session, attempt: Attempt, password: str, *, language: str, origin: Origin
) -> Change | None:
    """Sets a new password, or a first one, by a fresh proof in this session.

    Ends every other session; this one goes on under the new secret. None when the proof or the
    session is gone meanwhile, or a second factor was not proven, and nothing has changed. Raises
    ``VaultUnavailable``.
    """
    subject = connection.row(
        "SELECT api.own_subject_v1(%(session)s) AS subject", {"session": session.secret}
    )["subject"]
    if subject is None:
        return None
    stored = new_password(password, subject)
    secret = new_secret()
    new_epoch = session.account_epoch + 1
    session_mac, mac_key = renewed_mac(
        session, secret, account_epoch=new_epoch, amr=attempt.amr, auth_time=attempt.auth_time
    )
    row = connection.row(
        "SELECT * FROM api.change_password_v1(%(session)s, %(attempt)s, %(salt)s, %(memory_kib)s,"
        " %(time_cost)s, %(parallelism)s, %(pepper_id)s, %(tag)s, %(proof)s, %(new_hash)s,"
        " %(new_epoch)s, %(mac)s, %(mac_key)s, %(language)s, %(network)s, %(agent)s, %(device)s)",
        {
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            **stored.parameters(session.account_id),
            "new_hash": secret_hash(secret),
            "new_epoch": new_epoch,
            "mac": session_mac,
            "mac_key": mac_key,
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
            "device": origin.device,
        },
    )
    if row["status"] in ("gone", "weak", "moved"):
        return None
    if row["status"] != "changed":
        raise VaultRefused("change_password", row["status"])
    return Change(secret, row["others_ended"])


Removed = Literal["removed", "none", "few", "gone", "weak"]


def remove(session: Session, attempt: Attempt, *, language: str, origin: Origin) -> Removed:
    """Takes the password away, by fresh proof: a passkey is the way in from then on.

    ``few`` means that there are fewer than two passkeys which have known their user, or no recovery
    code. Raises ``VaultUnavailable``.
    """
    status: Removed = connection.row(
        "SELECT api.remove_password_v1(%(session)s, %(attempt)s, %(language)s, %(network)s,"
        " %(agent)s) AS status",
        {
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Removed):
        raise VaultRefused("remove_password", status)
    return status
