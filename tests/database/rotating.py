"""Rotations as an administrator does them: environment files of all roles, and what is in them."""

import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from uuid import uuid4

import psycopg
from django.conf import settings
from django.test import override_settings

from authsite import roles
from tests.database import people
from tests.database.asking import ask, random_32
from tests.database.console import Console
from tests.database.people import Member
from tests.environment import environment_for, subprocess_environment
from tests.roles import settings_of
from vault import app_passwords, passkeys, totp
from vault.consents import consent_fields
from vault.events import NOWHERE
from vault.keys import new_key
from vault.seals import address_digest, mac, seal_address
from vault.trusted_browsers import trust_fields

RINGS = list(roles.RING_HOLDERS)


@dataclass(frozen=True)
class EnvFiles:
    """One environment file for each role, of mode 600."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "EnvFiles":
        """Writes what the tests' processes are started with."""
        files = cls(folder)
        for role in roles.ROLES:
            lines = [f"# The {role} process.", ""]
            lines += [f"{name}={value}" for name, value in environment_for(role).items()]
            files.path(role).write_text("\n".join(lines) + "\n", encoding="utf-8")
            files.path(role).chmod(0o600)
        return files

    def path(self, role: str) -> Path:
        """Where the file of that role lies."""
        return self.folder / f"{role}.env"

    def options(self, *only: str) -> list[str]:
        """``--env-file`` for each role, or for those alone."""
        return [f"--env-file={self.path(role)}" for role in only or roles.ROLES]

    def read(self, role: str) -> dict[str, str]:
        """What a process started with the file of that role gets."""
        text = self.path(role).read_text(encoding="utf-8")
        return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, flags=re.MULTILINE))

    def environment(self, role: str) -> dict[str, str]:
        """The whole environment of such a process."""
        return {**subprocess_environment(role), **self.read(role)}

    def ids(self, ring: str) -> dict[str, list[str]]:
        """The keys' ids of a ring, the active one first, in each file that has it."""
        return {
            role: [part.partition(":")[0] for part in held[ring].split(",")]
            for role in roles.ROLES
            if ring in (held := self.read(role))
        }

    def agreed(self, ring: str) -> list[str]:
        """The keys' ids of a ring, which all files that have it agree on, keys and all."""
        [text] = {self.read(role)[ring] for role in self.ids(ring)}
        return [part.partition(":")[0] for part in text.split(",")]

    def everything(self) -> dict[str, str]:
        """All files as they are."""
        return {role: self.path(role).read_text(encoding="utf-8") for role in roles.ROLES}

    def secrets(self) -> set[str]:
        """Every key of every ring."""
        return {
            part.partition(":")[2]
            for role in roles.ROLES
            for name, value in self.read(role).items()
            if name in RINGS
            for part in value.split(",")
        }


@dataclass(frozen=True)
class Rings:
    """Rings of before, ones with a new key ``t2`` in front of ``t1``, and ones with it alone."""

    new: dict[str, str]

    @classmethod
    def make(cls) -> "Rings":
        """New keys for every ring."""
        return cls({name: new_key("t2") for name in RINGS})

    def playing(
        self, role: str, *, alone: bool = False, old: bool = False
    ) -> AbstractContextManager[None]:
        """Plays a role whose rings have the new key in front, or ``alone``, or not yet."""
        variables = environment_for(role)
        for name in RINGS:
            if name in variables and not old:
                before = variables[name]
                variables[name] = self.new[name] if alone else f"{self.new[name]},{before}"
        return override_settings(**settings_of(role, variables))


@contextmanager
def kept_keys(admin: psycopg.Connection) -> Iterator[None]:
    """Puts back at the end what the tests' tables keep from one test to the next."""
    admin.execute("CREATE TEMPORARY TABLE kept_keys AS TABLE vault.signing_keys")
    admin.execute("CREATE TEMPORARY TABLE kept_site AS SELECT pepper_id FROM vault.site")
    try:
        yield
    finally:
        admin.execute("TRUNCATE vault.signing_keys")
        admin.execute("INSERT INTO vault.signing_keys TABLE kept_keys")
        admin.execute("UPDATE vault.site SET pepper_id = kept_site.pepper_id FROM kept_site")
        admin.execute("DROP TABLE kept_keys, kept_site")
        from vault import signing_keys

        signing_keys.forget()


def today() -> str:
    """The id that a new key gets."""
    return datetime.now(UTC).date().isoformat()


def changes_of(admin: psycopg.Connection) -> list[tuple[str, str, str]]:
    """What the trail says of rings: which, what, which key."""
    return [
        (row["detail"]["ring"], row["detail"]["what"], row["detail"]["key"])
        for row in ask(
            admin, "SELECT detail FROM vault.events WHERE tag = 'site:keys:changed' ORDER BY id"
        )
    ]


def furnish(console: Console, admin: psycopg.Connection) -> Member:
    """One row or more of every kind that the owner can put under another key; gives Ada.

    Ada has an address that is not confirmed, an app password, a passkey, a TOTP app, a browser that
    she trusts and a wiki that she lets know her; Olga is an operator with a confirmed address, to
    which a letter is on its way.
    """
    ada = people.sign_up("Ada")
    session = people.sign_in(ada)
    fresh = people.attempt_of(ada, purpose="reauthenticate", session_secret=session.secret)
    made = app_passwords.add(
        session,
        fresh,
        name="Bot",
        scopes=("basic",),
        networks=[ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")],
        lives_seconds=None,
        language="en",
        origin=NOWHERE,
    )
    assert isinstance(made, app_passwords.NewAppPassword)
    passkey = passkeys.NewPasskey(
        credential_id=random_32(),
        user_handle=random_32(),
        public_key=random_32(),
        aaguid=uuid4(),
        is_synced=True,
        backed_up=True,
        transports=("usb",),
        sign_count=0,
    )
    added = passkeys.add(session, fresh, passkey, name="Key", language="en", origin=NOWHERE)
    assert added == "added"
    digest, key = address_digest("ada@x.example")
    admin.execute(
        "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
        " is_primary) VALUES (%s, %s, %s, %s, true)",
        [ada.account_id, seal_address("Ada@x.example", ada.account_id), digest, key],
    )
    console.answer("createaccount", "Olga", "--operator", "--email", "Olga@x.example")
    wiki = ["--home", "https://en.example/", "--redirect-uri", "https://en.example/callback"]
    english = console.answer("addwiki", "English", "--first-party", *wiki)
    with console.playing("owner"):
        assert totp.import_device(ada.account_id, "Phone", random_32()[:20]) == "added"
    _trust_a_browser(ada, admin)
    _let_a_wiki_know(ada, english["client_id"], admin)
    admin.execute(
        "INSERT INTO vault.outbox (kind, payload, account_id, sealed_address)"
        " SELECT 'letter', '{}', account_id, sealed FROM vault.email_addresses"
        " WHERE verified_at IS NOT NULL"
    )
    return ada


def _let_a_wiki_know(member: Member, client_id: str, admin: psycopg.Connection) -> None:
    row = {
        "account_id": member.account_id,
        "client_id": client_id,
        "scopes": ["openid"],
        "given_at": int(time.time()),
    }
    ring = settings.CREDENTIAL_KEYS
    admin.execute(
        "INSERT INTO vault.consents (account_id, client_id, scopes, given_at, mac, mac_key)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [
            *row.values(),
            *(mac(ring, ring.active_id, "consent", *consent_fields(row)), ring.active_id),
        ],
    )


def _trust_a_browser(member: Member, admin: psycopg.Connection) -> None:
    device, until = random_32(), int(time.time()) + 86400
    ring = settings.CREDENTIAL_KEYS
    fields = trust_fields(member.account_id, device, until)
    admin.execute(
        "INSERT INTO vault.device_credentials (secret_hash, account_id, trusted_at, trusted_until,"
        " mac, mac_key) VALUES (%s, %s, now(), %s, %s, %s)",
        [
            *(device, member.account_id, until),
            *(mac(ring, ring.active_id, "trusted-browser", *fields), ring.active_id),
        ],
    )
