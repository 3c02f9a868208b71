"""What a guess costs the database does not follow from how empty its tables once were."""

import psycopg
from django.test import override_settings

from tests.database.asking import ask
from tests.database.factors import cheaply, enrol_codes, fresh_attempt
from tests.database.people import Member, prove, sign_in, sign_up
from vault import connection, recovery_codes, sessions
from vault.events import NOWHERE

# Emptied by pruning, or empty in a new vault; then every guess or sign-in adds a row.
SOUGHT = ["password_proposals", "factor_proposals", "attempts", "guess_budgets", "sessions"]


def _do_everything(ada: Member, codes: tuple[str, ...]) -> None:
    """Guesses at passwords and codes, right and wrong, and sessions, each often.

    From the sixth time on, PostgreSQL keeps a plan.
    """
    for code in codes:
        assert prove(Member(ada.account_id, "Ada", "another one")).status == "wrong"
        session = sign_in(ada)
        assert sessions.resume(session.secret) is not None
        attempt = fresh_attempt(ada, session)
        with cheaply():
            assert recovery_codes.prove(attempt, "aaaa-aaaa-aaaa-aaaa", origin=NOWHERE).status == (
                "wrong"
            )
            assert recovery_codes.prove(attempt, code, origin=NOWHERE).status == "right"


def _read_in_full(admin: psycopg.Connection) -> dict[str, int]:
    """How often each table was read from its first row to its last."""
    connection.execute("SELECT pg_stat_force_next_flush()", {})
    found = ask(
        admin,
        "SELECT relname, seq_scan FROM pg_stat_user_tables"
        " WHERE schemaname = 'vault' AND relname = ANY (%s)",
        SOUGHT,
    )
    return {row["relname"]: row["seq_scan"] for row in found}


def test_tables_that_were_empty_when_analysed_are_not_read_in_full(
    admin: psycopg.Connection,
) -> None:
    """Web finds rows by an index also with plans that were made, and are kept, of empty tables."""
    ada = sign_up("Ada")
    codes = enrol_codes(ada)
    admin.execute(f"TRUNCATE {', '.join(f'vault.{table}' for table in SOUGHT)} CASCADE")
    for table in SOUGHT:
        admin.execute(f"VACUUM ANALYZE vault.{table}")
    connection.close_pools()
    # One backend, so that it plans, keeps its plans and tells its counts.
    with override_settings(VAULT_POOL_SIZE=1):
        before = _read_in_full(admin)
        _do_everything(ada, codes)
        after = _read_in_full(admin)
    connection.close_pools()
    assert after == before
