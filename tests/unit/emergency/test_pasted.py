"""What may be tokens in something pasted: all of it is looked at, or nothing."""

import pytest

from emergency.actions.pasted import LONGEST, MOST, read
from emergency.errors import PastedTooMuch


def test_paste_with_more_words_than_are_looked_at_is_refused() -> None:
    """What was not looked at must not be taken for harmless."""
    words = [f"{number:020}" for number in range(MOST + 1)]
    read(" ".join(words[: MOST - 2]))
    with pytest.raises(PastedTooMuch):
        read(" ".join(words))


def test_paste_that_is_too_long_is_refused() -> None:
    """Rather than cut."""
    with pytest.raises(PastedTooMuch):
        read("a " * LONGEST)
