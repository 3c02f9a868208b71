"""The operator's site's cookies: ``__Host-``, gone with the browser, never sent from elsewhere."""

from typing import Any

from django.contrib.messages.storage.cookie import CookieStorage
from django.http.response import HttpResponseBase

from emergency.actions.operators import Session, cookie_value

OPERATOR_COOKIE = "__Host-operator"

_ATTRIBUTES: dict[str, Any] = {"secure": True, "httponly": True, "samesite": "Strict", "path": "/"}


def remember_operator(response: HttpResponseBase, session: Session) -> None:
    """Sets the session's cookie, which ends with the browser."""
    response.set_cookie(OPERATOR_COOKIE, cookie_value(session), **_ATTRIBUTES)


def forget_operator(response: HttpResponseBase) -> None:
    """Takes the session's cookie away."""
    response.set_cookie(OPERATOR_COOKIE, "", max_age=0, **_ATTRIBUTES)


class MessageStorage(CookieStorage):
    """Django's signed messages, under a name that no other host can set."""

    cookie_name = "__Host-messages"
