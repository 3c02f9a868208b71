"""What browsers meet at a wiki that is none of the family's own: the page, and an answer to it."""

from tests.web.people import Answer, Browser, WikiClient, ask

PAGE = "/oauth/consent"
QUESTION = "know who you are?"


def is_asked(answer: Answer) -> bool:
    """Whether an answer is the page that asks, which leads nowhere by itself."""
    is_page = answer.status_code == 200 and QUESTION in answer.content.decode()
    assert not (is_page and "Location" in answer.headers)
    return is_page


def decide(browser: Browser, page: Answer, decision: str) -> Answer:
    """Presses one of the page's buttons."""
    assert is_asked(page), page.content.decode()[:2000]
    return browser.submit(page, PAGE, decision=decision)


def agree(browser: Browser, wiki: WikiClient, **changes: str | None) -> Answer:
    """Has the wiki ask for a sign-in, and lets it know."""
    return decide(browser, ask(browser, wiki, **changes), "allow")
