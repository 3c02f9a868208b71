"""Closes the site's doors and opens them: sign-up, sign-in, sign-in from unknown browsers."""

from datetime import datetime

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import AlreadyClosed, NotClosed
from vault import site_lockouts
from vault.site_lockouts import Door

__all__ = ["Door", "close_door", "open_door"]


def close_door(
    door: Door, reason: str, *, by: Operator | None, ends_at: datetime | None = None
) -> Done:
    """Closes a door, until then or until it is opened; whoever is signed in stays so.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``AlreadyClosed``,
    ``VaultUnavailable``.
    """
    outcome = site_lockouts.close_door(door, reason.strip(), by.session if by else None, ends_at)
    return settle(outcome, done="closed", already=AlreadyClosed)


def open_door(door: Door, reason: str, *, by: Operator | None) -> Done:
    """Opens that door again; others that are closed stay closed.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``NotClosed``, ``VaultUnavailable``.
    """
    outcome = site_lockouts.open_door(door, reason.strip(), by.session if by else None)
    return settle(outcome, done="opened", already=NotClosed)
