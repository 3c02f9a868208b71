"""What proofs amount to is said twice, in SQL for the vault and in Python for what was heard."""

from itertools import combinations

import psycopg

from tests.database.asking import value
from vault.attempts import amr_of

PROOFS = ("password", "totp", "recovery_code", "letter", "hwk", "swk", "uv", "browser")


def test_python_and_sql_derive_the_same_amr(admin: psycopg.Connection) -> None:
    """From every set of proofs there can be."""
    for number in range(len(PROOFS) + 1):
        for proofs in combinations(PROOFS, number):
            in_sql = value(admin, "SELECT vault.amr_of(%s::text[])", list(proofs))
            assert amr_of(proofs) == tuple(in_sql), proofs
