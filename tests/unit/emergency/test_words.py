"""Events in words: every tag has some, and details read as one line."""

from emergency.words import KINDS, TAGS, detail_words, level_words, tag_words
from vault.events import Tag
from vault.operators import LEVELS


def test_words_exist_for_every_tag_of_the_trail() -> None:
    """A new tag needs its words, and no words outlive their tag."""
    assert set(TAGS) == {str(tag) for tag in Tag}


def test_words_for_an_unknown_tag_are_the_tag() -> None:
    """A trail that is newer than this process still reads."""
    assert tag_words("moon:landed:again") == "moon:landed:again"


def test_kinds_each_have_a_tag_that_begins_so() -> None:
    """No filter that can find nothing."""
    for prefix, _words in KINDS:
        assert any(tag.startswith(prefix) for tag in TAGS)


def test_levels_all_have_words() -> None:
    """An operator sees what each level may do."""
    for level in LEVELS:
        assert level_words(level) != level


def test_details_begin_with_the_reason() -> None:
    """Why, how many, and then the rest by name."""
    detail = {"zone": 1, "sessions_ended": 2, "reason": "stolen", "amr": ["pwd", "otp"]}
    assert detail_words(detail) == "“stolen” · 2 sessions · proven by: pwd otp · zone: 1"
    assert detail_words({}) == ""
