"""What is not stored until it is confirmed: a new secret or new codes, sealed in the page's form.

Encrypted as a flow is, for this browser, this session and this one use, for half an hour.
"""

from typing import Any, Literal

from django.conf import settings

from accounts.errors import FlowUnusable
from accounts.flow.sealing import decrypt, encrypt, is_of_browser, is_over
from accounts.services.sessions import Session

Use = Literal["new-app", "new-codes", "new-passkey"]


def seal_pending(use: Use, pending: Any, session: Session, browser: str) -> str:
    """Seals what JSON can hold, until it is confirmed."""
    claims = {"sid": str(session.sid), "pending": pending}
    return encrypt(use, browser, settings.FLOW_SECONDS, claims)


def open_pending(use: Use, sealed: str, session: Session, browser: str | None) -> Any:
    """What was sealed, if it was for this use, session and browser and is not over; else None."""
    try:
        claims = decrypt(use, sealed)
    except FlowUnusable:
        return None
    if not is_of_browser(claims, browser) or is_over(claims):
        return None
    return claims["pending"] if claims["sid"] == str(session.sid) else None
