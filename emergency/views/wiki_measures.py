"""The measures on one wiki: take it out of service, and back in."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emergency.actions.operators import Operator
from emergency.actions.reach import reach
from emergency.actions.suspend_wiki import resume_wiki, suspend_wiki
from emergency.errors import AlreadySuspended, NotSuspended
from emergency.forms import EndingMeasureForm
from emergency.models import Wiki
from emergency.reach_words import reach_words
from emergency.views.measures import Measure, Target, operator_required, refused, take

SUSPEND = Measure(
    slug="suspend",
    title=gettext_lazy("Suspend a wiki"),
    button=gettext_lazy("Suspend this wiki"),
    working=gettext_lazy("Suspending…"),
    done=gettext_lazy("The wiki is suspended"),
    least="chief",
    is_dangerous=True,
    command="suspendwiki",
    act=suspend_wiki,
    form=EndingMeasureForm,
)
RESUME = Measure(
    slug="resume",
    title=gettext_lazy("Put a wiki back into service"),
    button=gettext_lazy("Put it back into service"),
    working=gettext_lazy("Putting it back…"),
    done=gettext_lazy("The wiki is back in service"),
    least="chief",
    is_dangerous=False,
    command="resumewiki",
    act=resume_wiki,
)
MEASURES = (SUSPEND, RESUME)


def wiki_measure(request: HttpRequest, measure: Measure, wiki: Wiki) -> HttpResponse:
    """The page of one measure on one wiki."""
    target = _target(measure, wiki, operator_required(request))
    if request.method != "POST" and measure is SUSPEND and wiki.is_suspended:
        return refused(request, measure, target, AlreadySuspended())
    if request.method != "POST" and measure is RESUME and not wiki.is_suspended:
        return refused(request, measure, target, NotSuspended())
    return take(request, measure, target)


def _target(measure: Measure, wiki: Wiki, operator: Operator) -> Target:
    return Target(
        key=wiki.client_id,
        name=wiki.name,
        console_name=wiki.client_id,
        url=reverse("admin:emergency_wiki_change", args=[wiki.client_id]),
        as_shown=(wiki.client_id, wiki.name, wiki.state),
        hits=lambda: _hits(measure, wiki, operator),
        undo_url=reverse("admin:emergency_wiki_resume", args=[wiki.client_id])
        if measure is SUSPEND
        else None,
    )


def _hits(measure: Measure, wiki: Wiki, operator: Operator) -> list[str]:
    if measure is SUSPEND:
        return [
            *reach_words(reach("wiki", by=operator, subject=wiki.client_id)),
            _("Everybody who uses this wiki: nobody can sign in to it any more."),
            _("Every code and token that it was given is dead at once."),
            _("Other wikis, and people's sessions on this site, go on."),
        ]
    return [
        _("People can sign in to it again."),
        _("What it was given before stays dead: people sign in anew."),
    ]
