"""Disowning a session by the letter that told of it: "that was not me"."""

from typing import Literal

from vault import connection
from vault.errors import VaultRefused
from vault.events import Origin
from vault.mailed_tokens import MailedToken, find

DisownRefusal = Literal["unknown", "spent", "expired", "dead"]


def disown(secret: bytes, *, origin: Origin) -> MailedToken | DisownRefusal:
    """Ends the session that a letter told of, by its token, and forgets every known browser.

    It grants nothing: what comes next begins with a sign-in. Gives the token. Its row is checked
    first. Two statements. Raises ``VaultUnavailable``.
    """
    token = find(secret, "disown", browser=None)
    if not isinstance(token, MailedToken):
        return token
    status = connection.row(
        "SELECT api.disown_session_v1(%(id)s, %(token)s, %(network)s, %(agent)s) AS status",
        {
            "id": token.id,
            "token": secret,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status == "ended":
        return token
    if status not in ("unknown", "spent", "expired", "dead"):
        raise VaultRefused("disown_session", status)
    refusal: DisownRefusal = status
    return refusal
