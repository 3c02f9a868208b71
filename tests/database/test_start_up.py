"""Each role as a real process: started with one thing too many, it refuses in one line.

What every single variable does is in tests/rules/test_settings.py, without a process for each.
"""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from demo.databases import OWNER, VAULT_DATABASE
from demo.postgres import Server
from tests.environment import dsn, environment_for, subprocess_environment
from tests.served import serving

ROOT = Path(__file__).resolve().parents[2]
SERVE = ["-m", "tests.served"]
PROGRAMS = {
    "web": SERVE,
    "operator": SERVE,
    "worker": ["manage.py", "runworker"],
    "owner": ["manage.py", "migrate"],
}


def start(role: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Starts the process of a role with some variables changed, and waits for its end."""
    return subprocess.run(
        [sys.executable, *PROGRAMS[role]],
        cwd=ROOT,
        env={**subprocess_environment(role), **more},
        input="",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("role", "other", "name"),
    [
        ("web", "operator", "AUTHSITE_OPERATOR_KEYS"),
        ("web", "worker", "AUTHSITE_MAIL_KEYS"),
        ("operator", "web", "AUTHSITE_SIGNING_KEYS"),
        ("worker", "web", "AUTHSITE_PEPPER_KEYS"),
        ("worker", "owner", "DATABASE_URL"),
        ("owner", "web", "AUTHSITE_SESSION_KEYS"),
    ],
)
def test_process_with_one_variable_too_many_does_not_start(
    role: str, other: str, name: str
) -> None:
    """It says which, in one line that holds no secret, and has done nothing."""
    too_much = environment_for(other)[name]
    done = start(role, **{name: too_much})
    assert done.returncode == 1
    assert done.stdout == ""
    _headline, line = done.stderr.splitlines()
    assert line == f"{name} is set, but the role {role} must not hold it"
    assert too_much not in done.stderr


@pytest.mark.parametrize(
    ("role", "other"),
    [("web", "operator"), ("operator", "web"), ("worker", "owner"), ("owner", "web")],
)
def test_process_with_the_login_of_another_role_does_not_start(role: str, other: str) -> None:
    """The right variable with the wrong login is as much too much."""
    done = start(role, VAULT_URL=dsn(other, VAULT_DATABASE))
    assert done.returncode == 1
    _headline, line = done.stderr.splitlines()
    assert line.startswith("VAULT_URL must log in as authsite_")


@pytest.mark.parametrize("role", ["web", "operator"])
def test_process_with_just_what_its_role_needs_serves(vault: None, role: str) -> None:
    """The other side of the coin, so that the refusals above mean something."""
    with serving(subprocess_environment(role)) as port:
        assert port > 0


def test_owner_of_the_tables_cannot_log_in_even_with_a_password(
    server: Server, admin: psycopg.Connection
) -> None:
    """NOLOGIN is what keeps it out, not that nobody has told it a password."""
    admin.execute(f"ALTER ROLE {OWNER} PASSWORD 'known'")
    try:
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            psycopg.connect(server.dsn(VAULT_DATABASE, user=OWNER, password="known"))
    finally:
        admin.execute(f"ALTER ROLE {OWNER} PASSWORD NULL")
