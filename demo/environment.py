"""Where the demo is served, its secrets, and what each of its processes gets to know.

Every process gets the variables of its own role and no others, as in production; nothing is
inherited but what a program needs to run at all. Secrets are made once and kept in
`var/secrets.json`, mode 600.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from authsite import roles
from demo.databases import LOGINS, SITE_DATABASE, VAULT_DATABASE, role_dsn
from demo.postgres import Server
from vault.keys import KeyRing, new_key

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "clients" / "python" / "src"

RINGS = tuple(roles.RING_HOLDERS)

# Handed on from the shell: limits that a load or conformance run may widen, a shared cache.
HANDED_ON = (
    "AUTHSITE_TRUSTED_BROWSER_DAYS",
    "REDIS_URL",
    "AUTHSITE_RATE_SIGN_IN",
    "AUTHSITE_RATE_SIGN_UP",
    "AUTHSITE_RATE_PASSWORD",
    "AUTHSITE_RATE_TOKEN",
    "AUTHSITE_RATE_OPERATOR",
)

PEOPLE = (("Ada", False), ("Grace", False), ("Margaret", True))  # the last is an operator


@dataclass(frozen=True, slots=True)
class Wiki:
    """One demo wiki: its short name, its title and the language it speaks."""

    key: str
    title: str
    language: str


WIKIS = (Wiki("en", "English wiki", "en"), Wiki("fr", "Wiki français", "fr"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo is served: four ports from `port` on, host names below `host`."""

    host: str = "localhost"
    port: int = 8000
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def origin(self, name: str, offset: int) -> str:
        """Give the origin of the host `name` on the port `offset` after the first."""
        scheme, default = ("https", 443) if self.tls_cert else ("http", 80)
        port = self.port + offset
        shown = "" if port == default else f":{port}"
        return f"{scheme}://{name}.{self.host}{shown}"

    @property
    def issuer(self) -> str:
        """The auth site's origin."""
        return self.origin("auth", 0)

    @property
    def settings(self) -> str:
        """The settings module: production's own wherever names may be somebody's."""
        is_local = self.host == "localhost" or self.host.endswith(".localhost")
        return "authsite.settings.dev" if is_local else "authsite.settings.base"

    def wiki(self, index: int) -> str:
        """The origin of the wiki at this index of WIKIS."""
        return self.origin(f"{WIKIS[index].key}.wiki", 1 + index)

    @property
    def operator(self) -> str:
        """The operator's site's origin."""
        return self.origin("operator", 1 + len(WIKIS))

    @property
    def ports(self) -> range:
        """Every port that is served."""
        return range(self.port, self.port + 2 + len(WIKIS))


@dataclass(frozen=True, slots=True)
class State:
    """The folder that holds everything the demo keeps."""

    folder: Path

    @property
    def log(self) -> Path:
        """One log file for each process."""
        return self.folder / "log"

    @property
    def mail(self) -> Path:
        """Outgoing mail, one file a letter."""
        return self.folder / "mail"

    @property
    def seals(self) -> Path:
        """The seal store: what must outlive the database."""
        return self.folder / "seals"

    @property
    def secrets_file(self) -> Path:
        """What load_secrets made."""
        return self.folder / "secrets.json"

    @property
    def description(self) -> Path:
        """What a script needs to drive the demo; there while it runs."""
        return self.folder / "demo.json"

    def make(self) -> None:
        """Make the folders. PostgreSQL's user passes through, and reads nothing."""
        if not self.folder.exists():
            self.folder.mkdir(parents=True)
            self.folder.chmod(0o711)
        for folder in (self.log, self.mail, self.seals):
            folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, value: Any) -> None:
    """Write JSON that only we may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.write("\n")
    draft.replace(path)


def load_secrets(state: State) -> dict[str, Any]:
    """Give the demo's secrets, made at the first run."""
    if state.secrets_file.exists():
        kept: dict[str, Any] = json.loads(state.secrets_file.read_text(encoding="utf-8"))
        if new := [name for name in RINGS if name not in kept["rings"]]:  # of a later release
            kept["rings"] |= {name: new_key("k1") for name in new}
            write_private(state.secrets_file, kept)
        return kept
    made: dict[str, Any] = {
        "database_passwords": {role: secrets.token_urlsafe(24) for role in LOGINS},
        "secret_keys": {role: secrets.token_urlsafe(48) for role in LOGINS},
        "rings": {name: new_key("k1") for name in RINGS},
        "wiki_secret_keys": {wiki.key: secrets.token_urlsafe(48) for wiki in WIKIS},
        "accounts": [
            {"username": name, "password": secrets.token_urlsafe(12), "operator": operator}
            for name, operator in PEOPLE
        ],
    }
    write_private(state.secrets_file, made)
    return made


def with_derived(rings: dict[str, str]) -> dict[str, str]:
    """Give the rings, and those that follow from them."""
    derived = {
        name: KeyRing.parse(source, rings[source]).derived(purpose)
        for name, (source, purpose) in roles.DERIVED_RINGS.items()
    }
    return rings | derived


def bare_environment(place: Place) -> dict[str, str]:
    """Give what any of our programs needs to run, and nothing that it could misuse."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    kept |= {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    if place.tls_cert:
        # The demo's own callers believe its own certificate; they call nobody else.
        kept["SSL_CERT_FILE"] = str(place.tls_cert)
    return kept


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo with its database running: where it is served, where it is kept, its secrets."""

    place: Place
    state: State
    server: Server
    secrets: dict[str, Any] = field(repr=False)

    def role_urls(self, role: str) -> dict[str, str]:
        """Give the connection URLs of a role for both databases."""
        passwords = self.secrets["database_passwords"]
        return {
            "DATABASE_URL": role_dsn(self.server, role, passwords, SITE_DATABASE),
            "VAULT_URL": role_dsn(self.server, role, passwords, VAULT_DATABASE),
        }

    def role_environment(self, role: str) -> dict[str, str]:
        """Give the whole environment of the process of `role`."""
        held = {name for name, holders in roles.SECRETS.items() if role in holders}
        environment = bare_environment(self.place) | {
            "DJANGO_SETTINGS_MODULE": self.place.settings,
            "AUTHSITE_ROLE": role,
            "AUTHSITE_ISSUER": self.place.issuer,
            "AUTHSITE_SITE_NAME": "authsite demo",
            "AUTHSITE_SUPPORT": f"support@{self.place.host}",
            "AUTHSITE_SECRET_KEY": self.secrets["secret_keys"][role],
        }
        environment |= {name: url for name, url in self.role_urls(role).items() if name in held}
        rings: dict[str, str] = with_derived(self.secrets["rings"])
        environment |= {name: ring for name, ring in rings.items() if name in held}
        if role != roles.WEB:
            environment["AUTHSITE_OPERATOR_URL"] = self.place.operator
        if role in {roles.WORKER, roles.OWNER}:
            environment["AUTHSITE_SEAL_STORE"] = self.state.seals.as_uri()
        if role in {roles.WEB, roles.WORKER, roles.OWNER}:
            environment["AUTHSITE_OUTBOUND_ALLOW"] = "127.0.0.0/8"  # keys, logouts, checkwiki
        if role == roles.WORKER:
            environment["AUTHSITE_MAIL_URL"] = self.state.mail.as_uri()
            environment["AUTHSITE_ALERT_MAIL"] = f"operators@{self.place.host}"
            environment["AUTHSITE_MAIL_FROM"] = f"authsite demo <no-reply@auth.{self.place.host}>"
        if role in {roles.WEB, roles.OPERATOR}:
            environment |= {name: os.environ[name] for name in HANDED_ON if name in os.environ}
        return environment

    def wiki_environment(self, index: int, registered: dict[str, str]) -> dict[str, str]:
        """Give the environment of one demo wiki: its own client secret, nothing of the site's.

        `registered` is what `addwiki` answered for it.
        """
        wiki = WIKIS[index]
        environment = bare_environment(self.place) | {
            # The client library, as a wiki elsewhere has it by pip.
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(CLIENT))),
            "DEMO_WIKI_NAME": wiki.title,
            "DEMO_WIKI_ORIGIN": self.place.wiki(index),
            "DEMO_WIKI_ISSUER": self.place.issuer,
            "DEMO_WIKI_CLIENT_ID": registered["client_id"],
            "DEMO_WIKI_CLIENT_SECRET": registered["client_secret"],
            "DEMO_WIKI_SECRET_KEY": self.secrets["wiki_secret_keys"][wiki.key],
            "DEMO_WIKI_DB": str(self.state.folder / f"wiki-{wiki.key}.sqlite3"),
            "DEMO_WIKI_MAIL_DIR": str(self.state.mail),
            "DEMO_WIKI_LANG": wiki.language,
        }
        if self.place.tls_cert:
            environment["DEMO_WIKI_CA"] = str(self.place.tls_cert)
        return environment
