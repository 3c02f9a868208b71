"""The page of one alert and of one job of the outbox: what is so, and what can be done."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emergency.alert_links import where_to_look
from emergency.models import Alert, Job
from emergency.views.measures import operator_required


def find_alert(alert_id: int) -> Alert:
    """The alert of that id. Raises ``Http404``."""
    alert = Alert.objects.filter(id=alert_id).first()
    if alert is None:
        raise Http404
    return alert


def find_job(job_id: int) -> Job:
    """The job of that id. Raises ``Http404``."""
    job = Job.objects.filter(id=job_id).first()
    if job is None:
        raise Http404
    return job


@require_safe
def alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """An alert: what was seen, since when, whom it is about, where to look, what to do."""
    operator = operator_required(request)
    found = find_alert(alert_id)
    context = {
        "operator": operator,
        "alert": found,
        "where": where_to_look(found),
        "may_act": operator.reaches("locker"),
    }
    return render(request, "emergency/alert.html", context)


@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """A job: how often it was tried, and what stopped it."""
    operator = operator_required(request)
    context = {
        "operator": operator,
        "job": find_job(job_id),
        "may_act": operator.reaches("locker"),
    }
    return render(request, "emergency/job.html", context)
