"""Who is signed in here, by the rule of the client library: what each request may do.

The library decides; here a request's cookie is held against it, once, and a verified sign-in
becomes a person whom this wiki knows.
"""

from dataclasses import dataclass
from functools import cache

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from authsite_client import Client, Ended, SessionEnded, SessionRecord, SignIn

from . import cookies, settings
from .models import Account, Draft, LogoutToken, Session
from .provider import provider
from .store import DatabaseStore

_MEMO = "demo.wiki.visit"


@dataclass(frozen=True)
class Visit:
    """A request of somebody who is signed in; while the auth site is away they may only read."""

    account: Account
    may_write: bool


@cache
def client() -> Client:
    """The one client of this process."""
    return Client(provider=provider(), store=DatabaseStore(), algorithms=settings.OIDC_ALGORITHMS)


def current(request: HttpRequest) -> Visit | None:
    """Who this request comes from, or None; found out once a request.

    With a live access token nobody is asked; else the auth site is.
    """
    if _MEMO not in request.META:
        request.META[_MEMO] = _find(request.COOKIES.get(cookies.SESSION))
    found: Visit | None = request.META[_MEMO]
    return found


def is_over(request: HttpRequest) -> bool:
    """Whether this request came with a cookie whose session was found to have ended."""
    return cookies.SESSION in request.COOKIES and request.META.get(_MEMO, ...) is None


def open_session(sign_in: SignIn, *, name: str, replaces: str | None) -> str:
    """Meets the person again (or first), opens a session, returns its secret for the cookie.

    ``replaces`` is the cookie of the session before. Raises SessionEnded if a logout came first.
    """
    prune()
    with transaction.atomic():
        Account.objects.update_or_create(
            iss=settings.OIDC_ISSUER,
            sub=sign_in.claims.sub,
            defaults={"name": name, "last_sign_in": timezone.now()},
        )
        secret = client().open(sign_in)
        if replaces is not None:
            client().end(replaces)
    return secret


def end(request: HttpRequest) -> SessionRecord | None:
    """Ends the session of this request here, whatever the auth site does; gives what it was."""
    return client().end(request.COOKIES.get(cookies.SESSION, ""))


def prune() -> None:
    """Drops what has expired."""
    now = timezone.now()
    Session.objects.filter(expires__lt=now).delete()
    LogoutToken.objects.filter(expires__lt=now).delete()
    Draft.objects.filter(expires__lt=now).delete()


def _find(secret: str | None) -> Visit | None:
    if not secret:
        return None
    answer = client().check(secret)
    if isinstance(answer, Ended):
        return None
    account = Account.objects.get(iss=settings.OIDC_ISSUER, sub=answer.claims.sub)
    return Visit(account, answer.may_write)


__all__ = ["SessionEnded", "Visit", "client", "current", "end", "is_over", "open_session", "prune"]
