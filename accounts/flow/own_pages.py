"""The flow's destination on this site itself: one of the account pages."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from accounts.flow.destinations import Exit, Label, Redirect
from accounts.services.assurance import Demand
from accounts.services.sessions import Origin, Session

NAME = "own"
_FACTOR: Final = re.compile(r"[A-Za-z0-9_-]{1,60}\Z")  # names a thing, and is no secret
# Short names for a flow to carry, each with its URL's; rooms above have theirs here too.
PAGES = {
    "account": "accounts:account",
    "password": "accounts:password",
    "email": "accounts:email",
    "email-add": "accounts:email_add",
    "email-primary": "accounts:email_primary",
    "email-remove": "accounts:email_remove",
    "activity": "accounts:activity",
    "sessions": "accounts:sessions",
    "wikis": "sso:own_wikis",
    "password-remove": "twofactor:remove_password",
    "two-factor": "twofactor:overview",
    "two-factor-app": "twofactor:new_app",
    "two-factor-passkey": "twofactor:new_passkey",
    "two-factor-remove": "twofactor:remove",
    "recovery-codes": "twofactor:recovery_codes",
}


class OwnPages:
    """Leads to an account page by its short name; never to an address that somebody sent."""

    def label(self, request: dict[str, Any]) -> Label:
        """No name: people know that they are here."""
        page = request["page"]
        query = f"?page={page}" if page != "account" else ""
        return Label(name=None, origin=None, restart_url=reverse("accounts:login") + query)

    def demand(self, request: dict[str, Any]) -> Demand:
        """Any sign-in will do: what protects the account asks for a fresh proof of its own."""
        del request
        return Demand()

    def refuse(self, request: dict[str, Any]) -> Exit:
        """Back to the beginning; nothing here asks for more than can be reached."""
        return Redirect(self.label(request).restart_url)

    def complete(self, session: Session, request: dict[str, Any], origin: Origin) -> Exit:
        """To the page."""
        del session, origin
        query = urlencode(chosen(request))
        return Redirect(reverse(PAGES[request["page"]]) + (f"?{query}" if query else ""))


def chosen(values: Mapping[str, Any]) -> dict[str, str]:
    """What somebody has chosen on a page that asked for a proof first: one of their own things."""
    factor = values.get("factor")
    return {"factor": factor} if isinstance(factor, str) and _FACTOR.match(factor) else {}
