"""What the page that lists one's letters calls each of them."""

from accounts.services.letter_titles import TITLES, title_of
from outbox.payloads import letter_templates


def test_letter_every_one_has_a_title_and_every_title_a_letter() -> None:
    """A new letter has to be named there as well."""
    assert set(TITLES) == letter_templates()


def test_letter_titles_are_all_different() -> None:
    """Nobody wonders which of two letters it was."""
    assert len({str(title) for title in TITLES.values()}) == len(TITLES)


def test_letter_of_a_later_release_is_called_a_letter() -> None:
    """The list is shown all the same."""
    assert str(title_of("of_tomorrow")) == "A letter"
