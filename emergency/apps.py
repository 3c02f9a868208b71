"""The operator's site as a Django app."""

from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    """Pages over the vault's views, and the lockouts; it owns no table."""

    name = "emergency"
    verbose_name = "Emergency"
