"""What a checked authorization request needs, given the session at hand: one pure function.

OpenID Connect Core 1.0 section 3.1.2.3.
"""

import time
from collections.abc import Collection
from enum import Enum

from accounts.services.assurance import Demand, highest_of, level_of, reaches
from sso.services.authorization_request import AuthorizationRequest
from vault.sessions import Session


class Decision(Enum):
    """What a checked request needs."""

    ANSWER = "answer"
    SIGN_IN = "sign_in"
    SIGN_UP = "sign_up"
    LOGIN_REQUIRED = "login_required"
    DEPENDS = "depends"  # on the factors that the account holds: decide again with them


def decide(
    request: AuthorizationRequest,
    session: Session | None,
    demand: Demand,
    factors: Collection[str] | None = None,
    *,
    now: float | None = None,
) -> Decision:
    """Whether the session at hand will do (OpenID Connect Core 1.0 section 3.1.2.3).

    It has to reach the demand's least level. Where it falls short of what is only wanted, its
    account is asked for more if that can be reached by its ``factors`` (None: nobody has looked),
    and never if that would take a page where none may be shown.
    """
    is_silent = "none" in request.prompt
    if session is not None and _is_usable(request, session, time.time() if now is None else now):
        level = level_of(session.amr)
        if reaches(level, demand.least):
            if is_silent or reaches(level, demand.wanted):
                return Decision.ANSWER
            if factors is None:
                return Decision.DEPENDS
            if reaches(level, highest_of(factors)):  # it cannot rise
                return Decision.ANSWER
    if is_silent:
        return Decision.LOGIN_REQUIRED
    return Decision.SIGN_UP if "create" in request.prompt else Decision.SIGN_IN


def _is_usable(request: AuthorizationRequest, session: Session, now: float) -> bool:
    """Whether it is the right person's, new enough, and nobody asks to sign in all the same."""
    age = now - session.auth_time
    return (
        not {"login", "select_account", "create"} & set(request.prompt)
        and (request.max_age is None or (age <= request.max_age and request.max_age > 0))
        and request.is_about(session.account_id)
    )
