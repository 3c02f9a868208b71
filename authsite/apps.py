"""Makes `authsite` an app, so that its one table has a migration and its checks are found."""

from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class AuthsiteConfig(AppConfig):
    """The wiring of the site."""

    name = "authsite"
    label = "authsite"
    verbose_name = "Site"

    def ready(self) -> None:
        """Refuses DEBUG, which shows settings and stack frames to whoever causes an error."""
        host = urlsplit(settings.ISSUER).hostname or ""
        if settings.DEBUG and not f".{host}".endswith(".localhost"):
            raise ImproperlyConfigured("DEBUG must be off outside *.localhost")
