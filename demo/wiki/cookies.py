"""The wiki's cookies: every one `__Host-`, Secure, HttpOnly and SameSite=Lax.

Lax, because the browser comes back from the auth site by a top-level navigation.
"""

import hashlib
import secrets

from django.http import HttpResponseBase

SESSION = "__Host-wiki-session"
ASKED = "__Host-wiki-asked"
DRAFT = "__Host-wiki-draft"
FLOW_PREFIX = "__Host-wiki-flow-"


def put(response: HttpResponseBase, *, name: str, value: str, max_age: int | None = None) -> None:
    """Sets a cookie; without `max_age` (seconds) it ends with the browser."""
    response.set_cookie(
        name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="Lax"
    )


def drop(response: HttpResponseBase, *, name: str) -> None:
    """Tells the browser to forget a cookie."""
    response.delete_cookie(name, path="/", samesite="Lax")


def new_secret() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored in a secret's place."""
    return hashlib.sha256(secret.encode()).hexdigest()
