"""Checks an authorization request, one check a function, in the order they stand here.

OpenID Connect Core 1.0 section 3.1.2.1, RFC 6749 section 4.1.1, RFC 7636, RFC 9700. Until the wiki
and its redirect URI are known nothing is answered there; afterwards everything is.
"""

import re
from collections.abc import Iterable
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Literal
from uuid import UUID

from accounts.services.assurance import Level
from sso.errors import AuthorizationRefused, RequestUnanswerable, WikiSuspended
from sso.services.clients import Wiki, find_wiki, shown_name
from sso.services.id_tokens import HintInvalid, read_hint
from sso.services.parameters import single_values
from sso.services.requested_assurance import Requested, read_requested
from sso.services.requested_claims import RequestedClaims, read_claims

SCOPES = ("openid", "profile", "email", "offline_access")
PROMPTS = frozenset({"none", "login", "create", "consent", "select_account"})
RESPONSE_MODES = ("query", "form_post")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_MAX_TEXT = 2000
_MAX_AGE = 10**9


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request that has passed every check, small enough to travel in a sealed flow."""

    client_id: str
    redirect_uri: str
    response_type: Literal["code", "id_token"]
    response_mode: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    prompt: tuple[str, ...]
    max_age: int | None
    login_hint: str
    ui_locales: tuple[str, ...]
    hinted_sub: str | None
    id_token_hint: str | None = None  # as it came, to begin again with
    acr_values: tuple[Level, ...] = ()
    acr_essential: bool = False
    claims: tuple[str, ...] = ()  # asked for by name, as 'userinfo.email'
    claimed_subs: tuple[str, ...] = ()  # whom claims mean; empty for anybody
    pushed_id: str | None = None  # of the one grant that may answer it, where it was pushed
    pushed_at: int = 0

    @property
    def assurance(self) -> Requested:
        """How sure the wiki asks the sign-in to be."""
        return Requested(self.acr_values, self.acr_essential)

    @property
    def named(self) -> RequestedClaims:
        """What the wiki asks to be told by name, and of whom."""
        return RequestedClaims(self.claims, self.claimed_subs)

    def is_about(self, account_id: UUID) -> bool:
        """Whether it may be answered for this person (section 3.1.2.2, and 5.5.1 of ``sub``)."""
        sub = str(account_id)
        return self.hinted_sub in (None, sub) and (
            not self.claimed_subs or sub in self.claimed_subs
        )

    def to_flow(self) -> dict[str, Any]:
        """As plain data, without what was not asked for: a release that knows less reads it too."""
        unasked = {f.name: f.default for f in fields(self) if f.default is not MISSING}
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in unasked or value != unasked[name]
        }

    @classmethod
    def from_flow(cls, data: dict[str, Any]) -> "AuthorizationRequest":
        """From the plain data of ``to_flow``, also of a release that knew less to ask for."""
        lists = {name: tuple(data[name]) for name in ("scopes", "prompt", "ui_locales")}
        later = ("acr_values", "claims", "claimed_subs")
        return cls(**{**data, **lists, **{name: tuple(data.get(name, ())) for name in later}})


@dataclass(frozen=True)
class Pushed:
    """A request that its wiki handed over beforehand (RFC 9126), and the address it has got.

    ``id`` is the id of the one grant that may answer it.
    """

    id: UUID
    at: int
    request_uri: str


@dataclass(frozen=True)
class ReturnAddress:
    """Where a request may be answered: known before the rest is checked."""

    wiki: Wiki
    redirect_uri: str
    response_mode: str
    state: str | None
    pushed: Pushed | None = None

    def onward(self, values: dict[str, str]) -> dict[str, str]:
        """The parameters by which the request can be made once more."""
        if self.pushed is None:
            return values
        return {"client_id": self.wiki.client_id, "request_uri": self.pushed.request_uri}


def read_return_address(
    pairs: Iterable[tuple[str, list[str]]],
) -> tuple[ReturnAddress, dict[str, str], list[str]]:
    """The wiki and the address to answer at, with all parameters and the repeated ones' names.

    Raises ``RequestUnanswerable``: nothing may be sent to an address that is not registered.
    """
    values, repeated = single_values(pairs)
    if "client_id" in repeated or "redirect_uri" in repeated:
        raise RequestUnanswerable("invalid_request", "client_id or redirect_uri is repeated")
    wiki = find_wiki(values.get("client_id"))
    if wiki is None:
        raise RequestUnanswerable("invalid_client", "client_id names no wiki that we know")
    named = {"wiki_name": shown_name(wiki), "home_uri": wiki.home_uri}
    redirect_uri = values.get("redirect_uri")
    if redirect_uri is None:
        raise RequestUnanswerable("invalid_request", "redirect_uri is missing", **named)
    if redirect_uri not in wiki.redirect_uris:
        raise RequestUnanswerable(
            "invalid_request",
            "redirect_uri is not, byte for byte, one that this wiki registered",
            **named,
        )
    if wiki.state != "active" and values.get("prompt") != "none":
        raise WikiSuspended(**named)
    mode = values.get("response_mode", "")
    state = values.get("state") if "state" not in repeated else None
    address = ReturnAddress(wiki, redirect_uri, mode if mode == "form_post" else "query", state)
    return address, values, repeated


def read_request(
    address: ReturnAddress, values: dict[str, str], repeated: list[str]
) -> AuthorizationRequest:
    """Checks everything else. Raises ``AuthorizationRefused``."""
    if address.wiki.state != "active":
        # Asked silently while somebody reads there: let them read on.
        raise AuthorizationRefused("unauthorized_client", "this wiki is out of service for now")
    _check_repeated(repeated)
    _check_pushed(address)
    _check_unsupported(values)
    response_type = _check_response_type(address.wiki, values)
    _check_response_mode(response_type, values)
    _check_lengths(values)
    assurance = read_requested(address.wiki, values)
    scopes = _check_scope(address.wiki, values)
    named = read_claims(address.wiki, scopes, values)
    return AuthorizationRequest(
        client_id=address.wiki.client_id,
        redirect_uri=address.redirect_uri,
        response_type=response_type,
        response_mode=address.response_mode,
        scopes=scopes,
        state=address.state,
        nonce=values.get("nonce"),
        code_challenge=_check_proof(address.wiki, response_type, values),
        prompt=_check_prompt(values),
        max_age=_check_max_age(values),
        login_hint=values.get("login_hint", ""),
        ui_locales=tuple(values.get("ui_locales", "").split()[:20]),
        hinted_sub=_check_hint(address.wiki, values),
        id_token_hint=values.get("id_token_hint"),
        acr_values=assurance.values,
        acr_essential=assurance.is_essential,
        claims=named.told,
        claimed_subs=named.subs,
        pushed_id=str(address.pushed.id) if address.pushed is not None else None,
        pushed_at=address.pushed.at if address.pushed is not None else 0,
    )


def _check_repeated(repeated: list[str]) -> None:
    if repeated:
        raise AuthorizationRefused("invalid_request", "a parameter is repeated")


def _check_pushed(address: ReturnAddress) -> None:
    if address.wiki.require_par and address.pushed is None:
        raise AuthorizationRefused("invalid_request", "this wiki has to push its requests first")


def _check_unsupported(values: dict[str, str]) -> None:
    for name, error in (
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ):
        if name in values:
            raise AuthorizationRefused(error, f"{name} is not supported here")


def _check_response_type(wiki: Wiki, values: dict[str, str]) -> Literal["code", "id_token"]:
    wanted = values.get("response_type")
    if wanted is None:
        raise AuthorizationRefused("invalid_request", "response_type is missing")
    if wanted not in ("code", "id_token"):
        raise AuthorizationRefused("unsupported_response_type", "response_type is not offered")
    if wanted not in wiki.response_types:
        raise AuthorizationRefused(
            "unauthorized_client", "this wiki is not registered for that response_type"
        )
    return "code" if wanted == "code" else "id_token"


def _check_response_mode(response_type: str, values: dict[str, str]) -> None:
    mode = values.get("response_mode")
    if response_type == "id_token" and mode != "form_post":
        raise AuthorizationRefused(
            "invalid_request", "an id_token is only sent with response_mode=form_post"
        )
    if mode is not None and mode not in RESPONSE_MODES:
        raise AuthorizationRefused("invalid_request", "response_mode is not offered")


def _check_lengths(values: dict[str, str]) -> None:
    if any(len(values.get(name, "")) > _MAX_TEXT for name in ("state", "nonce", "login_hint")):
        raise AuthorizationRefused("invalid_request", "a parameter is too long")


def _check_scope(wiki: Wiki, values: dict[str, str]) -> tuple[str, ...]:
    """Scopes that nobody knows are ignored (OpenID Connect Core 1.0 section 3.1.2.1)."""
    wanted = values.get("scope", "").split(" ")
    if "openid" not in wanted:
        raise AuthorizationRefused("invalid_scope", "scope must contain openid")
    return tuple(s for s in SCOPES if s in wanted and s in wiki.scopes)


def _check_proof(wiki: Wiki, response_type: str, values: dict[str, str]) -> str | None:
    """PKCE by S256, or a nonce where the wiki is excused from it (RFC 9700 section 2.1.1).

    A wiki that is excused from both can send neither; an assertion without a nonce is for nobody.
    """
    challenge = values.get("code_challenge") if response_type == "code" else None
    method = values.get("code_challenge_method")
    if challenge is not None:
        # Without a method it would be "plain" (RFC 7636 section 4.3), which is not offered.
        if method != "S256":
            raise AuthorizationRefused("invalid_request", "code_challenge_method must be S256")
        if not _CHALLENGE.match(challenge):
            raise AuthorizationRefused("invalid_request", "code_challenge is malformed")
    elif response_type == "code" and wiki.require_pkce:
        raise AuthorizationRefused("invalid_request", "code_challenge is missing (PKCE, S256)")
    needs_nonce = challenge is None and (wiki.require_nonce or response_type == "id_token")
    if needs_nonce and "nonce" not in values:
        raise AuthorizationRefused("invalid_request", "nonce is missing")
    return challenge


def _check_prompt(values: dict[str, str]) -> tuple[str, ...]:
    prompt = tuple(dict.fromkeys(values.get("prompt", "").split()))
    if not PROMPTS.issuperset(prompt):
        raise AuthorizationRefused("invalid_request", "prompt has a value that is not offered")
    if "none" in prompt and len(prompt) > 1:
        raise AuthorizationRefused("invalid_request", "prompt=none cannot go with another value")
    return prompt


def _check_max_age(values: dict[str, str]) -> int | None:
    value = values.get("max_age")
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()) or len(value) > 10 or int(value) > _MAX_AGE:
        raise AuthorizationRefused("invalid_request", "max_age must be a number of seconds")
    return int(value)


def _check_hint(wiki: Wiki, values: dict[str, str]) -> str | None:
    if "id_token_hint" not in values:
        return None
    try:
        hint = read_hint(values["id_token_hint"])
    except HintInvalid:
        raise AuthorizationRefused("invalid_request", "id_token_hint is not ours") from None
    if hint.client_id != wiki.client_id:
        raise AuthorizationRefused("invalid_request", "id_token_hint is another wiki's")
    return hint.sub
