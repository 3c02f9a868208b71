"""One's second step at a glance: passkeys, apps, recovery codes, and what to do next."""

import base64
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.services.sessions import Session, own_sessions
from accounts.services.trusted_browsers import own_trusted_browsers
from accounts.views.guards import origin_of, session_required
from twofactor.services.ceremonies import rp_id
from twofactor.services.overview import Overview, overview_of
from twofactor.services.passkeys import user_handle_for


@require_safe
@session_required("two-factor")
def overview(request: HttpRequest, session: Session) -> HttpResponse:
    """What one has, with a way to add, rename, replace and remove.

    One leads back here after each change: so one's other sessions are offered to be ended here.
    """
    has = overview_of(session)
    context = {
        "overview": has,
        "trusted": own_trusted_browsers(session, origin_of(request)),
        "other_sessions": len(own_sessions(session)) - 1,
        "accepted": json.dumps(_accepted(session, has)) if has.passkeys else "",
    }
    return render(request, "twofactor/overview.html", context)


def _accepted(session: Session, has: Overview) -> dict[str, Any]:
    """Which passkeys still count, for whoever keeps them (WebAuthn section 5.1.10.3)."""
    return {
        "rpId": rp_id(),
        "userId": _text(user_handle_for(session)),
        "allAcceptedCredentialIds": [_text(passkey.credential_id) for passkey in has.passkeys],
    }


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
