"""An account's page: how it proves itself, its sessions, its wikis' logouts, its letters."""

import json
from typing import Any

import psycopg
import pytest

from tests.web.operator_site.place import Place, open_session_of


def account_page(place: Place, name: str = "Ada", *, by: str = "Looker") -> Any:
    """The page of somebody, as an operator sees it."""
    return place.signed_in(by).get(f"/admin/accounts/{place.ids[name]}/")


def a_passkey(admin: psycopg.Connection, account_id: str, name: str = "Zora's phone") -> None:
    """A passkey of somebody, with a name that they gave it."""
    admin.execute(
        "INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,"
        " is_synced, backed_up, transports, name, sign_count, mac, mac_key)"
        " VALUES (gen_random_uuid()::text::bytea, %s, 'x', 'x', gen_random_uuid(), false, false,"
        " '{}', %s, 0, 'x', 't1')",
        [account_id, name],
    )


def a_letter(admin: psycopg.Connection, account_id: str, **columns: Any) -> int:
    """A letter to somebody."""
    payload = {"template": "password_changed", "reference": "WXYZ-9876", "username": "Zora"}
    row = {
        "kind": "letter",
        "payload": json.dumps(payload),
        "account_id": account_id,
        "sealed_address": b"zora@example.org",
        **columns,
    }
    found = admin.execute(
        f"INSERT INTO vault.outbox ({', '.join(row)})"
        f" VALUES ({', '.join(['%s'] * len(row))}) RETURNING id",
        list(row.values()),
    ).fetchone()
    assert found is not None
    return int(found[0])


def test_account_page_says_how_it_proves_itself_by_kind_and_number(
    place: Place, admin: psycopg.Connection
) -> None:
    """Kinds, how many and since when; what somebody called a device is nobody's business."""
    for _two in range(2):
        a_passkey(admin, place.ids["Ada"])
    page = account_page(place)
    assert "Password yes, set just now" in page.words
    assert "Passkeys 2, added just now , the last one just now" in page.words
    assert "Authenticator apps none" in page.words
    assert "Confirmed addresses none" in page.words
    assert "operator's site" not in page.words
    assert "Zora" not in page.text


def test_account_page_of_an_operator_counts_their_passkeys_of_this_site(place: Place) -> None:
    """Beside those of the public site, which are others."""
    page = account_page(place, "Looker")
    assert "Passkeys none" in page.words
    assert "Passkeys of the operator's site 1, enrolled just now" in page.words


def test_account_page_says_by_what_and_from_where_somebody_is_signed_in(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Browser, proof in words, coarse network, whether it is kept, and its wikis."""
    open_session_of(admin, place.ids["Ada"], wiki)
    admin.execute(
        "UPDATE vault.sessions SET network = '192.0.2.0/24', kept = true, amr = '{pwd,otp,mfa}'"
        " WHERE kind = 'web'"
    )
    words = account_page(place).words
    assert "Firefox on Android by password and code · network 192.0.2.0/24" in words
    assert "stays signed in Wikis: English" in words


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("done_at = now()", "English : told"),
        ("last_error = 'timed_out'", "English : not told yet; it is tried again timed_out"),
        ("buried_at = now(), last_error = 'refused'", "English : given up refused"),
    ],
)
def test_account_page_says_which_wikis_learnt_of_a_logout(
    place: Place, wiki: str, admin: psycopg.Connection, columns: str, said: str
) -> None:
    """A session that ended just now: whom that has reached, and what stands in the way."""
    open_session_of(admin, place.ids["Ada"], wiki)
    admin.execute(
        "INSERT INTO vault.outbox (kind, account_id, payload) SELECT 'backchannel_logout',"
        " account_id, jsonb_build_object('sid', sid, 'client_id', %s::text) FROM vault.sessions",
        [wiki],
    )
    admin.execute(f"UPDATE vault.outbox SET {columns}")
    assert "Ended in the last hour" not in account_page(place).words
    admin.execute("UPDATE vault.sessions SET ended_at = now() WHERE kind = 'web'")
    page = account_page(place, by="Chief")
    assert "Ended in the last hour Firefox on Android" in page.words
    assert said in page.words


def test_account_page_lists_letters_and_what_became_of_them(
    place: Place, admin: psycopg.Connection
) -> None:
    """What each was, its reference, and whether it went; never to whom nor what it said."""
    a_letter(admin, place.ids["Chief"])
    assert "Letters of the last month None." in account_page(place).words
    job = a_letter(admin, place.ids["Ada"])
    browser = place.signed_in("Locker")
    path = f"/admin/accounts/{place.ids['Ada']}/"
    assert "Your password was changed Waits Reference: WXYZ-9876 written" in browser.get(path).words
    admin.execute(
        "UPDATE vault.outbox SET buried_at = now(), last_error = 'recipient_refused' WHERE id = %s",
        [job],
    )
    page = browser.get(path)
    assert "Given up Reference: WXYZ-9876 · recipient_refused" in page.words
    assert f'"/admin/outbox/{job}/"' in page.text
    assert browser.get(f"/admin/outbox/{job}/").status == 200
    admin.execute("UPDATE vault.outbox SET buried_at = NULL, last_error = NULL, done_at = now()")
    page = browser.get(path)
    assert "Reference: WXYZ-9876 sent just now" in page.words
    assert "Zora" not in page.text
    assert "zora" not in page.text
