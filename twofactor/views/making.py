"""A page of a flow on which a passkey is made: its challenge out, and what the browser made of it.

At sign-up, as an offer after a sign-in, and after a recovery code.
"""

import base64
import json
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.errors import AccountError
from accounts.flow.seal import Flow
from accounts.services.sessions import Session, decoded, encoded
from accounts.views.flow_pages import flow_page
from twofactor.services import passkeys
from twofactor.services.ceremonies import new_challenge


def sealed_handle(user_handle: bytes) -> dict[str, Any]:
    """The user handle of a passkey to be made, as a flow's ``pending`` carries it."""
    return {"user_handle": base64.b64encode(user_handle).decode()}


def _handle_of(flow: Flow) -> bytes:
    return base64.b64decode((flow.pending or {})["user_handle"])


def making_page(
    request: HttpRequest,
    flow: Flow,
    template: str,
    username: str,
    *,
    session: Session | None = None,
    problem: AccountError | None = None,
) -> HttpResponse:
    """The page, with a new challenge; without a session the passkey will be the only way in."""
    challenge = new_challenge()
    options = passkeys.options_to_make(challenge, _handle_of(flow), username, session)
    context = {"passkey_options": json.dumps(options), "problem": problem, "username": username}
    return flow_page(request, replace(flow, challenge=encoded(challenge)), template, context)


def made_here(request: HttpRequest, flow: Flow, session: Session | None = None) -> passkeys.Made:
    """What the browser made on that page. Raises ``CeremonyRefused`` and its kinds."""
    credential = request.POST.get("credential", "")
    return passkeys.made(credential, decoded(flow.challenge or ""), _handle_of(flow), session)
