"""The front page, for people who came here by themselves."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.middleware import session_of
from accounts.services.wikis import family
from accounts.views.guards import SeeOther


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this site is, for visitors; one's own account for who is signed in."""
    if session_of(request) is not None:
        return SeeOther(reverse("accounts:account"))
    return render(request, "home.html", {"wikis": family()})
