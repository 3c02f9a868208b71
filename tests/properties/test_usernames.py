"""What holds for every text that anybody could type as a name or a password."""

import unicodedata
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.errors import PasswordTooLong, PasswordUnacceptable, UsernameInvalid
from accounts.services.password_rules import check_new_password, normalise_password
from accounts.services.usernames import (
    canonical_username,
    creatable_username,
    mediawiki_creatable_username,
    usable_username,
    username_skeleton,
    username_skeletons,
)

# Any code points at all: surrogates, NUL and noncharacters too, with more of what rules look at.
_TELLING = st.sampled_from(
    [
        *("User:", "Talk:", "wiki:", ":", "_", " ", "&amp;", "&lt;", "&nbsp;", "~~", "..", "/"),
        *("\x00", "\ud800", "\udfff", "\ufffe", "\ufffd", "\u200e", "\u200b", "\u2028", "\xa0"),
        *("\u0301", "\u0327", "\u0345", "\u0390", "\xdf", "\u0149", "\u01c6", "\u0131", "\ufb01"),
        *(
            "192.0.2.1",
            "::1",
            "%41",
            "#",
            "\u0430",
            "\u03b1",
            "\uac00",
            "\U0001f600",
            "I",
            "l",
            "0",
        ),
    ]
)
any_text = st.lists(st.one_of(_TELLING, st.text(st.characters(), max_size=5)), max_size=12).map(
    "".join
)
rules = pytest.mark.parametrize(
    "rule",
    [canonical_username, usable_username, mediawiki_creatable_username, creatable_username],
)
FORBIDDEN = set("#<>[]{}|/_\ufffd\x7f") | {chr(c) for c in (*range(32), *range(0x80, 0xA1))}


def read(rule: Callable[[str], str], typed: str) -> str | None:
    """Apply a rule; any error that is not a refusal fails the test."""
    try:
        return rule(typed)
    except UsernameInvalid:
        return None


@rules
@given(any_text)
@example("\u0390x")
@example("e\u200e\u0301")
@example("User:\u0149ame")
def test_username_read_twice_is_read_the_same(rule: Callable[[str], str], typed: str) -> None:
    """A canonical name is its own canonical name, at every strength."""
    name = read(rule, typed)
    if name is not None:
        assert rule(name) == name


@rules
@given(any_text)
def test_username_that_passes_is_clean(rule: Callable[[str], str], typed: str) -> None:
    """Composed, trimmed, short enough for its column, without what wikis cannot hold."""
    name = read(rule, typed)
    if name is not None:
        assert unicodedata.is_normalized("NFC", name)
        assert FORBIDDEN.isdisjoint(name)
        assert name == name.strip()
        assert "  " not in name
        assert 0 < len(name.encode()) <= 255


@given(any_text)
def test_username_strengths_only_ever_narrow(typed: str) -> None:
    """What may be made may sign in, what may sign in may exist, always under one spelling."""
    strengths = [
        read(rule, typed)
        for rule in (
            canonical_username,
            usable_username,
            mediawiki_creatable_username,
            creatable_username,
        )
    ]
    for weaker, stronger in pairwise(strengths):
        assert stronger is None or stronger == weaker


@given(any_text)
def test_username_however_spaced_or_cased_at_the_start_is_one_name(typed: str) -> None:
    """Spaces, underscores, the prefix and the first letter's case never make another name."""
    name = read(canonical_username, typed)
    if name is not None:
        assert canonical_username(f" _User:_{name.replace(' ', '_')} ") == name


@given(any_text)
def test_new_username_has_nothing_that_cannot_be_seen(typed: str) -> None:
    """No format, private, unassigned or surrogate character ever gets into a new name."""
    name = read(creatable_username, typed)
    if name is not None:
        kinds = {unicodedata.category(character) for character in name}
        assert kinds.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
        assert not name.startswith("~")


@given(any_text)
def test_skeleton_of_a_skeleton_is_itself(text: str) -> None:
    """Comparing by skeleton is an equivalence: nothing is left to reduce."""
    for skeleton in username_skeletons(text):
        assert username_skeleton(skeleton) == skeleton


@given(any_text)
def test_skeleton_of_a_name_is_among_its_skeletons(text: str) -> None:
    """What is looked up always reaches the same name as stored."""
    assert username_skeleton(text) in username_skeletons(text)


@given(any_text)
def test_skeleton_of_a_name_survives_case_width_and_composition(typed: str) -> None:
    """Folding, full width and accents typed apart lead to the same skeleton."""
    name = read(canonical_username, typed)
    if name is not None:
        skeleton = username_skeleton(name)
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert username_skeleton(unicodedata.normalize(form, name)) == skeleton
        assert username_skeleton(name.casefold()) == skeleton
        assert username_skeleton(canonical_username(name)) == skeleton


@given(st.one_of(any_text, st.binary().map(lambda b: b.decode("utf-8", "surrogateescape"))))
def test_password_normalised_twice_is_the_same(raw: str) -> None:
    """What is hashed at sign-up is what is hashed at sign-in, and it always encodes."""
    password = normalise_password(raw)
    assert normalise_password(password) == password
    assert normalise_password(unicodedata.normalize("NFD", password)) == password
    assert len(password.encode()) <= 4096


@given(st.text("ab \u0301\u00e9\U0001f600", min_size=1300, max_size=5000))
def test_password_is_refused_exactly_above_its_limit(raw: str) -> None:
    """No text within 4,096 bytes is refused, none above is taken."""
    fits = len(unicodedata.normalize("NFC", raw).encode()) <= 4096
    try:
        normalise_password(raw)
    except PasswordTooLong:
        assert not fits
    else:
        assert fits


@given(any_text, any_text, st.one_of(st.none(), any_text), st.booleans())
def test_password_rules_raise_nothing_but_refusals(
    password: str, username: str, email: str | None, has_second_factor: bool
) -> None:
    """Whatever is typed into any field, the answer is yes or a typed refusal."""
    try:
        check_new_password(
            password, username=username, email=email, has_second_factor=has_second_factor
        )
    except PasswordUnacceptable:
        return
    assert len(normalise_password(password)) >= (8 if has_second_factor else 15)
