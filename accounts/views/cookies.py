"""This site's cookies: ``__Host-`` all of them, so that no other host can set or see one.

Chromium and Firefox take ``Secure`` cookies on http://*.localhost too, which is how the demo works.
"""

import secrets
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.services.sessions import Session, cookie_value

SESSION_COOKIE = "__Host-session"
BROWSER_COOKIE = "__Host-browser"
_BROWSER = "authsite.browser"  # where a request keeps the value until the answer

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
