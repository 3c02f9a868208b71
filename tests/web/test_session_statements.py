"""What a session costs the databases: each of its acts is one statement of web's.

Counted is everything that this process sends, to the vault and to the site's own database.
"""

from collections.abc import Callable

import pytest

from tests.web.counting import counted_sql, functions_of
from tests.web.people import PASSWORD, Answer, Browser, WikiClient, ask, tokens_for

SCOPE = "openid profile offline_access"


@pytest.fixture
def member(unlimited: None, browser: Browser) -> str:
    """Grace, with an account and without a session."""
    browser.sign_up("Grace")
    browser.forget_everything()
    return "Grace"


def sent(act: Callable[[], Answer], *, status: int) -> list[str]:
    """What an act asks the databases: a function of the vault by its name, all else as it is.

    The counters of the limits by network are left out: they are about guesses, not about sessions,
    and how often a process asks them depends on what it has met in the running minute. So are the
    wikis and keys that it looks up anew every few seconds.
    """
    with counted_sql() as statements:
        answer = act()
    assert answer.status_code == status, answer.content.decode()[:500]
    return [name for name in functions_of(statements) if "authsite_counter" not in name]


def test_session_is_opened_by_one_statement(browser: Browser, member: str) -> None:
    """After the two that judge a password: attempt, limits, notices and trail are all in it."""
    page = browser.get("/login")
    asked = sent(
        lambda: browser.submit(page, "/login", username=member, password=PASSWORD), status=303
    )
    assert asked == ["password_challenge", "prove_password", "open_session"]


def test_session_goes_on_under_a_new_secret_by_one_statement(
    browser: Browser, member: str, wiki: WikiClient
) -> None:
    """Somebody who proves it again: the old secret ends and the new one begins in the same."""
    browser.sign_in(member)
    page = ask(browser, wiki, prompt="login")
    asked = sent(
        lambda: browser.submit(page, "/login", username=member, password=PASSWORD), status=303
    )
    assert sorted(asked) == sorted(
        ("resume_session", "password_challenge", "prove_password", "open_session", "issue_grant")
    )


def test_session_is_resumed_by_one_statement(browser: Browser, member: str) -> None:
    """Every limit and epoch is in it; a page that wants nothing else asks nothing else."""
    browser.sign_in(member)
    assert sent(lambda: browser.get("/logout"), status=200) == ["resume_session"]


def test_page_without_a_session_asks_nothing(browser: Browser, member: str) -> None:
    """Nobody looks for a session that no cookie tells of."""
    assert sent(lambda: browser.get("/login"), status=200) == []


def test_session_is_ended_by_one_statement(browser: Browser, member: str) -> None:
    """Word to its wikis is queued in the same; one more reads for the page who is being told."""
    browser.sign_in(member)
    page = browser.get("/logout")
    asked = sent(lambda: browser.submit(page, "/logout"), status=200)
    assert asked == ["resume_session", "end_session", "logout_progress"]


@pytest.mark.parametrize(
    ("path", "status", "statements"),
    [
        ("/account/sessions/end-others", 303, ["end_other_sessions"]),
        ("/account/sessions/end-all", 200, ["end_all_own_sessions", "logout_progress"]),
    ],
)
def test_many_sessions_are_ended_by_one_statement(
    browser: Browser, member: str, path: str, status: int, statements: list[str]
) -> None:
    """However many there are."""
    for _ in range(3):
        Browser().sign_in(member)
    browser.sign_in(member)
    page = browser.get("/account/sessions")
    asked = sent(lambda: browser.submit(page, path), status=status)
    assert asked == ["resume_session", *statements]


def test_refresh_token_is_swapped_by_two_statements(
    browser: Browser, member: str, add_wiki: Callable[..., WikiClient]
) -> None:
    """One spends it and looks at its session, one tells what its grant is of."""
    wiki = add_wiki("English wiki", scope=SCOPE)
    browser.sign_in(member)
    token = tokens_for(browser, wiki, scope=SCOPE)["refresh_token"]
    asked = sent(lambda: wiki.refresh(token), status=200)
    assert asked == ["rotate_refresh_token", "describe_grant"]
