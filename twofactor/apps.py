"""Registers the step of a flow that this room has the page for when Django starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TwofactorConfig(AppConfig):
    """Second factors."""

    name = "twofactor"
    verbose_name = _("Two-step sign-in")

    def ready(self) -> None:
        """Register the page that asks for a second factor."""
        # Imported here: its modules need the apps to be loaded.
        from accounts.flow.next_step import Step  # noqa: PLC0415
        from accounts.views import steps  # noqa: PLC0415
        from twofactor.views import challenge  # noqa: PLC0415

        steps.register(Step.SECOND_FACTOR, challenge.present)
