"""Tells a wiki that a session has ended (OpenID Connect Back-Channel Logout 1.0).

The vault queues one job for each wiki of a session in the transaction that ends it; here one job
is carried out. When to try again is for the outbox.
"""

import time
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings

from outbox.errors import (
    DeliveryFailed,
    FetchFailed,
    NotOurs,
    ResponseTooLarge,
    Undeliverable,
    UrlRefused,
)
from outbox.fetcher import fetch
from sso.services.jws import sign
from vault import wikis
from vault.events import report_row
from vault.outbox import Job
from vault.signing_keys import NoSigningKey, signing_key

KIND: Final = "backchannel_logout"
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
# Section 2.4 recommends two minutes at most; each resend carries a new `exp`.
LIFETIME_SECONDS: Final = 120
# What a wiki may take to answer. Its thread is its own (see outbox.lanes), so that nobody waits.
TIMEOUT_SECONDS: Final = 5.0
# 400 means that the wiki refuses this very token: more tries than these would tell it nothing new.
TRIES_WHEN_REFUSED: Final = 4


def lane(job: Job) -> str:
    """Each wiki has a lane of its own."""
    return str(job.payload.get("client_id"))


def send(job: Job) -> None:
    """The handler of back-channel logouts: sign the logout token and POST it.

    Raises DeliveryFailed when it is worth trying again, Undeliverable when the wiki is gone or no
    longer wants to be told. A suspended wiki is told like any other.
    """
    wiki = wikis.find(str(job.payload.get("client_id")))
    if wiki is None:
        raise Undeliverable("wiki_unknown")
    # The address as it is registered now: a corrected one takes effect on what waits.
    if wiki.backchannel_logout_uri is None:
        raise Undeliverable("backchannel_logout_uri_missing")
    try:
        token = logout_token(job, wiki, now=int(time.time()))
    except NotOurs:
        report_row("logout", job.id)
        raise
    status = _post(wiki.backchannel_logout_uri, token)
    # Section 2.8: 200 for a logout done; 204 because some frameworks answer so to an empty body.
    if status in (200, 204):
        return
    if status == 400:
        raise DeliveryFailed("wiki_refused", max_tries=TRIES_WHEN_REFUSED)
    raise DeliveryFailed(f"status_{status}")


def logout_token(job: Job, wiki: wikis.Wiki, *, now: int) -> str:
    """The signed logout token of a job (section 2.4).

    `jti` is the job's, so that a resend is the same event to the wiki; there is never a `nonce`,
    so that it can't be taken for an ID token. Each names the person and the session, also where
    many ended at once: wikis look for either. Raises DeliveryFailed without a signing key, NotOurs
    for a job that the vault did not write: nobody puts words of theirs under our key.
    """
    try:
        key = signing_key(wiki.id_token_alg)
    except NoSigningKey:
        raise DeliveryFailed("signing_key_missing") from None
    claims: dict[str, Any] = {
        "iss": settings.ISSUER,
        "aud": wiki.client_id,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": _id(job, "jti"),
        "events": {EVENT: {}},
        "sub": _id(job, "sub"),
        "sid": _id(job, "sid"),
    }
    return sign(key, "logout+jwt", claims)


def _id(job: Job, name: str) -> str:
    """An id of a job's payload: a UUID as the vault writes it, and nothing else. Raises NotOurs."""
    text = job.payload.get(name)
    try:
        if isinstance(text, str) and str(UUID(text)) == text:
            return text
    except ValueError:
        pass
    raise NotOurs(name)


def _post(uri: str, token: str) -> int:
    """POST the token (section 2.5) and give the status of the answer."""
    try:
        return fetch(
            "POST",
            uri,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"logout_token": token}).encode(),
            timeout_seconds=TIMEOUT_SECONDS,
        ).status
    except ResponseTooLarge as error:
        return error.status  # it has answered; what else it says is not for us
    except UrlRefused as error:
        raise Undeliverable(error.code) from error
    except FetchFailed as error:
        raise DeliveryFailed(error.code) from error
