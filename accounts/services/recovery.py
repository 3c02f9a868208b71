"""Getting back in by letter: asking for one, and the new password that it leads to."""

from accounts.errors import ProofGone, SecondFactorNeeded
from accounts.services.email_addresses import parse_address
from accounts.services.password_rules import check_new_password, normalise_password
from accounts.services.passwords import name_to_ask_for
from vault import resets
from vault.attempts import Attempt
from vault.events import Origin


def request_reset(typed: str, *, browser: bytes, language: str, origin: Origin) -> None:
    """Asks for a letter, by a typed user name or address: one statement, the same for everybody.

    Whatever has an @ is taken for an address. Raises ``EmailInvalid``, ``VaultUnavailable``.
    """
    by_address = "@" in typed
    resets.request_reset(
        username=None if by_address else name_to_ask_for(typed),
        address=parse_address(typed).address if by_address else None,
        browser=browser,
        language=language,
        origin=origin,
    )


def reset_password(attempt: Attempt, new: str, *, language: str, origin: Origin) -> None:
    """Sets a new password by an attempt to recover, and ends all that the account had open.

    Raises ``PasswordUnacceptable``, ``SecondFactorNeeded``, ``ProofGone``, ``VaultUnavailable``,
    ``HashingBusy``.
    """
    secret = normalise_password(new)
    check_new_password(secret, username=attempt.username, email=None, has_second_factor=False)
    status = resets.reset_password(attempt, secret, language=language, origin=origin)
    if status == "weak":
        raise SecondFactorNeeded
    if status == "gone":
        raise ProofGone
