"""Recovery codes (look-up secrets, NIST SP 800-63B section 3.1.2): ten, each of which works once.

Kept as passwords are: the tag of a code needs the pepper and is bound to the account, a code is
proposed and judged in the vault, and what it calls right is checked against the row's own proof.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, fresh_secret
from vault.codes import CODE_BYTES, normal_form, spelled
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.factors import Verdict, proven, refusal
from vault.hashing import Cost, argon2id, new_salt
from vault.keys import KeyRing
from vault.seals import is_ours, mac
from vault.sessions import Session

CODES: Final = 10

Replaced = Literal["replaced", "gone", "weak"]


@dataclass(frozen=True)
class OwnCodes:
    """How many of one's own codes are left, and since when they are there."""

    codes_left: int
    created_at: datetime


@dataclass(frozen=True)
class Replacement:
    """What became of asking for new codes, and the codes: they are shown once, and kept nowhere."""

    status: Replaced
    codes: tuple[str, ...] = field(repr=False, default=())


def new_codes() -> tuple[str, ...]:
    """Ten new codes of 80 random bits, in groups that are easy to type."""
    return tuple(_new_code() for _ in range(CODES))


def _new_code() -> str:
    return spelled(secrets.token_bytes(CODE_BYTES))


def tag_of(code: str, subject: bytes, salt: bytes, cost: Cost, pepper_id: str) -> bytes:
    """Argon2id over HMAC-SHA256(pepper, subject || code): 32 bytes."""
    ring: KeyRing = settings.PEPPER_KEYS
    message = subject + normal_form(code).encode("utf-8", "surrogatepass")
    peppered = hmac.digest(ring.key(pepper_id, "recovery-code"), message, "sha256")
    return argon2id(peppered, salt, cost)


def set_parameters(account_id: UUID, subject: bytes, codes: Iterable[str]) -> dict[str, object]:
    """The arguments that both storing functions take: one salt, a tag and a proof for each code."""
    ring: KeyRing = settings.PEPPER_KEYS
    key_id, salt, cost = ring.active_id, new_salt(), Cost.today()
    # Two spellings of one code are one.
    different = dict.fromkeys(normal_form(code) for code in codes)
    tags = [tag_of(code, subject, salt, cost, key_id) for code in different]
    return {
        "salt": salt,
        "memory_kib": cost.memory_kib,
        "time_cost": cost.time_cost,
        "parallelism": cost.parallelism,
        "pepper_id": key_id,
        "tags": tags,
        "proofs": [mac(ring, key_id, "recovery-code-proof", account_id, tag) for tag in tags],
    }


def own_codes(session: Session) -> OwnCodes | None:
    """What this session's person has, None where they never had any."""
    row = connection.find_row(
        "SELECT * FROM api.count_recovery_codes_v1(%(session)s)", {"session": session.secret}
    )
    return OwnCodes(**row) if row is not None else None


def replace(
    session: Session,
    attempt: Attempt,
    *,
    language: str,
    origin: Origin,
    codes: tuple[str, ...] | None = None,
    ends_others: bool = True,
) -> Replacement:
    """Stores new codes by fresh proof, ten or those given; those of before are void.

    The person's other sessions end, unless told not to.

    ``weak`` means that the attempt lacks a second factor which the account holds. Raises
    ``VaultUnavailable``, ``HashingBusy``.
    """
    subject = connection.row(
        "SELECT api.own_subject_v1(%(session)s) AS subject", {"session": session.secret}
    )["subject"]
    if subject is None:
        return Replacement("gone")
    codes = new_codes() if codes is None else codes
    status = connection.row(
        "SELECT api.replace_recovery_codes_v1(%(session)s, %(attempt)s, %(salt)s, %(memory_kib)s,"
        " %(time_cost)s, %(parallelism)s, %(pepper_id)s, %(tags)s, %(proofs)s, %(language)s,"
        " %(network)s, %(agent)s, %(ends_others)s) AS status",
        {
            "ends_others": ends_others,
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            **set_parameters(session.account_id, subject, codes),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status == "replaced":
        return Replacement("replaced", codes)
    if status in ("gone", "weak"):
        return Replacement(status)
    raise VaultRefused("replace_recovery_codes", status)


def import_codes(account_id: UUID, codes: Iterable[str]) -> str:
    """Gives an account these codes in place of any others: ``replaced``, ``unknown``. Owner only.

    Raises ``VaultUnavailable``, ``HashingBusy``.
    """
    subject = connection.row(
        "SELECT subject FROM api.prepare_account_v1(%(account)s)", {"account": account_id}
    )["subject"]
    status: str = connection.row(
        "SELECT api.import_recovery_codes_v1(%(account)s, %(salt)s, %(memory_kib)s, %(time_cost)s,"
        " %(parallelism)s, %(pepper_id)s, %(tags)s, %(proofs)s) AS status",
        {"account": account_id, **set_parameters(account_id, subject, codes)},
    )["status"]
    if status not in ("replaced", "unknown"):
        raise VaultRefused("import_recovery_codes", status)
    return status


def prove(attempt: Attempt, code: str, *, origin: Origin) -> Verdict:
    """Takes one guess at a code of the attempt's account: charged, committed, then judged.

    A right one is spent. Raises ``VaultUnavailable``, ``HashingBusy``.
    """
    asked = connection.row(
        "SELECT * FROM api.recovery_code_challenge_v1(%(attempt)s)", {"attempt": attempt.secret}
    )
    if asked["status"] != "ready":
        return refusal("recovery_code_challenge", asked)
    cost = Cost(asked["memory_kib"], asked["time_cost"], asked["parallelism"])
    key_id = asked["pepper_id"]
    tag = tag_of(code, asked["subject"], asked["salt"], cost, key_id)
    row = connection.row(
        "CALL api.prove_recovery_code_v1(%(attempt)s, %(tag)s, %(network)s, %(agent)s, %(device)s)",
        {
            "attempt": attempt.secret,
            "tag": tag,
            "network": origin.network,
            "agent": origin.agent,
            "device": origin.device,
        },
    )
    if row["status"] != "right":
        return refusal("prove_recovery_code", row)
    fields = (attempt.account_id, tag)
    if row["account_id"] != attempt.account_id or not is_ours(
        row["proof"], settings.PEPPER_KEYS, key_id, "recovery-code-proof", *fields
    ):
        # The database's word alone is not enough: whoever writes its rows could give it to itself.
        report_row("recovery_code", attempt.account_id)
        return Verdict("wrong")
    return proven(attempt, "recovery_code")
