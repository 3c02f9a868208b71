"""The flow's destination at a wiki: the authorization request that it carries is answered."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.flow.destinations import Exit, FormPost, Label, Page, Redirect, Stop, origin_of_uri
from accounts.flow.seal import Flow
from accounts.services.assurance import Demand, level_of, reaches
from accounts.services.sessions import Origin, Session
from sso.errors import AuthorizationRefused, RequestUnanswerable, WikiSuspended
from sso.flow import consent
from sso.services.authorization_request import AuthorizationRequest
from sso.services.clients import Wiki, find_wiki, shown_name
from sso.services.codes import (
    SessionGone,
    SessionTooWeak,
    answer_parameters,
    with_query,
    with_state,
)
from sso.services.consents import ConsentNeeded, give_consent, given_consent
from sso.services.pushed_requests import pushed_again

NAME = "wiki"


class WikiDestination:
    """Leads back to the wiki that asked."""

    def label(self, request: dict[str, Any]) -> Label:
        """The wiki's name, and its origin for the pages' ``form-action``."""
        asked = AuthorizationRequest.from_flow(request)
        wiki = find_wiki(asked.client_id)
        return Label(
            name=shown_name(wiki, asked.redirect_uri) if wiki else None,
            origin=origin_of_uri(asked.redirect_uri),
            restart_url=restart_url(asked),
            languages=asked.ui_locales,
        )

    def demand(self, request: dict[str, Any]) -> Demand:
        """What the wiki asked for, and never less than it is registered with."""
        asked = AuthorizationRequest.from_flow(request)
        wiki = find_wiki(asked.client_id)
        # Without a wiki there is nothing to sign in to: complete() says so.
        return asked.assurance.demand(wiki.least_acr) if wiki is not None else Demand()

    def refuse(self, request: dict[str, Any]) -> Exit:
        """Tells the wiki that its demand cannot be met."""
        asked = AuthorizationRequest.from_flow(request)
        wiki = find_wiki(asked.client_id)
        if wiki is None:
            return Stop("invalid_client", "client_id names no wiki that we know", None, "")
        return refusal(
            wiki, asked, "unmet_authentication_requirements", "the account cannot do that yet"
        )

    def complete(self, session: Session, request: dict[str, Any], origin: Origin) -> Exit:
        """Answers the request for the session that was just opened."""
        del origin
        return self.answered(session, request)

    def answered(
        self, session: Session, request: dict[str, Any], *, just_asked: bool = False
    ) -> Exit:
        """The same, also for a session whose person has just said what the wiki may know."""
        asked = AuthorizationRequest.from_flow(request)
        wiki = find_wiki(asked.client_id)
        if wiki is None:
            return Stop("invalid_client", "client_id names no wiki that we know", None, "")
        if not asked.is_about(session.account_id):
            # OpenID Connect Core 1.0 section 3.1.2.2: never an answer for a different person.
            return refusal(wiki, asked, "login_required", "somebody else has signed in")
        if not reaches(level_of(session.amr), asked.assurance.demand(wiki.least_acr).least):
            return self.refuse(request)
        return _issued(session, wiki, asked, just_asked=just_asked)


def _issued(session: Session, wiki: Wiki, asked: AuthorizationRequest, *, just_asked: bool) -> Exit:
    """The code or assertion, or what has to be asked first, or what the vault has against it."""
    try:
        return answer(wiki, asked, answer_parameters(session, wiki, asked, just_asked=just_asked))
    except ConsentNeeded as error:
        return ask_consent(session, wiki, asked, error)
    except RequestUnanswerable as error:
        return stop(error)
    except AuthorizationRefused as error:
        return refusal(wiki, asked, error.error, error.description)
    except SessionGone:
        return refusal(wiki, asked, "login_required", "the session ended meanwhile")
    except SessionTooWeak:
        return refusal(wiki, asked, "login_required", "this wiki asks for more than it did")


def ask_consent(
    session: Session, wiki: Wiki, asked: AuthorizationRequest, needed: ConsentNeeded
) -> Exit:
    """The page that asks; an error at the wiki where no page may be shown."""
    if "none" in asked.prompt:
        return refusal(wiki, asked, "consent_required", "this person has not agreed to it yet")
    return consent.ask(NAME, session, wiki, asked, needed.given)


def page_once_more(session: Session, flow: Flow) -> Page | None:
    """The page that asks, as it is shown a second time; None where nobody may be asked any more."""
    asked = AuthorizationRequest.from_flow(flow.request)
    wiki = find_wiki(asked.client_id)
    if wiki is None or wiki.first_party or wiki.state != "active":
        return None
    return consent.page_of(flow, session, wiki, asked, given_consent(session, wiki))


def allowed(session: Session, flow: Flow, origin: Origin) -> Exit:
    """The way on for somebody who lets the wiki know who they are: what it asked for is told it."""
    asked = AuthorizationRequest.from_flow(flow.request)
    wiki = find_wiki(asked.client_id)
    # One of the family's own by now needs nobody's word.
    if wiki is not None and not wiki.first_party:
        question = consent.question_of(flow)
        try:
            if not give_consent(session, wiki, asked, question=question, origin=origin):
                return Redirect(restart_url(asked))
        except RequestUnanswerable as error:
            return stop(error)
    return WikiDestination().answered(session, flow.request, just_asked=True)


def denied(request: dict[str, Any]) -> Exit:
    """The way on for somebody who does not: the wiki hears so, where it may still be answered."""
    asked = AuthorizationRequest.from_flow(request)
    wiki = find_wiki(asked.client_id)
    if wiki is None or asked.redirect_uri not in wiki.redirect_uris:
        return Stop("invalid_client", "this wiki's registration has changed", None, "")
    if wiki.state != "active":
        return stop(WikiSuspended(shown_name(wiki), wiki.home_uri))
    return refusal(wiki, asked, "access_denied", "the person did not agree")


def stop(error: RequestUnanswerable) -> Stop:
    """The end of a request that must not be answered at the wiki."""
    suspended = isinstance(error, WikiSuspended)
    return Stop(error.error, error.description, error.wiki_name, error.home_uri, suspended)


def answer(wiki: Wiki, asked: AuthorizationRequest, parameters: dict[str, str]) -> Exit:
    """The parameters, sent in the way that the request asked for."""
    if asked.response_mode == "form_post":
        return FormPost(asked.redirect_uri, parameters, shown_name(wiki, asked.redirect_uri))
    return Redirect(with_query(asked.redirect_uri, parameters))


def refusal(wiki: Wiki, asked: AuthorizationRequest, error: str, description: str) -> Exit:
    """An error response (RFC 6749 section 4.1.2.1)."""
    parameters = {"error": error, "error_description": description}
    return answer(wiki, asked, with_state(parameters, asked.state))


def restart_url(asked: AuthorizationRequest) -> str:
    """The request as the wiki sent it, to begin again: as a pushed one, where it was pushed."""
    challenge = asked.code_challenge
    parameters = {
        "client_id": asked.client_id,
        "redirect_uri": asked.redirect_uri,
        "response_type": asked.response_type,
        "response_mode": asked.response_mode if asked.response_mode == "form_post" else None,
        "scope": " ".join(asked.scopes),
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256" if challenge else None,
        "prompt": " ".join(asked.prompt) or None,
        "max_age": asked.max_age,
        "login_hint": asked.login_hint or None,
        "ui_locales": " ".join(asked.ui_locales) or None,
        "id_token_hint": asked.id_token_hint,
        **asked.assurance.parameters(),
        **asked.named.parameters(asked.assurance.claim()),
    }
    kept = {name: str(value) for name, value in parameters.items() if value is not None}
    if asked.pushed_id is not None:
        kept = pushed_again(asked, kept)
    return f"{reverse('sso:authorize')}?{urlencode(kept)}"
