"""Verifies the three kinds of token that a wiki gets, each as what it is and as nothing else.

Access tokens (RFC 9068), ID tokens (OpenID Connect Core 1.0 section 3.1.3.7) and logout tokens
(OpenID Connect Back-Channel Logout 1.0 section 2.6). No network but for keys, no clock of its own:
the time is passed in.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from . import claims as check
from .errors import (
    ClaimRefused,
    Overtaken,
    WrongAlgorithm,
    WrongAudience,
    WrongNonce,
    WrongType,
)
from .jws import ALGORITHMS, Algorithm, VerificationKey, parse, verify_signature

LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY_SECONDS: Final = 30


@dataclass(frozen=True)
class Epoch:
    """The site's number and the account's; neither ever goes back."""

    site: int
    account: int

    def is_overtaken_by(self, highest: "Epoch") -> bool:
        """Whether either number is lower than one that was seen."""
        return self.site < highest.site or self.account < highest.account

    def raised_to(self, other: "Epoch") -> "Epoch":
        """The higher of each."""
        return Epoch(max(self.site, other.site), max(self.account, other.account))


NO_EPOCH: Final = Epoch(0, 0)


@dataclass(frozen=True)
class AccessClaims:
    """What an access token says; ``jti`` is the grant that it came from."""

    sub: str
    sid: str
    jti: str
    iat: int
    exp: int
    auth_time: int
    acr: str
    scopes: tuple[str, ...]
    epoch: Epoch

    def dump(self) -> dict[str, Any]:
        """As plain values, for a store that keeps JSON."""
        return asdict(self)

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "AccessClaims":
        """What ``dump`` gave. Raises KeyError and TypeError for anything else."""
        epoch, scopes = Epoch(**kept["epoch"]), tuple(kept["scopes"])
        return cls(**{**kept, "epoch": epoch, "scopes": scopes})


@dataclass(frozen=True)
class IdClaims:
    """What an ID token says; the name may be missing where ``profile`` was not asked for."""

    sub: str
    sid: str
    iat: int
    exp: int
    preferred_username: str | None


@dataclass(frozen=True)
class LogoutClaims:
    """Whom a logout token names: a session, or all of a person's where ``sid`` is None."""

    jti: str
    iat: int
    exp: int
    sub: str | None
    sid: str | None


class Verifier:
    """Verifies tokens of one provider for one wiki.

    Takes the issuer and client id, compared to the letter; ``find_key``, such as ``Keys.find``; the
    ``algorithms`` that may ever be used, which no token and no document widens; and the seconds
    that the two clocks may be apart. Raises ValueError for an algorithm that is not offered here.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        find_key: Callable[[str], VerificationKey],
        algorithms: tuple[Algorithm, ...] = ALGORITHMS,
        leeway: int = LEEWAY_SECONDS,
    ) -> None:
        if not algorithms or not set(algorithms) <= set(ALGORITHMS):
            raise ValueError(f"algorithms may hold {', '.join(ALGORITHMS)}")
        self._issuer = issuer
        self._client_id = client_id
        self._find_key = find_key
        self._algorithms = algorithms
        self._leeway = leeway

    def access_token(self, token: str, *, now: int, highest: Epoch = NO_EPOCH) -> AccessClaims:
        """The claims of an access token of this wiki's (RFC 9068 section 4).

        ``highest`` is the highest epoch seen, see ``Store.marks``. Raises ``TokenRefused``
        (``Overtaken`` for a lower epoch), ``KeysUnavailable``.
        """
        claims = self._signed(token, "at+jwt")
        issued, ends = self._standing(claims, now=now, alone=False)
        if claims.get("client_id") != self._client_id:
            raise WrongAudience("client_id is another wiki")
        epoch = _epoch(claims)
        if epoch.is_overtaken_by(highest):
            raise Overtaken("a higher epoch was seen")
        return AccessClaims(
            sub=check.text(claims, "sub"),
            sid=check.text(claims, "sid"),
            jti=check.text(claims, "jti"),
            iat=issued,
            exp=ends,
            auth_time=check.moment(claims, "auth_time"),
            acr=check.text(claims, "acr"),
            scopes=tuple(check.text(claims, "scope").split()),
            epoch=epoch,
        )

    def id_token(self, token: str, *, now: int, nonce: str | None) -> IdClaims:
        """The claims of an ID token (OpenID Connect Core 1.0 section 3.1.3.7).

        ``nonce`` is that of the request; None for the answer to a refresh, which has none of its
        own (section 12.2). Raises ``TokenRefused``, ``KeysUnavailable``.
        """
        claims = self._signed(token, "JWT")
        issued, ends = self._standing(claims, now=now, alone=True)
        said = claims.get("nonce", "")
        if nonce is not None and (
            not nonce
            or not isinstance(said, str)
            or not secrets.compare_digest(said.encode(), nonce.encode())
        ):
            raise WrongNonce("nonce is not that of the request")
        return IdClaims(
            sub=check.text(claims, "sub"),
            sid=check.text(claims, "sid"),
            iat=issued,
            exp=ends,
            preferred_username=check.text_if_there(claims, "preferred_username"),
        )

    def logout_token(self, token: str, *, now: int) -> LogoutClaims:
        """The claims of a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.6).

        That its ``jti`` is new is for ``Store.obey_logout`` to see. Raises ``TokenRefused``,
        ``KeysUnavailable``.
        """
        claims = self._signed(token, "logout+jwt")
        issued, ends = self._standing(claims, now=now, alone=True)
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise ClaimRefused("events does not say back-channel logout")
        if "nonce" in claims:
            raise ClaimRefused("nonce is not allowed in a logout token")
        sub, sid = check.text_if_there(claims, "sub"), check.text_if_there(claims, "sid")
        if sub is None and sid is None:
            raise ClaimRefused("neither sid nor sub is there")
        return LogoutClaims(jti=check.text(claims, "jti"), iat=issued, exp=ends, sub=sub, sid=sid)

    def _signed(self, token: str, kind: str) -> dict[str, Any]:
        """The claims of a token of this kind that the provider signed."""
        parsed = parse(token)
        said = parsed.header.get("typ")
        if not isinstance(said, str) or said.lower().removeprefix("application/") != kind.lower():
            raise WrongType(f"typ is not {kind}")
        if parsed.header.get("alg") not in self._algorithms:
            raise WrongAlgorithm("alg is not allowed")
        verify_signature(parsed, self._find_key(check.text(parsed.header, "kid")))
        return parsed.claims

    def _standing(self, claims: dict[str, Any], *, now: int, alone: bool) -> tuple[int, int]:
        """``iss``, ``aud`` and the times; gives ``iat`` and ``exp``."""
        check.is_from(claims, self._issuer)
        check.is_for(claims, self._client_id, alone=alone)
        return check.is_current(claims, now=now, leeway=self._leeway)


def _epoch(claims: dict[str, Any]) -> Epoch:
    said = claims.get("epoch")
    if not isinstance(said, list) or len(said) != 2:
        raise ClaimRefused("epoch is not a pair of numbers")
    site, account = (check.moment({"epoch": number}, "epoch") for number in said)
    return Epoch(site, account)
