"""Letters in the reader's language: other words, the same facts and the same links."""

import re
from types import SimpleNamespace
from typing import Any, Final

import pytest

from outbox.letters import write_letter
from outbox.messages import write
from outbox.payloads import letter_templates
from outbox.token_letters import TokenWords
from tests.mail_reader import html_of, received, text_of
from tests.unit.outbox.jobs import WRITTEN, job

ADDRESS: Final = "anna@example.org"
PAGE: Final = "https://auth.example.org/reset/code"
CODE: Final = "2345-6789-ABCD-EFGH"
FACTS: Final = re.compile(r"https://\S+|\b[0-9A-Z]{4}(?:-[0-9A-Z]{4})+\b|\S+@\S+|Anna|192\.0\.2\.0")
LETTERS: Final = sorted(letter_templates())


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.ISSUER = "https://auth.example.org"
    settings.SITE_NAME = "Wiki accounts"
    settings.SUPPORT = "support@example.org"
    settings.DEFAULT_FROM_EMAIL = "no-reply@example.org"


def letter(template: str, language: str) -> bytes:
    """A letter of that kind, with all that it may have to say."""
    values = {
        "username": "Anna",
        "reference": "ABCD-1234",
        "tokens": (TokenWords("Anna", f"{PAGE}#token={'2' * 43}", CODE, PAGE),),
        "sign_in": SimpleNamespace(
            why="device", browser="Firefox", system="Android", network="192.0.2.0"
        ),
    }
    at = int(WRITTEN.timestamp())
    message = write(job(7), template, values, to=[ADDRESS], at=at, language=language)
    return bytes(message.message().as_bytes())


def test_letter_to_a_reader_of_french_is_french() -> None:
    """In its subject, in both of its bodies, in its date, and as it says to programs."""
    payload = {
        "template": "password_changed",
        "language": "fr",
        "username": "Anna",
        "at": int(WRITTEN.timestamp()),
        "reference": "ABCD-1234",
    }
    written = write_letter(job(7, **payload), ADDRESS).message().as_bytes()
    message = received(written)
    assert message["Content-Language"] == "fr"
    assert message["Subject"].strip() == "Votre mot de passe a été changé sur Wiki accounts"
    assert '<html lang="fr"' in html_of(written)
    for body in (text_of(written), html_of(written)):
        assert "Bonjour Anna," in body
        assert "23 novembre 2026 à 06:20 UTC" in body
        assert "Référence\u00a0: ABCD-1234" in body


@pytest.mark.parametrize("template", LETTERS)
def test_letter_in_french_tells_the_same_facts(template: str) -> None:
    """Every link, code, address and name of the English one, and no word of it."""
    english, french = letter(template, "en"), letter(template, "fr")
    assert FACTS.findall(text_of(french)) == FACTS.findall(text_of(english))
    assert re.findall('href="([^"]*)"', html_of(french)) == re.findall(
        'href="([^"]*)"', html_of(english)
    )
    for words in (" the ", " you ", " your ", " this ", "Hello", "When:"):
        assert words not in text_of(french)
    assert received(french)["Subject"] != received(english)["Subject"]


@pytest.mark.parametrize("template", LETTERS)
def test_letter_in_french_has_short_lines(template: str) -> None:
    """French is longer than English; a letter is as narrow."""
    lines = text_of(letter(template, "fr")).splitlines()
    assert max(len(line) for line in lines if "https://" not in line) <= 72
