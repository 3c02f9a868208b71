"""The first page: what is wrong now, what is locked and suspended, how sign-ins go, what operators
did lately.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emergency.actions.sign_ins import recent_sign_ins
from emergency.models import Account, Alert, Job, Wiki
from emergency.trail import lockouts
from emergency.views.lockouts import closed_now
from emergency.views.measures import operator_required
from emergency.views.sign_ins import sign_ins_of

_LONGEST_LIST = 20


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What is wrong now comes first; the search for one account is one step away."""
    operator = operator_required(request)
    # By locked_at, not by state: live locks are few and have an index of their own.
    locked = Account.objects.filter(locked_at__isnull=False).order_by("-locked_at", "username")
    context = {
        "operator": operator,
        "may_revoke": operator.reaches("locker"),
        # Those of the night too, until somebody has looked at them.
        "alerts": Alert.objects.filter(acknowledged_at__isnull=True).order_by("-is_open", "-id")[
            :_LONGEST_LIST
        ],
        "dead_count": Job.objects.filter(buried_at__isnull=False, done_at__isnull=True).count(),
        "locked": locked[:_LONGEST_LIST],
        "locked_count": locked.count(),
        "suspended": Wiki.objects.filter(state="suspended").order_by("name"),
        # Wikis have a section of their own.
        "live": [one for one in closed_now() if one.kind != "wiki"],
        "is_chief": operator.reaches("chief"),
        "is_locker": operator.reaches("locker"),
        "sign_ins": sign_ins_of(recent_sign_ins(operator)),
        "measures": lockouts()[:_LONGEST_LIST],
    }
    return render(request, "emergency/overview.html", context)
