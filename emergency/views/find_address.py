"""Whose e-mail address is this: asked by POST alone, so that no log and no history has it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.errors import EmailInvalid
from accounts.services.throttling import charge
from emergency.actions.find_by_address import find_by_address
from emergency.errors import NotAllowed
from emergency.forms import AddressForm
from emergency.views.measures import operator_required


@require_http_methods(["GET", "HEAD", "POST"])
def find_address(request: HttpRequest) -> HttpResponse:
    """GET asks for the address; POST says who has it, each with a way to their page."""
    operator = operator_required(request)
    context = {"operator": operator, "form": AddressForm(), "holders": None}
    if request.method == "POST":
        charge(request, "operator-search", settings.RATE_OPERATOR)
        form = AddressForm(request.POST)
        context["form"] = form
        if form.is_valid():
            try:
                context["holders"] = find_by_address(form.cleaned_data["address"], by=operator)
            except EmailInvalid as error:
                form.add_account_error("address", error)
            except NotAllowed:
                return render(request, "emergency/session_over.html", context, status=403)
    return render(request, "emergency/find_address.html", context)
