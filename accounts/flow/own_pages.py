"""The flow's destination on this site itself: one of the account pages."""

from typing import Any

from django.urls import reverse

from accounts.flow.destinations import Exit, Label, Redirect
from accounts.services.sessions import Origin, Session

NAME = "own"
# Short names for a flow to carry, each with its URL's; rooms above have theirs here too.
PAGES = {
    "account": "accounts:account",
    "password": "accounts:password",
    "two-factor": "twofactor:overview",
    "two-factor-app": "twofactor:new_app",
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

    def complete(self, session: Session, request: dict[str, Any], origin: Origin) -> Exit:
        """To the page."""
        del session, origin
        return Redirect(reverse(PAGES[request["page"]]))
