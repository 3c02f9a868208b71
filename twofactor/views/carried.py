"""What a browser carries between the pages of an enrolment, besides what stands in their forms."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.flow.next_step import Step, next_proof
from accounts.services.attempts import Attempt
from accounts.services.sessions import Session
from accounts.views.cookies import PENDING_COOKIE, browser_of, forget_pending, forget_proof
from twofactor.flow.pending import Use, open_pending


def carried_pending(use: Use, request: HttpRequest, session: Session) -> Any:
    """What was carried here for this use, session and browser; None where nothing was."""
    return open_pending(use, request.COOKIES.get(PENDING_COOKIE, ""), session, browser_of(request))


def forget_carried(request: HttpRequest, response: HttpResponseBase) -> None:
    """Takes it away once a page has it, or has something else in its place."""
    if PENDING_COOKIE in request.COOKIES:
        forget_pending(response)


def forget_what_is_too_little(response: HttpResponseBase, proof: Attempt, added: str) -> None:
    """Takes a fresh proof away that is none any more, now that this factor was added."""
    if next_proof(proof.proofs, (*proof.factors, added)) is not Step.FINISH:
        forget_proof(response)
