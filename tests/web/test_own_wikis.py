"""The account page's list of wikis that know one, and taking that back."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.database.asking import ask as sql
from tests.database.asking import value
from tests.web.consenting import agree, is_asked
from tests.web.markup import Page
from tests.web.people import Answer, Browser, WikiClient, answer_of, ask, tokens_for
from tests.web.test_session_statements import sent
from tests.web.test_userinfo import is_invalid_token, userinfo

Wikis = Callable[..., WikiClient]
ALL = "openid profile email offline_access"
LIST, WITHDRAW = "/account/wikis", "/account/wikis/withdraw"


@pytest.fixture
def foreign(add_wiki: Wikis, unlimited: None) -> WikiClient:
    """A wiki of somebody else's that may ask for everything."""
    return add_wiki("Foreign wiki", first_party=False, scope=ALL)


def texts(page: Answer) -> str:
    """What stands on a page to read, its spaces made one."""
    return " ".join(Page(page.content.decode()).all("main")[0].text.split())


def withdraw(browser: Browser, client_id: str) -> Answer:
    """Takes it back as the pages lead one to."""
    asked = browser.get(WITHDRAW, {"wiki": client_id})
    return browser.submit(asked, WITHDRAW, wiki=client_id)


def told(admin: psycopg.Connection) -> list[Any]:
    """What waits to be said to wikis about the end of sign-ins."""
    return sql(
        admin, "SELECT payload, account_id FROM vault.outbox WHERE kind = 'backchannel_logout'"
    )


def test_list_says_which_wikis_know_what_since_when(
    grace: Browser, foreign: WikiClient, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """Name, host, each thing; the family's own are not among them, nor those of other people."""
    add_wiki("Unknown wiki", first_party=False)
    assert "No wiki but our own knows you" in texts(grace.get(LIST))
    tokens_for(grace, wiki)
    agree(grace, foreign, scope="openid profile email")
    said = texts(grace.get(LIST))
    for words in (
        "Foreign wiki foreign.wiki.example",
        "that it is you, your user name, your e-mail address",
        "You agreed just now, and were there last just now",
        "Take it back",
    ):
        assert words in said, (words, said)
    assert "while you are away" not in said
    assert "English wiki" not in said
    other = Browser()
    other.sign_up("Heidi")
    assert "No wiki but our own knows you" in texts(other.get(LIST))


def test_account_page_leads_to_the_list(grace: Browser) -> None:
    """One row of the overview."""
    links = [one.get("href") for one in Page(grace.get("/account/").content.decode()).all("a")]
    assert LIST in links


def test_taking_back_says_first_what_happens(grace: Browser, foreign: WikiClient) -> None:
    """The page before it does nothing, and tells of a wiki that knows one alone."""
    agree(grace, foreign)
    page = grace.get(WITHDRAW, {"wiki": foreign.client_id})
    for words in ("Should Foreign wiki know you no more?", "foreign.wiki.example", "sign you out"):
        assert words in texts(page)
    for other in ("", "no-such-wiki", "\N{SNOWMAN}", "x" * 3000):
        answer = grace.get(WITHDRAW, {"wiki": other})
        assert (answer.status_code, "does not know you" in texts(answer)) == (200, True)
    assert "code" in answer_of(ask(grace, foreign, prompt="none"))


def test_taken_back_kills_all_that_the_wiki_was_given_and_tells_it(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """Refresh, userinfo, introspection, codes: at once; and the wiki hears of its sign-in's end."""
    code = answer_of(agree(grace, foreign, scope=ALL))["code"]
    tokens = foreign.redeem(code).json()
    assert userinfo(tokens["access_token"]).status_code == 200
    unused = answer_of(ask(grace, foreign))["code"]
    done = withdraw(grace, foreign.client_id)
    assert (done.status_code, done.headers["Location"]) == (303, LIST)
    assert is_invalid_token(userinfo(tokens["access_token"]))
    for refused in (foreign.refresh(tokens["refresh_token"]), foreign.redeem(unused)):
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert foreign.introspect(token).json() == {"active": False}
    [job] = told(admin)
    account, sid = admin.execute("SELECT account_id, sid FROM vault.sessions").fetchone() or ()
    said = job["payload"]
    assert (said["client_id"], said["sid"], said["sub"]) == (
        foreign.client_id,
        str(sid),
        str(account),
    )
    assert "No wiki but our own knows you" in texts(grace.get(LIST))
    assert is_asked(ask(grace, foreign))
    assert answer_of(ask(grace, foreign, prompt="none"))["error"] == "consent_required"


def test_taken_back_leaves_other_wikis_and_other_people_alone(
    grace: Browser, foreign: WikiClient, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """Each consent is one person's to one wiki."""
    second = add_wiki("Second wiki", first_party=False, scope=ALL)
    heidi = Browser()
    heidi.sign_up("Heidi")
    for browser, one in ((grace, foreign), (grace, second), (heidi, foreign)):
        agree(browser, one)
    tokens = [
        tokens_for(browser, one)["access_token"]
        for browser, one in ((grace, second), (heidi, foreign), (grace, wiki))
    ]
    withdraw(grace, foreign.client_id)
    assert [userinfo(token).status_code for token in tokens] == [200] * 3
    assert "Second wiki" in texts(grace.get(LIST))
    assert "code" in answer_of(ask(heidi, foreign, prompt="none"))


def test_taken_back_twice_or_by_nobody_does_nothing(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """Another tab was faster; a name of no wiki; no session; no token of the page's."""
    agree(grace, foreign)
    page = grace.get(WITHDRAW, {"wiki": foreign.client_id})
    bare = grace.post(WITHDRAW, {"wiki": foreign.client_id}, headers={"origin": "https://auth"})
    assert bare.status_code == 403
    for other in ("", "no-such-wiki", "\N{SNOWMAN}", "x" * 3000):
        assert grace.submit(page, WITHDRAW, wiki=other).status_code == 303
    assert value(admin, "SELECT count(*) FROM vault.consents") == 1
    stranger = Browser()
    led = stranger.get(WITHDRAW, {"wiki": foreign.client_id})
    assert led.headers["Location"] == "/login?page=wikis"
    for _ in range(2):
        assert grace.submit(page, WITHDRAW, wiki=foreign.client_id).status_code == 303
    tag = "account:consent:withdrawn"
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag = %s", tag) == 1


def test_given_and_taken_back_stand_in_what_happened(grace: Browser, foreign: WikiClient) -> None:
    """With the wiki's name."""
    agree(grace, foreign)
    withdraw(grace, foreign.client_id)
    said = texts(grace.get("/account/activity"))
    assert "You let a wiki know who you are" in said
    assert "You took back what a wiki may know of you" in said
    assert "Foreign wiki" in said


def test_wiki_whose_registration_is_not_ours_can_still_be_told_no(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """By its client id: a broken row must not keep anybody from taking back their word."""
    agree(grace, foreign)
    admin.execute("UPDATE vault.wikis SET name = 'Bank' WHERE NOT first_party")
    said = texts(grace.get(LIST))
    assert foreign.client_id in said
    assert "Bank" not in said
    withdraw(grace, foreign.client_id)
    assert value(admin, "SELECT count(*) FROM vault.consents") == 0


def test_pages_cost_the_same_statements_however_many_wikis(
    grace: Browser, foreign: WikiClient, add_wiki: Wikis
) -> None:
    """Consents and registrations, two questions for all of them; taking back is one."""
    agree(grace, foreign)
    for number in ("One", "Two", "Three"):
        agree(grace, add_wiki(f"{number} wiki", first_party=False))
    listed = ["resume_session", "list_consents", "consented_wikis"]
    assert sent(lambda: grace.get(LIST), status=200) == listed
    page = grace.get(WITHDRAW, {"wiki": foreign.client_id})
    chosen = {"wiki": foreign.client_id}
    assert sent(lambda: grace.get(WITHDRAW, chosen), status=200) == listed
    assert sent(lambda: grace.submit(page, WITHDRAW, **chosen), status=303) == [
        "resume_session",
        "withdraw_consent",
    ]
