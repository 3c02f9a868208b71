"""What people see of a lockout: that an account is locked, or a door of the site closed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.errors import AccountLocked, SignInClosed, SignUpClosed
from accounts.services.closed_doors import closed_door


def locked_page(request: HttpRequest, error: AccountLocked) -> HttpResponse:
    """Says that an account is locked, what may be said of why and until when, and whom to ask."""
    context = {"reason": error.told, "until": error.ends_at}
    return render(request, "errors/locked.html", context, status=403)


def closed_page(
    request: HttpRequest, error: SignInClosed | SignUpClosed, context: dict[str, Any]
) -> HttpResponse:
    """Says what is closed, and until when where that is known."""
    door = closed_door(is_sign_up=isinstance(error, SignUpClosed))
    context = {**context, "door": door.name, "until": door.ends_at}
    return render(request, "errors/closed.html", context, status=503)
