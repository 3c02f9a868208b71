"""What every page may show: the site's name, help, who is signed in, the languages."""

from functools import partial
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from authsite.references import reference_of

_LONGEST_NEXT: Final = 2000


def site(request: HttpRequest) -> dict[str, Any]:
    """Give the variables of templates/base.html.

    `current_session` stays lazy: a page that doesn't show it asks the vault nothing. Error pages
    made near the edge have none.
    """
    find_session = getattr(request, "find_session", None)
    return {
        "site_name": settings.SITE_NAME,
        "support": settings.SUPPORT,
        "languages": settings.LANGUAGES,
        "current_session": SimpleLazyObject(find_session) if find_session is not None else None,
        "language_next": language_next(request),
        # Made for the few pages that show it.
        "reference": partial(reference_of, request),
    }


def language_next(request: HttpRequest) -> str:
    """Give where changing the language leads back to: this page, as far as a GET can show it.

    What a form was answered with cannot be asked for again; then it is the page of the form.
    """
    path = request.get_full_path() if request.method in {"GET", "HEAD"} else request.path
    return path if len(path) <= _LONGEST_NEXT else request.path
