"""The wiki's words: every sentence in both languages, every template's sentence there."""

import re
from pathlib import Path

import pytest

_TEMPLATES = Path(__file__).parents[3] / "demo" / "wiki" / "templates"
_STATES = {"draft", "empty", "too_long", "conflict"}


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """The table of words; the wiki's settings insist on their environment."""
    for name in (
        "NAME",
        "ORIGIN",
        "MAIL_DIR",
        "ISSUER",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "SECRET_KEY",
        "DB",
    ):
        monkeypatch.setenv(f"DEMO_WIKI_{name}", "unused")
    from demo.wiki.words import WORDS

    return WORDS


def test_every_sentence_is_there_in_both_languages_with_the_same_places(
    words: dict[str, dict[str, str]],
) -> None:
    """English and French say the same things and fill in the same values."""
    for key, languages in words.items():
        assert set(languages) == {"en", "fr"}, key
        places = [set(re.findall(r"(?<!\{)\{(\w+)\}", text)) for text in languages.values()]
        assert places[0] == places[1], key


def test_every_sentence_that_a_template_says_exists(words: dict[str, dict[str, str]]) -> None:
    """No page asks for a sentence that nobody wrote."""
    said = {
        key
        for path in _TEMPLATES.rglob("*.html")
        for key in re.findall(r"""\{% say ["'](\w+)["']""", path.read_text(encoding="utf-8"))
    }
    assert said
    assert (said | _STATES) <= set(words)
