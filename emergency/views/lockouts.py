"""The page of all lockouts: what is closed now, what can be closed, what was lately."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emergency.models import Lockout
from emergency.views.measures import operator_required
from emergency.views.site_measures import DOORS
from emergency.words import door_words

_LATELY = 20


@require_safe
def lockouts(request: HttpRequest) -> HttpResponse:
    """Each with the way to undo it; the measures on one account or wiki are on its own page."""
    operator = operator_required(request)
    live = list(closed_now())
    closed = {one.kind for one in live if not one.subject and one.ends_at is None}
    context = {
        "operator": operator,
        "live": live,
        "open_doors": [(door, door_words(door)) for door in DOORS if door not in closed],
        "lately": Lockout.objects.filter(lifted_at__isnull=False).order_by("-lifted_at")[:_LATELY],
        "is_chief": operator.reaches("chief"),
        "is_locker": operator.reaches("locker"),
    }
    return render(request, "emergency/lockouts.html", context)


def closed_now() -> "list[Lockout]":
    """What is closed now, the latest first."""
    return list(Lockout.objects.filter(lifted_at__isnull=True).order_by("-placed_at"))
