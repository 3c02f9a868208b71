"""``private_key_jwt``: a wiki proves itself by an assertion that it signed.

RFC 7523 section 3, OpenID Connect Core 1.0 section 9. Nothing of an assertion is believed before
its signature; who it says it is from only decides whose keys are tried.
"""

import json
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key, KeySet

from sso.errors import InvalidClient, NotNow
from sso.services.client_keys import ASSERTION_ALGORITHMS, KeysUnusable, keys_for, read_key_set
from sso.services.fetched_keys import KeysAway, PublishedKeys, published_at
from vault import assertions
from vault.wikis import Wiki

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_ASSERTION: Final = 6000
MAX_JTI: Final = 255
MAX_LIFE_SECONDS: Final = 3600
# The wiki's clock may be ahead by this; behind, by what an answer takes on its way.
AHEAD_SECONDS: Final = 60
BEHIND_SECONDS: Final = 5


class _Headers(jws.JWSRegistry):
    """Takes the algorithms offered here, and headers of any kind: none of them leads to a key."""

    max_header_length = MAX_ASSERTION

    def __init__(self) -> None:
        super().__init__(algorithms=ASSERTION_ALGORITHMS, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """The algorithm of that name, if it is offered here."""
        if name not in ASSERTION_ALGORITHMS:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_HEADERS: Final = _Headers()


@dataclass(frozen=True)
class Assertion:
    """What a request brought, taken apart and not believed."""

    signed: jws.CompactSignature = field(repr=False)
    claims: dict[str, Any] = field(repr=False)
    client_id: str

    @property
    def header(self) -> dict[str, Any]:
        """The header, which chooses among the keys that the wiki is registered with."""
        return self.signed.protected


def read_assertion(text: str) -> Assertion:
    """Takes an assertion apart. Raises ``InvalidClient``."""
    if len(text) > MAX_ASSERTION:
        raise InvalidClient("the assertion is too long")
    try:
        signed = jws.extract_compact(text.encode(), registry=_HEADERS)
        header: object = signed.protected
        claims: object = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise InvalidClient("the assertion cannot be read") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise InvalidClient("the assertion cannot be read")
    subject = claims.get("sub")
    if not isinstance(subject, str) or claims.get("iss") != subject:
        raise InvalidClient("iss and sub of the assertion must both be the client_id")
    return Assertion(signed, claims, subject)


def verify_assertion(assertion: Assertion, wiki: Wiki) -> None:
    """Checks that the wiki signed the assertion for this site and that it is in time.

    Whether it was shown before is asked by ``spend_assertion``, last. Raises ``InvalidClient``, and
    ``NotNow`` while the wiki's keys cannot be fetched.
    """
    _verify_header(assertion.header, wiki)
    _verify_signature(assertion, wiki)
    _verify_client(assertion, wiki)
    _verify_audience(assertion.claims)
    _verify_times(assertion.claims, now=time.time())
    _verify_id(assertion.claims)


def spend_assertion(assertion: Assertion, wiki: Wiki) -> None:
    """Spends a verified assertion: of many who show it, in any process, one goes on.

    Raises ``InvalidClient``.
    """
    ends_at = int(assertion.claims["exp"])
    if not assertions.spend(wiki.client_id, assertion.claims["jti"], ends_at=ends_at):
        raise InvalidClient("the assertion was used before: make a new one for each request")


def _verify_header(header: dict[str, Any], wiki: Wiki) -> None:
    allowed = (wiki.assertion_alg,) if wiki.assertion_alg else ASSERTION_ALGORITHMS
    if header.get("alg") not in allowed:
        raise InvalidClient(f"alg of the assertion must be one of {', '.join(allowed)}")
    # No extension is understood here, so that one which must be is a refusal (RFC 7515 4.1.11).
    if "crit" in header or "b64" in header:
        raise InvalidClient("crit and b64 are not understood in an assertion")


def _verify_signature(assertion: Assertion, wiki: Wiki) -> None:
    try:
        if wiki.jwks is not None:
            is_signed = _is_signed(assertion, _registered_keys(wiki.jwks))
        elif wiki.jwks_uri is not None:
            is_signed = _is_signed_as_published(assertion, published_at(wiki.jwks_uri))
        else:
            is_signed = False
    except KeysUnusable as error:
        # A description has no double quotes (RFC 6749 section 5.2).
        reason = error.reason.replace('"', "'")
        raise InvalidClient(f"the keys of this wiki: {reason}") from None
    except KeysAway:
        raise NotNow("the keys at jwks_uri cannot be fetched for now") from None
    if not is_signed:
        raise InvalidClient("the assertion is not signed with a key of this wiki")


def _is_signed_as_published(assertion: Assertion, published: PublishedKeys) -> bool:
    """A wiki that has just changed its keys is not told to wait until we ask again."""
    keys = published.keys()
    return _is_signed(assertion, keys) or _is_signed(assertion, published.newer(than=keys))


def _is_signed(assertion: Assertion, keys: KeySet) -> bool:
    key = _chosen(assertion.header, keys)
    if key is None:
        return False
    try:
        return jws.validate_compact(assertion.signed, key, registry=_HEADERS)
    except (JoseError, ValueError, TypeError):
        return False


def _chosen(header: dict[str, Any], keys: KeySet) -> Key | None:
    """The key that the header means: by ``kid`` among several (Core section 10.1)."""
    fitting = keys_for(header["alg"], keys)
    if len(fitting) == 1:
        return fitting[0]
    named = [key for key in fitting if key.kid == header.get("kid")]
    return named[0] if named else None


@lru_cache(maxsize=1000)
def _registered_keys(jwks: str) -> KeySet:
    return read_key_set(json.loads(jwks))


def _verify_client(assertion: Assertion, wiki: Wiki) -> None:
    if assertion.client_id != wiki.client_id:
        raise InvalidClient("iss and sub of the assertion must both be the client_id")


def _verify_audience(claims: dict[str, Any]) -> None:
    """The issuer, as a string and nothing beside it (RFC 7523bis section 4).

    A wiki's other provider may name our endpoint as its own and so be sent what is good here; our
    issuer it cannot take, since clients compare that.
    """
    if claims.get("aud") != settings.ISSUER:
        raise InvalidClient(f"aud of the assertion must be the issuer alone, {settings.ISSUER}")


def _verify_times(claims: dict[str, Any], *, now: float) -> None:
    expires_at = _time(claims.get("exp"))
    if expires_at is None:
        raise InvalidClient("exp of the assertion must say when it ends")
    if not expires_at > now - BEHIND_SECONDS:
        raise InvalidClient("the assertion has expired")
    if not expires_at <= now + MAX_LIFE_SECONDS + AHEAD_SECONDS:
        raise InvalidClient("exp of the assertion must be an hour ahead at most")
    for name in ("nbf", "iat"):
        begins_at = _time(claims.get(name, now))
        if begins_at is None or not begins_at <= now + AHEAD_SECONDS:
            raise InvalidClient(f"{name} of the assertion is in the future, or no time")


def _time(value: Any) -> float | None:
    """A NumericDate (RFC 7519 section 2), which may have a fraction; no truth value is one."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _verify_id(claims: dict[str, Any]) -> None:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= MAX_JTI:
        raise InvalidClient(f"jti of the assertion must be an id of 1 to {MAX_JTI} characters")
