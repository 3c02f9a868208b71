"""Changing one's e-mail addresses, each by fresh proof: one more, another primary one, one less."""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    AccountError,
    AddressKnown,
    EmailInvalid,
    NoSuchAddress,
    PrimaryAddress,
    ProofGone,
    TooManyAddresses,
    TooManyLetters,
)
from accounts.forms import AddressForm, ChooseAddressForm, LetterCodeForm
from accounts.services.attempts import Attempt
from accounts.services.email_addresses import (
    OwnAddress,
    add_address,
    own_addresses,
    remove_address,
    set_primary_address,
)
from accounts.services.sessions import Session
from accounts.services.throttling import charge
from accounts.views.cookies import device_of, remember_device
from accounts.views.email import page as email_page
from accounts.views.guards import (
    SeeOther,
    asking,
    proof_required,
    prove_again,
    session_required,
)

_ADD: Final = "email-add"
_PRIMARY: Final = "email-primary"
_REMOVE: Final = "email-remove"


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_ADD)
@proof_required(_ADD)
def add(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET asks for the address; POST adds it, and has the letter sent that confirms it."""
    if request.method != "POST":
        return _add_page(request, AddressForm())
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _add_page(request, form)
    charge(request, "letters", settings.RATE_LETTERS)
    try:
        address = add_address(
            session,
            proof,
            form.cleaned_data["email"],
            browser=device_of(request),
            **asking(request),
        )
    except (EmailInvalid, AddressKnown, TooManyAddresses, TooManyLetters) as error:
        form.add_account_error("email", error)
        return _add_page(request, form)
    except ProofGone:
        return prove_again(_ADD, request)
    context = {"address": address, "form": LetterCodeForm()}
    response = render(request, "accounts/email_added.html", context)
    remember_device(request, response)
    return response


def _add_page(request: HttpRequest, form: AddressForm) -> HttpResponse:
    return render(request, "accounts/email_add.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_PRIMARY)
@proof_required(_PRIMARY)
def primary(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET says what it means; POST lets letters go to another confirmed address."""
    address = _chosen(request, session)
    if address is None or not address.is_confirmed:
        return email_page(request, session, problem=NoSuchAddress())
    if address.is_primary:  # sent twice: it is so already
        return _done(request)
    if request.method != "POST":
        return _choice_page(request, "accounts/email_primary.html", address)
    try:
        set_primary_address(session, proof, address.id, **asking(request))
    except NoSuchAddress as error:
        return email_page(request, session, problem=error)
    except ProofGone:
        return prove_again(_PRIMARY, request)
    return _done(request)


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_REMOVE)
@proof_required(_REMOVE)
def remove(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET says what it means; POST takes an address away."""
    address = _chosen(request, session)
    if address is None:
        return email_page(request, session, problem=NoSuchAddress())
    if request.method != "POST":
        return _choice_page(request, "accounts/email_remove.html", address)
    try:
        remove_address(session, proof, address.id, **asking(request))
    except (NoSuchAddress, PrimaryAddress) as error:
        return email_page(request, session, problem=error)
    except ProofGone:
        return prove_again(_REMOVE, request)
    return _done(request)


def _chosen(request: HttpRequest, session: Session) -> OwnAddress | None:
    """One of one's own addresses, as the query or the form names it."""
    form = ChooseAddressForm(request.POST if request.method == "POST" else request.GET)
    wanted: UUID | None = form.cleaned_data["factor"] if form.is_valid() else None
    return next((one for one in own_addresses(session) if one.id == wanted), None)


def _choice_page(
    request: HttpRequest, template: str, address: OwnAddress, problem: AccountError | None = None
) -> HttpResponse:
    form = ChooseAddressForm(initial={"factor": address.id})
    context = {"form": form, "address": address, "problem": problem}
    return render(request, template, context)


def _done(request: HttpRequest) -> HttpResponse:
    response = SeeOther(reverse("accounts:email"))
    remember_device(request, response)  # the others were forgotten, this one is known
    return response
