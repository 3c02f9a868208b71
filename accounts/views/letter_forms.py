"""The form that takes a letter's code, or what its link carries: the same on every such page.

Opening the page changes nothing, whatever is in the link; only sending the form does.
"""

from django.http import HttpRequest

from accounts.errors import LetterOfAnotherBrowser, LetterUnusable
from accounts.forms import NamedLetterCodeForm
from accounts.views.cookies import DEVICE_COOKIE


def empty_form(request: HttpRequest) -> NamedLetterCodeForm:
    """The empty form."""
    return fitting(request, NamedLetterCodeForm())


def fitting(request: HttpRequest, form: NamedLetterCodeForm) -> NamedLetterCodeForm:
    """The form as it is shown: it asks for the user name only where that may be needed.

    A browser without a secret of its own has asked for no letter.
    """
    known = DEVICE_COOKIE in request.COOKIES
    if known and not form.data.get("username") and "username" not in form.errors:
        form.fields.pop("username")
    return form


def add_refusal(form: NamedLetterCodeForm, error: LetterUnusable) -> None:
    """Shows why a letter was refused, at the field that can be mended."""
    of_another = isinstance(error, LetterOfAnotherBrowser)
    form.add_account_error("username" if of_another else "code", error)
