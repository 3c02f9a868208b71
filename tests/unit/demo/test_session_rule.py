"""A demo wiki's sessions by the rule: live without asking, refreshed, unsure for a while, ended."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .openid_provider import ALICE, OpenIDProvider, Person
from .test_editing import saved, typed_text
from .test_sign_in import shown_name
from .wiki_process import Browser, WikiProcess

PROGRAM = {"Accept": "*/*"}  # a request that is not led through a silent sign-in


def age(wiki: WikiProcess, seconds: int) -> None:
    """Makes every session's access token older."""
    wiki.rows(
        "UPDATE wiki_session SET claims = json_set(claims,"
        " '$.iat', json_extract(claims, '$.iat') - ?, '$.exp', json_extract(claims, '$.exp') - ?)",
        *(seconds, seconds),
    )


def forget_failure(wiki: WikiProcess) -> None:
    """Lets the pause after a failure go by."""
    wiki.rows("UPDATE wiki_session SET failed_at = failed_at - 10")


def name_at(browser: Browser, wiki: WikiProcess) -> str | None:
    """Whom the wiki takes this browser for, without asking anybody silently."""
    return shown_name(browser.get(f"{wiki.origin}/pages", headers=PROGRAM))


def test_page_with_a_live_token_makes_no_call(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """Reading and writing go on without the auth site, which may as well be away."""
    asked = len(provider.requests)
    provider.stop()
    for _ in range(5):
        assert name_at(signed_in, wiki) == "Alice"
    form = signed_in.get(f"{wiki.origin}/edit/Beacon")
    signed_in.submit(form, "/edit/", text="lit")
    assert saved(wiki, "Beacon") == [("lit", "Alice")]
    assert len(provider.requests) == asked


def test_session_whose_token_is_over_goes_on_after_one_call(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """The cookie stays, no redirect is seen, and the tokens are new."""
    [before] = wiki.rows("SELECT digest, refresh_token FROM wiki_session")
    age(wiki, 600)
    page = signed_in.get(f"{wiki.origin}/wiki/Tide")
    assert (shown_name(page), page.history) == ("Alice", [])
    assert name_at(signed_in, wiki) == "Alice"
    assert provider.refreshes() == 1
    [after] = wiki.rows("SELECT digest, refresh_token FROM wiki_session")
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_page_and_its_pictures_at_once_make_one_call(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """A burst of requests just after the token's end."""
    age(wiki, 600)
    with ThreadPoolExecutor(12) as pool:
        names = list(pool.map(lambda _n: name_at(signed_in, wiki), range(12)))
    assert names == ["Alice"] * 12
    assert provider.refreshes() == 1
    age(wiki, 600)
    for path in ("/style.css", "/icon.svg", "/health"):
        assert signed_in.get(f"{wiki.origin}{path}").status_code == 200
    assert provider.refreshes() == 1


def test_wiki_that_was_never_told_of_a_logout_learns_of_it_by_asking(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """Stopped while the logout was sent: the next refresh says no, and an edit is not anonymous."""
    form = signed_in.get(f"{wiki.origin}/edit/Mooring")
    wiki.stop()
    provider.forget(ALICE)
    wiki.start()
    age(wiki, 600)
    refused = signed_in.submit(form, "/edit/", text="typed meanwhile")
    assert refused.status_code == 403
    assert "Your session has ended" in refused.text
    assert typed_text(refused) == "typed meanwhile"
    assert saved(wiki, "Mooring") == []
    assert wiki.rows("SELECT * FROM wiki_session") == []


def test_session_refused_leads_a_reader_round_no_loop(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """One silent question, then the page; whoever is still signed in there is known again."""
    age(wiki, 600)
    provider.does.refusal = (400, {"error": "invalid_grant"})
    page = signed_in.get(f"{wiki.origin}/wiki/Tide")
    assert (page.url.path, shown_name(page)) == ("/wiki/Tide", "Alice")
    assert len(page.history) == 3
    assert not signed_in.get(f"{wiki.origin}/wiki/Tide").history
    provider.forget(ALICE)
    age(wiki, 600)
    page = signed_in.get(f"{wiki.origin}/wiki/Tide")
    assert (page.url.path, shown_name(page), page.status_code) == ("/wiki/Tide", None, 200)
    assert not signed_in.get(f"{wiki.origin}/wiki/Tide").history


@pytest.mark.parametrize("trouble", [None, (503, {"error": "busy"}), (502, "proxy")])
def test_provider_in_trouble_lets_people_read_and_not_write(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser, trouble: Any
) -> None:
    """Nobody is signed out by it, nothing typed is lost, and it mends by itself."""
    form = signed_in.get(f"{wiki.origin}/edit/Sluice")
    age(wiki, 600)
    provider.does.refusal = trouble
    if trouble is None:
        provider.stop()
    assert name_at(signed_in, wiki) == "Alice"
    refused = signed_in.submit(form, "/edit/", text="not lost")
    assert refused.status_code == 503
    assert "does not answer" in refused.text
    assert typed_text(refused) == "not lost"
    assert saved(wiki, "Sluice") == []
    provider.start()
    provider.does.refusal = None
    forget_failure(wiki)
    signed_in.submit(form, "/edit/", text="not lost")
    assert saved(wiki, "Sluice")[-1:] == [("not lost", "Alice")]
    wiki.rows("DELETE FROM wiki_revision WHERE text = 'not lost'")


def test_provider_away_for_longer_than_is_allowed_ends_the_session(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """A quarter of an hour after the token's end, also for reading under one's name."""
    provider.stop()
    age(wiki, 600 + 880)
    assert name_at(signed_in, wiki) == "Alice"
    age(wiki, 20)
    forget_failure(wiki)
    assert name_at(signed_in, wiki) is None
    assert wiki.rows("SELECT * FROM wiki_session") == []


@pytest.mark.parametrize(("epoch", "bob_stays"), [((2, 1), False), ((1, 2), True)])
def test_higher_epoch_in_anybodys_token_ends_what_is_older(
    wiki: WikiProcess,
    provider: OpenIDProvider,
    signed_in: Browser,
    epoch: tuple[int, int],
    bob_stays: bool,
) -> None:
    """The account's ends that person's older sessions, the site's everybody's."""
    provider.does.signed_in = Person(sub="sub-bob", name="Bob", sid="sid-bob")
    bob = Browser()
    bob.get(f"{wiki.origin}/auth/login")
    provider.does.epoch = epoch
    provider.does.signed_in = Person(sub=ALICE.sub, name="Alice", sid="sid-alice-2")
    again = Browser()
    again.get(f"{wiki.origin}/auth/login")
    assert name_at(signed_in, wiki) is None
    assert (name_at(bob, wiki) == "Bob") == bob_stays
    assert name_at(again, wiki) == "Alice"


def test_tokens_are_on_the_server_alone(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """The browser has a random cookie; neither page, cookie nor log has a token, nor the secret."""
    age(wiki, 600)
    page = signed_in.get(f"{wiki.origin}/wiki/Tide")
    [(digest, refresh_token, id_token, claims)] = wiki.rows(
        "SELECT digest, refresh_token, id_token, claims FROM wiki_session"
    )
    assert json.loads(claims)["sub"] == ALICE.sub
    kept = signed_in.cookies_of("en.wiki.localhost")
    seen = page.text + str(page.headers) + str(kept) + wiki.log()
    for secret in (refresh_token, id_token, digest):
        assert secret
        assert secret not in seen
    assert kept["__Host-wiki-session"] not in str(wiki.rows("SELECT * FROM wiki_session"))


def test_clock_that_was_later_before_revives_no_session(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """What was seen over stays over: the latest time is kept, and the provider is asked."""
    wiki.rows("UPDATE wiki_seen SET latest_time = ?", int(time.time()) + 700)
    provider.stop()
    form = signed_in.get(f"{wiki.origin}/edit/Lock")
    assert signed_in.submit(form, "/edit/", text="x").status_code == 503
    assert saved(wiki, "Lock") == []
    provider.start()
    forget_failure(wiki)
    assert name_at(signed_in, wiki) == "Alice"  # its answer puts the clock right again
