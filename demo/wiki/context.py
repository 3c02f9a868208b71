"""What the frame of every page shows: the wiki's name and who is signed in."""

from typing import Any

from django.http import HttpRequest

from . import sessions, settings


def frame(request: HttpRequest) -> dict[str, Any]:
    """The variables of `wiki/base.html`."""
    return {
        "wiki_name": settings.WIKI_NAME,
        "lang": settings.WIKI_LANGUAGE,
        "account_url": f"{settings.OIDC_ISSUER}/account/",
        "session": sessions.current(request),
    }
