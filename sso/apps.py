"""Registers what this room does for the rooms below when Django starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SsoConfig(AppConfig):
    """OpenID Connect for the wikis."""

    name = "sso"
    verbose_name = _("Single sign-on")

    def ready(self) -> None:
        """Register the handler that tells a wiki of the end of a session."""
        # Imported here: they may need apps that are not loaded when this module is.
        from outbox import handlers  # noqa: PLC0415
        from sso.services import backchannel_logout  # noqa: PLC0415

        handlers.register(
            backchannel_logout.KIND, backchannel_logout.send, lane=backchannel_logout.lane
        )
