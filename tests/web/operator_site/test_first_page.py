"""The sign-ins of the last day on the operators' first page."""

import re
from datetime import UTC, datetime, timedelta

import psycopg

from tests.web.operator_site.place import Place


def wrong_passwords(admin: psycopg.Connection, times: int, *, hours_ago: float) -> datetime:
    """Wrong passwords of some time ago, after all else so far; gives when."""
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    # The trail's ids are in the order of time.
    admin.execute("UPDATE vault.events SET at = at - interval '30 hours'")
    admin.execute(
        "INSERT INTO vault.events (tag, at)"
        " SELECT 'account:password:wrong', %s FROM generate_series(1, %s)",
        [at, times],
    )
    return at


def test_first_page_draws_sign_ins_and_failures_and_says_them_in_words(
    place: Place, admin: psycopg.Connection
) -> None:
    """How many, when most, one bar for each half-hour in which there were any, and a table."""
    at = wrong_passwords(admin, 1234, hours_ago=3)
    page = place.signed_in("Looker").get("/admin/")
    assert "Sign-ins of the last 24 hours" in page.words
    assert "Wrong passwords: 1,234" in page.words
    begin = at - (at - datetime(2000, 1, 1, tzinfo=UTC)) % timedelta(minutes=30)
    end = begin + timedelta(minutes=30)
    assert f"Most from {begin:%H:%M} to {end:%H:%M}: 1,234" in page.words
    assert "Signed in: 0 None." in page.words
    assert page.text.count("<rect ") == 1
    assert f"<title>{begin:%H:%M}–{end:%H:%M}: 1,234</title>" in page.text
    assert re.search(rf'<th scope="row">{begin:%H:%M}</th><td>0</td><td>1,234</td>', page.text)


def test_first_page_of_a_quiet_day_draws_no_bar(place: Place) -> None:
    """Axes and words stand there all the same, and there is no table of nothing."""
    page = place.signed_in("Chief").get("/admin/")
    assert "Wrong second factors: 0 None." in page.words
    assert page.text.count("<svg viewBox=") == 4 + page.text.count('<svg viewBox="0 0 24 24"')
    assert "<rect " not in page.text
    assert "The numbers" not in page.words


def test_sign_in_at_a_wiki_is_on_the_first_page_at_once(
    place: Place, admin: psycopg.Connection
) -> None:
    """The half-hour that runs is counted anew each time."""
    browser = place.signed_in("Looker")
    assert "Signed in: 0" in browser.get("/admin/").words
    admin.execute(
        "INSERT INTO vault.events (tag, detail) VALUES"
        " ('account:session:opened', '{\"kind\": \"web\"}')"
    )
    assert "Signed in: 1" in browser.get("/admin/").words


def test_first_page_says_where_not_all_was_counted(place: Place, admin: psycopg.Connection) -> None:
    """In a flood the time before is left out, and the page says so."""
    wrong_passwords(admin, 3, hours_ago=9)
    admin.execute("SELECT setval('vault.events_id_seq', 3000000)")
    admin.execute(
        "INSERT INTO vault.events (tag, at)"
        " VALUES ('account:password:wrong', now() - interval '3 hours')"
    )
    page = place.signed_in("Looker").get("/admin/")
    assert "was not counted" in page.words
    assert "Wrong passwords: 0" in page.words
