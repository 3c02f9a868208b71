"""Makes `authsite` an app, so that its one table has a migration and its checks are found."""

from django.apps import AppConfig


class AuthsiteConfig(AppConfig):
    """The wiring of the site."""

    name = "authsite"
    label = "authsite"
    verbose_name = "Site"
