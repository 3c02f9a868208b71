"""Who operates: asked of the vault once a request that carries the cookie; else nobody does.

Stands in place of Django's session and authentication middleware, whose sessions live in the site
database and would have no authority here.
"""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_otp.middleware import OTPMiddleware

from accounts.models import Account
from emergency.actions.operators import Operator, resume
from emergency.cookies import OPERATOR_COOKIE, forget_operator
from twofactor.models import Holding, OperatorPasskey, hold, never


def operator_of(request: HttpRequest) -> Operator | None:
    """The operator who is signed in, or None."""
    operator: Operator | None = getattr(request, "operator", None)
    return operator


def is_let_in(request: HttpRequest) -> bool:
    """Whether the operator's pages are open: to an operator whom a passkey has verified."""
    return operator_of(request) is not None and bool(request.user.is_verified())  # type: ignore[union-attr]


def user_of(operator: Operator) -> Account:
    """The operator as Django's admin knows people; no row is read or written for it.

    Nothing here points at one, so the site database may be down while somebody locks an account.
    """
    session = operator.session
    user = Account(id=session.account_id, username=session.username)
    user.operator_level = operator.level
    # What the session's MAC covers: it was opened by a passkey that knew its user.
    if "mfa" in session.amr and not {"hwk", "swk"}.isdisjoint(session.amr):
        hold(user, Holding({OperatorPasskey.kind: never}))
    return user


class OperatorMiddleware:
    """Gives ``request.operator`` and ``request.user``, and takes a dead session's cookie away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request. Raises ``VaultUnavailable``, which the edge makes a 503."""
        cookie = request.COOKIES.get(OPERATOR_COOKIE)
        operator = resume(cookie) if cookie else None
        request.operator = operator  # type: ignore[attr-defined]
        request.user = user_of(operator) if operator else AnonymousUser()
        response = self.get_response(request)
        if cookie and operator is None and OPERATOR_COOKIE not in response.cookies:
            forget_operator(response)
        return response


class OperatorDeviceMiddleware(OTPMiddleware):  # type: ignore[misc] # django-otp ships no types
    """django-otp's, with the one device that counts here: the passkey that opened the session.

    It asks neither a session of Django's nor a table, as the one it stands on does.
    """

    def _verify_user_sync(
        self, request: HttpRequest, user: Account | AnonymousUser
    ) -> Account | AnonymousUser:
        self._init_user_fields(user)
        if operator_of(request) is not None:
            user.otp_device = OperatorPasskey.objects.devices_for_user(user).first()  # type: ignore[union-attr]
        return user
