"""This site's cookies: ``__Host-`` all of them, so that no other host can set or see one.

Chromium and Firefox take ``Secure`` cookies on http://*.localhost too, which is how the demo works.
"""

import secrets
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.services.sessions import Session, cookie_value, decoded, encoded, new_secret

SESSION_COOKIE = "__Host-session"
BROWSER_COOKIE = "__Host-browser"
DEVICE_COOKIE = "__Host-device"
PROOF_COOKIE = "__Host-proof"
PENDING_COOKIE = "__Host-pending"
PENDING_SECONDS = 1800
WAY_COOKIE = "__Host-way"
_MOST_OF_A_COOKIE = 3800  # browsers drop what is over 4,096 bytes with its name
DEVICE_SECONDS = 400 * 86400  # as long as browsers keep anything
_BROWSER = "authsite.browser"  # where a request keeps the value until the answer
_DEVICE = "authsite.device"

_ATTRIBUTES: dict[str, Any] = {"secure": True, "httponly": True, "samesite": "Lax", "path": "/"}


def remember_session(response: HttpResponseBase, session: Session) -> None:
    """Sets the session's cookie: kept ones last, others end with the browser."""
    max_age = session.expires_at - session.created_at if session.kept else None
    response.set_cookie(SESSION_COOKIE, cookie_value(session), max_age=max_age, **_ATTRIBUTES)


def forget_session(response: HttpResponseBase) -> None:
    """Takes the session's cookie away."""
    response.set_cookie(SESSION_COOKIE, "", max_age=0, **_ATTRIBUTES)


def browser_of(request: HttpRequest) -> str | None:
    """The random value that binds flows to this browser, if it has one."""
    value = request.COOKIES.get(BROWSER_COOKIE)
    return value if value and len(value) >= 32 else None


def bind_browser(request: HttpRequest) -> str:
    """The browser's binding value, a new one where it has none; ``remember_browser`` keeps it."""
    value = browser_of(request) or secrets.token_urlsafe(32)
    request.META[_BROWSER] = value
    return value


def remember_browser(request: HttpRequest, response: HttpResponseBase) -> None:
    """Sets the binding cookie if this request made a new one. It ends with the browser."""
    value = request.META.get(_BROWSER)
    if value is not None and value != request.COOKIES.get(BROWSER_COOKIE):
        response.set_cookie(BROWSER_COOKIE, value, **_ATTRIBUTES)


def device_of(request: HttpRequest) -> bytes:
    """The secret by which accounts know this browser again; a new one where it has none.

    Known it becomes by signing in (``remember_device``): until then it is worth nothing.
    """
    if _DEVICE not in request.META:
        request.META[_DEVICE] = decoded(request.COOKIES.get(DEVICE_COOKIE, "")) or new_secret()
    device: bytes = request.META[_DEVICE]
    return device


def remember_device(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keeps the browser's secret: it has signed in, so that strangers cannot keep it out."""
    value = encoded(device_of(request))
    response.set_cookie(DEVICE_COOKIE, value, max_age=DEVICE_SECONDS, **_ATTRIBUTES)


def remember_proof(response: HttpResponseBase, sealed: str, seconds: int) -> None:
    """Keeps a fresh proof for as long as it is one."""
    response.set_cookie(PROOF_COOKIE, sealed, max_age=seconds, **_ATTRIBUTES)


def forget_proof(response: HttpResponseBase) -> None:
    """Takes a proof away that is used up."""
    response.set_cookie(PROOF_COOKIE, "", max_age=0, **_ATTRIBUTES)


def carry_pending(response: HttpResponseBase, sealed: str) -> None:
    """Keeps what waits to be confirmed, sealed as it is, while its owner proves themself again."""
    if sealed and len(sealed) <= _MOST_OF_A_COOKIE and sealed.isascii():
        response.set_cookie(PENDING_COOKIE, sealed, max_age=PENDING_SECONDS, **_ATTRIBUTES)


def forget_pending(response: HttpResponseBase) -> None:
    """Takes it away: a page has it in its form again."""
    response.set_cookie(PENDING_COOKIE, "", max_age=0, **_ATTRIBUTES)


def remember_way(response: HttpResponseBase, sealed: str, seconds: int) -> None:
    """Keeps where a flow led, sealed, for whoever comes back to it by a letter."""
    if len(sealed) <= _MOST_OF_A_COOKIE:
        response.set_cookie(WAY_COOKIE, sealed, max_age=seconds, **_ATTRIBUTES)


def forget_way(response: HttpResponseBase) -> None:
    """Takes it away: a page has it in its form again."""
    response.set_cookie(WAY_COOKIE, "", max_age=0, **_ATTRIBUTES)
