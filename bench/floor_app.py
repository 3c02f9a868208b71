"""The least that a silent sign-in by Django can be: three statements, one signature, no middleware.

A yardstick for the site's own cost on the same machine in the same minute, never anything to run:
it checks nothing but that the code exists. `python -m bench` serves it.
"""

import base64
import hashlib
import json
import os
import secrets
import threading
import time
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path
from joserfc import jwt
from joserfc.jwk import ECKey

settings.configure(
    SECRET_KEY=secrets.token_urlsafe(40),
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[],
    USE_I18N=False,
)

_ISSUER = os.environ["BENCH_FLOOR_ISSUER"]
_KEY = ECKey.import_key(json.loads(os.environ["BENCH_FLOOR_KEY"]))
_KID = _KEY.thumbprint()
_threads = threading.local()


class _SeeOther(HttpResponseRedirect):
    status_code = 303


def _row(statement: Any, parameters: list[object]) -> Any:
    if not hasattr(_threads, "connection"):
        _threads.connection = psycopg.connect(os.environ["BENCH_FLOOR_DSN"], autocommit=True)
    return _threads.connection.execute(statement, parameters, prepare=True).fetchone()


def authorize(request: HttpRequest) -> HttpResponse:
    """Read the session, store a code, redirect."""
    asked = request.GET
    [subject] = _row(
        "SELECT subject FROM session WHERE secret = %s AND expires > now()",
        [request.COOKIES["__Host-session"]],
    )
    code = secrets.token_urlsafe(32)
    _row(
        "INSERT INTO code VALUES (%s, %s, %s, %s, %s, now() + interval '60 s') RETURNING 1",
        [code, subject, asked["client_id"], asked["nonce"], asked["code_challenge"]],
    )
    answer = {"code": code, "state": asked["state"]}
    return _SeeOther(f"{asked['redirect_uri']}?{urlencode(answer)}")


def token(request: HttpRequest) -> HttpResponse:
    """Spend the code, sign an ID token."""
    form = request.POST
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    subject, client_id, nonce = _row(
        "DELETE FROM code WHERE code = %s AND challenge = %s AND expires > now()"
        " RETURNING subject, client_id, nonce",
        [form["code"], base64.urlsafe_b64encode(digest).rstrip(b"=").decode()],
    )
    now = int(time.time())
    claims = {
        "iss": _ISSUER,
        "sub": subject,
        "aud": client_id,
        "nonce": nonce,
        "iat": now,
        "exp": now + 600,
    }
    id_token = jwt.encode({"alg": "ES256", "kid": _KID}, claims, _KEY, algorithms=["ES256"])
    access_token = secrets.token_urlsafe(32)
    return JsonResponse(
        {"id_token": id_token, "access_token": access_token, "token_type": "Bearer"}
    )


def jwks(request: HttpRequest) -> HttpResponse:
    """Give the public key."""
    del request
    public = {**_KEY.as_dict(private=False), "kid": _KID, "alg": "ES256", "use": "sig"}
    return JsonResponse({"keys": [public]})


urlpatterns = [
    path("oauth/authorize", authorize),
    path("oauth/token", token),
    path(".well-known/jwks.json", jwks),
]


def _application() -> WSGIHandler:
    import django  # noqa: PLC0415 - not before settings.configure()

    django.setup(set_prefix=False)
    return WSGIHandler()


application = _application()
