"""What holds for every text that anybody could type as an e-mail address."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from accounts.errors import EmailInvalid
from accounts.services.email_addresses import parse_address
from outbox.letters import _is_one
from outbox.messages import _Letter
from vault.email_addresses import normal_form

_TELLING = st.sampled_from(
    [
        *("a", "@", ".", "..", "-", "+", "'", '"', "(", ")", "<", ">", ",", ";", ":", "\\\\", " "),
        *("\r\n", "\n", "\x00", "\x7f", "\u2028", "\u202e", "\u200b", "\u3000", "\xa0"),
        *("\uff20", "\ufe6b", "\uff0c", "\u2025", "\u3002", "\u0131", "\xdf", "\u017f", "\u212a"),
        *("\u0301", "\u7528", "\u03b4", "\U0001f600", "\ud800", "xn--", "example.org", "localhost"),
    ]
)
any_text = st.lists(st.one_of(_TELLING, st.text(st.characters(), max_size=4)), max_size=10).map(
    "".join
)
# Half of them with a host that is one, so that there is something to look at.
any_address = st.one_of(any_text, any_text.map(lambda local: f"{local}@example.org"))


def read(typed: str) -> str | None:
    """Reads an address; any error that is not a refusal fails the test."""
    try:
        return parse_address(typed).address
    except EmailInvalid:
        return None


@given(any_address)
@example('"a b"@example.org')
@example("\u0436" * 33 + "@example.org")
@example("a\uff20b@example.org")
def test_address_that_is_taken_is_one_that_a_letter_can_go_to(typed: str) -> None:
    """Nobody waits for a letter to an address that the worker would refuse."""
    address = read(typed)
    assert address is None or _is_one(address)


@given(any_address)
def test_address_read_twice_is_read_the_same(typed: str) -> None:
    """What is stored is its own form, with its host in ASCII; spaces around it never count."""
    address = read(typed)
    if address is not None:
        assert read(address) == read(f" {typed}\t") == address
        assert unicodedata.is_normalized("NFC", address)
        assert address.rpartition("@")[2].isascii()
        assert parse_address(typed).normal_form == normal_form(address)


@given(any_text)
def test_text_that_the_worker_takes_for_an_address_is_one_recipient(text: str) -> None:
    """One line, one @, nothing that ends a header: the very bytes of it stand behind To."""
    if _is_one(text):
        assert text.count("@") == 1
        assert text.isprintable()
        made = _Letter(subject="s", body="b", to=[text], from_email="a@example.org")
        assert f"\nTo: {text}\n".encode() in made.message().as_bytes()
