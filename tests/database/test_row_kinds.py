"""Alerts name each kind of row that somebody without a key wrote: none goes by as another."""

import psycopg

from tests.database.asking import value
from tests.database.test_every_table_is_vouched_for import VOUCHED
from vault.renewals import KINDS


def test_kind_of_each_row_under_a_mac_is_one_that_alerts_name(admin: psycopg.Connection) -> None:
    """What has no name of its own shares an alert with all else that has none, and hides there."""
    kinds = {kind.row for kind in KINDS} | {what for _file, what in VOUCHED.values()}
    unnamed = {k for k in kinds if value(admin, "SELECT vault.row_kind(%s)", k) == "other"}
    assert not unnamed
