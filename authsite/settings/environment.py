"""Reads settings from the environment, and gathers every fault before refusing to start."""

import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from authsite import roles
from authsite.settings import exposure
from vault.keys import KeyRing

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_RATE = re.compile(r"[1-9]\d*/[1-9]?\d*[smhd]\Z")


class Environment:
    """The process environment, and the faults found in it so far."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self.role = roles.role_of(self._variables)
        self.faults: list[str] = roles.excess(self.role, self._variables)
        self._rings: list[KeyRing] = []
        self._secret_key = ("", "")

    def fault(self, line: str) -> None:
        """Notes one more reason not to start."""
        self.faults.append(line)

    def refuse_if_faulty(self) -> None:
        """Raises ``ImproperlyConfigured`` with one line a fault, if there are any."""
        if self.faults:
            raise ImproperlyConfigured("\n".join(self.faults))

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default it must be there."""
        value = self._variables.get(name, "").strip()
        if not value:
            if default is None:
                self.fault(f"{name} is not set")
            return default or ""
        return value

    def secret(self, name: str) -> Any:
        """A secret string of this role's, or what refuses in its place."""
        if self.role not in roles.SECRETS[name]:
            return roles.Withheld(name, self.role)
        return self.text(name, "" if name in roles.OPTIONAL else None)

    def secret_key(self, name: str) -> str:
        """Django's own key: long, random, and no key of a ring."""
        key: str = self.secret(name)
        if key and len(key) < 50:
            self.fault(f"{name} must have 50 characters or more")
        elif key and (len(set(key)) < 10 or exposure.is_guessable(key)):
            self.fault(f"{name} is not random")
        self._secret_key = (name, key)
        return key

    def ring(self, name: str) -> Any:
        """A key ring of this role's, or what refuses in its place."""
        text = self.secret(name)
        if not isinstance(text, str) or not text:
            return text
        try:
            ring = KeyRing.parse(name, text)
        except ValueError as error:
            self.fault(str(error))
            return None
        for other in self._rings:
            if ring.shares_a_key_with(other):
                self.fault(f"{name} repeats a key of {other.name}: one key, one purpose")
        secret_name, secret_key = self._secret_key
        if ring.stands_in(secret_key):
            self.fault(f"{secret_name} repeats a key of {name}: one key, one purpose")
        self._rings.append(ring)
        return ring

    def number(self, name: str, default: int, least: int = 1, most: int = 2**31) -> int:
        """A whole number within bounds."""
        value = self._variables.get(name, "").strip()
        if not value:
            return default
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            self.fault(f"{name} must be a whole number from {least} to {most}")
            return default
        return int(value)

    def rate(self, name: str, default: str) -> str:
        """A rate in django-ratelimit's words, such as 30/m."""
        value = self.text(name, default)
        if not _RATE.match(value):
            self.fault(f"{name} must look like 30/m (s, m, h or d)")
            return default
        return value

    def words(self, name: str) -> list[str]:
        """Words separated by commas."""
        return [word.strip() for word in self.text(name, "").split(",") if word.strip()]

    def addresses(self, name: str) -> list[str]:
        """E-mail addresses, separated by commas."""
        found = self.words(name)
        for address in found:
            if not _ADDRESS.fullmatch(address):
                self.fault(f"{name} must be addresses such as ops@example.org, joined by commas")
        return found

    def networks(self, name: str, default: str = "") -> list[Network]:
        """Networks in CIDR form, separated by commas."""
        found: list[Network] = []
        for part in filter(None, (p.strip() for p in self.text(name, default).split(","))):
            try:
                found.append(ipaddress.ip_network(part))
            except ValueError:
                self.fault(f"{name}: {part} is not a network such as 10.0.0.0/8")
        return found

    def origin(
        self, name: str, *, loopback_http: bool, only_below: Sequence[str] = ()
    ) -> SplitResult:
        """An origin: https, host and perhaps a port; http only where ``loopback_http`` says so.

        With ``only_below``, no host but these and those below them: settings for a playground.
        """
        value = self.text(name)
        parts = urlsplit(value)
        host = parts.hostname or ""
        if value and (
            not host
            or value != f"{parts.scheme}://{parts.netloc}"
            or "@" in parts.netloc
            or value != value.lower()
        ):
            self.fault(f"{name} must be an origin such as https://auth.example.org")
        elif (
            value
            and parts.scheme != "https"
            and not (
                loopback_http
                and parts.scheme == "http"
                and (host in ("localhost", "127.0.0.1") or host.endswith(".localhost"))
            )
        ):
            self.fault(f"{name} must be https")
        if host and only_below and not any(f".{host}".endswith(f".{end}") for end in only_below):
            allowed = " or ".join(f"*.{end}" for end in only_below)
            self.fault(f"{name} must be {allowed} with these settings, which are not production's")
        return parts

    def redis(self, name: str) -> Any:
        """The address of Redis or Valkey, where there is one."""
        address = self.secret(name)
        if isinstance(address, str) and address:
            if wrong := exposure.redis_exposed(address):
                self.fault(f"{name} {wrong}")
            self._refuse_guessable_password(name, address)
        return address

    def mail(self, name: str) -> Any:
        """Through what letters leave (outbox/mail.py reads it, and sends none in the clear)."""
        address = self.secret(name)
        if isinstance(address, str) and address:
            self._refuse_guessable_password(name, address)
        return address

    def _refuse_guessable_password(self, name: str, address: str) -> None:
        try:
            parts = urlsplit(address)
        except ValueError:
            return  # said by whoever reads the address
        if exposure.password_guessable(parts.password, parts.username):
            self.fault(f"{name} has a password that everybody would try first")

    def folder(self, name: str, *, needed: bool) -> str:
        """A folder of this machine, as file:///folder; empty where it is not needed."""
        value = self.text(name, None if needed else "")
        parts = urlsplit(value)
        if value and (
            parts.scheme != "file"
            or parts.netloc
            or not parts.path.startswith("/")
            or parts.query
            or parts.fragment
        ):
            self.fault(f"{name} must look like file:///folder")
            return ""
        return value

    def database(self, name: str) -> dict[str, Any]:
        """Django's settings for the PostgreSQL database that the variable names."""
        url = self.secret(name)
        if not isinstance(url, str) or not url:
            return {}
        login = roles.DATABASE_LOGINS[self.role]
        try:
            # libpq's own reading: several hosts, TLS parameters and all.
            parts: dict[str, Any] = dict(conninfo_to_dict(url))
        except psycopg.ProgrammingError:
            self.fault(f"{name} must be a postgresql:// address")
            return {}
        if parts.get("user") != login:
            self.fault(f"{name} must log in as {login}, the login of the role {self.role}")
        if wrong := exposure.database_exposed(parts, self._variables):
            self.fault(f"{name} {wrong}")
        if exposure.password_guessable(parts.get("password"), parts.get("user")):
            self.fault(f"{name} has a password that everybody would try first")
        options: dict[str, Any] = {"server_side_binding": True, "connect_timeout": 5}
        if self.role == roles.OWNER:
            options["options"] = "-c role=authsite_owner"
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.pop("dbname", ""),
            "USER": parts.pop("user", ""),
            "PASSWORD": parts.pop("password", ""),
            "HOST": parts.pop("host", ""),
            "PORT": parts.pop("port", ""),
            "OPTIONS": {**parts, **options},
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": False,
        }
