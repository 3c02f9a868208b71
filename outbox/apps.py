"""Registers this room's own kinds of jobs when Django starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    """What leaves the site."""

    name = "outbox"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        """Register the handlers of jobs, the watch, the pruning and the seals."""
        # Imported here: they may need apps that are not loaded when this module is.
        from outbox import (  # noqa: PLC0415
            alerts,
            handlers,
            letters,
            measures,
            periodic,
            reset_requests,
            sealing,
        )
        from vault.outbox import prune  # noqa: PLC0415

        handlers.register(letters.KIND, letters.send_letter)
        handlers.register(alerts.KIND, alerts.send_alert)
        handlers.register(reset_requests.KIND, reset_requests.answer_request)
        handlers.register(measures.KIND, measures.send_measure)
        periodic.register("lift_lockouts", measures.LIFT_SECONDS, measures.lift_due)
        periodic.register("watch", alerts.WATCH_SECONDS, alerts.watch)
        periodic.register("prune", 3600, prune)
        periodic.register("event_seals", sealing.EVERY_SECONDS, sealing.keep_trail)
