"""The running operator's site with its people, and what stands behind it in the vault."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_bytes

import psycopg
from django.core import signing
from django.test import override_settings

from accounts.services.registration import Level
from accounts.services.sessions import encoded
from tests.environment import subprocess_environment
from tests.web.operators import Browser

PASSWORD = "seven green boats at noon"
PEOPLE: dict[str, Level | None] = {
    "Ada": None,
    "Chief": "chief",
    "Locker": "locker",
    "Looker": "looker",
}


@dataclass(frozen=True)
class Place:
    """The running site, the ids of the people in its vault, and the links of its operators."""

    port: int
    ids: dict[str, str]
    links: dict[str, str]

    def browser(self) -> Browser:
        """A browser that has been nowhere."""
        return Browser(self.port)

    def signed_in(self, username: str) -> Browser:
        """A browser in which an operator has enrolled a passkey and is signed in."""
        browser = self.enrolled(username)
        answer = browser.sign_in()
        assert (answer.status, answer.location) == (303, "/admin/")
        return browser

    def enrolled(self, username: str) -> Browser:
        """A browser whose authenticator has the operator's passkey."""
        browser = self.browser()
        answer = browser.enrol(self.links[username])
        assert (answer.status, answer.location) == (303, "/admin/login/")
        return browser


def a_new_link(manage: Callable[..., str], name: str = "Chief") -> str:
    """A link for an operator, as the console prints it."""
    said = json.loads(manage("owner", "inviteoperator", name, "--json"))
    link: str = said["operator_enrolment_url"]
    return link


def open_session_of(
    admin: psycopg.Connection, account_id: str, client_id: str | None = None
) -> None:
    """A live session as the public site would have opened it, at a wiki if one is named."""
    [sid] = admin.execute(
        "INSERT INTO vault.sessions (sid, secret_hash, kind, account_id, account_epoch, site_epoch,"
        " amr, authenticated_at, created_at, expires_at, idle_seconds, kept, last_seen_at,"
        " agent_label, mac, mac_key) SELECT gen_random_uuid(),"
        " sha256(gen_random_uuid()::text::bytea), 'web', a.id, a.epoch, 1, '{pwd}', now(),"
        " now(), now() + '1 day', 3600, false, now(),"
        " 'Firefox on Android', '', '' FROM vault.accounts a WHERE a.id = %s RETURNING sid",
        [account_id],
    ).fetchone() or [None]
    if client_id:
        admin.execute(
            "INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, %s)", [sid, client_id]
        )


def events(admin: psycopg.Connection, tag: str) -> list[dict[str, object]]:
    """The details of every event of a tag."""
    return [d for (d,) in admin.execute("SELECT detail FROM vault.events WHERE tag = %s", [tag])]


def forged_agreement(admin: psycopg.Connection, *what: str) -> str:
    """The agreement that a measure's page would hold, for an operator whom no page gives one.

    With a challenge that nobody has answered.
    """
    [sid] = admin.execute(
        "SELECT sid FROM vault.sessions WHERE kind = 'operator'"
        " ORDER BY created_at DESC, last_seen_at DESC LIMIT 1"
    ).fetchone() or [None]
    key = subprocess_environment("operator")["AUTHSITE_SECRET_KEY"]
    with override_settings(SECRET_KEY=key):
        challenge = encoded(token_bytes(32))
        return signing.dumps([challenge, str(sid), *what], salt="emergency.measure")
