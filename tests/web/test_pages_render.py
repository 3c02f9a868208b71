"""What every page promises, whatever its view says: markup, words, weight. See sample_pages.py."""

import re
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.template.loader import get_template

from tests.web.markup import Page
from tests.web.pseudo_locale import pseudo_locale
from tests.web.sample_frame import FLOW, WIKI, EveryField, Sample
from tests.web.sample_pages import PAGES

TEMPLATES: Final = Path(settings.BASE_DIR) / "templates"
STATIC: Final = Path(settings.BASE_DIR) / "static"
READ_ALOUD: Final = ("title", "aria-label", "data-working", "data-show", "data-hide", "alt")

every_page = pytest.mark.parametrize("name", PAGES)


@every_page
def test_page_any_has_one_heading_and_a_title_that_ends_with_the_site(name: str) -> None:
    """Each page says where one is: one h1, one main, and a title that names page and site."""
    page = Page(PAGES[name].render())
    assert len(page.all("h1")) == len(page.all("main")) == 1
    (title,) = page.all("title")
    assert re.fullmatch(r"(Error: )?\S.* \u2013 Ψ", title.text)


@every_page
def test_page_any_carries_nothing_inline_and_nothing_from_elsewhere(name: str) -> None:
    """No script or style stands in a page, and nothing is fetched from another origin."""
    page = Page(PAGES[name].render())
    assert not page.all("style", "iframe", "object", "embed", "base")
    for element in page.elements:
        inline = {key for key in element.attributes if key == "style" or key.startswith("on")}
        assert not inline
    for element in page.all("script", "link", "img"):
        source = element.get("src") or element.get("href")
        assert source.startswith(settings.STATIC_URL)
        assert not element.text.strip()


@every_page
def test_page_any_ties_labels_hints_and_errors_to_existing_fields(name: str) -> None:
    """Ids are unique, and everything that points at an id finds it."""
    page = Page(PAGES[name].render())
    ids = [element.get("id") for element in page.elements if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        pointers = [element.get("for"), element.get("aria-labelledby")]
        pointers += element.get("aria-describedby").split()
        if element.get("href").startswith("#"):
            pointers.append(element.get("href")[1:])
        assert {pointer for pointer in pointers if pointer} <= set(ids)
    labelled = {label.get("for") for label in page.all("label")}
    for control in page.all("input", "select", "textarea"):
        assert control.get("type") == "hidden" or control.get("id") in labelled


@every_page
def test_page_any_posts_its_forms_here_with_a_token_or_elsewhere_without(name: str) -> None:
    """A form that posts to this site carries the CSRF token; one for a wiki never gives it away."""
    for form in Page(PAGES[name].render()).all("form"):
        fields = {element.get("name") for element in form.inputs}
        assert form.get("method") == "post"
        assert ("csrfmiddlewaretoken" in fields) == form.get("action").startswith("/")


@every_page
def test_page_any_escapes_names(name: str) -> None:
    """The name of a wiki or a person is text, whatever characters it has."""
    html = PAGES[name].render()
    assert "<Co>" not in html
    assert "Ωμέγα <b>" not in html


@every_page
def test_page_in_a_pseudo_locale_runs_right_to_left_and_leaves_no_english(name: str) -> None:
    """Every word is marked for translation, also those that are only read aloud."""
    with pseudo_locale():
        page = Page(PAGES[name].render())
    (html,) = page.all("html")
    assert html.get("dir") == "rtl"
    spoken = [page.all("title")[0].text, page.all("body")[0].text]
    spoken += [element.get(name) for element in page.elements for name in READ_ALOUD]
    english = re.findall(r"[A-Za-z]{2,}", " ".join(spoken).replace(WIKI, "").replace("UTC", ""))
    assert english == []


def test_page_every_template_of_a_page_is_among_the_samples() -> None:
    """A new page has to be added to sample_pages.py, so that it makes these promises too."""
    ours = {"accounts", "errors", "flow", "sso", "twofactor"}
    pages = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if "{% extends" in path.read_text(encoding="utf-8")
        and (path.parent == TEMPLATES or path.parent.name in ours)
    }
    assert pages == {sample.template for sample in PAGES.values()}


def test_form_with_errors_leads_from_the_summary_to_each_field() -> None:
    """The summary takes the focus, names every error, and links to the field it belongs to."""
    page = Page(PAGES["sign-in-error"].render())
    summary = next(one for one in page.elements if one.get("class") == "error-summary")
    assert summary.get("role") == "alert"
    assert summary.get("tabindex") == "-1"
    assert "autofocus" in summary.attributes
    links = [link.get("href") for link in page.all("a") if link.get("href").startswith("#")]
    assert links == ["#id_text", "#id_password", "#id_must", "#id_reason"]
    assert "10" in summary.text
    assert page.all("title")[0].text.startswith("Error: ")


def test_form_field_with_an_error_is_described_by_hint_then_error() -> None:
    """Hint and error stand between label and field, and are read in that order."""
    page = Page(PAGES["sign-in-error"].render())
    text = page.by_id("id_text")
    assert text.get("aria-invalid") == "true"
    assert text.get("aria-describedby").split() == ["id_text_helptext", "id_text_error"]
    order = [element.get("id") for element in page.elements]
    places = [order.index(one) for one in ("id_text_helptext", "id_text_error", "id_text")]
    assert places == sorted(places)


def test_form_after_an_error_keeps_everything_but_secrets() -> None:
    """What was typed is still there; a password never comes back in a page."""
    form = EveryField({"text": "kept", "password": "correct horse", "email": "not an address"})
    html = Sample("accounts/sign_in.html", {"form": form, "flow": FLOW}).render()
    page = Page(html)
    assert page.by_id("id_text").get("value") == "kept"
    assert page.by_id("id_email").get("value") == "not an address"
    assert "correct horse" not in html


def test_form_without_script_shows_no_button_that_needs_one() -> None:
    """The button that shows a password stays hidden until the script reveals it."""
    page = Page(PAGES["sign-up"].render())
    buttons = [button for button in page.all("button") if button.get("type") == "button"]
    assert buttons
    assert all("hidden" in button.attributes for button in buttons)


@pytest.mark.parametrize(
    "name",
    [
        *("sign-in", "sign-up", "expired-flow", "reset", "reset-asked", "reset-code"),
        *("new-password-or-passkey", "new-password-error"),
    ],
)
def test_flow_on_its_pages_travels_in_every_form(name: str) -> None:
    """Whichever way a person takes on, where they were going comes along, and never in a URL."""
    page = Page(PAGES[name].render())
    for form in page.all("form"):
        assert FLOW in [field.get("value") for field in form.inputs]
    ids = [form.get("id") for form in page.all("form")]
    assert all(button.get("form") in ids for button in page.all("button") if button.get("form"))
    assert not any(FLOW in link.get("href") for link in page.all("a"))


@pytest.mark.parametrize("name", [name for name in PAGES if PAGES[name].template[:7] == "errors/"])
def test_error_page_without_database_or_context_processors_renders(name: str) -> None:
    """An error page asks nobody who is signed in, and needs nothing but its template."""

    class Unreachable:
        def __bool__(self) -> bool:
            raise AssertionError("an error page asked for the session")

    Page(PAGES[name].render(current_session=Unreachable()))
    Page(get_template(PAGES[name].template).render({}))


def test_sign_in_page_weighs_less_than_thirty_kilobytes() -> None:
    """Page, style, script and icon together, uncompressed, with a flow of ordinary length."""
    page = Page(PAGES["sign-in"].render())
    html = len(PAGES["sign-in"].render().encode())
    fetched = [one.get("src") or one.get("href") for one in page.all("script", "link")]
    sizes = [(STATIC / path.removeprefix(settings.STATIC_URL)).stat().st_size for path in fetched]
    assert html + sum(sizes) < 30_000
