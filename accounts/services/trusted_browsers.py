"""Trusting a browser for a while, where the operator allows it: no code is asked for there."""

from uuid import UUID

from django.conf import settings

from vault import trusted_browsers
from vault.attempts import Attempt
from vault.events import Origin
from vault.sessions import Session
from vault.trusted_browsers import TrustedBrowser, is_passkey_to_be_offered, own_trusted_browsers

__all__ = [
    "TrustedBrowser",
    "distrust_browser",
    "is_passkey_to_be_offered",
    "may_trust",
    "own_trusted_browsers",
    "spared",
    "trust_browser",
]


def may_trust(attempt: Attempt) -> bool:
    """Whether this sign-in could spare a code another time: by a setting, and never a passkey."""
    return (
        settings.TRUSTED_BROWSER_DAYS > 0
        and attempt.purpose == "sign_in"
        and "totp" in attempt.factors
        and "passkey" not in attempt.factors
    )


def spared(attempt: Attempt, origin: Origin) -> Attempt:
    """The attempt, with the browser's word if its owner trusts it. Raises ``VaultUnavailable``."""
    if not may_trust(attempt) or set(attempt.proofs) != {"password"}:
        return attempt
    return trusted_browsers.spare_code(attempt, origin) or attempt


def trust_browser(session: Session, origin: Origin) -> None:
    """Trusts this browser; where the vault does not, a code is asked for another time."""
    days = settings.TRUSTED_BROWSER_DAYS
    trusted_browsers.trust(session, days=days, label=origin.agent, origin=origin)


def distrust_browser(session: Session, browser: UUID, origin: Origin) -> None:
    """Trusts one of one's own browsers no more. Raises ``VaultUnavailable``."""
    trusted_browsers.distrust(session, browser, origin=origin)
