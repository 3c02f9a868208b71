"""Consent at wikis that are none of the family's own (OpenID Connect Core 1.0 section 3.1.2.4)."""

import html
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.database.asking import value
from tests.environment import ISSUER
from tests.web.consenting import PAGE, agree, decide, is_asked
from tests.web.letters import Mail
from tests.web.markup import Page
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    fields_of,
    form_action_of,
    hidden_fields,
)
from tests.web.test_session_statements import sent

Wikis = Callable[..., WikiClient]
ALL = "openid profile email offline_access"


@pytest.fixture
def foreign(add_wiki: Wikis, unlimited: None) -> WikiClient:
    """A wiki of somebody else's that may ask for everything."""
    return add_wiki("Foreign wiki", first_party=False, scope=ALL)


def texts(page: Any) -> str:
    """What stands on a page to read, its spaces made one."""
    return " ".join(Page(page.content.decode()).all("main")[0].text.split())


def given(admin: psycopg.Connection) -> Any:
    """The scopes of the one consent that there is; None without one."""
    return value(admin, "SELECT array_agg(scopes) FROM vault.consents")


# --- Asking ------------------------------------------------------------------------------------


def test_foreign_wiki_is_told_nothing_until_its_page_was_answered(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """The first time a page, then a code; and from then on nothing is asked."""
    page = ask(grace, foreign)
    assert is_asked(page)
    assert value(admin, "SELECT count(*) FROM vault.grants") == 0
    done = answer_of(decide(grace, page, "allow"))
    assert (done["state"], done["iss"]) == (foreign.state, ISSUER)
    tokens = foreign.redeem(done["code"]).json()
    assert claims_of(tokens["id_token"])["preferred_username"] == "Grace"
    assert given(admin) == [["openid", "profile"]]
    assert "code" in answer_of(ask(grace, foreign, prompt="none"))
    assert "code" in answer_of(ask(grace, foreign))


def test_foreign_wiki_after_a_sign_in_asks_within_the_same_flow(
    browser: Browser, foreign: WikiClient
) -> None:
    """The answer to the password is the page (200), and the answer to the page is the code."""
    Browser().sign_up("Grace")
    page = ask(browser, foreign)
    assert "to continue to" in texts(page)
    asked = browser.submit(page, "/login", username="Grace", password=PASSWORD)
    assert is_asked(asked)
    assert browser.get("/account/").status_code == 200, "the session is there, whatever comes"
    assert "code" in answer_of(decide(browser, asked, "allow"))


def test_foreign_wiki_after_a_sign_up_asks_within_the_same_flow(
    browser: Browser, foreign: WikiClient
) -> None:
    """A new account is no consent."""
    page = ask(browser, foreign, prompt="create")
    asked = browser.submit(page, "/signup", username="Grace", password=PASSWORD)
    assert "code" in answer_of(decide(browser, asked, "allow"))


def test_foreign_wiki_on_every_page_before_goes_by_its_host_as_well(
    browser: Browser, add_wiki: Wikis
) -> None:
    """Whatever it calls itself: the address where the answer goes is no matter of taste."""
    impostor = add_wiki(
        "English wiki", first_party=False, redirect_uris=["https://impostor.example/callback"]
    )
    assert "English wiki (impostor.example)" in texts(ask(browser, impostor))


def test_page_says_who_asks_who_one_is_and_each_thing_that_would_be_told(
    browser: Browser, add_wiki: Wikis, mail: Mail
) -> None:
    """Name and host, that it is not ours, the very values, for how long, and its policy."""
    foreign = add_wiki(
        "Foreign wiki", first_party=False, scope=ALL, policy_uri="https://foreign.wiki.example/p"
    )
    browser.sign_up("Grace", email="grace@example.org")
    page = ask(browser, foreign, scope=ALL)
    said = texts(page)
    for words in (
        "Let Foreign wiki know who you are?",
        "foreign.wiki.example",
        "not run by us",
        "signed in as Grace",
        "Your user name Grace",
        "Your e-mail address grace@example.org – not confirmed",
        "Keep you signed in there while you are away",
        "until you take it back",
    ):
        assert words in said, words
    (link,) = [one for one in Page(page.content.decode()).all("a") if one.get("href")[-2:] == "/p"]
    assert link.get("href") == "https://foreign.wiki.example/p"
    assert link.get("rel") == "noopener noreferrer"
    buttons = [(one.get("value"), one.text) for one in Page(page.content.decode()).all("button")]
    assert ("allow", "Let it know") in buttons
    assert ("deny", "Don’t") in buttons


def test_page_says_nothing_of_what_is_not_asked_for(grace: Browser, foreign: WikiClient) -> None:
    """Nor of an address that is not there."""
    said = texts(ask(grace, foreign, scope="openid"))
    assert "Your user name" not in said
    assert "e-mail" not in said
    assert "while you are away" not in said
    assert "You have given none here" in texts(ask(grace, foreign, scope="openid email"))


def test_wiki_without_the_profile_is_not_told_the_name(grace: Browser, foreign: WikiClient) -> None:
    """What the page does not say is in no token, no userinfo and no introspection either."""
    done = answer_of(agree(grace, foreign, scope="openid"))
    tokens = foreign.redeem(done["code"]).json()
    assert "preferred_username" not in claims_of(tokens["id_token"])
    assert "username" not in foreign.introspect(tokens["access_token"]).json()


def test_page_is_fit_for_nobody_else(grace: Browser, foreign: WikiClient) -> None:
    """No frame, no cache, and its form leads here or to that wiki alone."""
    page = ask(grace, foreign)
    assert form_action_of(page) == ["'self'", "https://foreign.wiki.example"]
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Cache-Control"].startswith("no-store")


def test_page_of_a_wiki_with_markup_for_a_name_shows_it_as_text(
    grace: Browser, add_wiki: Wikis
) -> None:
    """V-xss: name and policy are the wiki's own words; neither is markup, nor a script to run."""
    wiki = add_wiki(
        "<script>alert(1)</script>",
        first_party=False,
        client_uri="https://x.wiki.example/",
        redirect_uris=["https://x.wiki.example/callback"],
        backchannel_logout_uri="https://x.wiki.example/backchannel",
        post_logout_redirect_uris=[],
        policy_uri="https://x.wiki.example/?%22%3E%3Cscript%3E'onmouseover=alert(1)",
    )
    page = ask(grace, wiki)
    assert is_asked(page)
    assert "<script>alert" not in page.content.decode()
    assert "<script>alert(1)</script>" in html.unescape(page.content.decode())
    for address in ("/account/wikis", f"/account/wikis/withdraw?wiki={wiki.client_id}"):
        agree(grace, wiki, prompt="consent")
        own = grace.get(address).content.decode()
        assert "<script>alert" not in own
        assert "alert(1)" in own
        for link in Page(own).all("a"):
            assert not [name for name in link.attributes if name.startswith("on")]
            assert link.get("href").startswith(("/", "https://x.wiki.example/", "mailto:"))


# --- Growing, and asking once more -------------------------------------------------------------


def test_scopes_that_grow_are_asked_for_and_all_of_it_is_shown(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """What is new is marked; what was agreed before stays agreed, and less is asked no more."""
    agree(grace, foreign, scope="openid profile")
    page = ask(grace, foreign, scope="openid email")
    said = texts(page)
    assert "Your e-mail address New" in said
    assert "That it is you New" not in said
    assert "code" in answer_of(decide(grace, page, "allow"))
    assert given(admin) == [["email", "openid", "profile"]]
    for less in ("openid", "openid profile", "openid profile email"):
        assert "code" in answer_of(ask(grace, foreign, scope=less, prompt="none"))


def test_scopes_that_grow_are_not_granted_by_what_was_agreed_before(
    grace: Browser, foreign: WikiClient
) -> None:
    """Silently an error, and after a no the old consent stands as it was."""
    agree(grace, foreign, scope="openid")
    asked = {"scope": "openid offline_access"}
    assert answer_of(ask(grace, foreign, prompt="none", **asked))["error"] == "consent_required"
    assert answer_of(decide(grace, ask(grace, foreign, **asked), "deny"))["error"] == (
        "access_denied"
    )
    assert is_asked(ask(grace, foreign, **asked))
    assert "code" in answer_of(ask(grace, foreign, scope="openid"))


def test_offline_access_at_a_foreign_wiki_is_granted_by_consent_alone(
    grace: Browser, foreign: WikiClient
) -> None:
    """Section 11: asked for, said on a line of its own, and then a refresh token."""
    scope = "openid offline_access"
    done = answer_of(agree(grace, foreign, scope=scope, prompt="consent"))
    assert "refresh_token" in foreign.redeem(done["code"]).json()


def test_prompt_consent_asks_each_time_and_silence_does_not(
    grace: Browser, foreign: WikiClient
) -> None:
    """The wiki wants it said once more; its answer is a code all the same."""
    agree(grace, foreign)
    for _ in range(2):
        page = ask(grace, foreign, prompt="consent")
        assert "asks you once more" in texts(page)
        assert "code" in answer_of(decide(grace, page, "allow"))
    assert "code" in answer_of(ask(grace, foreign))


def test_prompt_login_and_consent_asks_for_both(grace: Browser, foreign: WikiClient) -> None:
    """The password first, then the page; not the password twice."""
    agree(grace, foreign)
    page = ask(grace, foreign, prompt="login consent")
    assert "Please sign in again" in texts(page)
    asked = grace.submit(page, "/login", username="Grace", password=PASSWORD)
    assert "code" in answer_of(decide(grace, asked, "allow"))


def test_prompt_none_without_consent_is_consent_required(
    grace: Browser, foreign: WikiClient
) -> None:
    """Said at the wiki in the mode it asked for, with state and iss; first that nobody is there."""
    told = answer_of(ask(grace, foreign, prompt="none"))
    assert (told["error"], told["state"], told["iss"]) == (
        "consent_required",
        foreign.state,
        ISSUER,
    )
    posted = fields_of(ask(grace, foreign, prompt="none", response_mode="form_post"))
    assert (posted["error"], posted["state"]) == ("consent_required", foreign.state)
    assert answer_of(ask(Browser(), foreign, prompt="none"))["error"] == "login_required"


# --- Answering ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [None, "form_post"])
def test_answer_no_is_access_denied_at_the_wiki(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection, mode: str | None
) -> None:
    """RFC 6749 section 4.1.2.1, in the mode that was asked for; nothing is remembered of it."""
    done = decide(grace, ask(grace, foreign, response_mode=mode), "deny")
    told = fields_of(done) if mode else answer_of(done)
    assert told.keys() == {"error", "error_description", "state", "iss"}
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", foreign.state, ISSUER)
    assert given(admin) is None
    assert value(admin, "SELECT count(*) FROM vault.grants") == 0
    assert is_asked(ask(grace, foreign))


def test_answer_yes_is_posted_where_that_was_asked(grace: Browser, foreign: WikiClient) -> None:
    """The page's form may lead to that wiki, and so may the one after it."""
    done = agree(grace, foreign, response_mode="form_post")
    assert form_action_of(done) == ["'self'", "https://foreign.wiki.example"]
    assert foreign.redeem(fields_of(done)["code"]).status_code == 200


def test_answer_yes_for_an_assertion_at_once(grace: Browser, add_wiki: Wikis) -> None:
    """A wiki that cannot call back is let know as any other."""
    island = add_wiki(
        "Island wiki", first_party=False, response_types=["id_token"], grant_types=["implicit"]
    )
    asked = {"response_type": "id_token", "response_mode": "form_post", "code_challenge": None}
    asked["code_challenge_method"] = None
    claims = claims_of(fields_of(agree(grace, island, **asked))["id_token"])
    assert claims["preferred_username"] == "Grace"


@pytest.mark.parametrize("query", ["", "?decision=allow", "?allow", "?allow=1"])
def test_answer_in_an_address_does_nothing(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection, query: str
) -> None:
    """Only a post is an answer."""
    flow = hidden_fields(ask(grace, foreign))["flow"]
    before = value(admin, "SELECT count(*) FROM vault.events")
    answer = grace.get(f"{PAGE}{query}", {"flow": flow} if not query else {})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert is_asked(ask(grace, foreign))
    assert given(admin) is None
    assert value(admin, "SELECT count(*) FROM vault.events") == before


@pytest.mark.parametrize("decision", [None, "", "yes", "ALLOW", "allow "])
def test_answer_that_is_none_asks_again(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection, decision: str | None
) -> None:
    """Whatever is not a clear yes is none."""
    page = ask(grace, foreign)
    fields = {} if decision is None else {"decision": decision}
    answer = grace.submit(page, PAGE, **fields)
    assert answer.status_code == 303
    assert is_asked(grace.get(answer.headers["Location"]))
    assert given(admin) is None


def test_answer_both_at_once_is_the_last_one(grace: Browser, foreign: WikiClient) -> None:
    """One answer, not two; as every form here reads what is repeated."""
    done = answer_of(grace.submit(ask(grace, foreign), PAGE, decision=["allow", "deny"]))
    assert done["error"] == "access_denied"


@pytest.mark.parametrize("origin", ["https://foreign.wiki.example", "https://evil.example", "null"])
def test_answer_from_another_site_is_refused(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection, origin: str
) -> None:
    """The wiki itself is another site; and the flow of another browser is no token."""
    flow = hidden_fields(ask(grace, foreign))["flow"]
    posted = {"flow": flow, "decision": "allow"}
    assert grace.post(PAGE, posted, headers={"origin": origin}).status_code == 403
    thief = Browser()
    thief.sign_up("Mallory")
    for browser, fields in ((grace, {"decision": "allow"}), (thief, posted)):
        assert browser.post(PAGE, fields, headers={"origin": ISSUER}).status_code == 403
    assert given(admin) is None


def test_page_is_good_for_its_own_wiki_alone(
    grace: Browser, foreign: WikiClient, add_wiki: Wikis, admin: psycopg.Connection
) -> None:
    """Parameters beside the seal, another wiki's among them, change nothing."""
    other = add_wiki("Other wiki", first_party=False, scope=ALL)
    flow = hidden_fields(ask(grace, foreign, scope="openid"))["flow"]
    page = ask(grace, other, scope=ALL)
    more = {"client_id": other.client_id, "scope": ALL, "redirect_uri": other.redirect_uri}
    done = grace.submit(page, PAGE, **{**more, "flow": flow, "decision": "allow"})
    assert done.headers["Location"].startswith("https://foreign.wiki.example/callback?code=")
    assert value(admin, "SELECT client_id FROM vault.consents") == foreign.client_id
    assert given(admin) == [["openid"]]
    assert is_asked(ask(grace, other))


@pytest.mark.parametrize("where", ["/login", "/signup"])
def test_flow_of_another_page_is_no_answer(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection, where: str
) -> None:
    """A sealed request that was never shown with its question gives nothing."""
    page = ask(Browser(), foreign) if where == "/login" else ask(grace, foreign, prompt="create")
    fresh = ask(grace, foreign, prompt="login" if where == "/login" else "create")
    done = grace.submit(fresh, PAGE, decision="allow")
    assert page.status_code == 200
    assert (done.status_code, is_asked(done)) == (200, False)
    assert given(admin) is None


def test_page_answered_again_is_harmless(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """While the consent stands another code comes of it; once it is withdrawn, the page again."""
    page = ask(grace, foreign)
    codes = {answer_of(decide(grace, page, "allow"))["code"] for _ in range(2)}
    assert len(codes) == 2
    tag = "account:consent:given"
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag = %s", tag) == 1
    withdrawn = grace.submit(
        grace.get("/account/wikis"), "/account/wikis/withdraw", wiki=foreign.client_id
    )
    assert withdrawn.status_code == 303
    assert is_asked(decide(grace, page, "allow"))
    assert given(admin) is None


def test_page_in_two_tabs_is_answered_in_both(grace: Browser, foreign: WikiClient) -> None:
    """Tabs do not disturb each other."""
    first, second = ask(grace, foreign), ask(grace, foreign, scope="openid email")
    for page in (first, second):
        assert "code" in answer_of(decide(grace, page, "allow"))


# --- Somebody else, or nobody ------------------------------------------------------------------


def test_page_answered_by_another_session_is_asked_of_that_one(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """Somebody else signed in in another tab: what Grace was asked is no answer of theirs."""
    page = ask(grace, foreign)
    Browser().sign_up("Heidi")
    grace.submit(grace.get("/logout"), "/logout")
    grace.sign_in("Heidi")
    answer = decide(grace, page, "allow")
    assert answer.status_code == 303
    asked = grace.get(answer.headers["Location"])
    assert "signed in as Heidi" in texts(asked)
    assert given(admin) is None
    tokens = foreign.redeem(answer_of(decide(grace, asked, "allow"))["code"]).json()
    assert claims_of(tokens["id_token"])["preferred_username"] == "Heidi"


def test_page_answered_after_signing_out_begins_again(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """Nobody is there to say yes: they sign in, and are asked then."""
    page = ask(grace, foreign)
    grace.submit(grace.get("/logout"), "/logout")
    answer = decide(grace, page, "allow")
    again = grace.get(answer.headers["Location"])
    assert "Sign in" in texts(again)
    assert given(admin) is None
    assert is_asked(grace.submit(again, "/login", username="Grace", password=PASSWORD))


def test_page_answered_by_the_same_person_in_a_newer_session_is_asked_anew(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """Another sid is another sign-in."""
    page = ask(grace, foreign)
    grace.submit(grace.get("/logout"), "/logout")
    grace.sign_in("Grace")
    assert is_asked(grace.get(decide(grace, page, "allow").headers["Location"]))
    assert given(admin) is None


def test_page_left_by_whoever_is_not_the_one_leads_to_the_sign_in(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """ "Not you?": they sign in and are asked in their turn; Grace has said nothing."""
    Browser().sign_up("Heidi")
    page = decide(grace, ask(grace, foreign), "other")
    assert "Sign in" in texts(page)
    assert 'value="Grace"' not in page.content.decode()
    asked = grace.submit(page, "/login", username="Heidi", password=PASSWORD)
    assert "signed in as Heidi" in texts(asked)
    assert "code" in answer_of(decide(grace, asked, "allow"))
    whose = "SELECT username FROM vault.accounts JOIN vault.consents ON id = account_id"
    assert value(admin, whose) == "Heidi"


def test_page_open_for_too_long_begins_again(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection, settings: Any
) -> None:
    """In the same browser: the same question, and nothing given by the old one."""
    settings.FLOW_SECONDS = -1
    page = ask(grace, foreign)
    settings.FLOW_SECONDS = 1800
    answer = decide(grace, page, "allow")
    assert given(admin) is None
    assert is_asked(grace.get(answer.headers["Location"]))


# --- The family's own, and what it costs -------------------------------------------------------


@pytest.mark.parametrize("prompt", [None, "none", "consent"])
def test_wiki_of_the_family_asks_nobody(
    grace: Browser, add_wiki: Wikis, admin: psycopg.Connection, prompt: str | None
) -> None:
    """Decision 21: whoever signs up signs up for all of them, ``offline_access`` included."""
    wiki = add_wiki("English wiki", scope=ALL)
    assert "code" in answer_of(ask(grace, wiki, scope=ALL, prompt=prompt))
    assert given(admin) is None


def test_silent_sign_in_costs_the_family_no_statement_more_and_others_one(
    grace: Browser, wiki: WikiClient, foreign: WikiClient
) -> None:
    """What is asked of the databases, by name."""
    agree(grace, foreign)
    for one in (wiki, foreign):
        ask(grace, one)  # the registrations are remembered
    assert sent(lambda: ask(grace, wiki), status=303) == ["resume_session", "issue_grant"]
    assert sent(lambda: ask(grace, foreign), status=303) == [
        "resume_session",
        "find_consent",
        "issue_grant",
    ]


def test_page_and_its_answer_cost_few_statements(grace: Browser, foreign: WikiClient) -> None:
    """The address is asked for only where it would be told."""
    ask(grace, foreign)
    assert sent(lambda: ask(grace, foreign), status=200) == ["resume_session", "find_consent"]
    with_address = {"scope": "openid email"}
    page = ask(grace, foreign, **with_address)
    assert sent(lambda: ask(grace, foreign, **with_address), status=200) == [
        "resume_session",
        "find_consent",
        "list_addresses",
    ]
    assert sent(lambda: decide(grace, page, "allow"), status=303) == [
        "resume_session",
        "find_consent",
        "give_consent",
        "find_consent",
        "issue_grant",
    ]


def test_page_works_without_a_script(grace: Browser, foreign: WikiClient) -> None:
    """Plain buttons of a plain form, each with what it says."""
    page = Page(ask(grace, foreign).content.decode())
    form, _language = [one for one in page.all("form") if one.get("action") == PAGE]
    values = [button.get("value") for button in page.all("button") if button.get("name")]
    assert values == ["other", "allow", "deny"]
    assert not [b for b in page.all("button") if {"hidden", "disabled"} & set(b.attributes)]
    assert re.match("post", form.get("method"))
