"""django-oauth-toolkit as a Django project of one first-party wiki would run it.

Run by the peers' own Python, never by the site's: `python -m bench.peers.toolkit_app` migrates and
makes the account and the application; granian serves `application` to two workers. What its
settings leave out is Django's or the toolkit's default.
"""

import json
import os
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import path

_PEER: dict[str, Any] = json.loads(os.environ["BENCH_PEER"])
_DATABASE = urlsplit(_PEER["database"])
_SIGN_IN = '<form method="post">{% csrf_token %}{{ form.as_p }}<button>Sign in</button></form>'

settings.configure(
    SECRET_KEY=_PEER["secret_key"],
    DEBUG=False,
    ALLOWED_HOSTS=[urlsplit(_PEER["issuer"]).hostname],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    # What `startproject` writes, without messages, which nothing here shows.
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {"registration/login.html": _SIGN_IN},
                    )
                ],
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": _DATABASE.hostname,
            "PORT": _DATABASE.port,
            "NAME": _DATABASE.path[1:],
            "USER": unquote(_DATABASE.username or ""),
            "PASSWORD": unquote(_DATABASE.password or ""),
            "CONN_MAX_AGE": None,
        }
    },
    USE_TZ=True,
    LOGIN_URL="/login",
    LOGGING_CONFIG=None,
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": _PEER["issuer"],
        "OIDC_RSA_PRIVATE_KEY": _PEER["private_pem"],
        "SCOPES": {"openid": "Sign in", "profile": "Name"},
        "PKCE_REQUIRED": True,
        "ACCESS_TOKEN_EXPIRE_SECONDS": 600,
        "ID_TOKEN_EXPIRE_SECONDS": 600,
    },
)


def _application() -> WSGIHandler:
    import django  # noqa: PLC0415 - not before settings.configure()

    django.setup(set_prefix=False)
    return WSGIHandler()


application = _application()

# Their modules want the applications loaded.
from django.contrib.auth.views import LoginView  # noqa: E402
from oauth2_provider import views  # noqa: E402

urlpatterns = [
    path("oauth/authorize", views.AuthorizationView.as_view()),
    path("oauth/token", views.TokenView.as_view()),
    path(".well-known/jwks.json", views.JwksInfoView.as_view()),
    path("login", LoginView.as_view()),
]


def _prepare() -> None:
    """Migrate, and make the account and the application of the wiki."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from oauth2_provider.models import Application  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    User.objects.create_user(_PEER["username"], password=_PEER["password"])
    Application.objects.create(
        name="Bench wiki",
        client_id=_PEER["wiki"]["client_id"],
        client_secret=_PEER["wiki"]["client_secret"],
        # By default a password hash, which each token request verifies: little else would be left.
        hash_client_secret=False,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=_PEER["wiki"]["redirect_uri"],
        skip_authorization=True,
        algorithm=Application.RS256_ALGORITHM,
    )


if __name__ == "__main__":
    _prepare()
