"""What stands in the database is what stands in the files, and the tables keep no plain secret."""

import re
from pathlib import Path
from typing import get_args

import psycopg
import pytest

from tests.database.asking import ask, value
from tests.environment import subprocess_environment
from vault import consents, events, grants, passwords, schema, wikis

ROOT = Path(__file__).resolve().parents[2]

_FINGERPRINT = """
    SELECT p.oid::regprocedure::text AS name, md5(pg_get_functiondef(p.oid)) AS definition,
           p.proacl::text AS acl, p.proowner::regrole::text AS owner
    FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('api', 'vault')
    UNION ALL
    SELECT c.oid::regclass::text, md5(pg_get_viewdef(c.oid)), c.relacl::text,
           c.relowner::regrole::text
    FROM pg_class c WHERE c.relnamespace::regnamespace::text = 'views' AND c.relkind = 'v'
    ORDER BY 1
"""


def _sql() -> str:
    """All function files, without their comments."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in schema.function_files())
    return re.sub(r"--[^\n]*", "", text)


def test_functions_in_the_database_are_those_of_the_files(admin: psycopg.Connection) -> None:
    """Each CREATE in the files is there, owned by the owner, and nothing else is."""
    wanted = _counted(
        re.findall(
            r"(?i)create (?:or replace )?(?:function|procedure|view)\s+([a-z_.0-9]+)", _sql()
        )
    )
    found = ask(admin, _FINGERPRINT)
    assert _counted([row["name"].partition("(")[0] for row in found]) == wanted
    assert {row["owner"] for row in found} == {"authsite_owner"}


def _counted(names: list[str]) -> dict[str, int]:
    """How often each name stands in the list."""
    return {name: names.count(name) for name in names}


def test_migrating_twice_changes_nothing(admin: psycopg.Connection, manage: object) -> None:
    """Functions, privileges, the site's secret and its row are the same afterwards."""
    assert callable(manage)
    site = "SELECT secret, epoch, created_at FROM vault.site"
    before, secret = ask(admin, _FINGERPRINT), ask(admin, site)
    manage("owner", "migrate", "--database", "vault")
    assert ask(admin, _FINGERPRINT) == before
    assert ask(admin, site) == secret


def test_function_left_over_from_before_is_gone_after_migrating(
    admin: psycopg.Connection, manage: object
) -> None:
    """A function that no file has any more, or one that somebody changed, does not stay."""
    assert callable(manage)
    before = ask(admin, _FINGERPRINT)
    admin.execute("CREATE FUNCTION api.forgotten_v0() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    admin.execute("GRANT EXECUTE ON FUNCTION api.forgotten_v0() TO authsite_web")
    admin.execute("GRANT SELECT ON vault.accounts TO authsite_web")
    admin.execute("ALTER FUNCTION api.judge_password_v1(uuid) RESET ALL")
    manage("owner", "migrate", "--database", "vault")
    assert ask(admin, _FINGERPRINT) == before
    assert not value(
        admin, "SELECT has_table_privilege('authsite_web', 'vault.accounts', 'SELECT')"
    )


def test_history_is_applied_by_one_migration_each() -> None:
    """Every numbered file of SQL is named by the migration of the same name, and by no other.

    A migration without a file has no SQL that changes a table: it fills rows, with keys.
    """
    files = {file.stem for file in (schema.SQL / "history").glob("*.sql")}
    migrations = sorted((ROOT / "vault" / "migrations").glob("0*.py"))
    assert files <= {migration.stem for migration in migrations}
    for migration in migrations:
        text = migration.read_text(encoding="utf-8")
        named = [migration.stem] if migration.stem in files else []
        assert re.findall(r'"([^"]+)\.sql"', text) == named
        assert "history(" in text or "RunSQL" not in text
        assert not re.search(r"CREATE|ALTER|DROP", text)


def test_vocabulary_of_events_is_the_same_in_both_languages(admin: psycopg.Connection) -> None:
    """The table, Python's list and what functions write are one vocabulary."""
    table = {row["tag"] for row in ask(admin, "SELECT tag FROM vault.event_tags")}
    assert table == {str(tag) for tag in events.Tag}
    bodies = value(
        admin,
        "SELECT string_agg(prosrc, ' ') FROM pg_proc"
        " WHERE pronamespace::regnamespace::text IN ('api', 'vault')",
    )
    bodies = re.sub(r"--[^\n]*", "", bodies)
    used = set(re.findall(r"'([a-z_]+:[a-z_]+:[a-z_]+)'", bodies))
    assert used == table


def test_verifiers_stand_alone_without_constraints(admin: psycopg.Connection) -> None:
    """No check, no other key and nothing mutable beside a verifier, and no index holds one."""
    constraints = ask(
        admin,
        "SELECT contype::text AS kind, pg_get_constraintdef(oid) AS what FROM pg_constraint"
        " WHERE conrelid = 'vault.password_verifiers'::regclass AND contype <> 'n'",
    )
    assert constraints == [{"kind": "p", "what": "PRIMARY KEY (account_id)"}]
    columns = ask(
        admin,
        "SELECT attname, attnotnull FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
        " AND attrelid = 'vault.password_verifiers'::regclass ORDER BY attnum",
    )
    assert [(row["attname"], row["attnotnull"]) for row in columns] == [
        ("account_id", True),
        ("digest_salt", False),
        ("digest", False),
    ]
    assert (
        value(
            admin,
            "SELECT count(*) FROM pg_index WHERE indrelid = 'vault.password_verifiers'::regclass",
        )
        == 1
    )
    assert (
        value(
            admin,
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'vault.password_verifiers'::regclass",
        )
        == 0
    )


# Every column whose name sounds like a secret, and what it really holds.
HELD = {
    "accounts.mac_key": "a key's id",
    "app_passwords.mac_key": "a key's id",
    "app_passwords.secret_hash": "SHA-256 of 160 random bits",
    "email_addresses.mac_key": "a key's id",
    "event_seals.digest": "over lines of the trail",
    "event_seals.mac_key": "a key's id",
    "factor_proposals.attempt_hash": "SHA-256 of 256 random bits",
    "factor_proposals.digest": "salted, and emptied by the verdict",
    "grants.mac_key": "a key's id",
    "device_credentials.mac_key": "a key's id",
    "address_letters.lookup_digest": "keyed digest",
    "mailed_tokens.code_hash": "SHA-256 of 80 bits that the worker's key makes, for a week at most",
    "mailed_tokens.browser_hash": "SHA-256 of 256 random bits",
    "mailed_tokens.mac_key": "a key's id",
    "mailed_tokens.token_key": "a key's id",
    "mailed_tokens.token_hash": "SHA-256 of 256 bits that the worker's key makes",
    "passkeys.mac_key": "a key's id",
    "passkeys.public_key": "public",
    "recovery_code_sets.salt": "asked for within an attempt",
    "recovery_codes.digest": "salted SHA-256 of the tag",
    "recovery_codes.digest_salt": "a salt",
    "refresh_tokens.mac_key": "a key's id",
    "refresh_tokens.token_hash": "SHA-256 of 256 random bits",
    "totp_devices.digest_key": "a key's id",
    "totp_devices.sealed_secret": "sealed",
    "totp_devices.secret_digest": "keyed digest",
    "wikis.mac_key": "a key's id",
    "attempts.secret_hash": "SHA-256 of 256 random bits",
    "email_addresses.lookup_digest": "keyed digest",
    "email_addresses.lookup_key": "a key's id",
    "event_salts.salt": "dropped when the day's digests are to say nothing",
    "grants.code_challenge": "public: the digest of a verifier",
    "grants.code_hash": "SHA-256 of 256 random bits",
    "operator_invites.mac_key": "a key's id",
    "operator_invites.token_hash": "SHA-256 of 256 random bits",
    "operators.mac_key": "a key's id",
    "password_parameters.salt": "asked for by anybody who signs in",
    "password_proposals.digest": "salted, and emptied by the verdict",
    "password_proposals.attempt_hash": "SHA-256 of 256 random bits",
    "password_verifiers.digest": "salted SHA-256 of the tag",
    "password_verifiers.digest_salt": "a salt",
    "sessions.mac_key": "a key's id",
    "device_credentials.secret_hash": "SHA-256 of 256 random bits",
    "refused_devices.secret_hash": "SHA-256 of 256 random bits",
    "sessions.secret_hash": "SHA-256 of 256 random bits",
    "sign_in_counts.wrong_passwords": "how many were tried in a half-hour",
    "signing_keys.sealed_private": "sealed",
    "spent_challenges.challenge_hash": "SHA-256 of 256 random bits that are good no more",
    "site.secret": "makes decoys; never leaves the vault",
    "wikis.id_token_alg": "an algorithm's name",
    "wikis.token_endpoint_auth_method": "a method's name",
    "wikis.secret_hash": "SHA-256 of 256 random bits",
    "wikis.older_secret_hash": "SHA-256 of 256 random bits",
    "wikis.older_secret_ends_at": "a time",
    "consents.mac_key": "a key's id",
    "spent_assertions.assertion_hash": "SHA-256 of an id that is good no more",
}


def test_columns_that_sound_like_secrets_are_known(admin: psycopg.Connection) -> None:
    """A new column with a telling name must say here in which form it keeps what it keeps."""
    found = ask(
        admin,
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns"
        " WHERE table_schema = 'vault' AND column_name ~"
        " 'secret|password|passwd|token|code_|private|salt|digest|hash|_key$|cookie'",
    )
    assert {row["name"] for row in found} == set(HELD)


def test_values_in_the_tables_are_no_plain_secrets(
    admin: psycopg.Connection,
) -> None:
    """After a whole sign-in, nothing that passed through stands anywhere in the vault."""
    from tests.database.people import PASSWORD, sign_in, sign_up

    session = sign_in(sign_up("Ada"))
    for row in ask(admin, "SELECT tablename FROM pg_tables WHERE schemaname = 'vault'"):
        dump = str(ask(admin, f"SELECT t::text AS row FROM vault.{row['tablename']} t"))
        for secret in (session.secret.hex(), PASSWORD):
            assert secret not in dump, row["tablename"]


def _statuses_of(name: str) -> set[str]:
    """The status words in a function's text: what it assigns, returns or selects."""
    [body] = re.findall(
        rf"FUNCTION {re.escape(name)}\(.*?AS \$\$(.*?)\$\$;", _sql(), flags=re.DOTALL
    )
    other_words = {"sign_in", "operator", "code", "id_token"}
    words = re.findall(r"(?:status := |RETURN |RETURN QUERY SELECT |THEN |ELSE )'([a-z_]+)'", body)
    return set(words) - other_words


@pytest.mark.parametrize(
    ("function", "known"),
    [
        (
            "api.judge_password_v1",
            # The last three are a caller's fault: Python raises VaultRefused.
            {"right", "wrong", "locked", "closed", "unknown", "early", "late"},
        ),
        ("api.propose_password_v1", {"proposed", "wait", "known_only", "gone", "bad_request"}),
        ("api.upgrade_password_v1", {"upgraded", "kept", "gone", "bad_request"}),
        ("api.change_password_v1", {"changed", "gone", "moved", "bad_request"}),
        (
            "vault.open_session",
            {"opened", "unfinished", "closed", "gone", "changed", "bad_request"},
        ),
        ("vault.create_account", {"created", "taken", "alike", "bad_request"}),
        (
            "api.issue_grant_v1",
            {"issued", "changed", "bad_request", *get_args(grants.IssueRefusal)},
        ),
        (
            "api.give_consent_v1",
            {"moved", "bad_request", *get_args(consents.Given)},
        ),
        ("api.withdraw_consent_v1", set(get_args(consents.Withdrawn))),
        (
            "api.redeem_code_v1",
            {"redeemed", *get_args(grants.RedeemRefusal)},
        ),
        # Unreadable is a caller's fault: Python raises VaultRefused.
        (
            "vault.register_wiki",
            {"unreadable", *get_args(wikis.Registered)} - {"forbidden", "unproven"},
        ),
        ("vault.change_wiki", {"unreadable", *get_args(wikis.Changed)} - {"forbidden", "unproven"}),
        ("api.register_wiki_v1", {"unreadable"}),  # and what it hands on
        ("api.change_wiki_v1", {"unreadable"}),
        # The last two are a caller's fault: Python raises VaultRefused.
        ("api.spend_assertion_v1", {"spent", "replayed", "unknown", "bad_request"}),
    ],
)
def test_status_words_of_a_function_are_those_that_its_caller_knows(
    function: str, known: set[str]
) -> None:
    """A new word in the SQL must be answered for in Python."""
    assert _statuses_of(function) == known


def test_verdicts_of_the_vault_are_those_of_python() -> None:
    """What a person can be told about a password is what the vault can say of it."""
    words = get_args(passwords.Verdict.__annotations__["status"])
    faults = {"unknown", "early", "late"}
    assert (
        set(words) - {"wait", "known_only", "gone"}
        == _statuses_of("api.judge_password_v1") - faults
    )


def test_environment_of_the_owner_alone_reaches_the_schema() -> None:
    """No other process is given the login that may become the owner."""
    for role in ("web", "operator", "worker"):
        assert "authsite_migrate" not in str(subprocess_environment(role))


def test_history_that_was_edited_is_refused() -> None:
    """A database that ran a file never learns of a change in it, so there must be none."""
    from vault.schema import HistoryEdited, history

    with pytest.raises(HistoryEdited, match="0001_tables"):
        history("0001_tables.sql", "0" * 64)
