"""Registers what this room does for the rooms below when Django starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SsoConfig(AppConfig):
    """OpenID Connect for the wikis."""

    name = "sso"
    verbose_name = _("Single sign-on")

    def ready(self) -> None:
        """Register where flows of wikis end, what tells a wiki of a session's end, and new keys."""
        # Imported here: they may need apps that are not loaded when this module is.
        from accounts.flow import destinations  # noqa: PLC0415
        from outbox import handlers, periodic  # noqa: PLC0415
        from sso.flow import wiki_destination  # noqa: PLC0415
        from sso.services import backchannel_logout, keys  # noqa: PLC0415

        handlers.register(
            backchannel_logout.KIND, backchannel_logout.send, lane=backchannel_logout.lane
        )
        periodic.register("signing_keys", keys.EVERY_SECONDS, keys.create_due_keys)
        destinations.register(wiki_destination.NAME, wiki_destination.WikiDestination())
