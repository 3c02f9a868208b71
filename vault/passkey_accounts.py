"""Accounts whose way in is a passkey: signing up with one, and whether a name is still free."""

from dataclasses import dataclass, field
from typing import Literal, get_args
from uuid import UUID

from vault import connection
from vault.accounts import (
    EmailAddress,
    Preparation,
    address_parameters,
    asker_parameters,
    name_parameters,
)
from vault.attempts import Attempt, amr_of, new_secret, secret_hash
from vault.errors import VaultRefused
from vault.events import Origin
from vault.passkeys import NewPasskey, new_passkey_parameters
from vault.recovery_codes import set_parameters

NameState = Literal["free", "taken", "alike", "closed"]
Refusal = Literal["taken", "alike", "closed", "exists"]


@dataclass(frozen=True)
class NewKeys:
    """What a person who signs up without a password holds: a passkey and recovery codes."""

    passkey: NewPasskey
    passkey_name: str
    codes: tuple[str, ...] = field(repr=False)


def name_state(username: str, skeletons: frozenset[str]) -> NameState:
    """Whether a name could be given out now. Raises ``VaultUnavailable``."""
    state: NameState = connection.row(
        "SELECT api.check_name_v1(%(username)s, %(skeletons)s) AS state",
        {"username": username, "skeletons": sorted(skeletons)},
    )["state"]
    if state not in get_args(NameState):
        raise VaultRefused("check_name", state)
    return state


def register(
    preparation: Preparation,
    *,
    username: str,
    skeletons: frozenset[str],
    keys: NewKeys,
    address: EmailAddress | None,
    origin: Origin,
) -> Attempt | Refusal:
    """Signs a person up: account, passkey, recovery codes and unconfirmed address at once.

    The address gets the letter that confirms it.

    Gives the attempt that has proven the passkey, or why not. Raises ``VaultUnavailable``,
    ``HashingBusy``.
    """
    account_id: UUID = preparation.account_id
    attempt_secret = new_secret()
    passkey = new_passkey_parameters(keys.passkey, account_id, keys.passkey_name)
    row = connection.row(
        "SELECT * FROM api.register_with_passkey_v1(%(account)s, %(username)s, %(name_mac)s,"
        " %(name_mac_key)s, %(skeletons)s, %(credential_id)s, %(user_handle)s, %(public_key)s,"
        " %(aaguid)s, %(is_synced)s, %(backed_up)s, %(transports)s, %(name)s, %(sign_count)s,"
        " %(mac)s, %(mac_key)s, %(salt)s, %(memory_kib)s, %(time_cost)s, %(parallelism)s,"
        " %(pepper_id)s, %(tags)s, %(proofs)s, %(address)s, %(sealed)s, %(digest)s,"
        " %(digest_key)s, %(browser_hash)s, %(language)s, %(attempt_hash)s, %(network)s,"
        " %(agent)s)",
        {
            **passkey,
            **name_parameters(account_id, username),
            "skeletons": sorted(skeletons),
            **set_parameters(account_id, preparation.subject, keys.codes),
            **address_parameters(address, account_id, confirmed=False),
            **asker_parameters(origin),
            "attempt_hash": secret_hash(attempt_secret),
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    status = row["status"]
    if status in get_args(Refusal):
        refusal: Refusal = status
        return refusal
    if status != "created":
        raise VaultRefused("register_with_passkey", status)
    proofs = ("swk" if keys.passkey.is_synced else "hwk", "uv")
    return Attempt(
        secret=attempt_secret,
        purpose="sign_in",
        account_id=account_id,
        username=username,
        amr=amr_of(proofs),
        auth_time=row["authenticated_at"],
        account_epoch=row["account_epoch"],
        site_epoch=row["site_epoch"],
        proofs=proofs,
        factors=("passkey", "recovery_codes"),
    )
