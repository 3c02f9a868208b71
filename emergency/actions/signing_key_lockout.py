"""Takes the signing keys out of service, and puts them back."""

from dataclasses import dataclass
from datetime import datetime

from emergency.actions.operators import Operator
from emergency.actions.outcome import settle
from emergency.errors import KeysInService, KeysWithdrawn
from vault import site_lockouts
from vault.lockouts import Outcome


@dataclass(frozen=True)
class KeysDone:
    """Which keys were taken or put back, by their ``kid``."""

    kids: tuple[str, ...]


def withdraw_keys(reason: str, *, by: Operator | None, ends_at: datetime | None = None) -> KeysDone:
    """Takes every published key out of service: what it signed is refused within a minute.

    Nobody is sent to a wiki until there are new keys (``manage.py rotatekeys --signing
    --compromised``) or these are put back. Raises ``NotAllowed``, ``NotProven``,
    ``ReasonMissing``, ``KeysWithdrawn``, ``VaultUnavailable``.
    """
    outcome = site_lockouts.lock_signing_keys(reason.strip(), by.session if by else None, ends_at)
    settle(Outcome(outcome.status), done="withdrawn", already=KeysWithdrawn)
    return KeysDone(outcome.kids)


def restore_keys(reason: str, *, by: Operator | None) -> KeysDone:
    """Puts the keys back that were taken, but for those that were replaced for good meanwhile.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``KeysInService``,
    ``VaultUnavailable``.
    """
    outcome = site_lockouts.restore_signing_keys(reason.strip(), by.session if by else None)
    settle(Outcome(outcome.status), done="restored", already=KeysInService)
    return KeysDone(outcome.kids)
