"""MACs over rows: every field counts, where it begins and ends, and whether it is there."""

from uuid import uuid4

import pytest

from vault.keys import KeyRing, new_key
from vault.seals import Field, is_ours, mac, optional

RING = KeyRing.parse("AUTHSITE_WIKI_KEYS", new_key("k1"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("a",), ("a", "")),
        ((("a", "b"),), (("ab",),)),
        ((("a", "b"), ()), (("a",), ("b",))),
        ((("a",), ("b", "c")), (("a", "b"), ("c",))),
        (((),), (("",),)),
        ((optional(None),), (optional(""),)),
        ((optional(None), optional("a")), (optional("a"), optional(None))),
        ((1, 23), (12, 3)),
    ],
)
def test_macs_of_fields_that_read_alike_differ(
    one: tuple[Field, ...], other: tuple[Field, ...]
) -> None:
    """No list of fields can be cut in another way, and nothing is not the same as an empty text."""
    assert mac(RING, "k1", "wiki", *one) != mac(RING, "k1", "wiki", *other)
    assert mac(RING, "k1", "wiki", *one) == mac(RING, "k1", "wiki", *one)


def test_mac_in_a_row_counts_only_under_a_known_key_for_its_own_purpose() -> None:
    """Empty, absent, of an unknown key, for something else, by somebody else: none is ours."""
    fields = (uuid4(), "Ada")
    genuine = mac(RING, "k1", "account-name", *fields)
    assert is_ours(genuine, RING, "k1", "account-name", *fields)
    strangers = KeyRing.parse("AUTHSITE_WIKI_KEYS", new_key("k1"))
    refused: list[tuple[bytes | None, KeyRing, str | None, str]] = [
        (b"", RING, "k1", "account-name"),
        (None, RING, "k1", "account-name"),
        (genuine[:-1], RING, "k1", "account-name"),
        (genuine, RING, "", "account-name"),
        (genuine, RING, None, "account-name"),
        (genuine, RING, "k2", "account-name"),
        (genuine, RING, "k1", "wiki"),
        (genuine, strangers, "k1", "account-name"),
    ]
    for given, ring, key_id, purpose in refused:
        assert not is_ours(given, ring, key_id, purpose, *fields)
