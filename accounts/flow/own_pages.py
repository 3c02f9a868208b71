"""The flow's destination on this site itself: one of the account pages."""

from typing import Any

from django.urls import reverse

from accounts.flow.destinations import Exit, Label, Redirect
from accounts.services.sessions import Origin, Session

NAME = "own"
PAGES = {"account": "accounts:account", "password": "accounts:password"}


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
