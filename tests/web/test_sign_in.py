"""Signing in: the same work and words for every name (V-enum), and what it costs (V-dos)."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.web.counting import counted_hashes, counted_sql
from tests.web.people import PASSWORD, Browser, WikiClient, ask, code_for
from vault.connection import counted_statements

Wikis = Callable[..., WikiClient]

# Names that cannot be anybody's, and so are asked for as one that nobody has.
UNKNOWN = ("Nobody", "nobody else", "\u0416\u0443\u043a", "a" * 900, "#", "<b>", "127.0.0.1", " ")


@pytest.fixture
def member(browser: Browser) -> str:
    """The name of somebody who has an account and is signed in nowhere."""
    browser.sign_up("Grace")
    browser.forget_everything()
    return "Grace"


def shown(page: Any) -> str:
    """What a page says, without what differs each time: tokens, flow, challenge, name."""
    html = page.content.decode()
    html = re.sub(r'<bdi class="code">[0-9A-Z]{4}-[0-9A-Z]{4}</bdi>', "", html)
    html = re.sub(r"&quot;challenge&quot;: &quot;[^&]*&quot;", "", html)
    html = re.sub(r'name="(csrfmiddlewaretoken|flow)" value="[^"]*"', r'name="\1"', html)
    return re.sub(r'(name="username" value=)"[^"]*"', r"\1", html)


@pytest.mark.usefixtures("unlimited")
def test_sign_in_with_a_wrong_password_looks_and_costs_the_same_for_every_name(
    browser: Browser, member: str
) -> None:
    """V-enum: status, headers, words, statements to the vault and hashes do not tell who exists."""
    seen = {}
    for name in (member, "grace", *UNKNOWN):
        page = browser.get("/login")
        with counted_statements() as statements, counted_hashes() as hashes:
            answer = browser.submit(page, "/login", username=name, password="wrong password")
        headers = {k: v for k, v in answer.headers.items() if k != "Content-Length"}
        seen[name] = (
            answer.status_code,
            shown(answer),
            headers,
            list(statements),
            list(hashes),
        )
    status, html, _headers, statements, hashes = seen[member]
    assert status == 200
    assert "do not go together" in html
    assert (len(statements), len(hashes)) == (2, 1)
    different = [name for name, one in seen.items() if one != seen[member]]
    assert different == []


@pytest.mark.usefixtures("unlimited")
def test_sign_in_guessed_too_often_has_to_wait_alike_for_every_name(
    browser: Browser, member: str
) -> None:
    """V-enum, V-limit: the budget of a name that nobody has ends like that of one somebody has."""
    seen = {}
    for name in (member, "Nobody", "#"):
        answers = []
        for _ in range(12):
            page = browser.get("/login")
            answers.append(browser.submit(page, "/login", username=name, password="wrong"))
        seen[name] = [answer.status_code for answer in answers]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert seen[member] == [200] * 10 + [429] * 2
    assert set(map(tuple, seen.values())) == {tuple(seen[member])}


def test_sign_in_within_the_wait_does_not_try_the_right_password(
    browser: Browser, member: str
) -> None:
    """A guess that is not paid for is not judged, right or wrong."""
    for _ in range(10):
        browser.sign_in(member, "wrong")
    refused = browser.sign_in(member)
    assert refused.status_code == 429
    assert browser.get("/account/").status_code == 303


def test_sign_in_to_a_locked_account_says_so_whatever_the_password(
    browser: Browser, member: str, admin: psycopg.Connection
) -> None:
    """V-disabled: told alike to its owner and to strangers, and no session is opened."""
    admin.execute("UPDATE vault.accounts SET state = 'locked'")
    answers = [browser.sign_in(member, password) for password in (PASSWORD, "wrong password")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert len({shown(answer) for answer in answers}) == 1
    assert browser.get("/account/").status_code == 303


@pytest.mark.parametrize("typed", ["grace", "Grace", "  Grace ", "_Grace_", "\u200eGrace"])
def test_sign_in_by_any_spelling_of_the_name_is_the_same_account(
    browser: Browser, member: str, typed: str
) -> None:
    """V-limit: MediaWiki's rules, so all spellings share one account and one budget."""
    assert browser.sign_in(typed).status_code == 303


@pytest.mark.parametrize(
    "password",
    [
        "",
        " ",
        PASSWORD.upper(),
        PASSWORD + " ",
        PASSWORD[:-1],
        PASSWORD + "\u0301",
        "\ufffd" * 20,
        "a" * 4096,
    ],
    ids=range(8),
)
def test_sign_in_with_a_password_that_is_nearly_right_is_refused(
    browser: Browser, member: str, password: str
) -> None:
    """V-blank: nothing is trimmed, folded or cut, and nothing is no password."""
    assert browser.sign_in(member, password).status_code == 200
    assert browser.get("/account/").status_code == 303


@pytest.mark.parametrize("fields", [{}, {"username": ""}, {"password": PASSWORD}])
def test_sign_in_with_a_missing_field_asks_for_it_and_hashes_nothing(
    browser: Browser, member: str, fields: dict[str, str]
) -> None:
    """V-step-skip: an empty POST is no step forward."""
    page = browser.get("/login")
    with counted_hashes() as hashes:
        answer = browser.submit(page, "/login", **fields)
    assert answer.status_code == 200
    assert hashes == []
    assert browser.get("/account/").status_code == 303


@pytest.mark.parametrize("path", ["/login", "/signup", "/account/password"])
@pytest.mark.parametrize("character", ["a", "\u00e9", "\U0001f511"])
def test_password_over_4096_bytes_is_refused_before_any_hashing(
    browser: Browser, path: str, character: str
) -> None:
    """V-dos: the limit counts bytes, and comes first; at the limit a password is hashed."""
    browser.sign_up("Grace")
    size = len(character.encode())
    for password, hashed in (
        (character * (4096 // size + 1), False),
        (character * (4096 // size), path == "/login"),
    ):
        client = browser if path == "/account/password" else Browser()
        page = client.get(path)
        fields = {"username": "Grace", "password": password}
        if path == "/account/password":
            fields = {"current_password": password, "new_password": password}
        with counted_hashes() as hashes:
            answer = client.submit(page, path, **fields)
        assert answer.status_code == 200
        if hashed:
            assert len(hashes) == 1
        elif len(password.encode()) > 4096:
            assert hashes == []


@pytest.mark.parametrize("path", ["/login", "/signup", "/account/password", "/oauth/token"])
def test_body_over_64_kilobytes_is_refused_before_any_hashing(browser: Browser, path: str) -> None:
    """V-dos: whatever is in it."""
    browser.sign_up("Grace")
    with counted_hashes() as hashes, counted_sql() as statements:
        answer = browser.post(path, {"username": "Grace", "password": "x" * 66_000})
    assert answer.status_code == 413
    assert (hashes, statements) == ([], [])


def test_sign_in_again_after_signing_in_goes_to_the_account(browser: Browser) -> None:
    """Nobody signed in is asked to sign in; the page they were going to is kept."""
    browser.sign_up("Grace")
    assert browser.get("/login").headers["Location"] == "/account/"
    assert browser.get("/login?page=password").headers["Location"] == "/account/password"


def test_sign_in_leads_to_the_page_that_asked_for_it(browser: Browser, member: str) -> None:
    """From a page that needs a session, back to that page."""
    sent = browser.get("/account/password")
    assert sent.headers["Location"] == "/login?page=password"
    page = browser.get(sent.headers["Location"])
    done = browser.submit(page, "/login", username=member, password=PASSWORD)
    assert done.headers["Location"] == "/account/password"


def test_session_cookie_is_host_bound_and_ends_with_the_browser_unless_kept(
    browser: Browser, member: str
) -> None:
    """ASVS 3.3: __Host-, Secure, HttpOnly, SameSite; NIST 5.1.1: lasting only where asked."""
    for keep, lasts in (({}, ""), ({"keep": "on"}, 31_536_000)):
        visitor = Browser()
        visitor.sign_in(member, **keep)
        cookie = visitor.cookies["__Host-session"]
        assert (cookie["secure"], cookie["httponly"]) == (True, True)
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
        assert cookie["max-age"] == lasts
        assert len(cookie.value) == 43


def test_sign_in_too_often_from_one_network_has_to_wait(
    browser: Browser, member: str, settings: Any
) -> None:
    """stuffing-1: 429 with Retry-After, before any hashing."""
    settings.RATE_SIGN_IN = "3/h"
    for number in range(3):
        assert browser.sign_in(f"Nobody {number}", "wrong").status_code == 200
    with counted_hashes() as hashes:
        refused = browser.sign_in(member)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert hashes == []


# --- What it costs -----------------------------------------------------------------------------


def test_silent_sign_in_takes_five_statements_at_most(browser: Browser, wiki: WikiClient) -> None:
    """Authorize and token together, with everything that this process remembers forgotten."""
    from vault import signing_keys, wikis

    browser.sign_up("Grace")
    wikis.forget()
    signing_keys.forget()
    with counted_sql() as statements:
        code = code_for(browser, wiki)
        redeemed = wiki.redeem(code)
    assert redeemed.status_code == 200
    assert len(statements) <= 5, statements


@pytest.mark.parametrize("circumstance", ["signed out", "signed in before"])
def test_password_sign_in_takes_seven_statements_at_most(
    browser: Browser, member: str, wiki: WikiClient, circumstance: str
) -> None:
    """From the form's POST to the code, limits included, the wiki not remembered.

    A process that has not met this network in the running minute asks the counters once more, which
    only somebody who is signed in already can add to seven.
    """
    from vault import wikis

    if circumstance == "signed in before":
        browser.sign_in(member)
    page = ask(browser, wiki, prompt="login")
    wikis.forget()
    with counted_sql() as statements:
        done = browser.submit(page, "/login", username=member, password=PASSWORD)
    assert "code=" in done.headers["Location"]
    assert len(statements) <= 7, statements
