"""One's own e-mail addresses, and asking again for the letter that confirms one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountError, NoSuchAddress, ProofGone, TooManyLetters
from accounts.forms import ChooseAddressForm, LetterCodeForm
from accounts.services.email_addresses import own_addresses, request_confirmation
from accounts.services.sessions import Session
from accounts.views.cookies import device_of, remember_device
from accounts.views.guards import SeeOther, asking, session_required


@require_http_methods(["GET", "HEAD", "POST"])
@session_required("email")
def email(request: HttpRequest, session: Session) -> HttpResponse:
    """GET shows them; POST sends the letter once more."""
    if request.method != "POST":
        return page(request, session)
    form = ChooseAddressForm(request.POST)
    if not form.is_valid():
        return page(request, session, problem=NoSuchAddress())
    try:
        request_confirmation(
            session, form.cleaned_data["factor"], browser=device_of(request), **asking(request)
        )
    except (TooManyLetters, NoSuchAddress) as error:
        return page(request, session, problem=error)
    except ProofGone:
        return SeeOther(reverse("accounts:login"))
    response = page(request, session, is_asked=True)
    remember_device(request, response)
    return response


def page(
    request: HttpRequest,
    session: Session,
    *,
    problem: AccountError | None = None,
    is_asked: bool = False,
) -> HttpResponse:
    """The addresses, with the field for a code where one waits to be confirmed."""
    addresses = own_addresses(session)
    waiting = [one for one in addresses if not one.is_confirmed]
    context = {
        "addresses": addresses,
        "form": LetterCodeForm() if waiting else None,
        "problem": problem,
        "is_asked": is_asked,
    }
    return render(request, "accounts/email.html", context)
