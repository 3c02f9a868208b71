"""The page that asks whether a wiki may know who one is, and what becomes of the answer.

It is a page of the flow that led there: its form carries the request, sealed for this browser, for
the session that it was shown to. So it fits no other wiki, no other person and no other sign-in.
"""

import secrets
from typing import Final

from accounts.flow.destinations import Page
from accounts.flow.seal import Flow
from accounts.services.sessions import Session
from sso.services.authorization_request import AuthorizationRequest
from sso.services.clients import Wiki, host_of
from sso.services.consents import Consent, what_is_told

PAGE: Final = "consent"
_TEMPLATE: Final = "sso/consent.html"


def ask(
    destination: str,
    session: Session,
    wiki: Wiki,
    asked: AuthorizationRequest,
    given: Consent | None,
) -> Page:
    """The page; it asks the vault for the address where the wiki would be told that."""
    flow = Flow(
        destination=destination,
        request=asked.to_flow(),
        page=PAGE,
        pending={
            "sid": str(session.sid),
            "account": str(session.account_id),
            "question": secrets.token_urlsafe(32),
        },
    )
    return page_of(flow, session, wiki, asked, given)


def page_of(
    flow: Flow, session: Session, wiki: Wiki, asked: AuthorizationRequest, given: Consent | None
) -> Page:
    """The page of a flow that asks already: the same question, told as things are now."""
    told = what_is_told(session, asked, given)
    return Page(
        template=_TEMPLATE,
        flow=flow,
        context={
            "wiki_name": wiki.name,
            "wiki_host": host_of(asked.redirect_uri),
            "policy_uri": wiki.policy_uri or "",
            "username": session.username,
            "told": told,
            "knows_some": any(not one.is_new for one in told),
            "knows_all": not any(one.is_new for one in told),
        },
    )


def is_asked(flow: Flow, session: Session) -> bool:
    """Whether this is the page's flow, and this the session that the page was shown to."""
    pending = flow.pending or {}
    return (pending.get("sid"), pending.get("account")) == (
        str(session.sid),
        str(session.account_id),
    )


def question_of(flow: Flow) -> str:
    """The secret of the page: it is answered once."""
    question: str = (flow.pending or {})["question"]
    return question
