"""Who is signed in here: opening, finding and ending this wiki's own sessions, in its database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from . import cookies
from .models import Account, Draft, LogoutToken, Session

_LIFETIME = timedelta(hours=24)
_REMEMBERED = timedelta(hours=24)
_MEMO = "demo.wiki.session"


class SignInRefused(Exception):
    """The auth site ended this very sign-in before it arrived here."""


class TokenReplayed(Exception):
    """This logout token was obeyed before."""


def current(request: HttpRequest) -> Session | None:
    """The live session of this browser, or None; looked up once a request."""
    if _MEMO not in request.META:
        request.META[_MEMO] = _find(request.COOKIES.get(cookies.SESSION))
    found: Session | None = request.META[_MEMO]
    return found


def open_session(
    *, iss: str, sub: str, sid: str, name: str, id_token: str, replaces: Session | None
) -> str:
    """Meets the person again (or first), opens a session, returns its secret for the cookie.

    Raises SignInRefused if a logout token for this `sid` came in before.
    """
    now = timezone.now()
    secret = cookies.new_secret()
    prune()
    with transaction.atomic():
        if sid and LogoutToken.objects.filter(iss=iss, sid=sid).exists():
            raise SignInRefused
        account, _ = Account.objects.update_or_create(
            iss=iss, sub=sub, defaults={"name": name, "last_sign_in": now}
        )
        if replaces is not None:
            replaces.delete()
        Session.objects.create(
            digest=cookies.digest(secret),
            account=account,
            sid=sid,
            id_token=id_token,
            created=now,
            expires=now + _LIFETIME,
        )
    return secret


def end_by_logout_token(claims: dict[str, Any]) -> int:
    """Ends what a verified logout token names; returns how many sessions that were.

    By `sid` where there is one, else all of `sub` (OpenID Connect Back-Channel Logout 1.0,
    section 2.7). Remembering the token and ending the sessions is one transaction, so that a
    failure leaves the token free to be sent again. Raises TokenReplayed.
    """
    iss, sid, sub = claims["iss"], claims.get("sid", ""), claims.get("sub")
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    sessions = Session.objects.filter(account__iss=iss)
    if sid:
        sessions = sessions.filter(sid=sid)
    if sub:
        sessions = sessions.filter(account__sub=sub)
    with transaction.atomic():
        try:
            LogoutToken.objects.create(
                iss=iss,
                jti=claims["jti"],
                sid=sid,
                expires=max(expires, timezone.now()) + _REMEMBERED,
            )
        except IntegrityError as error:
            raise TokenReplayed from error
        return sessions.delete()[0]


def prune() -> None:
    """Drops what has expired."""
    now = timezone.now()
    Session.objects.filter(expires__lt=now).delete()
    LogoutToken.objects.filter(expires__lt=now).delete()
    Draft.objects.filter(expires__lt=now).delete()


def _find(secret: str | None) -> Session | None:
    if not secret:
        return None
    return (
        Session.objects.select_related("account")
        .filter(digest=cookies.digest(secret), expires__gt=timezone.now())
        .first()
    )
