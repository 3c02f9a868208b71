"""The page to which the console's link leads: an operator makes a passkey for this site.

The link's token stands behind a ``#``, which no browser sends and no log has. Looking at the page
changes nothing, so that scanners of mail use no link up; nor does sending the token, which shows
whose link it is. Only a passkey that was made uses it up.
"""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountError
from accounts.services.sessions import decoded, encoded, new_secret
from accounts.services.throttling import charge
from accounts.views.cookies import bind_browser, browser_of, remember_browser
from accounts.views.guards import SeeOther, origin_of
from emergency.actions import enrolment
from emergency.actions.enrolment import CeremonyRefused, Invite, PasskeyTaken
from emergency.confirmation import open_ceremony, seal_ceremony
from emergency.errors import LinkGone, LinkPageOld, TooManyOperatorPasskeys
from emergency.forms import LinkForm

_USE = "enrol"


@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """GET asks for the link; POST shows whose it is, or, with a passkey that was made, uses it."""
    if request.method != "POST":
        return _ask(request, LinkForm())
    # Goes on while the counters are away: nobody guesses 256 bits.
    charge(request, "operator", settings.RATE_OPERATOR)
    try:
        if "credential" in request.POST:
            return _enrol(request)
        form = LinkForm(request.POST)
        if not form.is_valid():
            return _ask(request, form)
        return _offer(request, enrolment.find_invite(form.cleaned_data["token"]))
    except LinkGone:
        return render(request, "emergency/enrol_gone.html", {"form": LinkForm()}, status=410)
    except LinkPageOld as error:
        return _ask(request, LinkForm(), error)


def _enrol(request: HttpRequest) -> HttpResponse:
    page = open_ceremony(request.POST.get("pending", ""), _USE, browser_of(request))
    if page is None:
        raise LinkPageOld
    challenge, (token, handle) = page
    user_handle = decoded(handle)
    if user_handle is None:
        raise LinkPageOld
    invite = enrolment.find_invite(token)
    credential = request.POST.get("credential", "")
    try:
        enrolment.enrol(invite, credential, challenge, user_handle, origin=origin_of(request))
    except (CeremonyRefused, PasskeyTaken, TooManyOperatorPasskeys) as error:
        return _offer(request, invite, error)
    messages.success(request, _("Your passkey is enrolled. Sign in with it."))
    return SeeOther(reverse("admin:login"))


def _ask(request: HttpRequest, form: LinkForm, problem: AccountError | None = None) -> HttpResponse:
    return render(request, "emergency/enrol.html", {"form": form, "problem": problem})


def _offer(
    request: HttpRequest, invite: Invite, problem: AccountError | None = None
) -> HttpResponse:
    challenge, user_handle = new_secret(), enrolment.user_handle_for(invite)
    options = enrolment.options_to_enrol(invite, challenge, user_handle)
    more = (encoded(invite.token), encoded(user_handle))
    context: dict[str, Any] = {
        "username": invite.username,
        "pending": seal_ceremony(_USE, bind_browser(request), challenge, *more),
        "passkey_options": json.dumps(options),
        "problem": problem,
    }
    response = render(request, "emergency/enrol_passkey.html", context)
    remember_browser(request, response)
    return response
