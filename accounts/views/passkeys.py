"""Where pages of this room offer to show a passkey.

Its ceremonies belong to the room of second factors, which registers them here at start-up, so that
this room need not know it.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from accounts.flow.seal import Flow
from accounts.services.sessions import Session, encoded, new_secret

# Gives PublicKeyCredentialRequestOptionsJSON for a challenge: of anybody, or of a session's person.
OptionsMaker = Callable[[bytes, Session | None], dict[str, Any]]
_makers: list[OptionsMaker] = []


def register(maker: OptionsMaker) -> None:
    """Names what makes the options of a ceremony."""
    _makers[:] = [maker]


def offer(flow: Flow, session: Session | None = None) -> tuple[Flow, dict[str, Any]]:
    """The flow with a new challenge sealed in, and what its page says to the browser's script."""
    challenge = new_secret()
    [maker] = _makers
    options = json.dumps(maker(challenge, session))
    return replace(flow, challenge=encoded(challenge)), {"passkey_options": options}
