"""Recovery codes as they are made and as they are typed."""

import re

import pytest

from vault.recovery_codes import new_codes, normal_form


def test_codes_are_ten_of_eighty_bits_in_groups() -> None:
    """Sixteen of 32 letters and digits, none of which looks like another."""
    seen: set[str] = set()
    for _ in range(20):
        codes = new_codes()
        assert len(codes) == 10
        for code in codes:
            assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
        seen.update(codes)
    assert len(seen) == 200
    assert len(set("".join(seen)) - {"-"}) == 32


@pytest.mark.parametrize(
    "typed",
    [
        "10AB-CDEF-GH1K-MNP0",
        "10abcdefgh1kmnp0",
        "10AB CDEF GH1K MNP0",
        "IOAB-CDEF-GHLK-MNPO",
        "ioab-cdef-ghlk-mnpo",
        " 10AB\u00a0CDEF\u2011GH1K\u2013MNP0\n",
    ],
)
def test_code_in_any_spelling_is_the_same(typed: str) -> None:
    """Case, spaces, dashes and look-alike letters don't matter."""
    assert normal_form(typed) == "10ABCDEFGH1KMNP0"


def test_code_as_it_was_shown_is_in_normal_form_but_for_its_dashes() -> None:
    """Nothing of a code of ours is changed by reading it back."""
    for code in new_codes():
        assert normal_form(code) == code.replace("-", "")
        assert normal_form(normal_form(code)) == normal_form(code)
