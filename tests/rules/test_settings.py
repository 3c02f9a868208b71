"""Production settings: safe by default, refused in one clear line each when they are not."""

import importlib
import subprocess
import sys
from typing import Final

import pytest

from authsite import roles
from authsite.settings.environment import Environment
from tests.environment import environment_for, subprocess_environment
from tests.rules.starting import PRODUCTION, ROOT, faults
from vault.keys import new_key


@pytest.mark.parametrize("role", roles.ROLES)
def test_settings_with_everything_a_role_needs_start(role: str) -> None:
    """And Django's own check for deployment finds nothing (django-1)."""
    assert faults(role) == []
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**subprocess_environment(role), **PRODUCTION},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["check", "runworker"])
def test_manage_with_unsafe_settings_says_so_without_a_traceback(command: str) -> None:
    """One clear line each, whatever was to be run; so too for what only the worker looks at."""
    unsafe = {"AUTHSITE_MAIL_URL": "ftp://mail.example.org"}
    if command == "check":
        unsafe = {"AUTHSITE_SECRET_KEY": "short"}
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env={**subprocess_environment("worker"), **PRODUCTION, **unsafe},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    first, line = done.stderr.splitlines()
    assert first == "manage.py does not start:"
    assert line.startswith(next(iter(unsafe)))


@pytest.mark.parametrize("role", roles.ROLES)
def test_secret_of_another_role_stops_the_start(role: str) -> None:
    """Design section 2: a process that holds more than its role needs refuses to start."""
    others = [name for name, owners in roles.SECRETS.items() if role not in owners]
    assert others or role == roles.OWNER
    for name in others:
        (line,) = faults(role, **{name: "anything"})
        assert line == f"{name} is set, but the role {role} must not hold it"
        assert "anything" not in line


@pytest.mark.parametrize("role", roles.ROLES)
def test_secret_of_the_role_that_is_missing_stops_the_start(role: str) -> None:
    """One line that names the setting."""
    for name, owners in roles.SECRETS.items():
        if role in owners and name not in roles.OPTIONAL:
            assert f"{name} is not set" in faults(role, **{name: None})


def test_secret_of_another_role_refuses_whoever_asks() -> None:
    """Seed 003: an error that names the role, never an empty answer."""
    withheld = Environment(environment_for("worker")).ring("AUTHSITE_PEPPER_KEYS")
    for ask in (
        lambda: withheld.active_id,
        lambda: str(withheld),
        lambda: bool(withheld),
        lambda: withheld.key("t1", "password"),
    ):
        with pytest.raises(roles.NotThisRole, match="not for the role worker"):
            ask()


_WEAK = "k1:" + "A" * 43
UNSAFE: Final[dict[str, dict[str, str | None]]] = {
    "role unknown": {"AUTHSITE_ROLE": "root"},
    "issuer on http": {"AUTHSITE_ISSUER": "http://auth.example.org"},
    "issuer on http at loopback": {"AUTHSITE_ISSUER": "http://auth.localhost:8000"},
    "issuer with a slash": {"AUTHSITE_ISSUER": "https://auth.example.org/"},
    "issuer with a path": {"AUTHSITE_ISSUER": "https://auth.example.org/x"},
    "issuer with a user": {"AUTHSITE_ISSUER": "https://a@auth.example.org"},
    "issuer in capitals": {"AUTHSITE_ISSUER": "https://AUTH.example.org"},
    "issuer missing": {"AUTHSITE_ISSUER": None},
    "secret key short": {"AUTHSITE_SECRET_KEY": "short"},
    "ring not random": {"AUTHSITE_FLOW_KEYS": _WEAK},
    "ring malformed": {"AUTHSITE_FLOW_KEYS": "secret"},
    "ring short": {"AUTHSITE_FLOW_KEYS": "k1:AAAA"},
    "ring repeats an id": {"AUTHSITE_FLOW_KEYS": f"{new_key('a')},{new_key('a')}"},
    "hash too cheap": {"AUTHSITE_ARGON2_MEMORY_KIB": "1024"},
    "hash too few passes": {"AUTHSITE_ARGON2_TIME_COST": "1"},
    "number that is none": {"AUTHSITE_FLOW_SECONDS": "soon"},
    "number negative": {"AUTHSITE_FLOW_SECONDS": "-1"},
    "rate that is none": {"AUTHSITE_RATE_SIGN_IN": "many"},
    "rate of nothing": {"AUTHSITE_RATE_SIGN_IN": "0/m"},
    "network that is none": {"AUTHSITE_TRUSTED_PROXIES": "everybody"},
    "database of another role": {"VAULT_URL": "postgresql://authsite_worker:x@localhost/vault"},
    "database superuser": {"DATABASE_URL": "postgresql://postgres:x@localhost/site"},
    "access token of a day": {"AUTHSITE_ACCESS_TOKEN_SECONDS": "86400"},
}


@pytest.mark.parametrize("case", UNSAFE)
def test_setting_that_is_unsafe_stops_the_start_in_one_line(case: str) -> None:
    """It names the variable and what would be right, and never repeats a secret."""
    changes = UNSAFE[case]
    lines = faults("web", **changes)
    ((name, value),) = changes.items()
    assert len(lines) == 1, lines
    assert name in lines[0]
    if value and name in roles.SECRETS:
        assert value not in lines[0]


def test_seal_store_is_needed_by_the_worker_and_is_a_folder() -> None:
    """Without one the trail's end could be cut off unseen; the owner may go without."""
    name = "AUTHSITE_SEAL_STORE"
    assert faults("worker", **{name: None}) == [f"{name} is not set"]
    assert faults("owner", **{name: None}) == []
    for odd in ("/srv/seals", "file://host/seals", "file:seals", "https://seals", "file:///s?x=1"):
        assert faults("worker", **{name: odd}) == [f"{name} must look like file:///folder"]


def test_key_that_serves_two_purposes_stops_the_start() -> None:
    """One key, one purpose, whatever rings hold it."""
    key = new_key("k1")
    lines = faults("web", AUTHSITE_FLOW_KEYS=key, AUTHSITE_SESSION_KEYS=key)
    assert len(lines) == 1
    assert "one key, one purpose" in lines[0]


def test_faults_are_all_named_at_once() -> None:
    """Nobody has to start five times to find five faults."""
    lines = faults("web", AUTHSITE_ISSUER=None, AUTHSITE_FLOW_KEYS=None, AUTHSITE_MAIL_URL="x")
    assert len(lines) == 3


def test_production_settings_are_strict() -> None:
    """What no variable can loosen."""
    from django.conf import settings

    base = importlib.import_module("authsite.settings.base")
    assert settings.DEBUG is False
    for name in (settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME):
        assert name.startswith("__Host-")
    assert settings.CSRF_COOKIE_SECURE
    assert settings.CSRF_COOKIE_HTTPONLY
    assert settings.AUTHENTICATION_BACKENDS == []
    assert settings.SECURE_HSTS_SECONDS >= 365 * 86400
    assert settings.DATA_UPLOAD_MAX_NUMBER_FILES == 0
    assert settings.PASSWORD_MAX_BYTES == 4096
    # The tests hash more cheaply; what they take from is what production reads.
    assert base.ARGON2_MEMORY_KIB * base.ARGON2_TIME_COST >= 19456 * 2
    assert "*" not in settings.ALLOWED_HOSTS
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    unsafe = {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:"}
    assert not unsafe & {source for sources in directives.values() for source in sources}
