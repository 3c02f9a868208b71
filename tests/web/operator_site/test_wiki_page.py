"""A wiki's page and the list of wikis: when it was last used, and whether it hears of logouts."""

import psycopg

from tests.web.operator_site.place import Place

URI = "https://en.wiki.example/logout"


def asks_to_be_told(admin: psycopg.Connection) -> None:
    """The wiki has an address for logouts."""
    admin.execute("UPDATE vault.wikis SET backchannel_logout_uri = %s", [URI])


def logouts(admin: psycopg.Connection, wiki: str, columns: str, times: int = 1) -> None:
    """Logouts of a wiki in some state."""
    admin.execute(
        "INSERT INTO vault.outbox (kind, payload) SELECT 'backchannel_logout',"
        " jsonb_build_object('client_id', %s::text) FROM generate_series(1, %s)",
        [wiki, times],
    )
    admin.execute(
        f"UPDATE vault.outbox SET {columns} WHERE done_at IS NULL AND buried_at IS NULL"
        " AND last_error IS NULL"
    )


def test_wiki_that_was_never_used_says_so(place: Place, wiki: str) -> None:
    """On its page and in the list; one that asks for no word of logouts is said to."""
    browser = place.signed_in("Looker")
    words = browser.get(f"/admin/wikis/{wiki}/").words
    assert "Last signed in to never" in words
    assert "Last redeemed a code never" in words
    assert "Last told of a logout it did not ask to be told" in words
    assert "Logouts that wait" not in words
    assert "In service never used asks for none https://en.wiki.example" in (
        browser.get("/admin/wikis/").words
    )


def test_wiki_page_says_when_it_was_last_used_and_last_refused(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """What went well, and what did not and why."""
    admin.execute(
        "INSERT INTO vault.events (tag, client_id, at, detail) VALUES"
        " ('wiki:sign_in:issued', %(wiki)s, now() - interval '3 hours', '{}'),"
        " ('wiki:code:redeemed', %(wiki)s, now() - interval '2 hours', '{}'),"
        " ('wiki:refresh:rotated', %(wiki)s, now() - interval '1 hour', '{}'),"
        " ('wiki:code:refused', %(wiki)s, now(), '{\"why\": \"replayed\"}')",
        {"wiki": wiki},
    )
    browser = place.signed_in("Looker")
    words = browser.get(f"/admin/wikis/{wiki}/").words
    assert "Last signed in to 3 hours ago" in words
    assert "Last redeemed a code 2 hours ago" in words
    assert "Last refreshed tokens 1 hour ago" in words
    assert "Last refused just now replayed" in words
    assert "In service used 1 hour ago" in browser.get("/admin/wikis/").words


def test_wiki_that_hears_of_logouts_says_when_it_was_last_told(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Nothing waits, nothing was given up: there is no error to show."""
    asks_to_be_told(admin)
    logouts(admin, wiki, "done_at = now() - interval '2 hours'")
    browser = place.signed_in("Looker")
    words = browser.get(f"/admin/wikis/{wiki}/").words
    assert "Last told of a logout 2 hours ago Logouts that wait 0 Logouts given up 0" in words
    assert "Last error" not in words
    assert "told of one 2 hours ago" in browser.get("/admin/wikis/").words


def test_wiki_that_does_not_hear_of_logouts_is_seen_at_a_glance(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """How many wait, how many were given up, the last error, and the way to what was given up."""
    asks_to_be_told(admin)
    logouts(admin, wiki, "buried_at = now(), last_error = 'status_500'", 2)
    logouts(admin, wiki, "last_error = 'timed_out'", 3)
    browser = place.signed_in("Looker")
    page = browser.get(f"/admin/wikis/{wiki}/")
    assert "Last told of a logout never Logouts that wait 3 Logouts given up 2" in page.words
    assert "Last error timed_out" in page.words
    assert '"/admin/outbox/?state=dead"' in page.text
    assert "2 logouts given up 3 logouts wait" in browser.get("/admin/wikis/").words


def test_list_of_wikis_asks_for_all_last_calls_at_once(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Sixty wikis, fifty a page, each with its own numbers; one more on the next page."""
    admin.execute(
        "INSERT INTO vault.wikis (client_id, name, first_party, token_endpoint_auth_method,"
        " home_uri, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri,"
        " response_types, require_pkce, id_token_alg, scopes) SELECT 'w' || g,"
        " 'Wiki ' || lpad(g::text, 2, '0'), true, 'none', 'https://w.example', '{}', '{}', %s,"
        " '{code}', true, 'RS256', '{}' FROM generate_series(1, 60) g",
        [URI],
    )
    logouts(admin, "w7", "last_error = 'timed_out'", 4)
    logouts(admin, "w55", "last_error = 'timed_out'", 5)
    browser = place.signed_in("Looker")
    first, second = (browser.get(f"/admin/wikis/?p={page}").words for page in (1, 2))
    assert "Wiki 07 In service never used 4 logouts wait" in first
    assert "5 logouts" not in first
    assert "Wiki 55 In service never used 5 logouts wait" in second
