"""Registers this room's own kind of job when Django starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    """What leaves the site."""

    name = "outbox"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        """Register the handler of letters, the pruning of what has lived its time, the seals."""
        # Imported here: they may need apps that are not loaded when this module is.
        from outbox import handlers, letters, periodic, sealing  # noqa: PLC0415
        from vault.outbox import prune  # noqa: PLC0415

        handlers.register(letters.KIND, letters.send_letter)
        periodic.register("prune", 3600, prune)
        periodic.register("event_seals", sealing.EVERY_SECONDS, sealing.keep_trail)
