"""Every language that the site speaks has all of its words, and says the same as the English.

How to mend what fails here: CONTRIBUTING.md, "A language".
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import pytest
from babel.messages.catalog import Catalog, Message
from django.conf import settings

from authsite import roles
from catalogues.files import compiled, forms, languages, po_of, read
from catalogues.strings import ROOT, find_strings
from tests.environment import subprocess_environment

_PLACE: Final = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%|<[^>]*>")
_FRENCH_SPACING: Final = re.compile(
    "[^\u202f\u00ab\u00a0][;?!](?![\\w=/])"  # a narrow no-break space before these
    "|[^\u00a0\\d]:(?!/)"  # a no-break space before a colon, but for times of the day
    "|\u00ab[^\u00a0]|[^\u00a0]\u00bb"
    "|'|e-mail"
)

every_language = pytest.mark.parametrize("language", languages())


@pytest.fixture(scope="module")
def strings() -> Catalog:
    """What stands in the source."""
    return find_strings()


def named(messages: Catalog) -> set[tuple[str | None, str]]:
    """Every string by its context and its English."""
    return {(one.context, forms(one.id)[0]) for one in messages if one.id}


def pairs(language: str) -> Iterator[tuple[Message, str, str]]:
    """Every translation beside the English that it has to be as good as."""
    for message in read(language):
        english = forms(message.id)
        for number, said in enumerate(forms(message.string)):
            if message.id and said:
                yield message, english[min(number, len(english) - 1)], said


def edges(text: str) -> tuple[str, str]:
    """The spaces before and after."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def test_languages_with_words_are_those_that_the_site_offers() -> None:
    """A language is in LANGUAGES (authsite/settings/base.py) when it has a folder in locale/."""
    assert {code for code, _name in settings.LANGUAGES} == {settings.LANGUAGE_CODE, *languages()}


@pytest.mark.parametrize("role", roles.ROLES)
def test_operators_site_alone_speaks_only_english(role: str) -> None:
    """It has no translation, so it offers none."""
    said = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(len(settings.LANGUAGES))"],
        cwd=ROOT,
        env=subprocess_environment(role),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (int(said.stdout) == 1) is (role == roles.OPERATOR)


@every_language
def test_catalogue_has_the_strings_of_the_source_and_no_others(
    language: str, strings: Catalog
) -> None:
    """A changed string comes into every catalogue by one command."""
    words = read(language)
    new, gone = named(strings) - named(words), named(words) - named(strings)
    assert not new, f"new strings: run `make messages` and translate locale/{language}: {new}"
    assert not gone, f"strings that are gone: run `make messages`: {gone}"
    assert not words.obsolete, f"strings that are gone: run `make messages`: {words.obsolete}"


@every_language
def test_catalogue_is_translated_to_the_end(language: str) -> None:
    """Nobody meets a page that is half in their language."""
    messages = [one for one in read(language) if one.id]
    empty = [one.id for one in messages if not all(forms(one.string))]
    doubtful = [one.id for one in messages if one.fuzzy]
    place = po_of(language).relative_to(ROOT)
    assert not empty, f"translate these in {place}, then run `make messages`: {empty}"
    assert not doubtful, (
        f'look at these in {place}, take "fuzzy" away, run `make messages`: {doubtful}'
    )


@every_language
def test_catalogue_is_compiled(language: str) -> None:
    """What the site reads is what people wrote."""
    machine = po_of(language).with_suffix(".mo")
    assert machine.read_bytes() == compiled(read(language)), (
        f"{machine.relative_to(ROOT)} is not what its .po says: run `make messages`"
    )


@every_language
def test_translation_keeps_places_markup_and_edges(language: str) -> None:
    """Names stand where they must, and no translation can bring markup into a page."""
    for message, english, said in pairs(language):
        kept = [sorted(_PLACE.findall(one)) for one in forms(message.id)]
        assert sorted(_PLACE.findall(said)) in kept, (
            f"{said!r} has other places or tags than {english!r}"
        )
        assert edges(said) == edges(english), f"{said!r} begins or ends with other spaces"
        plain = _PLACE.sub("", said)
        assert not re.search('["&]', plain), f"{said!r} would break the page's markup"


@pytest.mark.skipif("fr" not in languages(), reason="no French")
def test_french_has_its_spaces_apostrophes_and_hyphens() -> None:
    """U+00A0 before a colon and inside guillemets, U+202F before ; ? and !, U+2019, U+2011."""
    all_said = [said for _, _, said in pairs("fr")]
    odd = [said for said in all_said if _FRENCH_SPACING.search(re.sub("<[^>]*>", "", said))]
    assert not odd, f"mend spaces, apostrophes or hyphens in locale/fr: {odd}"
