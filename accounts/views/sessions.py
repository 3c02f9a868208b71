"""Where one is signed in, and ending it: one device, all others, everywhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import ProofGone
from accounts.forms import ChooseSessionForm
from accounts.services.sessions import (
    Session,
    end_everywhere,
    end_one_session,
    end_other_sessions,
    own_logouts,
    own_sessions,
)
from accounts.services.sign_in_words import how
from accounts.views.guards import SeeOther, origin_of, session_required
from accounts.views.logout import signed_out


@require_safe
@session_required("sessions")
def sessions(request: HttpRequest, session: Session) -> HttpResponse:
    """The live ones, this browser first, and what ended within the hour."""
    listed = [{"session": one, "how": how(one.amr)} for one in own_sessions(session)]
    context = {"sessions": listed, "ended": own_logouts(session)}
    return render(request, "accounts/sessions.html", context)


@require_POST
@session_required("sessions")
def end_one(request: HttpRequest, session: Session) -> HttpResponse:
    """Ends one of them; its wikis are told."""
    form = ChooseSessionForm(request.POST)
    if form.is_valid():  # one that is gone already has ended as well
        end_one_session(session, form.cleaned_data["sid"], origin_of(request))
    return SeeOther(reverse("accounts:sessions"))


@require_POST
@session_required("sessions")
def end_others(request: HttpRequest, session: Session) -> HttpResponse:
    """Ends all but this one, tells their wikis, and shows what is left."""
    try:
        end_other_sessions(session, origin_of(request))
    except ProofGone:
        return SeeOther(reverse("accounts:login"))
    return SeeOther(reverse("accounts:sessions"))


@require_POST
@session_required("sessions")
def end_all(request: HttpRequest, session: Session) -> HttpResponse:
    """Ends all of them, this one too, with every token that came of them."""
    try:
        ended = end_everywhere(session, origin_of(request))
    except ProofGone:
        return SeeOther(reverse("accounts:login"))
    return signed_out(request, ended, everywhere=True)
