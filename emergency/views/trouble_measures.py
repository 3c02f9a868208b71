"""The measures on what is wrong: acknowledge an alert; try a dead letter again, or drop it."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emergency.actions.acknowledge_alert import acknowledge_alert
from emergency.actions.dead_letters import drop_job, revive_job
from emergency.errors import AlreadyAcknowledged, NotDead
from emergency.forms import NotedMeasureForm
from emergency.models import Alert, Job
from emergency.views.measures import Measure, Target, refused, take

ACKNOWLEDGE = Measure(
    slug="acknowledge",
    title=gettext_lazy("Acknowledge an alert"),
    button=gettext_lazy("Acknowledge"),
    working=gettext_lazy("Acknowledging…"),
    done=gettext_lazy("The alert is acknowledged"),
    after=gettext_lazy("What goes on from now on is counted anew, and raises a new alert."),
    least="locker",
    is_dangerous=False,
    takes_passkey=False,
    act=acknowledge_alert,
    form=NotedMeasureForm,
)
REVIVE = Measure(
    slug="revive",
    title=gettext_lazy("Try a dead letter again"),
    button=gettext_lazy("Try again"),
    working=gettext_lazy("Putting it back…"),
    done=gettext_lazy("It is tried again"),
    after=gettext_lazy("The worker takes it within a second; look whether it stays."),
    least="locker",
    is_dangerous=False,
    takes_passkey=False,
    act=revive_job,
    form=NotedMeasureForm,
)
DROP = Measure(
    slug="drop",
    title=gettext_lazy("Drop a dead letter"),
    button=gettext_lazy("Drop it for good"),
    working=gettext_lazy("Dropping…"),
    done=gettext_lazy("It is dropped"),
    after=gettext_lazy("It is deleted, and was never sent."),
    least="locker",
    is_dangerous=True,
    act=drop_job,
    form=NotedMeasureForm,
)
JOB_MEASURES = (REVIVE, DROP)


def alert_measure(request: HttpRequest, alert: Alert) -> HttpResponse:
    """The page on which an alert is acknowledged."""
    target = Target(
        key=alert.id,
        name=str(alert),
        url=reverse("admin:emergency_alert_change", args=[alert.id]),
        as_shown=(str(alert.id), alert.kind),
        hits=lambda: [
            _("It leaves the first page: somebody has looked at it."),
            _("What it has counted so far is known; what goes on raises a new one."),
        ],
    )
    if request.method != "POST" and alert.acknowledged_at is not None:
        return refused(request, ACKNOWLEDGE, target, AlreadyAcknowledged())
    return take(request, ACKNOWLEDGE, target)


def job_measure(request: HttpRequest, measure: Measure, job: Job) -> HttpResponse:
    """The page of one measure on one job."""
    # One that was dropped has no page any more.
    is_last_look = measure is DROP and request.method == "POST"
    target = Target(
        key=job.id,
        name=str(job),
        url=reverse("admin:emergency_job_changelist") + "?state=dead"
        if is_last_look
        else reverse("admin:emergency_job_change", args=[job.id]),
        url_name=_("the outbox") if is_last_look else "",
        as_shown=(str(job.id), job.state, str(job.tries)),
        hits=lambda: _hits(measure, job),
    )
    if request.method != "POST" and not job.is_dead:
        return refused(request, measure, target, NotDead())
    return take(request, measure, target)


def _hits(measure: Measure, job: Job) -> list[str]:
    if measure is REVIVE:
        return [
            _("It is tried at once, and if that fails, for a day at growing intervals."),
            _("Whatever stopped it before stops it again, unless it was put right."),
        ]
    return [
        _("It is deleted and never sent; this cannot be undone."),
        _("The wiki never learns of this logout. Its session there ends by its own limits.")
        if job.kind == "backchannel_logout"
        else _("Whoever was to read it never will, and nobody is told."),
    ]
