"""``checkvault --logins``: what really logging in shows, and the rules of who may."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from demo.databases import SITE_DATABASE, VAULT_DATABASE
from demo.postgres import Server
from tests.database.console import Playing
from tests.database.examining import LOGINS, QUICK, examine, red, result_of
from tests.environment import dsn

_MAY_READ_RULES = (
    "GRANT SELECT ON pg_hba_file_rules TO authsite_owner;"
    " GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO authsite_owner"
)
_MAY_NOT_READ_RULES = (
    "REVOKE SELECT ON pg_hba_file_rules FROM authsite_owner;"
    " REVOKE EXECUTE ON FUNCTION pg_hba_file_rules() FROM authsite_owner"
)


@contextmanager
def _rule(server: Server, admin: psycopg.Connection, rule: str) -> Iterator[None]:
    """Puts a rule in front of those of pg_hba.conf, and takes it away again."""
    file = server.data / "pg_hba.conf"
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{rule}\n{before}", encoding="utf-8")
    admin.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        file.write_text(before, encoding="utf-8")
        admin.execute("SELECT pg_reload_conf()")


def _gets_in(address: str) -> bool:
    try:
        psycopg.connect(address).close()
    except psycopg.OperationalError:
        return False
    return True


def test_logins_of_a_healthy_vault_are_refused_all_that_they_must_be(
    vault: None, playing: Playing
) -> None:
    """No finding, and nothing skipped for want of logins."""
    examination = examine(playing, logins=LOGINS, without=QUICK)
    assert red(examination) == {}
    for check_id in ("wrong-passwords-refused", "other-databases-refused", "logins-refused"):
        assert result_of(examination, check_id).result == "ok"


def test_login_by_any_password_is_found(
    vault: None, server: Server, admin: psycopg.Connection, playing: Playing
) -> None:
    """A server that trusts somebody lets them in with a wrong password, and with none."""
    wrong = LOGINS["web"]["VAULT_URL"].replace("@", "x@", 1)
    with _rule(server, admin, "host all authsite_web 127.0.0.1/32 trust"):
        while not _gets_in(wrong):  # until the server has read its file
            continue
        found = red(examine(playing, logins=LOGINS, without=QUICK))
    while _gets_in(wrong):
        continue
    assert set(found) == {"wrong-passwords-refused"}
    assert any("gets in with a wrong password" in line for line in found["wrong-passwords-refused"])
    assert any("gets in without a password" in line for line in found["wrong-passwords-refused"])


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("host all authsite_web 127.0.0.1/32 trust", "trust"),
        ("host all authsite_web 127.0.0.1/32 md5", "md5"),
        ("host all authsite_web 127.0.0.1/32 password", "password"),
        ("host all all 0.0.0.0/0 scram-sha-256", "without TLS"),
    ],
)
def test_login_rule_that_lets_in_too_much_is_found(
    server: Server, admin: psycopg.Connection, playing: Playing, rule: str, said: str
) -> None:
    """Where the owner may read the rules, it reads them."""
    admin.execute(_MAY_READ_RULES)
    try:
        assert result_of(examine(playing, without=QUICK), "login-rules").result == "ok"
        with _rule(server, admin, rule):
            found = red(examine(playing, without=QUICK))
    finally:
        admin.execute(_MAY_NOT_READ_RULES)
    assert set(found) == {"login-rules"}
    assert said in found["login-rules"][0]


def test_login_that_enters_another_database_is_found(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """By its privilege, and by really going there."""
    admin.execute("GRANT CONNECT ON DATABASE postgres TO authsite_worker")
    try:
        found = red(examine(playing, logins=LOGINS, without=QUICK))
    finally:
        admin.execute("REVOKE CONNECT ON DATABASE postgres FROM authsite_worker")
    assert set(found) == {"databases-closed", "other-databases-refused"}
    assert found["other-databases-refused"] == ("authsite_worker gets into postgres",)


def test_login_that_may_become_another_is_found(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """SET ROLE works for it, though it inherits nothing."""
    admin.execute("GRANT authsite_owner TO authsite_web")
    try:
        found = red(examine(playing, logins=LOGINS, without=QUICK))
    finally:
        admin.execute("REVOKE authsite_owner FROM authsite_web")
    assert set(found) == {"role-memberships", "logins-refused"}
    assert found["logins-refused"] == ("authsite_web: SET LOCAL ROLE authsite_owner: it worked",)


def test_logins_of_other_roles_or_vaults_are_not_taken_for_these(
    vault: None, playing: Playing
) -> None:
    """A mixed-up file is a finding, not a false comfort."""
    mixed = {**LOGINS, "web": {"VAULT_URL": dsn("worker", VAULT_DATABASE)}}
    assert set(red(examine(playing, logins=mixed, without=QUICK))) == {
        "wrong-passwords-refused",
        "logins-refused",
    }
    elsewhere = {**LOGINS, "web": {"VAULT_URL": dsn("web", SITE_DATABASE)}}
    assert set(red(examine(playing, logins=elsewhere, without=QUICK))) == {"logins-refused"}
    some = {"web": LOGINS["web"]}
    found = red(examine(playing, logins=some, without=QUICK))
    assert found == {
        "logins-refused": (
            "no address of the vault was given for operator",
            "no address of the vault was given for worker",
        )
    }
