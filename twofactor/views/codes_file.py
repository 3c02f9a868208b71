"""Recovery codes as a text file, to be kept outside the browser."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _


def codes_file(username: str, codes: Iterable[str]) -> HttpResponse:
    """The answer that a browser saves: whose codes they are, and one a line."""
    title = _("Recovery codes of %(name)s at %(site)s") % {
        "name": username,
        "site": settings.SITE_NAME,
    }
    response = HttpResponse(
        "\n".join([title, "", *codes, ""]), content_type="text/plain; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response
