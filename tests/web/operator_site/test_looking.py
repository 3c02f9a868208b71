"""What operators see: lists, pages of one thing, and nothing that opens a door."""

import re

import psycopg
import pytest

from tests.web.operator_site.place import Place, open_session_of


def test_page_any_has_a_strict_policy_and_nothing_inline(place: Place, wiki: str) -> None:
    """The admin's pages load their own files only, and carry no script or style themselves."""
    browser = place.signed_in("Chief")
    ada = place.ids["Ada"]
    paths = ["", "accounts/", "wikis/", "events/", "alerts/", "outbox/"]
    paths += [f"accounts/{ada}/", f"accounts/{ada}/lock/"]
    for path in [*paths, f"wikis/{wiki}/", f"wikis/{wiki}/suspend/"]:
        answer = browser.get(f"/admin/{path}")
        assert answer.status == 200, path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert (
            answer.headers["Cache-Control"] == "no-store"
            or "no-store" in answer.headers["Cache-Control"]
        )
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on\w+=", answer.text), path


def test_admin_pages_that_would_change_something_do_not_exist(place: Place) -> None:
    """Adding, changing, deleting, Django's log and password form are not there at all."""
    browser = place.signed_in("Chief")
    ada = place.ids["Ada"]
    for path in ("accounts/add/", f"accounts/{ada}/delete/", f"accounts/{ada}/history/"):
        assert browser.get(f"/admin/{path}").status == 404
    for path in ("password_change/", "autocomplete/", "jsi18n/", "r/1/1/"):
        assert browser.get(f"/admin/{path}").status == 404
    assert browser.post("/admin/accounts/", action="delete_selected").status == 405


@pytest.mark.parametrize("typed", ["Ada", "ada", "Ad", "ad"])
def test_search_finds_an_account_by_name_as_typed_and_as_wikis_read_it(
    place: Place, typed: str
) -> None:
    """The whole name or how it begins, with or without its first capital."""
    page = place.signed_in("Looker").get(f"/admin/accounts/?q={typed}")
    assert f"/admin/accounts/{place.ids['Ada']}/" in page.text
    assert place.ids["Looker"] not in page.text


def test_search_finds_an_account_by_its_id_and_takes_wildcards_literally(place: Place) -> None:
    """An id is exact, and a percent sign is a percent sign."""
    browser = place.signed_in("Looker")
    assert "1 in all." in browser.get(f"/admin/accounts/?q={place.ids['Ada']}").words
    assert "nothing of the kind" in browser.get("/admin/accounts/?q=%25").words


def test_list_address_cannot_ask_for_another_order_or_filter(place: Place) -> None:
    """What has no index cannot be asked for by hand: no order, no look-up that isn't offered."""
    browser = place.signed_in("Looker")
    assert browser.get("/admin/accounts/?o=-4").status == 200
    assert browser.get("/admin/accounts/?live_sessions__gt=0").status in (400, 404)


def test_list_of_many_accounts_is_leafed_through_in_order(
    place: Place, admin: psycopg.Connection
) -> None:
    """Fifty a page, by name; a page that is not there leads back to the list."""
    admin.execute(
        "INSERT INTO vault.accounts (id, username)"
        " SELECT gen_random_uuid(), 'User ' || lpad(g::text, 3, '0') FROM generate_series(1, 120) g"
    )
    browser = place.signed_in("Looker")
    second = browser.get("/admin/accounts/?q=User&p=2").words
    assert "User 051" in second
    assert "User 100" in second
    assert "User 050" not in second
    assert "120 in all." in second
    assert browser.get("/admin/accounts/?p=99").location == "/admin/accounts/?e=1"


def test_account_page_shows_state_sessions_and_events_and_no_secret(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Where they are signed in and what happened, and nothing that opens a door."""
    open_session_of(admin, place.ids["Ada"], wiki)
    page = place.signed_in("Looker").get(f"/admin/accounts/{place.ids['Ada']}/")
    assert "Firefox on Android" in page.words
    assert "English" in page.words
    assert "Account created at the console" in page.words
    for table, column in (("password_verifiers", "digest"), ("sessions", "secret_hash")):
        for (secret,) in admin.execute(f"SELECT {column} FROM vault.{table}"):
            assert secret.hex() not in page.text


def test_account_page_of_nobody_is_not_found(place: Place) -> None:
    """An id that nobody has, and what is no id, are 404."""
    browser = place.signed_in("Looker")
    for key in ("00000000-0000-7000-8000-000000000000", "x"):
        assert browser.get(f"/admin/accounts/{key}/").status == 404


def test_events_of_one_account_are_found_by_its_name(place: Place) -> None:
    """The trail can be read for one person, and by kind."""
    browser = place.signed_in("Chief")
    page = browser.get("/admin/events/?q=ada")
    assert "Account created at the console" in page.words
    assert "Chief" not in page.words
    assert "Made an operator" in browser.get("/admin/events/?kind=operator:").words
    assert browser.get("/admin/events/?kind=nonsense&within=x").status == 200
