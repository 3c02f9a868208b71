"""What happened to one's account, and the letters that told of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.services.activity import activity_of, letters_of
from accounts.services.email_addresses import masked
from accounts.services.letter_titles import title_of
from accounts.services.sessions import Session
from accounts.services.throttling import client_network
from accounts.views.guards import session_required

_MOST_DIGITS = 18  # of a line's number, which the vault counts in 63 bits


@require_safe
@session_required("activity")
def activity(request: HttpRequest, session: Session) -> HttpResponse:
    """GET shows a page of it; ``before`` is where the page before it ended."""
    wanted = request.GET.get("before", "")
    is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) <= _MOST_DIGITS
    before = int(wanted) if is_number else None
    happened = activity_of(session, before=before, network=client_network(request))
    letters = [
        {
            "title": title_of(letter.template),
            "at": letter.at,
            "state": letter.state,
            "address": masked(letter.address) if letter.address else "",
            "reference": letter.reference,
        }
        for letter in (letters_of(session) if before is None else [])
    ]
    context = {"activity": happened, "letters": letters, "is_first": before is None}
    return render(request, "accounts/activity.html", context)
