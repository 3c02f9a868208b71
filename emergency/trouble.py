"""The lists of what is wrong: alerts, and what waits in the outbox or was given up."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.times import time_ago
from emergency.filters import AlertFilter, JobFilter
from emergency.lists import ReadOnlyAdmin, tag
from emergency.models import Alert, Job
from emergency.views import trouble, trouble_measures
from emergency.views.measures import Measure


class AlertAdmin(ReadOnlyAdmin):
    """Alerts, those that go on first."""

    slug = "alerts"
    note = _(
        "An alert is over after an hour of quiet, or when somebody acknowledges it. The runbook "
        "says what to do about each."
    )
    list_display = ("what", "shown_state", "seen", "since", "last")
    list_display_links = ("what",)
    list_filter = (AlertFilter,)
    ordering = ("-is_open", "-id")

    def get_urls(self) -> list[URLPattern]:
        """The list, the page of an alert, and the one to acknowledge it."""
        view = self.admin_site.admin_view
        return [
            *super().get_urls(),
            path("<int:alert_id>/", view(trouble.alert), name="emergency_alert_change"),
            path(
                "<int:alert_id>/acknowledge/",
                view(self._acknowledge),
                name="emergency_alert_acknowledge",
            ),
        ]

    @staticmethod
    def _acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
        return trouble_measures.alert_measure(request, trouble.find_alert(alert_id))

    def what(self, alert: Alert) -> str:
        """What it is about."""
        return str(alert)

    what.short_description = _("What")  # type: ignore[attr-defined]

    def shown_state(self, alert: Alert) -> SafeString:
        """Whether it goes on, and whether somebody has seen it."""
        if alert.is_open:
            return tag(_("Goes on"), is_bad=True)
        if alert.acknowledged_at is None:
            return tag(_("Over, nobody looked"), is_bad=True)
        return format_html(
            "{} <bdi>{}</bdi>", tag(_("Acknowledged"), is_bad=False), alert.acknowledged_by or ""
        )

    shown_state.short_description = _("State")  # type: ignore[attr-defined]

    def seen(self, alert: Alert) -> str:
        """What was seen, with its numbers."""
        return alert.seen

    seen.short_description = _("Seen")  # type: ignore[attr-defined]

    def since(self, alert: Alert) -> SafeString:
        """When it began."""
        return time_ago(alert.first_at)

    since.short_description = _("Since")  # type: ignore[attr-defined]

    def last(self, alert: Alert) -> SafeString:
        """When it was seen last."""
        return time_ago(alert.last_at)

    last.short_description = _("Last seen")  # type: ignore[attr-defined]


class JobAdmin(ReadOnlyAdmin):
    """What leaves the site: what waits, what went, and dead letters."""

    slug = "outbox"
    note = _("Sent ones are kept for a week, dead letters for 90 days.")
    list_display = ("what", "shown_state", "why", "tries", "queued")
    list_display_links = ("what",)
    list_filter = (JobFilter,)
    ordering = ("-id",)

    def get_urls(self) -> list[URLPattern]:
        """The list, the page of a job, and a page for each measure."""
        view = self.admin_site.admin_view
        return [
            *super().get_urls(),
            path("<int:job_id>/", view(trouble.job), name="emergency_job_change"),
            *(
                path(
                    f"<int:job_id>/{measure.slug}/",
                    view(partial(self._measure, measure)),
                    name=f"emergency_job_{measure.slug}",
                )
                for measure in trouble_measures.JOB_MEASURES
            ),
        ]

    @staticmethod
    def _measure(measure: Measure, request: HttpRequest, job_id: int) -> HttpResponse:
        return trouble_measures.job_measure(request, measure, trouble.find_job(job_id))

    def what(self, job: Job) -> str:
        """What it is, and its number."""
        return str(job)

    what.short_description = _("What")  # type: ignore[attr-defined]

    def shown_state(self, job: Job) -> SafeString:
        """Whether it went, waits or was given up, and when."""
        if job.done_at is not None:
            return format_html("{} {}", tag(_("Sent"), is_bad=False), time_ago(job.done_at))
        if job.buried_at is not None:
            return format_html("{} {}", tag(_("Given up"), is_bad=True), time_ago(job.buried_at))
        return tag(_("Waits"), is_bad=False)

    shown_state.short_description = _("State")  # type: ignore[attr-defined]

    def why(self, job: Job) -> SafeString | str:
        """What stopped it last."""
        return format_html('<span class="code">{}</span>', job.last_error) if job.last_error else ""

    why.short_description = _("Last error")  # type: ignore[attr-defined]

    def queued(self, job: Job) -> SafeString:
        """How long ago."""
        return time_ago(job.created_at)

    queued.short_description = _("Queued")  # type: ignore[attr-defined]
