"""Registers what this room has for the pages and flows of accounts, when Django starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TwofactorConfig(AppConfig):
    """Second factors."""

    name = "twofactor"
    verbose_name = _("Two-step sign-in")

    def ready(self) -> None:
        """Register the page of the second step, and where passkeys are shown and offered."""
        # Imported here: its modules need the apps to be loaded.
        from accounts.flow.next_step import Step  # noqa: PLC0415
        from accounts.views import offers, passkeys, steps  # noqa: PLC0415
        from twofactor.services.passkeys import options_to_show  # noqa: PLC0415
        from twofactor.views import challenge, offer  # noqa: PLC0415

        steps.register(Step.SECOND_FACTOR, challenge.present)
        passkeys.register(options_to_show)
        offers.register(offer.present)
