"""Strings are found wherever people may meet them, and catalogues follow what is found."""

from pathlib import Path

import pytest

from catalogues.files import compiled, read, updated, written
from catalogues.strings import find_strings

PAGE = """
{% if a %}
      {% translate "One" %} {% translate 'Two' context "a number" %}
  {% translate "One" as again %}
{% endif %}{% comment %}Translators: said of a dog{% endcomment %}
<p title="{% translate 'Three' %}">{% blocktranslate trimmed with b=c %}
    Four {{ b }} of <b>them</b>
{% endblocktranslate %} "quoted's
{% blocktranslate count n=m %}{{ n }} dog{% plural %}{{ n }} dogs{% endblocktranslate %}
"""
CODE = '''
from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy
def say(n):
    """_("not this")"""
    # Translators: for the queen
    return _("Five, " "or more"), ngettext("%(n)d cat", "%(n)d cats", n), pgettext_lazy("x", "Six")
'''


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small site: a room, the operators' room, a page, letters to people and to operators."""
    for name, text in {
        "room/__init__.py": "",
        "room/services/words.py": CODE,
        "room/models.py": '_("Seven")',
        "emergency/__init__.py": '_("Seven")',
        "no_room/words.py": '_("Seven")',
        "templates/room/page.html": PAGE,
        "templates/emails/letter.txt": '{% translate "Letter" %}',
        "templates/emails/operator_alert.txt": '{% translate "Seven" %}',
        "templates/admin/page.html": '{% translate "Seven" %}',
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


def test_strings_of_code_and_templates_are_found_and_those_of_operators_are_not(
    source: Path,
) -> None:
    """With contexts, plurals and notes, whatever stands around them."""
    found = {(one.context, one.id): one for one in find_strings(source) if one.id}
    assert set(found) == {
        (None, "Five, or more"),
        (None, ("%(n)d cat", "%(n)d cats")),
        ("x", "Six"),
        (None, "One"),
        ("a number", "Two"),
        (None, "Three"),
        (None, "Four %(b)s of <b>them</b>"),
        (None, ("%(n)s dog", "%(n)s dogs")),
        (None, "Letter"),
    }
    assert found[None, "Five, or more"].auto_comments == ["Translators: for the queen"]
    assert found[None, "Three"].auto_comments == ["Translators: said of a dog"]


def test_catalogue_that_is_brought_up_to_date_follows_the_source(source: Path) -> None:
    """New strings come empty, reworded ones as a proposal, and what is gone goes."""
    strings = find_strings(source)
    words = updated(read("fr", b""), strings)
    words["One"].string = "Un"  # type: ignore[union-attr]
    words["Five, or more"].string = "Cinq, ou plus"  # type: ignore[union-attr]
    words["Letter"].string = "Lettre"  # type: ignore[union-attr]
    page = source / "templates/room/page.html"
    page.write_text('{% translate "One" %}{% translate "Eight" %}', encoding="utf-8")
    code = source / "room/services/words.py"
    code.write_text(CODE.replace("or more", "or a few more"), encoding="utf-8")
    after = updated(read("fr", written(words)), find_strings(source))
    assert {one.id for one in after if one.id} == {
        "Five, or a few more",
        ("%(n)d cat", "%(n)d cats"),
        "Six",
        "One",
        "Eight",
        "Letter",
    }
    said = {one.id: (one.string, one.fuzzy) for one in after}
    assert said["One"] == ("Un", False)
    assert said["Eight"] == (None, False)
    assert said["Five, or a few more"] == ("Cinq, ou plus", True)
    assert not after.obsolete


def test_catalogue_changes_with_its_words_alone(source: Path) -> None:
    """No date and no version: what is written twice is the same, and so is what it compiles to."""
    words = updated(read("fr", b""), find_strings(source))
    words["One"].string = "Un"  # type: ignore[union-attr]
    again = read("fr", written(words))
    assert written(again) == written(words)
    assert compiled(again) == compiled(read("fr", written(again)))
    assert b"Un" in compiled(words)
    assert b"Babel" not in written(words) + compiled(words)
    assert b"Date" not in written(words) + compiled(words)
