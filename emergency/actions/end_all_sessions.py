"""Ends every session of the site; everybody signs in again."""

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from vault import site_lockouts


def end_all_sessions(reason: str, *, by: Operator | None) -> Done:
    """Ends all sessions, codes, tokens and pending sign-ins of the site, operators' too.

    One number does it, however many there are. Raises ``NotAllowed``, ``NotProven``,
    ``ReasonMissing``, ``TooOften`` (three times within the hour, on the operator's site),
    ``VaultUnavailable``.
    """
    outcome = site_lockouts.end_all_sessions(reason.strip(), by.session if by else None)
    return settle(outcome, done="ended")
