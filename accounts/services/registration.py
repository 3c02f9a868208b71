"""Signing up, and creating accounts from the console."""

from dataclasses import dataclass, field
from uuid import UUID

from accounts.errors import SignUpClosed, UsernameLooksAlike, UsernameTaken
from accounts.services.email_addresses import EmailAddress
from accounts.services.operator_links import invite_operator
from accounts.services.password_rules import check_new_password, normalise_password
from accounts.services.second_factors import give_app
from accounts.services.usernames import (
    canonical_username,
    creatable_username,
    username_skeletons,
)
from vault import accounts as vault_accounts
from vault import operators
from vault.attempts import Attempt
from vault.events import Origin
from vault.operators import Level
from vault.passwords import new_password

__all__ = ["CreatedAccount", "Level", "create_account", "find_account", "register"]

_REFUSALS = {"taken": UsernameTaken, "alike": UsernameLooksAlike, "closed": SignUpClosed}


def register(
    username: str, password: str, address: EmailAddress | None, *, origin: Origin
) -> Attempt:
    """Signs a person up with a typed name and password; gives the attempt that proves it.

    The password is hashed whether or not the name is free, so that the work is the same. Raises
    ``UsernameInvalid``, ``UsernameTaken``, ``UsernameLooksAlike``, ``PasswordUnacceptable``,
    ``SignUpClosed``, ``VaultUnavailable``, ``HashingBusy``.
    """
    name = creatable_username(username)
    secret = normalise_password(password)
    email = address.address if address else None
    check_new_password(secret, username=name, email=email, has_second_factor=False)
    preparation = vault_accounts.prepare()
    if not preparation.sign_up_open:
        raise SignUpClosed
    outcome = vault_accounts.register(
        preparation,
        username=name,
        skeletons=username_skeletons(name),
        password=new_password(secret, preparation.subject),
        address=address,
        origin=origin,
    )
    if not isinstance(outcome, Attempt):
        raise _REFUSALS[outcome]
    return outcome


@dataclass(frozen=True)
class CreatedAccount:
    """An account made at the console, with what is shown once."""

    account_id: UUID
    username: str
    recovery_codes: tuple[str, ...] = field(repr=False, default=())
    operator_enrolment_url: str | None = field(repr=False, default=None)


def create_account(
    username: str,
    password: str | None,
    confirmed_address: EmailAddress | None,
    *,
    operator: Level | None,
    totp_secret: bytes | None = None,
) -> CreatedAccount:
    """Makes an account from the console, its address taken as confirmed. Owner only.

    Without a password nobody can sign in to it by one. With a TOTP secret it gets recovery codes
    as well; an operator gets a link by which to enrol a passkey. Raises as ``register`` does.
    """
    name = creatable_username(username)
    preparation = vault_accounts.prepare()
    stored = None
    if password is not None:
        secret = normalise_password(password)
        email = confirmed_address.address if confirmed_address else None
        check_new_password(
            secret, username=name, email=email, has_second_factor=totp_secret is not None
        )
        stored = new_password(secret, preparation.subject)
    status = vault_accounts.create(
        preparation,
        username=name,
        skeletons=username_skeletons(name),
        checked=True,
        password=stored,
        confirmed_address=confirmed_address,
    )
    if status != "created":
        raise _REFUSALS[status]
    link = None
    if operator is not None:
        operators.grant(preparation.account_id, operator)
        link = invite_operator(preparation.account_id)
    codes = give_app(preparation.account_id, totp_secret) if totp_secret is not None else ()
    return CreatedAccount(preparation.account_id, name, codes, link)


def find_account(username: str) -> vault_accounts.FoundAccount | None:
    """The account of a typed name, for the owner's commands. Raises ``UsernameInvalid``."""
    return vault_accounts.find(canonical_username(username))
