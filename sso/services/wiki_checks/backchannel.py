"""The back-channel logout address: does it answer, and does it believe what nobody signed?

OpenID Connect Back-Channel Logout 1.0 sections 2.6 (validation) and 2.8 (400 for what is not good).
"""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from joserfc import jwt
from joserfc.jwk import ECKey

from outbox.errors import FetchFailed
from sso.services.backchannel_logout import EVENT, LIFETIME_SECONDS, TIMEOUT_SECONDS
from sso.services.wiki_checks import failures
from sso.services.wiki_checks.findings import Finding, note, ok, wrong
from sso.services.wiki_checks.probe import Answer, Probe
from vault.wikis import Wiki

_SLOW_SECONDS: Final = 2.0
_WRONG: Final = {
    404: "there is no such address; no logout reaches the wiki",
    405: "it takes no POST, by which logout tokens come",
    410: "there is no such address any more; no logout reaches the wiki",
}
_FAILS: Final = "it fails at a bad logout token, where 400 is the answer"
_LEADS: Final = "it leads elsewhere, and a logout does not follow"
_PLUGGABLE_AUTH: Final = "/pluggableauth/v1/logout"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def logout_uri(wiki: Wiki, probe: Probe) -> Iterator[Finding]:
    """Posts logout tokens that are worth nothing, for a session that never was."""
    if wiki.backchannel_logout_uri is None:
        yield note(
            "back-channel logout",
            "none: a session there goes on after it has ended here, until the wiki asks again",
        )
        return
    about = f"back-channel logout {wiki.backchannel_logout_uri}"
    for what, token in (("unsigned", _unsigned(wiki)), ("signed by nobody", _by_nobody(wiki))):
        body = urlencode({"logout_token": token}).encode()
        answer = probe.ask(
            "POST",
            wiki.backchannel_logout_uri,
            headers=_FORM,
            body=body,
            timeout_seconds=TIMEOUT_SECONDS,
        )
        if isinstance(answer, FetchFailed):
            yield wrong(about, f"{failures.words(answer)}; no logout reaches the wiki")
            return
        yield _judged(about, what, answer)
        if answer.seconds > _SLOW_SECONDS:
            yield note(
                about,
                f"it took {answer.seconds:.1f} seconds; after {TIMEOUT_SECONDS:.0f} we give up and"
                " try again later",
            )
        if answer.response.status != 400:
            return  # one such line is enough


def _judged(about: str, what: str, answer: Answer) -> Finding:
    status = answer.response.status
    if status == 400:
        return ok(about, f"400 to a logout token that is {what}, as it should be")
    if 200 <= status < 300 and _PLUGGABLE_AUTH in about and not answer.response.body:
        return note(
            about,
            f"{status} and nothing else, as MediaWiki's PluggableAuth answers whatever it does not"
            " take: it did not obey, but a logout that failed there looks done here",
        )
    if 200 <= status < 300:
        return wrong(
            about,
            f"{status}: it believes a logout token that is {what}, so anybody can sign people out"
            " there; the client has to verify the signature (or the address is not the client's)",
        )
    if status in _WRONG or status >= 500 or 300 <= status < 400:
        says = _WRONG.get(status) or (_FAILS if status >= 500 else _LEADS)
        return wrong(about, f"{status}: {says}")
    return note(
        about,
        f"{status} where 400 is the answer to a logout token that is {what}: something may stand"
        " before it (a check against forged forms, a sign-in, a firewall) that stops good ones too",
    )


def _claims(wiki: Wiki) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": settings.ISSUER,
        "aud": wiki.client_id,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": str(uuid4()),
        "sub": str(uuid4()),
        "sid": str(uuid4()),
        "events": {EVENT: {}},
    }


def _unsigned(wiki: Wiki) -> str:
    """One with ``alg`` none (RFC 7519 section 6)."""
    parts = ({"alg": "none", "typ": "logout+jwt"}, _claims(wiki))
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*encoded, ""])


def _by_nobody(wiki: Wiki) -> str:
    """One by a key that is made for it and forgotten."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    header = {"alg": "ES256", "typ": "logout+jwt", "kid": key.kid}
    return jwt.encode(header, _claims(wiki), key, algorithms=["ES256"])
