"""What each role may do in the vault: a table to compare with, and connecting as each to try."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest

from demo.databases import LOGINS, SITE_DATABASE, VAULT_DATABASE
from tests.environment import dsn

Login = Callable[[str], AbstractContextManager[psycopg.Connection]]
LIMITED = ("web", "operator", "worker")

# The whole of what the roles may execute. Widening a grant means saying so here as well.
EXECUTABLE = {
    "api.prepare_account_v1": {"web"},
    "api.register_account_v1": {"web"},
    "api.upgrade_password_v1": {"web"},
    "api.change_password_v1": {"web"},
    "api.open_session_v1": {"web"},
    "api.resume_session_v1": {"web"},
    "api.end_session_v1": {"web"},
    "api.list_sessions_v1": {"web"},
    "api.end_own_session_v1": {"web"},
    "api.list_addresses_v1": {"web"},
    "api.own_account_v1": {"web"},
    "api.list_wikis_v1": {"web"},
    "api.issue_grant_v1": {"web"},
    "api.redeem_code_v1": {"web"},
    "api.describe_grant_v1": {"web"},
    "api.list_totp_v1": {"web"},
    "api.add_totp_v1": {"web"},
    "api.rename_totp_v1": {"web"},
    "api.remove_totp_v1": {"web"},
    "api.propose_totp_v1": {"web"},
    "api.open_totp_v1": {"web"},
    "api.accept_totp_v1": {"web"},
    "api.refuse_totp_v1": {"web"},
    "api.ask_totp_v1": {"web"},
    "api.recovery_code_challenge_v1": {"web"},
    "api.count_recovery_codes_v1": {"web"},
    "api.own_subject_v1": {"web"},
    "api.replace_recovery_codes_v1": {"web"},
    "api.propose_recovery_code_v1": {"web"},
    "api.judge_recovery_code_v1": {"web"},
    "api.prove_recovery_code_v1": {"web"},
    "api.offer_passkeys_v1": {"web"},
    "api.list_passkeys_v1": {"web"},
    "api.add_passkey_v1": {"web"},
    "api.rename_passkey_v1": {"web"},
    "api.remove_passkey_v1": {"web"},
    "api.list_app_passwords_v1": {"web"},
    "api.add_app_password_v1": {"web"},
    "api.revoke_app_password_v1": {"web"},
    "api.propose_app_password_v1": {"web"},
    "api.judge_app_password_v1": {"web"},
    "api.prove_app_password_v1": {"web"},
    "api.add_address_v1": {"web"},
    "api.request_confirmation_v1": {"web"},
    "api.confirm_address_v1": {"web"},
    "api.set_primary_address_v1": {"web"},
    "api.remove_address_v1": {"web"},
    "api.restore_address_v1": {"web"},
    "api.disown_session_v1": {"web"},
    "api.request_reset_v1": {"web"},
    "api.find_token_v1": {"web"},
    "api.redeem_reset_v1": {"web"},
    "api.recovery_subject_v1": {"web"},
    "api.reset_password_v1": {"web"},
    "api.issue_refresh_token_v1": {"web"},
    "api.rotate_refresh_token_v1": {"web"},
    "api.find_refresh_token_v1": {"web"},
    "api.revoke_grant_v1": {"web"},
    "api.end_all_own_sessions_v1": {"web"},
    "api.logout_progress_v1": {"web"},
    "api.own_logouts_v1": {"web"},
    "api.lock_notice_v1": {"web"},
    "api.closed_doors_v1": {"web"},
    "api.check_name_v1": {"web"},
    "api.register_with_passkey_v1": {"web"},
    "api.remove_password_v1": {"web"},
    "api.recovery_challenge_v1": {"web"},
    "api.propose_recovery_v1": {"web"},
    "api.judge_recovery_v1": {"web"},
    "api.prove_recovery_v1": {"web"},
    "api.mend_with_passkey_v1": {"web"},
    "api.trust_browser_v1": {"web"},
    "api.spare_code_v1": {"web"},
    "api.list_trusted_browsers_v1": {"web"},
    "api.distrust_browser_v1": {"web"},
    "api.find_consent_v1": {"web"},
    "api.give_consent_v1": {"web"},
    "api.withdraw_consent_v1": {"web"},
    "api.list_consents_v1": {"web"},
    "api.consented_wikis_v1": {"web"},
    "api.offer_passkey_v1": {"web"},
    "api.end_other_sessions_v1": {"web"},
    "api.spend_assertion_v1": {"web"},
    "api.spend_challenge_v1": {"web", "operator"},
    "api.find_passkey_v1": {"web", "operator"},
    "api.prove_passkey_v1": {"web", "operator"},
    "api.token_to_arm_v1": {"worker"},
    "api.arm_token_v1": {"worker"},
    "api.reset_request_v1": {"worker"},
    "api.answer_reset_v1": {"worker"},
    "api.password_challenge_v1": {"web"},
    "api.propose_password_v1": {"web"},
    "api.judge_password_v1": {"web"},
    "api.prove_password_v1": {"web"},
    "api.find_wiki_v1": {"web", "worker"},
    "api.signing_keys_v1": {"web", "worker"},
    "api.past_signing_keys_v1": {"web"},
    "api.due_signing_keys_v1": {"worker"},
    "api.rotate_signing_key_v1": {"worker"},
    "api.report_row_v1": {"web", "operator", "worker"},
    "api.find_operator_v1": {"operator"},
    "api.open_operator_session_v1": {"operator"},
    "api.resume_operator_session_v1": {"operator"},
    "api.end_operator_session_v1": {"operator"},
    "api.find_operator_invite_v1": {"operator"},
    "api.enrol_operator_passkey_v1": {"operator"},
    "api.list_operator_passkeys_v1": {"operator"},
    "api.remove_operator_passkey_v1": {"operator"},
    "api.prove_operator_v1": {"operator"},
    "api.lock_account_v1": {"operator"},
    "api.unlock_account_v1": {"operator"},
    "api.send_reset_v1": {"operator"},
    "api.end_account_sessions_v1": {"operator"},
    "api.named_accounts_v1": {"operator"},
    "api.lock_accounts_v1": {"operator"},
    "api.unlock_accounts_v1": {"operator"},
    "api.set_wiki_state_v1": {"operator"},
    "api.operator_wiki_v1": {"operator"},
    "api.register_wiki_v1": {"operator"},
    "api.change_wiki_v1": {"operator"},
    "api.close_door_v1": {"operator"},
    "api.open_door_v1": {"operator"},
    "api.end_all_sessions_v1": {"operator"},
    "api.lock_signing_keys_v1": {"operator"},
    "api.restore_signing_keys_v1": {"operator"},
    "api.lockout_reach_v1": {"operator"},
    "api.end_backends_v1": {"operator"},
    "api.find_by_address_v1": {"operator"},
    "api.published_keys_v1": {"operator"},
    "api.find_leaked_v1": {"operator"},
    "api.describe_leaked_v1": {"operator"},
    "api.revoke_leaked_v1": {"operator"},
    "api.acknowledge_alert_v1": {"operator"},
    "api.revive_outbox_v1": {"operator"},
    "api.drop_outbox_v1": {"operator"},
    "api.sign_in_counts_v1": {"operator"},
    "api.claim_outbox_v1": {"worker"},
    "api.finish_outbox_v1": {"worker"},
    "api.retry_outbox_v1": {"worker"},
    "api.bury_outbox_v1": {"worker"},
    "api.prune_v1": {"worker"},
    "api.lift_due_v1": {"worker"},
    "api.unsealed_events_v1": {"worker"},
    "api.add_event_seal_v1": {"worker"},
    "api.event_sealing_v1": {"worker"},
    "api.check_event_seals_v1": {"worker"},
    "api.shipped_events_v1": {"worker"},
    "api.own_events_v1": {"web"},
    "api.own_letters_v1": {"web"},
    "api.watch_v1": {"worker"},
    # The owner's alone, at the console.
    "api.prepare_site_v1": set(),
    "api.added_events_v1": set(),
    "api.reordered_events_v1": set(),
    "api.restore_standing_v1": set(),
    "api.restore_marks_v1": set(),
    "api.begin_restore_v1": set(),
    "api.reapply_event_v1": set(),
    "api.reserve_username_v1": set(),
    "api.finish_restore_v1": set(),
    "api.create_account_v1": set(),
    "api.find_account_v1": set(),
    "api.console_register_wiki_v1": set(),
    "api.console_change_wiki_v1": set(),
    "api.console_list_wikis_v1": set(),
    "api.console_wikis_v1": set(),
    "api.grant_operator_v1": set(),
    "api.invite_operator_v1": set(),
    "api.import_totp_v1": set(),
    "api.import_recovery_codes_v1": set(),
    "api.add_signing_key_v1": set(),
    "api.console_find_by_address_v1": set(),
    "api.console_find_leaked_v1": set(),
    "api.console_revoke_leaked_v1": set(),
    "api.console_lock_account_v1": set(),
    "api.console_unlock_account_v1": set(),
    "api.console_send_reset_v1": set(),
    "api.console_end_account_sessions_v1": set(),
    "api.console_end_all_sessions_v1": set(),
    "api.console_set_wiki_state_v1": set(),
    "api.console_named_accounts_v1": set(),
    "api.console_lock_accounts_v1": set(),
    "api.console_unlock_accounts_v1": set(),
    "api.console_close_door_v1": set(),
    "api.console_open_door_v1": set(),
    "api.console_lock_signing_keys_v1": set(),
    "api.console_restore_signing_keys_v1": set(),
    "api.console_lockout_reach_v1": set(),
    "api.console_lockouts_v1": set(),
    "api.key_usage_v1": set(),
    "api.note_key_change_v1": set(),
    "api.withdraw_signing_keys_v1": set(),
    "api.renew_decoys_v1": set(),
    "api.stale_operators_v1": set(),
    "api.renew_operators_v1": set(),
    "api.stale_operator_invites_v1": set(),
    "api.renew_operator_invites_v1": set(),
    "api.stale_names_v1": set(),
    "api.renew_names_v1": set(),
    "api.stale_wikis_v1": set(),
    "api.renew_wikis_v1": set(),
    "api.stale_passkeys_v1": set(),
    "api.renew_passkeys_v1": set(),
    "api.stale_app_passwords_v1": set(),
    "api.renew_app_passwords_v1": set(),
    "api.stale_consents_v1": set(),
    "api.renew_consents_v1": set(),
    "api.stale_trusted_browsers_v1": set(),
    "api.renew_trusted_browsers_v1": set(),
    "api.stale_signing_keys_v1": set(),
    "api.renew_signing_keys_v1": set(),
    "api.stale_totp_v1": set(),
    "api.renew_totp_v1": set(),
    "api.stale_addresses_v1": set(),
    "api.renew_addresses_v1": set(),
    "api.stale_letters_v1": set(),
    "api.renew_letters_v1": set(),
}
# A view that cannot be written at all says so before the privileges are looked at.
_REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ObjectNotInPrerequisiteState,
)
READABLE = {
    "views.accounts": {"operator"},
    "views.wikis": {"operator"},
    "views.sessions": {"operator"},
    "views.events": {"operator"},
    "views.alerts": {"operator"},
    "views.outbox": {"operator"},
    "views.lockouts": {"operator"},
    "views.factors": {"operator"},
    "views.logouts": {"operator"},
    "views.letters": {"operator"},
    "views.wiki_calls": {"operator"},
}


def _holders(admin: psycopg.Connection, statement: str) -> dict[str, set[str]]:
    """Which logins (by our roles' names) hold what the statement lists for each of them."""
    found: dict[str, set[str]] = {}
    for role, database_role in LOGINS.items():
        for name, is_held in admin.execute(statement, {"role": database_role}):
            found.setdefault(name, set()).update({role} if is_held else set())
    return found


def test_functions_are_executable_by_exactly_the_roles_of_the_table(
    admin: psycopg.Connection,
) -> None:
    """Every function of the interface, every role: as written above, and the owner's for nobody."""
    found = _holders(
        admin,
        "SELECT oid::regproc::text, has_function_privilege(%(role)s, oid, 'EXECUTE') FROM pg_proc"
        " WHERE pronamespace = 'api'::regnamespace",
    )
    assert found == EXECUTABLE


def test_helpers_of_the_vault_are_executable_by_no_role(admin: psycopg.Connection) -> None:
    """What functions share is the owner's alone, and its schema is closed to everybody."""
    found = _holders(
        admin,
        "SELECT oid::regproc::text, has_function_privilege(%(role)s, oid, 'EXECUTE') FROM pg_proc"
        " WHERE pronamespace = 'vault'::regnamespace",
    )
    assert len(found) > 15
    assert not set().union(*found.values())
    schemas = _holders(
        admin,
        "SELECT nspname, has_schema_privilege(%(role)s, oid, 'USAGE') FROM pg_namespace"
        " WHERE nspname IN ('vault', 'api', 'views')",
    )
    assert schemas == {
        "vault": set(),
        "api": {"web", "operator", "worker"},
        "views": {"operator"},
    }


def test_tables_and_views_are_readable_by_exactly_the_roles_of_the_table(
    admin: psycopg.Connection,
) -> None:
    """Operators read six views; nobody reads, writes or references anything else."""
    for verb in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
        found = _holders(
            admin,
            f"SELECT oid::regclass::text, has_table_privilege(%(role)s, oid, '{verb}')"
            " FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f')"
            " AND relnamespace::regnamespace::text IN ('vault', 'api', 'views', 'public')",
        )
        held = {name: roles for name, roles in found.items() if roles}
        held.pop("django_migrations", None)
        assert held == (READABLE if verb == "SELECT" else {})
    sequences = _holders(
        admin,
        "SELECT oid::regclass::text, has_sequence_privilege(%(role)s, oid, 'USAGE, SELECT, UPDATE')"
        " FROM pg_class WHERE relkind = 'S' AND relnamespace::regnamespace::text = 'vault'",
    )
    assert sequences
    assert not set().union(*sequences.values())


def test_everybody_holds_nothing(admin: psycopg.Connection) -> None:
    """PUBLIC has no right to any schema, function, table or language of ours."""
    granted = admin.execute(
        "SELECT 'function', oid::regprocedure::text FROM pg_proc, aclexplode(proacl) a"
        " WHERE a.grantee = 0 AND pronamespace::regnamespace::text IN ('api', 'vault', 'public')"
        " UNION ALL SELECT 'function without acl', oid::regprocedure::text FROM pg_proc"
        " WHERE proacl IS NULL AND pronamespace::regnamespace::text IN ('api', 'vault', 'public')"
        " UNION ALL SELECT 'table', oid::regclass::text FROM pg_class, aclexplode(relacl) a"
        " WHERE a.grantee = 0"
        " AND relnamespace::regnamespace::text IN ('api', 'vault', 'views', 'public')"
        " UNION ALL SELECT 'schema', nspname FROM pg_namespace, aclexplode(nspacl) a"
        " WHERE a.grantee = 0 AND nspname IN ('api', 'vault', 'views', 'public')"
        " UNION ALL SELECT 'language', lanname FROM pg_language, aclexplode(lanacl) a"
        " WHERE a.grantee = 0 AND lanname IN ('sql', 'plpgsql')"
        " UNION ALL SELECT 'database', datname FROM pg_database, aclexplode(datacl) a"
        " WHERE a.grantee = 0 AND datname NOT LIKE 'template%'"
    ).fetchall()
    assert granted == []


@pytest.mark.parametrize("role", LIMITED)
def test_table_of_the_vault_as_a_limited_role_cannot_be_read(
    vault: None, admin: psycopg.Connection, login: Login, role: str
) -> None:
    """No role but the owner reads or writes any table, by any verb."""
    tables = [
        name
        for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'vault'")
    ]
    assert len(tables) > 15
    with login(role) as connection:
        for table in tables:
            for statement in (
                f"SELECT * FROM vault.{table}",
                f"DELETE FROM vault.{table}",
                f"TRUNCATE vault.{table}",
                f"INSERT INTO vault.{table} DEFAULT VALUES",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


@pytest.mark.parametrize("view", sorted(READABLE))
def test_view_of_operators_can_be_read_and_not_written(
    vault: None, login: Login, view: str
) -> None:
    """Operators look; nobody changes anything through a view, and the others do not look."""
    with login("operator") as operator:
        operator.execute(f"SELECT * FROM {view}").fetchall()
        for statement in (f"DELETE FROM {view}", f"INSERT INTO {view} DEFAULT VALUES"):
            with pytest.raises(_REFUSED):
                operator.execute(statement)
    for role in ("web", "worker"):
        with login(role) as other, pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute(f"SELECT * FROM {view}")


def test_view_of_operators_shows_no_secret(admin: psycopg.Connection) -> None:
    """No digest, MAC, seal or salt is a column of a view."""
    columns = admin.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'views'"
        " AND (data_type = 'bytea' OR column_name ~ 'secret|hash|digest|mac|seal|salt|tag_')"
    ).fetchall()
    assert columns == []


def test_owner_of_the_tables_cannot_log_in(admin: psycopg.Connection) -> None:
    """The owner has no login and no password, and no login is a superuser or bypasses anything."""
    roles = admin.execute(
        "SELECT rolname, rolcanlogin, rolinherit, rolsuper OR rolcreatedb OR rolcreaterole"
        " OR rolreplication OR rolbypassrls, rolpassword IS NULL FROM pg_authid"
        " WHERE rolname LIKE 'authsite%' ORDER BY 1"
    ).fetchall()
    assert roles == [
        ("authsite_migrate", True, False, False, False),
        ("authsite_operator", True, False, False, False),
        ("authsite_owner", False, True, False, True),
        ("authsite_web", True, False, False, False),
        ("authsite_worker", True, False, False, False),
    ]


def test_membership_in_the_owner_is_the_migrating_login_alone(admin: psycopg.Connection) -> None:
    """One login may become the owner, or one of the others; the owner may end backends."""
    members = admin.execute(
        "SELECT m.member::regrole::text, m.roleid::regrole::text FROM pg_auth_members m"
        " WHERE m.member::regrole::text LIKE 'authsite%'"
        " OR m.roleid::regrole::text LIKE 'authsite%' ORDER BY 1, 2"
    ).fetchall()
    assert members == [
        ("authsite_migrate", "authsite_operator"),
        ("authsite_migrate", "authsite_owner"),
        ("authsite_migrate", "authsite_web"),
        ("authsite_migrate", "authsite_worker"),
        ("authsite_owner", "pg_signal_backend"),
    ]


@pytest.mark.parametrize("role", LIMITED)
@pytest.mark.parametrize("wanted", ["authsite_owner", "authsite_migrate", "postgres"])
def test_role_of_more_rights_cannot_be_taken(
    vault: None, login: Login, role: str, wanted: str
) -> None:
    """A limited role becomes nobody else, by neither of SQL's two ways."""
    with login(role) as connection:
        for statement in (f"SET ROLE {wanted}", f"SET SESSION AUTHORIZATION {wanted}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_migrating_login_has_no_rights_until_it_becomes_the_owner(
    vault: None, login: Login
) -> None:
    """Connecting as the owner process's login gives nothing; SET ROLE is what gives."""
    with login("owner") as connection:
        for statement in (
            "SELECT * FROM vault.accounts",
            "SELECT * FROM views.accounts",
            "SELECT * FROM api.find_account_v1('Ada')",
            "CREATE TABLE public.t ()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        connection.execute("SET ROLE authsite_owner")
        assert connection.execute("SELECT * FROM api.find_account_v1('Ada')").fetchall() == []


def test_password_is_not_tried_for_an_operators_sign_in(vault: None, login: Login) -> None:
    """Not by the operator's process, which may not ask at all, and not for it by web."""
    arguments = "'Ada', sha256('a'), 'operator', sha256('b'), NULL, '', ''"
    with login("operator") as connection:
        for statement in (
            "SELECT * FROM api.password_challenge_v1('Ada')",
            f"SELECT * FROM api.propose_password_v1({arguments})",
            f"CALL api.prove_password_v1({arguments})",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    with login("web") as connection:
        row = connection.execute(f"SELECT status FROM api.propose_password_v1({arguments})")
        assert row.fetchone() == ("bad_request",)


def test_owner_guesses_at_no_password(vault: None, login: Login) -> None:
    """No purpose is the owner's, whatever role it plays: its process signs nobody in."""
    with login("owner") as connection:
        for role in ("authsite_owner", "authsite_web"):
            connection.execute(f"SET ROLE {role}")
            for purpose in ("sign_in", "reauthenticate", "operator"):
                row = connection.execute(
                    "SELECT status FROM api.propose_password_v1('Ada', sha256('a'), %s,"
                    " sha256('b'), NULL, '', '')",
                    [purpose],
                ).fetchone()
                assert row == ("bad_request",)


def test_worker_finds_nothing_in_the_site_database(vault: None) -> None:
    """The worker has no business with what Django keeps for itself."""
    with psycopg.connect(dsn("worker", SITE_DATABASE), autocommit=True) as connection:
        readable = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'v')"
            " AND c.relnamespace = 'public'::regnamespace"
            " AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        ).fetchall()
    assert readable == []


@pytest.mark.parametrize("role", LIMITED)
def test_schema_as_a_limited_role_cannot_be_changed(vault: None, login: Login, role: str) -> None:
    """No role alters, drops, comments on or grants anything of the vault's."""
    with login(role) as connection:
        for statement in (
            "ALTER FUNCTION api.judge_password_v1(uuid) RESET ALL",
            "ALTER FUNCTION api.judge_password_v1(uuid) SECURITY INVOKER",
            "DROP FUNCTION api.judge_password_v1(uuid)",
            "DROP VIEW views.accounts",
            "CREATE VIEW views.mine AS SELECT 1",
            "ALTER TABLE vault.accounts ADD x int",
            "CREATE TRIGGER t AFTER UPDATE ON vault.accounts EXECUTE FUNCTION f()",
            "COMMENT ON TABLE vault.accounts IS 'x'",
            f"ALTER DATABASE {VAULT_DATABASE} SET search_path = mine",
            "ALTER ROLE authsite_owner LOGIN",
        ):
            with pytest.raises(
                (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction)
            ):
                connection.execute(statement)
