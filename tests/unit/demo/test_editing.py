"""Editing in a demo wiki: who may, what is kept, and that nothing typed is lost or run."""

import re
import time
from html import unescape

import httpx

from .openid_provider import OpenIDProvider
from .test_sign_in import shown_name
from .wiki_process import Browser, WikiProcess


def typed_text(page: httpx.Response) -> str:
    """What stands in the page's text area."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    return unescape(found[1]) if found else ""


def saved(wiki: WikiProcess, title: str) -> list[tuple[str, str | None]]:
    """The texts of a page, oldest first, with their authors' names."""
    return wiki.rows(
        """SELECT r.text, a.name FROM wiki_revision r JOIN wiki_page p ON p.id = r.page_id
        LEFT JOIN wiki_account a ON a.id = r.author_id WHERE p.title = ? ORDER BY r.number""",
        title,
    )


def end_sessions(wiki: WikiProcess) -> None:
    """Lets every session's time run out."""
    wiki.rows("UPDATE wiki_session SET expires = '2020-01-01 00:00:00'")


def test_edit_saved_shows_the_text_and_its_author_in_the_history(
    wiki: WikiProcess, signed_in: Browser
) -> None:
    """A saved text is read at once, and the history names who wrote it."""
    form = signed_in.get(f"{wiki.origin}/edit/Fog_signal")
    page = signed_in.submit(form, "/edit/", text="It goes ''boo''.", summary="first words")
    assert page.url.path == "/wiki/Fog_signal"
    assert "<p>It goes <i>boo</i>.</p>" in page.text
    history = signed_in.get(f"{wiki.origin}/history/Fog_signal").text
    assert '<bdi class="author">Alice</bdi>' in history
    assert "first words" in history
    difference = signed_in.get(f"{wiki.origin}/history/Fog_signal/1").text
    assert "<ins>It goes" in difference


def test_edit_by_an_anonymous_reader_offers_to_sign_in(wiki: WikiProcess, browser: Browser) -> None:
    """Without a session there is no edit form, but the way to one."""
    page = browser.get(f"{wiki.origin}/edit/Tide")
    assert page.status_code == 403
    assert "Sign in to edit" in page.text
    assert "<textarea" not in page.text


def test_save_after_the_session_expired_keeps_the_text_through_sign_in(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """An expired session saves nothing, says so, and the text comes along to the next session."""
    form = signed_in.get(f"{wiki.origin}/edit/Pier")
    end_sessions(wiki)
    text = "A long & careful text.\n\n  <b>Indented</b>"
    refused = signed_in.submit(form, "/edit/", text=text, summary="begun")
    assert refused.status_code == 403
    assert "Your session has ended" in refused.text
    assert typed_text(refused) == text
    assert saved(wiki, "Pier") == []

    again = signed_in.submit(refused, "/auth/login")
    assert again.url.path == "/edit/Pier"
    assert shown_name(again) == "Alice"
    assert typed_text(again) == text
    assert 'value="begun"' in again.text
    assert saved(wiki, "Pier") == []
    signed_in.submit(again, "/edit/")
    assert saved(wiki, "Pier") == [(text, "Alice")]
    assert typed_text(signed_in.get(f"{wiki.origin}/edit/Pier")) == text
    assert wiki.rows("SELECT * FROM wiki_draft") == []


def test_kept_text_is_not_shown_to_another_browser(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """A text on its way through sign-in belongs to the browser it was typed in."""
    form = signed_in.get(f"{wiki.origin}/edit/Quay")
    end_sessions(wiki)
    signed_in.submit(signed_in.submit(form, "/edit/", text="private so far"), "/auth/login")
    other = Browser()
    other.get(f"{wiki.origin}/auth/login")
    assert typed_text(other.get(f"{wiki.origin}/edit/Quay")) == ""


def test_expired_text_while_the_provider_is_away_stays_on_the_page(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """Not even an unreachable sign-in site loses a typed text."""
    form = signed_in.get(f"{wiki.origin}/edit/Buoy")
    end_sessions(wiki)
    refused = signed_in.submit(form, "/edit/", text="still here")
    provider.stop()
    time.sleep(3.2)
    page = signed_in.submit(refused, "/auth/login")
    assert page.status_code == 503
    assert typed_text(page) == "still here"


def test_save_without_the_form_token_saves_nothing_and_shows_the_text(
    wiki: WikiProcess, signed_in: Browser
) -> None:
    """Another site cannot edit in somebody's name; a person whose cookies went keeps the words."""
    page = signed_in.post(f"{wiki.origin}/edit/Wreck", data={"text": "mine", "base": "0"})
    assert page.status_code == 403
    assert typed_text(page) == "mine"
    assert "<button" not in page.text.partition("<main")[2]
    assert saved(wiki, "Wreck") == []


def test_save_over_a_newer_text_is_a_conflict_that_keeps_both(
    wiki: WikiProcess, signed_in: Browser
) -> None:
    """Whoever saves second is shown the other's text, and overwrites only knowingly."""
    forms = [signed_in.get(f"{wiki.origin}/edit/Jetty") for _ in range(2)]
    signed_in.submit(forms[0], "/edit/", text="first")
    page = signed_in.submit(forms[1], "/edit/", text="second")
    assert "Somebody else saved this page" in page.text
    assert typed_text(page) == "second"
    assert "<pre>first</pre>" in page.text
    signed_in.submit(page, "/edit/", text="first and second")
    assert [text for text, _ in saved(wiki, "Jetty")] == ["first", "first and second"]


def test_empty_text_is_refused_in_words(wiki: WikiProcess, signed_in: Browser) -> None:
    """An empty page is an error that says what to do."""
    form = signed_in.get(f"{wiki.origin}/edit/Shoal")
    page = signed_in.submit(form, "/edit/", text="  \n ")
    assert "<title>Error: " in page.text
    assert saved(wiki, "Shoal") == []


def test_hostile_text_and_name_are_shown_not_run(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """Whatever is typed, or comes as a name, reaches the page escaped."""
    evil = "<script>alert(1)</script>\n\n[[javascript:alert(1)|<img src=x onerror=1>]] ''<i>''"
    provider.does.id_token_lies = {"preferred_username": "<svg onload=1>"}
    browser.get(f"{wiki.origin}/auth/login")
    form = browser.get(f"{wiki.origin}/edit/Reef")
    page = browser.submit(form, "/edit/", text=evil, summary="<u>")
    pages = page.text + browser.get(f"{wiki.origin}/history/Reef").text
    pages += browser.get(f"{wiki.origin}/history/Reef/1").text
    for forbidden in ("<script", "<img", "<svg", "<u>", 'href="javascript'):
        assert forbidden not in pages
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_strange_addresses_are_pages_not_crashes(wiki: WikiProcess, signed_in: Browser) -> None:
    """What cannot be a page is answered kindly with 4xx."""
    paths = [
        "/wiki/%00",
        "/wiki/a%7Cb",
        "/edit/%3Cb%3E",
        "/history/Nowhere",
        "/nowhere",
        "/history/Tide/99999999999999999999",
        "/mail/..%2Fen.sqlite3",
        "/edit?title=%3C",
        "/auth/callback?state=%00",
        "/auth/callback?state=\ud83d",
    ]
    for path in paths:
        status = signed_in.get(wiki.origin + path.encode("utf-8", "replace").decode()).status_code
        assert status in {200, 400, 404}, path
