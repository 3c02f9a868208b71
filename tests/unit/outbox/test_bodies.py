"""The two forms of a letter: the same words, no markup of anybody's, no link but to ourselves."""

import re
import string
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as some

from outbox.alert_words import WORDS
from outbox.alerts import _read, write_alert
from outbox.bodies import Paragraph, paragraphs, plain_text
from outbox.errors import NotOurs
from outbox.letters import write_letter
from outbox.messages import write
from outbox.payloads import SignIn, letter_templates
from outbox.token_letters import TokenWords
from tests.mail_reader import html_of, received, text_of
from tests.unit.outbox.jobs import WRITTEN, job
from tests.web.markup import Element, Page
from tests.web.pseudo_locale import pseudo_locale

ISSUER: Final = "https://auth.example.org"
OPERATORS: Final = "https://operator.example.org"
LINK: Final = f"{ISSUER}/reset#token={'x-_9' * 20}xyz"
CODE: Final = "ABCD-EFGH-JKMN-PQRS"
TOKEN: Final = TokenWords("Anna", LINK, CODE, f"{ISSUER}/reset")
SIGN_IN: Final = SignIn("device", "Firefox", "Linux", "192.0.2.0/24")
TAGS: Final = {"html", "head", "meta", "title", "style", "body", "div", "p", "br", "a"}
ATTRIBUTES: Final = {"lang", "dir", "class", "href", "charset", "name", "content"}
HOSTILE: Final = (
    '"><script>alert(1)</script>',
    "<img src=https://evil.example onerror=alert(1)>",
    "Anna & Bob &lt;b&gt; &#60;i&#62;",
    "' onclick='alert(1)",
    "{{ issuer }}{% load i18n %}",
    "\u202egro.elpmaxe@anna",
    "Ωμέγα \N{HEBREW LETTER SHIN}\N{HEBREW LETTER LAMED} 名前",
    "https://evil.example/login",
    f"{ISSUER}/reset#token=evil",
    CODE,
    "é" * 127,
    ("seven words are in every such name " * 8)[:255],
)


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.ISSUER = ISSUER
    settings.OPERATOR_URL = OPERATORS
    settings.SITE_NAME = "Wiki & <accounts>"
    settings.SUPPORT = "support@example.org"
    settings.DEFAULT_FROM_EMAIL = "no-reply@example.org"
    settings.ALERT_MAIL = ["ops@example.org"]


def letter(template: str = "password_changed", language: str = "en", **values: object) -> bytes:
    """A letter with any values in it, whatever a payload may say."""
    filled = {
        "username": "Anna",
        "reference": "ABCD-1234",
        "tokens": (TOKEN,),
        "sign_in": SIGN_IN,
        **values,
    }
    about = job(7, reference="ABCD-1234")
    at = int(WRITTEN.timestamp())
    made = write(about, template, filled, to=["anna@example.org"], at=at, language=language)
    return bytes(made.message().as_bytes())


def alert(kind: str) -> bytes:
    """A letter to operators."""
    at = int(WRITTEN.timestamp())
    numbers = dict.fromkeys(WORDS[kind].numbers, 4)
    about = job(3, kind="alert", alert=7, count=3, since=at, at=at, more=1, **numbers)
    about.payload["kind"] = kind
    return bytes(write_alert(about, _read(about)).message().as_bytes())


def shown(page: Page) -> list[Element]:
    """The paragraphs below the site's name."""
    name, *rest = page.all("p")
    assert name.get("class") == "site"
    assert name.text == "Wiki & <accounts>"
    return rest


def said(text: str) -> list[str]:
    """The paragraphs of a plain text, however its lines are broken."""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def assert_both_forms_agree(made: bytes) -> Page:
    """The same sentences in both; only the tags, attributes and links that a letter needs."""
    page = Page(html_of(made))
    assert [" ".join(one.text.split()) for one in shown(page)] == said(text_of(made))
    assert page.all("title")[0].text == received(made)["Subject"]
    assert {one.tag for one in page.elements} <= TAGS
    assert {name for one in page.elements for name in one.attributes} <= ATTRIBUTES
    for link in page.all("a"):
        assert link.get("href").startswith((f"{ISSUER}/", f"{OPERATORS}/"))
        assert link.text == link.get("href")
    [style] = page.all("style")
    assert not re.search(r"url|@import|expression|<", style.text)
    assert max(map(len, made.splitlines())) <= 998  # RFC 5322 section 2.1.1
    return page


@pytest.mark.parametrize("name", sorted(letter_templates()))
def test_letter_of_every_template_says_the_same_in_both_forms(name: str) -> None:
    """One source of words: nobody reads less, or something else, for the program they use."""
    page = assert_both_forms_agree(letter(name))
    assert "Hello Anna," in page.all("p")[1].text
    assert shown(page)[-1].get("class") == "end"


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_letter_of_every_alert_says_the_same_in_both_forms_and_links_to_it(kind: str) -> None:
    """Operators get both forms too, and one link: to the alert."""
    page = assert_both_forms_agree(alert(kind))
    assert [one.get("href") for one in page.all("a")] == [f"{OPERATORS}/admin/alerts/7/"]


@pytest.mark.parametrize("name", HOSTILE)
def test_letter_to_a_hostile_name_shows_it_as_text(name: str) -> None:
    """Whatever a name is made of: no tag, no link, no code, no style of its own."""
    made = letter(username=name)
    page = assert_both_forms_agree(made)
    assert not page.all("a")
    assert " ".join(f"Hello {name},".split()) in said(text_of(made))
    assert [one.get("class") for one in shown(page)].count("code") == 0
    assert len(page.elements) == len(Page(html_of(letter())).elements)


@pytest.mark.parametrize("name", HOSTILE)
def test_letter_to_a_hostile_name_in_the_queue_is_refused_nameless_or_text(name: str) -> None:
    """The same by the way that letters really take, in the same bytes each time."""
    payload = {
        "template": "password_changed",
        "language": "en",
        "username": name,
        "at": int(WRITTEN.timestamp()),
        "reference": "ABCD-1234",
    }
    try:
        first, second = (
            write_letter(job(7, **payload), "anna@example.org").message().as_bytes()
            for _ in range(2)
        )
    except NotOurs:
        return
    assert first == second
    greeting = said(text_of(first))[0]
    assert greeting in {"Hello,", " ".join(f"Hello {name},".split())}
    assert "\u202e" not in html_of(first)
    assert_both_forms_agree(first)


@given(name=some.text(string.printable + "é\u202e\u2028\x85<>&\"'#", max_size=80))
def test_letter_to_any_name_at_all_adds_no_element(name: str) -> None:
    """A name may even have line breaks here, and still is nothing but text."""
    page = assert_both_forms_agree(letter(username=f"A{name}Z"))
    assert not page.all("a")


def test_letter_written_twice_is_the_same_bytes_and_two_letters_share_no_boundary() -> None:
    """What parts the two forms comes from the Message-ID, not from a die."""
    assert letter() == letter()
    other = write(job(8), "password_changed", {}, to=["a@example.org"], at=0, language="en")
    boundaries = [received(letter()).get_boundary(), other.message().get_boundary()]
    assert len(set(boundaries)) == 2
    assert all(re.fullmatch(r"=_[0-9a-f]{32}", str(one)) for one in boundaries)


def test_letter_beyond_ascii_survives_in_subject_and_both_forms(settings: Any) -> None:
    """UTF-8 throughout, in header and parts."""
    settings.SITE_NAME = "Ωμέγα – 維基"
    made = letter(username="Zoë")
    assert received(made)["Subject"].strip() == "Your password was changed on Ωμέγα – 維基"
    assert "Hello Zoë," in text_of(made)
    assert "<p>Hello Zoë,</p>" in html_of(made)
    assert "Ωμέγα – 維基" in html_of(made)


def test_letter_with_a_link_has_it_whole_in_both_forms() -> None:
    """However long it is, a link stands on one line of the text and leads to where it says."""
    made = letter("password_reset_link")
    assert LINK in text_of(made).splitlines()
    assert len(LINK) > 72
    assert [one.get("href") for one in Page(html_of(made)).all("a")] == [LINK]
    assert LINK in html_of(made)
    others = [line for line in text_of(made).splitlines() if line != LINK]
    assert max(map(len, others)) <= 72


def test_letter_in_a_language_from_right_to_left_runs_that_way() -> None:
    """Also where a mail reader keeps nothing of the page but what is inside it; links do not."""
    with pseudo_locale():
        page = Page(html_of(letter("password_reset_link", language="ar")))
    for element in (*page.all("html"), *page.all("div")):
        assert (element.get("lang"), element.get("dir")) == ("ar", "rtl")
    assert page.all("a")[0].get("dir") == "ltr"
    [html] = Page(html_of(letter())).all("html")
    assert (html.get("lang"), html.get("dir")) == ("en", "ltr")


@pytest.mark.parametrize(
    ("line", "is_link"),
    [
        (ISSUER, True),
        (f"{ISSUER}/reset#token=a-_1", True),
        (f"{ISSUER}/?a=1&b=%20", True),
        (f"{OPERATORS}/admin/alerts/7/", True),
        (f"{ISSUER}.evil.example/", False),
        (f"{ISSUER}@evil.example/", False),
        (f"{ISSUER}:8443/", False),
        (f"{ISSUER}\\@evil.example", False),
        (f"{ISSUER}/ and more", False),
        (f"See {ISSUER}/", False),
        (f'{ISSUER}/"onclick=x', False),
        (f"{ISSUER}/<b>", False),
        (f"{ISSUER}/\u202e", False),
        (f"{ISSUER}/\n{ISSUER}/", False),
        (f"{ISSUER.replace('https', 'http')}/", False),
        ("javascript:alert(1)", False),
        ("https://evil.example/", False),
        ("support@example.org", False),
        ("", False),
    ],
)
def test_paragraph_is_a_link_only_if_it_is_one_address_of_ours(line: str, is_link: bool) -> None:
    """An address that merely begins like ours, or has company, stays text."""
    assert Paragraph(tuple(line.split("\n"))).link == (line if is_link else "")


def test_paragraph_is_no_link_to_an_operators_site_that_is_not_configured(settings: Any) -> None:
    """An origin that is not set is nobody's, not everybody's."""
    settings.OPERATOR_URL = ""
    assert Paragraph(("/admin/",)).link == ""
    assert Paragraph((f"{OPERATORS}/admin/",)).link == ""


@pytest.mark.parametrize(
    ("line", "is_code"),
    [
        ("ABCD-EFGH-JKMN-PQRS", True),
        ("ABCD-1234", True),
        ("123-456", True),
        ("ABCD", False),
        ("abcd-efgh", False),
        ("Reference: ABCD-1234", False),
        ("ABCD-EFGH-", False),
        ("ABCDEFGH-IJKLMNOP", False),
        ("ABCD-EFGH\nABCD-EFGH", False),
    ],
)
def test_paragraph_is_a_code_only_if_it_is_groups_of_characters(line: str, is_code: bool) -> None:
    """What is shown large is what one types in, and no sentence."""
    assert Paragraph(tuple(line.split("\n"))).code == (line if is_code else "")


def test_code_on_a_line_of_its_own_is_shown_large_from_left_to_right() -> None:
    """It reads the same in a language from right to left, and can be copied from the text."""
    made = letter("password_reset_link")
    [code] = [one for one in shown(assert_both_forms_agree(made)) if one.get("class") == "code"]
    assert (code.text, code.get("dir")) == (CODE, "ltr")
    assert CODE in text_of(made).splitlines()


def test_paragraphs_are_parted_by_any_number_of_empty_lines_and_keep_their_own() -> None:
    """What a template leaves empty leaves no hole, and lines that it breaks stay broken."""
    found = paragraphs("\n\none\ntwo\n\n \n\n\nthree\n")
    assert [one.lines for one in found] == [("one", "two"), ("three",)]
    assert plain_text(found) == "one\ntwo\n\nthree\n"
