"""Passwords: what is hashed, what may be set, and why the rest is refused."""

import time
import unicodedata

import pytest
from django.test import override_settings

from accounts.errors import (
    AccountError,
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnacceptable,
)
from accounts.services.password_rules import check_new_password, normalise_password
from accounts.services.weak_passwords import common_passwords, is_predictable


def judged(password: str, *, has_second_factor: bool = False) -> str:
    """Answer "accepted", or the code of the refusal."""
    try:
        check_new_password(
            password,
            username="Ada Lovelace",
            email="ada.l@analytical.example",
            has_second_factor=has_second_factor,
        )
    except PasswordUnacceptable as refused:
        return refused.code
    return "accepted"


def test_password_typed_in_any_composition_is_the_same_password() -> None:
    """Keyboards send accents composed or apart; both are one password (NFC)."""
    typed = "Crème brûlée à 5 €"
    assert normalise_password(unicodedata.normalize("NFD", typed)) == typed


@pytest.mark.parametrize(
    "password",
    [
        "  two spaces at each end  ",
        "\u00a0no-break space\u00a0",
        "tab\tand\nline\r\nends",
        "MiXeD CaSe",
        "\ufb01gures and \uff15 full width",
        "",
        "delete \x7f is kept",
    ],
)
def test_password_keeps_every_character_that_is_text(password: str) -> None:
    """Nothing is trimmed, folded or made compatible: it is verified as typed."""
    assert normalise_password(password) == password


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1f", "\ud800", "\ufffe"])
def test_password_character_that_is_not_text_becomes_the_replacement(character: str) -> None:
    """Controls and invalid bytes become U+FFFD, so nothing is cut off at a NUL."""
    assert normalise_password(f"before{character}after") == "before\ufffdafter"


def test_password_is_cleaned_before_it_is_composed() -> None:
    """A control between a letter and its accent keeps them apart, as in MediaWiki."""
    assert normalise_password("e\x00\u0301") == "e\ufffd\u0301"


@pytest.mark.parametrize(
    "password", ["a" * 4096, "é" * 2048, "e\u0301" * 2048, "\U0001f600" * 1024]
)
def test_password_of_4096_bytes_is_taken(password: str) -> None:
    """The limit counts bytes of what is hashed, however it was typed."""
    assert len(normalise_password(password).encode()) == 4096


@pytest.mark.parametrize(
    "password", ["a" * 4097, "é" * 2049, "e\u0301" * 2049, "\x00" * 1366, "\U0001f600" * 1025]
)
def test_password_over_4096_bytes_is_refused(password: str) -> None:
    """V-dos, dos-1: what is too long is refused before hashing, for new and old passwords."""
    with pytest.raises(PasswordTooLong):
        normalise_password(password)
    assert judged(password) == "password_too_long"


@pytest.mark.parametrize(
    "password",
    [
        "a" * 10_000_000,
        "a" + "\u0301\u0327" * 3_000_000,
        "wiki" * 1024,
        "!" * 4096,
        "1" * 2048 + "a" * 2048,
        "1" * 120 + "monkey" + "7" * 120,
        "Ada" + "-1" * 120,
    ],
)
def test_v_dos_password_made_to_be_slow_is_judged_at_once(password: str) -> None:
    """V-dos: no password costs more than a tenth of a second of rules."""
    judged("warm up: the list is read once")
    started = time.process_time()
    assert judged(password) != "accepted"
    assert time.process_time() - started < 0.1


def test_password_alone_needs_fifteen_code_points() -> None:
    """15 where it is the only factor; code points count, not bytes."""
    assert judged("vetch ombre pax") == "accepted"
    assert judged("vetch ombre pa") == "password_too_short"
    assert judged("żółw wśród mgły") == "accepted"
    assert judged("żółw wśród mgł") == "password_too_short"


def test_password_beside_a_second_factor_needs_eight_code_points() -> None:
    """8 where something else is asked too."""
    assert judged("vx ombre", has_second_factor=True) == "accepted"
    assert judged("vxombre", has_second_factor=True) == "password_too_short"


def test_password_too_short_says_how_long_it_must_be() -> None:
    """The person is told the number that applies to them."""
    assert "15" in str(PasswordTooShort(minimum=15).message)
    assert "8" in str(PasswordTooShort(minimum=8).message)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "onlylowercaseletterswithoutanyspace",
        "my cat eats wiki pages",
        "a password about passwords",
        "Ada met a lovelace gardener",
        "3.14159265358979",
        "839104756291387",
        "ニワトリが三歩で忘れた話ですよね",
        "🦊🐢🌵🎈🥨🧭🪁🌋🍄🛶🎻🏓🧩🐝🌈",
        "Tr0ub4dor&3-and-more",
        "x" * 3 + "unrelated" + "y" * 3,
        " leading and trailing ",
        "long passphrase " + "of many different words here and there " * 8,
    ],
)
def test_password_without_any_composition_is_accepted(password: str) -> None:
    """No kind of character is demanded or barred (6.2.5); 64 characters and more are fine."""
    assert judged(password) == "accepted"


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "passwordpasswor",
        "password password 123",
        "Password1234567",
        "P@ssw0rd2026!!!!!",
        "drowssapdrowssap",
        "iloveyou-iloveyou",
        "1qaz2wsx3edc4rfv",
        "1QAZ2WSX3EDC4RFV",
        "Monkey1234567890",
        "000000000monkey",
        "\u043f\u0430\u0440\u043e\u043b\u044c123456789",
    ],
)
def test_password_that_is_common_or_a_trivial_variation_is_refused(password: str) -> None:
    """6.2.4: the whole password is compared, in any case, doubled, padded or respelt."""
    assert judged(password) == "password_common"


@pytest.mark.parametrize(
    "password",
    ["sunshine", "SUNSHINE", "Sunshine1", "sunsh1ne!", "qwerty12", "basketball", "2019fish"],
)
def test_short_password_that_is_common_is_refused_beside_a_second_factor(password: str) -> None:
    """A second factor shortens the password; it does not make a known one unknown."""
    assert judged(password, has_second_factor=True) == "password_common"


def test_blocklist_refuses_every_common_password_that_is_long_enough() -> None:
    """6.2.4, 3.1.1.2d: at least 10,000 entries fit the length rules, and none gets through."""
    long_enough = [entry for entry in common_passwords() if len(entry) >= 8]
    assert len(long_enough) >= 10_000
    for entry in long_enough[::7]:
        assert judged(entry.upper(), has_second_factor=True) == "password_common"


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaab",
        "hahahahahahahaha",
        "abcabcabcabcabcabc",
        "horsehorshorsehors",
        "abcdefghijklmnop",
        "zyxwvutsrqponmlk",
        "0987654321098765",
        "1111222233334444",
        "qwertyuiopasdfghjkl",
        "qwertzuiopasdfghjkl",
        "azertyuiopqsdfghjklm",
        "йцукенгшщзхъфыва",
        "qazwsxedcrfvtgby",
        "!QAZ2wsx#EDC4rfv%",
        "a1b2c3d4e5f6g7h8",
        "日本語日本語日本語日本語日本語",
    ],
)
def test_password_that_is_only_a_pattern_is_refused(password: str) -> None:
    """Repetitions, sequences and keyboard walks are no secret at any length."""
    assert judged(password) in {"password_predictable", "password_common"}


@pytest.mark.parametrize(
    "password",
    [
        "wikiwikiwikiwiki",
        "WikiWikiWiki2026",
        "w1k1-w1k1-w1k1-w1k1",
        "MediaWiki Wikipedia",
        "Marmot Wiki 2026!!",
        "marmotburrowmarmot",
    ],
)
def test_password_made_of_site_words_is_refused(password: str) -> None:
    """6.1.2, 6.2.11: the site's name and the words in its settings are no password."""
    with override_settings(SITE_NAME="Marmot Wiki", SITE_WORDS=["burrow"]):
        assert judged(password) == "password_site_words"


def test_password_that_merely_contains_site_words_is_accepted() -> None:
    """Only a password that consists of them is refused."""
    with override_settings(SITE_NAME="Marmot Wiki", SITE_WORDS=["burrow"]):
        assert judged("the marmot wiki is behind the barn") == "accepted"


@pytest.mark.parametrize(
    "password",
    [
        "Ada Lovelace 1815",
        "adalovelaceadalovelace",
        "L0vel4ce.Ada.1815",
        "ada.l@analytical.example",
        "analyticalexample!",
        "Ada Lovelace Wiki 1",
    ],
)
def test_password_made_of_the_persons_own_name_or_address_is_refused(password: str) -> None:
    """3.1.1.2d: what anybody knows about the account is no password."""
    assert judged(password) == "password_own_name"


def test_password_without_an_address_is_judged_by_the_name() -> None:
    """The address is optional."""
    with pytest.raises(PasswordUnacceptable) as refused:
        check_new_password(
            "Ada Lovelace 1815", username="Ada Lovelace", email=None, has_second_factor=False
        )
    assert refused.value.code == "password_own_name"


def test_v_blank_password_is_never_acceptable() -> None:
    """V-blank: no setting or factor makes an empty password one."""
    for has_second_factor in (False, True):
        assert judged("", has_second_factor=has_second_factor) == "password_too_short"


def test_password_made_by_a_manager_is_practically_never_a_pattern() -> None:
    """The pattern rules do not stand in the way of random passwords."""
    alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_"
    state, refused = 20260101, 0
    for _ in range(2000):
        characters = []
        for _ in range(15):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            characters.append(alphabet[(state >> 33) % len(alphabet)])
        refused += is_predictable("".join(characters))
    assert refused == 0


def test_password_errors_never_repeat_what_was_typed() -> None:
    """A refusal can be logged: it holds a code and a sentence, not the password."""
    for password in ("Sesame", "wikiwikiwikiwiki", "Sesame" * 1000):
        with pytest.raises(AccountError) as refused:
            check_new_password(password, username="Ali", email=None, has_second_factor=False)
        error = refused.value
        said = f"{error!r} {error} {error.message} {error.guidance} {error.__dict__}"
        assert password not in said


def test_password_errors_have_codes_reasons_and_guidance() -> None:
    """3.1.1.2d: whoever is refused learns why, and what would work."""
    kinds = PasswordUnacceptable.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        error = kind(minimum=15) if kind is PasswordTooShort else kind()
        assert str(error.message).endswith(".")
        assert str(error.guidance).endswith(".")
