"""What each process may hold. A process that is handed more than its role needs does not start.

Four roles of one code base (docs/threat-model.md): ``web``, the public site; ``operator``, the
operator's site; ``worker``, what leaves the site; ``owner``, only while migrating or importing.
"""

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured

WEB, OPERATOR, WORKER, OWNER = "web", "operator", "worker", "owner"
ROLES = (WEB, OPERATOR, WORKER, OWNER)

# Secrets, and the roles that need them; every other role must not even have the variable.
SECRETS: dict[str, frozenset[str]] = {
    "DATABASE_URL": frozenset({WEB, OPERATOR, OWNER}),
    "VAULT_URL": frozenset(ROLES),
    "REDIS_URL": frozenset({WEB, OPERATOR}),
    "AUTHSITE_SECRET_KEY": frozenset(ROLES),
    "AUTHSITE_PEPPER_KEYS": frozenset({WEB, OWNER}),
    "AUTHSITE_FLOW_KEYS": frozenset({WEB}),
    "AUTHSITE_SESSION_KEYS": frozenset({WEB}),
    "AUTHSITE_OPERATOR_SESSION_KEYS": frozenset({OPERATOR}),
    "AUTHSITE_OPERATOR_KEYS": frozenset({OPERATOR, OWNER}),
    "AUTHSITE_SIGNING_KEYS": frozenset({WEB, WORKER, OWNER}),
    "AUTHSITE_ADDRESS_KEYS": frozenset({WEB, WORKER, OWNER}),
    "AUTHSITE_ADDRESS_LOOKUP_KEYS": frozenset({OPERATOR}),
    "AUTHSITE_CREDENTIAL_KEYS": frozenset({WEB, OWNER}),
    "AUTHSITE_PASSKEY_KEYS": frozenset({WEB, OPERATOR, OWNER}),
    "AUTHSITE_WIKI_KEYS": frozenset(ROLES),
    "AUTHSITE_MAIL_KEYS": frozenset({WORKER}),
    "AUTHSITE_EVENT_KEYS": frozenset({WORKER, OWNER}),
    "AUTHSITE_MAIL_URL": frozenset({WORKER}),
}

OPTIONAL = frozenset({"REDIS_URL"})

# Rings that hold a part of another one's keys: which ring, and the purpose whose keys they are.
DERIVED_RINGS = {"AUTHSITE_ADDRESS_LOOKUP_KEYS": ("AUTHSITE_ADDRESS_KEYS", "address-lookup")}

# The key rings that keys are made for, and who holds each (docs/keys.md).
RING_HOLDERS = {
    name: holders
    for name, holders in SECRETS.items()
    if name.endswith("_KEYS") and name not in DERIVED_RINGS
}

# The login each role has in the databases (vault/sql/roles.sql).
DATABASE_LOGINS = {
    WEB: "authsite_web",
    OPERATOR: "authsite_operator",
    WORKER: "authsite_worker",
    OWNER: "authsite_migrate",
}


class NotThisRole(Exception):
    """This process asked for something that its role must never hold."""


class Withheld:
    """Stands where a role has no key or address; whatever is asked of it raises ``NotThisRole``."""

    def __init__(self, name: str, role: str) -> None:
        self.__dict__["_sentence"] = (
            f"{name} is not for the role {role}: it belongs to {', '.join(sorted(SECRETS[name]))}"
        )

    def _refuse(self) -> NoReturn:
        raise NotThisRole(self.__dict__["_sentence"])

    def __getattr__(self, _name: str) -> Any:
        self._refuse()

    def __str__(self) -> str:  # noqa: PLE0307 - it raises, which is its purpose
        self._refuse()

    def __bool__(self) -> bool:  # noqa: PLE0304 - as above
        self._refuse()

    def __repr__(self) -> str:
        return f"<withheld: {self.__dict__['_sentence']}>"


def role_of(environment: Mapping[str, str]) -> str:
    """The role that the environment names. Raises ``ImproperlyConfigured`` when there is none."""
    role = environment.get("AUTHSITE_ROLE", "")
    if role not in ROLES:
        raise ImproperlyConfigured(f"AUTHSITE_ROLE must be one of {', '.join(ROLES)}")
    return role


def excess(role: str, environment: Mapping[str, str]) -> list[str]:
    """One line for each secret in the environment that belongs to other roles only, or to nobody.

    A key that no process reads is one that somebody forgot there.
    """
    lines = [
        f"{name} is set, but the role {role} must not hold it"
        for name, roles in sorted(SECRETS.items())
        if environment.get(name) and role not in roles
    ]
    unknown = [
        name
        for name in sorted(environment)
        if re.fullmatch(r"AUTHSITE_\w+_KEYS?(_\w+)?", name) and name not in SECRETS
    ]
    lines += [f"{name} is set, but nothing reads it" for name in unknown if environment[name]]
    # libpq would take it up wherever an address has no password of its own.
    if environment.get("PGPASSWORD"):
        lines.append("PGPASSWORD is set: passwords stand in the addresses, one for each login")
    return lines
