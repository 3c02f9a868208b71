"""The environment of each role in the tests: one PostgreSQL a test process, keys made afresh."""

import os
import random
import secrets
import socket
import tempfile
from pathlib import Path
from typing import Any

from authsite import roles
from demo.databases import LOGINS, SITE_DATABASE, VAULT_DATABASE
from demo.environment import with_derived
from vault.keys import new_key


def _free_port() -> int:
    """Below those that the kernel lends to whoever calls out, until the server takes it."""
    while True:
        port = random.randint(10000, 19000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


PORT = _free_port()
DATABASE_PASSWORDS = {role: secrets.token_urlsafe(24) for role in LOGINS}
SEAL_STORE = Path(tempfile.gettempdir()) / f"authsite-seals-{os.getpid()}"
ISSUER = "https://auth.example.org"
OPERATOR_URL = "https://operator.example.org"
_SECRET_KEY = secrets.token_urlsafe(60)
_RINGS = with_derived({name: new_key("t1") for name in roles.RING_HOLDERS})


def dsn(role: str, database: str) -> str:
    """The address of a database for that role's own login."""
    return f"postgresql://{LOGINS[role]}:{DATABASE_PASSWORDS[role]}@127.0.0.1:{PORT}/{database}"


def environment_for(role: str) -> dict[str, str]:
    """All variables of a process of that role, and none of another's."""
    everything: dict[str, Any] = {
        **_RINGS,
        "DATABASE_URL": dsn(role, SITE_DATABASE),
        "VAULT_URL": dsn(role, VAULT_DATABASE),
        "AUTHSITE_SECRET_KEY": _SECRET_KEY,
        "AUTHSITE_MAIL_URL": "file:///nonexistent",
    }
    held = {name: value for name, value in everything.items() if role in roles.SECRETS[name]}
    return {
        **held,
        "DJANGO_SETTINGS_MODULE": "authsite.settings.test",
        "AUTHSITE_ROLE": role,
        "AUTHSITE_ISSUER": ISSUER,
        "AUTHSITE_SITE_NAME": "Wiki accounts",
        "AUTHSITE_SUPPORT": "support@example.org",
        # On a busy machine many threads of a test wait their turn, and each turn is longer.
        "AUTHSITE_VAULT_POOL_TIMEOUT": "30",
        "AUTHSITE_HASHING_PATIENCE": "30",
        **({} if role == roles.WEB else {"AUTHSITE_OPERATOR_URL": OPERATOR_URL}),
        **({"AUTHSITE_MAIL_FROM": "no-reply@example.org"} if role == roles.WORKER else {}),
        **(
            {"AUTHSITE_SEAL_STORE": SEAL_STORE.as_uri()}
            if role in (roles.WORKER, roles.OWNER)
            else {}
        ),
    }


def subprocess_environment(role: str) -> dict[str, str]:
    """As ``environment_for``, with what any program needs: for commands run as that role."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        **environment_for(role),
    }
