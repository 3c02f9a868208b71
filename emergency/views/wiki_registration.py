"""Registering a wiki, changing how one is registered, and giving one a new secret.

As for a list of accounts: a form first, then the page that says what it comes to and asks why; what
was filled in travels in that page. The secret stands in the answer to the last POST, and nowhere.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from emergency.actions import register_wiki
from emergency.actions.register_wiki import Registration, has_secret, metadata_of, read
from emergency.errors import MeasureRefused, NoRegistration, NoSecretThere, NotAllowed
from emergency.models import Wiki as WikiRow
from emergency.registration_words import change_words, registration_words
from emergency.views.measures import Measure, Target, ask, operator_required, refused, take
from emergency.views.pages import find_wiki
from emergency.wiki_forms import DEFAULTS, ReasonForm, RegistrationForm, RenewSecretForm, initial_of
from sso.errors import MetadataInvalid

_LARGEST: Final = 100_000
_REGISTERED: Final = "emergency/wiki_registered.html"
REGISTER = Measure(
    slug="register-wiki",
    title=gettext_lazy("Register a wiki"),
    button=gettext_lazy("Register this wiki"),
    working=gettext_lazy("Registering…"),
    done=gettext_lazy("The wiki is registered"),
    after=gettext_lazy("People can sign in to it."),
    least="chief",
    is_dangerous=False,
    act=register_wiki.register,
    form=ReasonForm,
    done_template=_REGISTERED,
)
CHANGE = Measure(
    slug="change-wiki",
    title=gettext_lazy("Change the registration"),
    button=gettext_lazy("Change it"),
    working=gettext_lazy("Changing…"),
    done=gettext_lazy("The registration is changed"),
    after=gettext_lazy("It holds from now on. Its secret is the one that it had."),
    least="chief",
    is_dangerous=True,
    act=register_wiki.change,
    form=ReasonForm,
    done_template=_REGISTERED,
)
RENEW = Measure(
    slug="renew-secret",
    title=gettext_lazy("Make a new secret"),
    button=gettext_lazy("Make a new secret"),
    working=gettext_lazy("Making it…"),
    done=gettext_lazy("There is a new secret"),
    least="chief",
    is_dangerous=True,
    act=register_wiki.renew,
    form=RenewSecretForm,
    done_template=_REGISTERED,
)


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """GET asks for the registration; POST of one shows what it comes to; that page registers it."""
    back = reverse("admin:emergency_wiki_changelist")
    refusal = _refusal(request, REGISTER, Target(None, "", back, ()))
    if refusal is not None:
        return refusal
    if request.method != "POST":
        return _fill_in(request, REGISTER, RegistrationForm(initial=DEFAULTS), back)
    metadata = _carried(request)
    if metadata is None:
        form = RegistrationForm(request.POST)
        if "metadata" in request.POST or not form.is_valid():
            return _fill_in(request, REGISTER, form, back)
        metadata = form.metadata()
    wiki = read(metadata)
    if "amend" in request.POST:
        form = RegistrationForm(initial=initial_of(metadata_of(wiki)))
        return _fill_in(request, REGISTER, form, back)
    packed = _packed(metadata)
    target = Target(
        key=metadata,
        name=wiki.name,
        url=back,
        url_name=_("the wikis"),
        as_shown=(_digest(packed),),
        hits=lambda: registration_words(wiki),
        hidden={"metadata": packed},
        can_amend=True,
    )
    return _go_on(request, REGISTER, target)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, client_id: str) -> HttpResponse:
    """The same, of a wiki that is there. Raises ``Http404``."""
    found = find_wiki(client_id)
    registered = _registered(request, CHANGE, found)
    if isinstance(registered, HttpResponse):
        return registered
    back = _page_of(found)
    filled = RegistrationForm(initial=initial_of(metadata_of(registered.wiki)))
    if request.method != "POST":
        return _fill_in(request, CHANGE, filled, back, name=found.name)
    metadata = _carried(request)
    if metadata is None:
        form = RegistrationForm(request.POST)
        if "metadata" in request.POST or not form.is_valid():
            return _fill_in(request, CHANGE, form, back, name=found.name)
        metadata = form.metadata()
    wiki = read(metadata)
    words = change_words(registered.wiki, wiki)
    if "amend" in request.POST or not words:
        notice = "" if words else _("That is how it is registered; nothing was changed.")
        form = RegistrationForm(initial=initial_of(metadata_of(wiki)))
        return _fill_in(request, CHANGE, form, back, name=found.name, notice=notice)
    packed = _packed(metadata)
    target = Target(
        key=(client_id, metadata, registered.mac),
        name=found.name,
        console_name=client_id,
        url=back,
        as_shown=(client_id, registered.mac.hex(), _digest(packed)),
        hits=lambda: words,
        hidden={"metadata": packed},
        can_amend=True,
    )
    return _go_on(request, CHANGE, target)


def _go_on(request: HttpRequest, measure: Measure, target: Target) -> HttpResponse:
    """The page that asks, or, where that page was answered, the measure itself."""
    page = take if "agreed" in request.POST else ask
    return page(request, measure, target)


@require_http_methods(["GET", "HEAD", "POST"])
def renew_secret(request: HttpRequest, client_id: str) -> HttpResponse:
    """A new secret for a wiki that has one. Raises ``Http404``."""
    found = find_wiki(client_id)
    registered = _registered(request, RENEW, found)
    if isinstance(registered, HttpResponse):
        return registered
    target = Target(
        key=client_id,
        name=found.name,
        console_name=client_id,
        url=_page_of(found),
        as_shown=(client_id, registered.mac.hex()),
        hits=lambda: _renewal_words(found),
    )
    if not has_secret(registered.wiki):
        return refused(request, RENEW, target, NoSecretThere())
    return take(request, RENEW, target)


def _renewal_words(found: WikiRow) -> list[str]:
    said = [
        _("The next page shows the new secret, once."),
        _(
            "Until it is set at the wiki, the wiki goes on with the old one, for as long as you"
            " say."
        ),
        _("Nobody is signed out by it."),
    ]
    if found.older_secret_until is not None:
        said.append(_("The secret before the present one, which is still good, ends at once."))
    return said


def _registered(
    request: HttpRequest, measure: Measure, found: WikiRow
) -> Registration | HttpResponse:
    """The wiki's registration, or the page that says why it is not to be changed."""
    target = Target(None, found.name, _page_of(found), ())
    refusal = _refusal(request, measure, target)
    if refusal is not None:
        return refusal
    registered = register_wiki.shown(found.client_id, by=operator_required(request))
    return registered or refused(request, measure, target, NoRegistration())


def _refusal(request: HttpRequest, measure: Measure, target: Target) -> HttpResponse | None:
    if operator_required(request).reaches(measure.least):
        return None
    error: MeasureRefused = NotAllowed()
    return refused(request, measure, target, error)


def _page_of(found: WikiRow) -> str:
    return reverse("admin:emergency_wiki_change", args=[found.client_id])


def _carried(request: HttpRequest) -> dict[str, Any] | None:
    """The registration that a page carries along; None where it is none."""
    text = request.POST.get("metadata", "")
    try:
        metadata: object = json.loads(text) if 0 < len(text) <= _LARGEST else None
        if not isinstance(metadata, dict):
            return None
        read(metadata)
    except (ValueError, RecursionError, MetadataInvalid):
        return None
    return metadata


def _packed(metadata: Mapping[str, Any]) -> str:
    return json.dumps(metadata, sort_keys=True)


def _digest(packed: str) -> str:
    return hashlib.sha256(packed.encode()).hexdigest()


def _fill_in(
    request: HttpRequest,
    measure: Measure,
    form: RegistrationForm,
    back: str,
    *,
    name: str = "",
    notice: str = "",
) -> HttpResponse:
    context = {
        "operator": operator_required(request),
        "measure": measure,
        "form": form,
        "back": back,
        "name": name,
        "notice": notice,
    }
    return render(request, "emergency/wiki_form.html", context)
