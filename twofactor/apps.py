"""Makes `twofactor` an app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TwofactorConfig(AppConfig):
    """Second factors."""

    name = "twofactor"
    verbose_name = _("Two-step sign-in")
