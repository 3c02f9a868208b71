"""Ends every session of the site; everybody signs in again. At the owner's console alone."""

from emergency.actions.outcome import Done, settle
from vault import lockouts


def end_all_sessions(reason: str, *, dry_run: bool) -> Done:
    """Ends all sessions, codes, tokens and pending sign-ins of the site, operators' too.

    ``dry_run`` only counts the sessions. Raises ``ReasonMissing``, ``VaultUnavailable``.
    """
    outcome = lockouts.end_all_sessions(reason.strip(), dry_run=dry_run)
    return settle(outcome, done="counted" if dry_run else "ended")
