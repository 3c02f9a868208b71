"""Confirming an address by the letter that was sent there. Nobody has to be signed in for it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.errors import LetterUnusable
from accounts.forms import NamedLetterCodeForm
from accounts.services.email_addresses import masked
from accounts.services.letters import confirm_address
from accounts.services.throttling import charge
from accounts.views.cookies import device_of
from accounts.views.guards import origin_of
from accounts.views.letter_forms import add_refusal, empty_form, fitting


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """GET changes nothing; POST spends the letter."""
    if request.method != "POST":
        return _page(request, empty_form(request))
    form = NamedLetterCodeForm(request.POST)
    if not form.is_valid():
        return _page(request, fitting(request, form))
    charge(request, "letter-code", settings.RATE_PASSWORD)
    given = form.cleaned_data
    try:
        token = confirm_address(
            given["code"],
            given["username"],
            browser=device_of(request),
            origin=origin_of(request),
        )
    except LetterUnusable as error:
        add_refusal(form, error)
        return _page(request, fitting(request, form))
    context = {"address": masked(token.address), "username": token.username}
    return render(request, "accounts/address_confirmed.html", context)


def _page(request: HttpRequest, form: NamedLetterCodeForm) -> HttpResponse:
    return render(request, "accounts/confirm_address.html", {"form": form})
