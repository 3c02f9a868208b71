"""Pages of letters that only take something away: whoever has the letter may, signed in or not."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.errors import LetterUnusable
from accounts.forms import LetterCodeForm
from accounts.services.letters import MailedToken
from accounts.services.throttling import charge


def take_away(
    request: HttpRequest, act: Callable[[str], MailedToken], *, asked: str, done: str
) -> HttpResponse:
    """GET says what the letter will do (template ``asked``); POST does it (``done``).

    ``act`` takes the code and gives its token. It raises ``LetterUnusable``.
    """
    if request.method != "POST":
        return render(request, asked, {"form": LetterCodeForm()})
    form = LetterCodeForm(request.POST)
    if form.is_valid():
        charge(request, "letter-code", settings.RATE_PASSWORD)
        try:
            token = act(form.cleaned_data["code"])
        except LetterUnusable as error:
            form.add_account_error("code", error)
        else:
            return render(request, done, {"username": token.username})
    return render(request, asked, {"form": form})
