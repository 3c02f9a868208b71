"""Django settings of one demo wiki, from DEMO_WIKI_* variables; nothing of the auth site's."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from authsite_client.jws import Algorithm


def _required(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: the demo wiki cannot start without it.")
    return value


WIKI_NAME = _required("DEMO_WIKI_NAME")
WIKI_ORIGIN = _required("DEMO_WIKI_ORIGIN").rstrip("/")
WIKI_LANGUAGE = os.environ.get("DEMO_WIKI_LANG", "en")
if WIKI_LANGUAGE not in {"en", "fr"}:
    raise ImproperlyConfigured("DEMO_WIKI_LANG must be en or fr.")
WIKI_DATABASE = Path(_required("DEMO_WIKI_DB"))
WIKI_MAIL_DIR = Path(_required("DEMO_WIKI_MAIL_DIR"))

OIDC_ISSUER = _required("DEMO_WIKI_ISSUER")
OIDC_CLIENT_ID = _required("DEMO_WIKI_CLIENT_ID")
OIDC_CLIENT_SECRET = _required("DEMO_WIKI_CLIENT_SECRET")
OIDC_CA_FILE = os.environ.get("DEMO_WIKI_CA") or None
OIDC_ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "ES256")

SECRET_KEY = _required("DEMO_WIKI_SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = [urlsplit(WIKI_ORIGIN).hostname or ""]
ROOT_URLCONF = "demo.wiki.urls"
INSTALLED_APPS = ["demo.wiki", "django.contrib.humanize"]
MIDDLEWARE = [
    "demo.wiki.middleware.SecurityHeaders",
    "demo.wiki.middleware.ForgetDeadSession",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "demo.wiki.context.frame",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": WIKI_DATABASE,
        "CONN_MAX_AGE": 60,
        # IMMEDIATE makes a writer wait its turn at the start, where SQLite still can wait.
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = WIKI_LANGUAGE
USE_TZ = True
TIME_ZONE = "UTC"

CSRF_COOKIE_NAME = "__Host-wiki-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [WIKI_ORIGIN]
CSRF_FAILURE_VIEW = "demo.wiki.views.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A 404 is a page here, not news.
    "loggers": {"django.request": {"level": "ERROR"}},
}
