"""Every word for people is marked for translation, in templates and in code.

What a whole page says in a language that nobody speaks is in tests/web/test_pages_render.py and,
for the pages as the views really fill them, here.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from django import forms
from django.conf import settings
from django.utils.functional import Promise

from accounts import errors
from accounts import forms as account_forms
from tests.web.conftest import add_wiki, browser, grace, unlimited, wiki
from tests.web.markup import Page
from tests.web.people import PASSWORD, Browser, WikiClient
from tests.web.pseudo_locale import pseudo_locale

__all__ = ["add_wiki", "browser", "grace", "unlimited", "wiki"]

TEMPLATES: Final = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
NAMES: Final = {"PKCE"}  # the same in every language
_TRANSLATED: Final = re.compile(r"\{% blocktranslate.*?\{% endblocktranslate %\}", re.DOTALL)
_COMMENT: Final = re.compile(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", re.DOTALL)
_TAG: Final = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_SPOKEN: Final = re.compile(r'\b(?:title|alt|aria-label|placeholder|data-[a-z-]+)="([^"]*)"')
_ELEMENT: Final = re.compile(r"<[^>]*>")


@pytest.mark.parametrize(
    "template",
    [path for path in TEMPLATES if path.parent.name != "admin"],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_template_has_no_word_outside_of_translation(template: Path) -> None:
    """Neither between the elements nor in what is read aloud."""
    text = _COMMENT.sub("", template.read_text(encoding="utf-8"))
    text = _TAG.sub("", _TRANSLATED.sub("", text))
    spoken = [value for value in _SPOKEN.findall(text) if not value.startswith(("id_", "#"))]
    words = re.findall(r"[A-Za-z]{2,}", _ELEMENT.sub(" ", re.sub(r"&\w+;", "", text)))
    assert set(words) <= NAMES
    assert re.findall(r"[A-Z][a-z]+ ?[a-z]*", " ".join(spoken)) == []


def subclasses(kind: type[Any]) -> list[type[Any]]:
    """The class and everything that inherits from it."""
    return [kind, *(below for one in kind.__subclasses__() for below in subclasses(one))]


@pytest.mark.parametrize("error", subclasses(errors.AccountError), ids=lambda kind: kind.__name__)
def test_error_for_people_is_marked_and_has_a_code(error: type[errors.AccountError]) -> None:
    """Its sentence changes with the language; its code never."""
    assert isinstance(error.message, Promise)
    assert error.guidance is None or isinstance(error.guidance, Promise)
    assert re.fullmatch(r"[a-z_]+", error.code)


def test_form_labels_and_messages_are_marked() -> None:
    """Of every form of accounts."""
    kinds = [
        kind
        for kind in vars(account_forms).values()
        if isinstance(kind, type) and issubclass(kind, forms.Form) and kind.base_fields
    ]
    assert len(kinds) >= 3
    for kind in kinds:
        for field in kind.base_fields.values():
            if field.widget.is_hidden:
                continue
            assert isinstance(field.label, Promise)
            assert not field.help_text or isinstance(field.help_text, Promise)
            assert all(isinstance(text, Promise) for text in field.error_messages.values())


def wrong_password(browser: Browser, wiki: WikiClient) -> Any:
    """A wrong name or password, on the way to a wiki."""
    page = browser.get("/oauth/authorize", wiki.request())
    return browser.submit(page, "/login", username="1", password="2")


def everything_wrong(browser: Browser, wiki: WikiClient) -> Any:
    """A sign-up with nothing right."""
    page = browser.get("/oauth/authorize", wiki.request(prompt="create"))
    return browser.submit(page, "/signup", username="192.0.2.1", password="2", email="3")


def own_account(browser: Browser, _wiki: WikiClient) -> Any:
    """One's own account, just made."""
    browser.sign_up("\u0416\u0443\u043a", PASSWORD)
    return browser.get("/account/")


def wrong_current_password(browser: Browser, _wiki: WikiClient) -> Any:
    """A password change with a wrong and a short password."""
    browser.sign_up("\u0416\u0443\u043a", PASSWORD)
    page = browser.get("/account/password")
    return browser.submit(page, "/account/password", current_password="1", new_password="2")


def other_browser(browser: Browser, wiki: WikiClient) -> Any:
    """A flow of another browser."""
    page = browser.get("/oauth/authorize", wiki.request())
    del browser.cookies["__Host-browser"]
    return browser.submit(page, "/login", username="1", password="2")


def plain(path: str) -> Callable[[Browser, WikiClient], Any]:
    """A page by its address."""
    return lambda browser, _wiki: browser.get(path)


AS_VIEWED: Final[dict[str, Callable[[Browser, WikiClient], Any]]] = {
    "front page": plain("/"),
    "sign-in": plain("/login"),
    "sign-up": plain("/signup"),
    "privacy": plain("/privacy"),
    "not found": plain("/1"),
    "wrong password": wrong_password,
    "everything wrong": everything_wrong,
    "own account": own_account,
    "wrong current password": wrong_current_password,
    "other browser": other_browser,
}


@pytest.mark.parametrize("name", AS_VIEWED)
def test_page_as_its_view_fills_it_leaves_no_english(
    browser: Browser,
    wiki: WikiClient,
    name: str,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Errors, notices and labels that come from code are marked like those of templates."""
    settings.SITE_NAME, settings.SUPPORT = "\u03a8", "1@2.3"
    browser.defaults["HTTP_USER_AGENT"] = "1"
    # The language of a request is chosen by LocaleMiddleware, which knows no pseudo-language.
    monkeypatch.setattr("django.middleware.locale.translation.activate", lambda _language: None)
    with pseudo_locale():
        answer = AS_VIEWED[name](browser, wiki)
    page = Page(answer.content.decode())
    said = page.all("title")[0].text + page.all("body")[0].text
    for kept in ("English wiki", "UTC", *(own_name for _, own_name in settings.LANGUAGES)):
        said = said.replace(kept, "")
    english = re.findall(r"[A-Za-z]{3,}", re.sub(r"[0-9a-zA-Z]+(-[0-9a-zA-Z]+)+", "", said))
    assert english == []
