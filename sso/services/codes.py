"""Answers authorization requests and redeems codes; the vault spends and judges them."""

import base64
import hashlib
import re
import time
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings

from accounts.services.assurance import level_of, reaches
from sso.errors import (
    AuthorizationRefused,
    InvalidGrant,
    InvalidRequest,
    NotNow,
)
from sso.services.authorization_request import AuthorizationRequest
from sso.services.clients import why_refused
from sso.services.consents import ConsentNeeded, may_name, verify_consent
from sso.services.id_tokens import sign_id_token
from sso.services.signing import can_sign_for
from sso.services.told_claims import id_token_claims
from vault import grants, wikis
from vault.grants import Claims, Redeemed
from vault.sessions import Session
from vault.wikis import Wiki

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")
# Whoever began to sign in may take their time, over tabs left open too. The vault keeps a grant for
# a day at least, and with it the word that its request is spent: half of that is left to clocks.
_ANSWERED_WITHIN: Final = 12 * 3600


class SessionGone(Exception):
    """The session ended, or its account was locked, between being looked at and being used."""


class SessionTooWeak(Exception):
    """The wiki asks for more, as the vault has it now, than this session has proven."""


def answer_parameters(
    session: Session, wiki: Wiki, request: AuthorizationRequest, *, just_asked: bool = False
) -> dict[str, str]:
    """What goes back to the wiki: a code or an assertion, with ``state`` and ``iss`` (RFC 9207).

    ``just_asked``: the person has answered whether the wiki may know. Raises ``SessionGone``,
    ``SessionTooWeak``, ``ConsentNeeded``, ``WikiSuspended``, ``RequestUnanswerable`` when the
    wiki's registration does not allow it any more, and ``AuthorizationRefused`` while nothing can
    be signed, and where a pushed request has had its answer.
    """
    _check_pushed(request)
    if not can_sign_for(wiki):
        raise AuthorizationRefused("temporarily_unavailable", "nothing can be signed for now")
    verify_consent(session, wiki, request, just_asked=just_asked)
    answer = grants.issue(
        session,
        wiki,
        response_type=request.response_type,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        nonce=request.nonce,
        scopes=request.scopes,
        acr_values=request.acr_values,
        claims=request.claims,
        grant_id=UUID(request.pushed_id) if request.pushed_id is not None else None,
    )
    if answer == "spent":
        raise AuthorizationRefused("invalid_request_uri", "this request has been answered before")
    if answer == "no_session":
        raise SessionGone
    if answer == "weak":
        wikis.forget()
        raise SessionTooWeak
    if answer == "consent":  # withdrawn in this moment, or the wiki is the family's no more
        wikis.forget()
        raise ConsentNeeded(None)
    if answer == "refused":
        raise why_refused(wiki)
    if answer.code is not None:
        given = {"code": answer.code}
    else:
        given = {
            "id_token": sign_id_token(
                wiki,
                sub=session.account_id,
                username=session.username if may_name(wiki, request.scopes) else None,
                sid=session.sid,
                nonce=request.nonce,
                amr=session.amr,
                auth_time=session.auth_time,
                acr_values=request.acr_values,
                told=_told_alone(answer.grant_id, session, request),
            )
        }
    return with_state(given, request.state)


def _check_pushed(request: AuthorizationRequest) -> None:
    if request.pushed_id is not None and time.time() - request.pushed_at > _ANSWERED_WITHIN:
        raise AuthorizationRefused("invalid_request_uri", "this request was pushed too long ago")


def _told_alone(grant_id: UUID, session: Session, request: AuthorizationRequest) -> dict[str, Any]:
    """What an assertion without a code says more: a statement more, where that is an address."""
    if "email" not in request.scopes and not request.claims:
        claims = Claims(session.account_id, session.username, request.scopes, None, False)
        return id_token_claims(claims, is_alone=True)
    described = grants.describe(grant_id)
    if described is None:  # ended in this very moment
        raise SessionGone
    return id_token_claims(described[1], is_alone=True)


def with_state(parameters: dict[str, str], state: str | None) -> dict[str, str]:
    """The parameters with the request's ``state`` and our ``iss``."""
    stated = {"state": state} if state is not None else {}
    return {**parameters, **stated, "iss": settings.ISSUER}


def with_query(uri: str, parameters: dict[str, str]) -> str:
    """The address with the parameters added to its query, which it keeps as it is."""
    separator = "&" if "?" in uri else "?"
    return f"{uri}{separator}{urlencode(parameters)}" if parameters else uri


def redeem_code(wiki: Wiki, form: dict[str, str]) -> Redeemed:
    """Redeems the code of a token request (RFC 6749 section 4.1.3, RFC 7636 section 4.6).

    Raises ``InvalidRequest`` for what is missing or malformed, before the code is touched, and
    ``NotNow`` while nothing can be signed; and ``InvalidGrant`` for the rest, which says no more
    than it must.
    """
    code = form.get("code")
    if code is None:
        raise InvalidRequest("code is missing")
    if "redirect_uri" not in form:
        raise InvalidRequest("redirect_uri is missing")
    verifier = form.get("code_verifier")
    if verifier is not None and not _VERIFIER.match(verifier):
        raise InvalidRequest("code_verifier is malformed")
    if not can_sign_for(wiki):
        raise NotNow("nothing can be signed for now")
    outcome = grants.redeem(
        code,
        wiki,
        redirect_uri=form["redirect_uri"],
        code_challenge=_challenge(verifier) if verifier is not None else None,
    )
    # Its session may have gone on with less since the code was issued.
    if not isinstance(outcome, Redeemed) or not reaches(level_of(outcome.amr), wiki.least_acr):
        raise InvalidGrant("the code is not valid")
    return outcome


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
