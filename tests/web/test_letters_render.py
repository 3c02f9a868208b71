"""What every letter promises, whatever it is about: words, form, and nothing but our own links."""

import re
from typing import Any, Final

import pytest
from django.template.loader import render_to_string

from outbox.bodies import html, paragraphs, plain_text
from outbox.messages import _engine
from outbox.payloads import letter_templates
from tests.web.markup import Page
from tests.web.pseudo_locale import pseudo_locale
from tests.web.sample_frame import HOME, REFERENCE, SITE_NAME, USERNAME, WIKI
from tests.web.sample_letter_pages import LETTER_STATES

LETTERS: Final = sorted(letter_templates())

every_letter = pytest.mark.parametrize("name", LETTERS)
every_state = pytest.mark.parametrize("state", LETTER_STATES)


def written(name: str, context: dict[str, Any]) -> tuple[str, str]:
    """Subject and text of a letter, as its templates have them."""
    subject = render_to_string(f"emails/{name}.subject.txt", context).strip()
    return subject, render_to_string(f"emails/{name}.txt", context)


@every_state
@every_letter
def test_letter_any_is_plain_text_with_a_reference_and_short_lines(name: str, state: str) -> None:
    """A letter has a subject of one line, nothing escaped, and says what support can look up."""
    context = LETTER_STATES[state]
    subject, text = written(name, context)
    body = plain_text(paragraphs(text))
    assert "\n" not in subject
    assert f"{SITE_NAME} & Ω" in subject
    assert REFERENCE in body
    assert (USERNAME in body) or not context["username"]
    assert not re.search(r"&\w+;|\{[{%]", subject + body)
    links = {token.link for token in context["tokens"]}  # they are not broken
    assert max(map(len, set(body.splitlines()) - links)) <= 72
    assert "\n\n\n" not in body


@every_state
@every_letter
def test_letter_in_a_pseudo_locale_leaves_no_english(name: str, state: str) -> None:
    """Every word of a letter is marked for translation, in each of its states."""
    with pseudo_locale():
        subject, body = written(name, LETTER_STATES[state])
    said = (subject + body).replace("https", "").replace("UTC", "").replace(WIKI, "")
    assert re.findall(r"[A-Za-z]{2,}", said) == []


@every_state
@every_letter
def test_letter_as_html_is_well_formed_and_leads_to_us_alone(
    name: str, state: str, settings: Any
) -> None:
    """Names are text there; what can be clicked is a token's link or this site."""
    settings.ISSUER = HOME.rstrip("/")
    context = LETTER_STATES[state]
    subject, body = written(name, context)
    page = Page(html(paragraphs(body), subject=subject, engine=_engine()))
    assert page.all("title")[0].text == subject
    targets = {link.get("href") for link in page.all("a")}
    assert targets <= {HOME, *(token.link for token in context["tokens"])}
    assert not page.all("script", "img", "link", "form", "b")


@pytest.mark.parametrize(
    "name",
    ["password_reset_link", "address_confirmation", "address_changed", "address_removed"],
)
@every_state
def test_letter_with_tokens_shows_each_of_them_as_a_link_and_as_a_code(
    name: str, state: str
) -> None:
    """Whatever else it says, each way back stands in a paragraph of its own."""
    tokens = LETTER_STATES[state]["tokens"]
    alone = [one.lines[0] for one in paragraphs(written(name, LETTER_STATES[state])[1])]
    for token in tokens:
        assert token.link in alone
    assert alone.count(tokens[0].code) == len(tokens)
