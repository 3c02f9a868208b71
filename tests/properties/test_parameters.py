"""Parameters are read as Django reads them, or refused; never in a third way."""

from urllib.parse import unquote_to_bytes

import pytest
from django.conf import settings
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st

from authsite.limits import Refused, read_parameters

PIECES = st.sampled_from(
    [
        *(b"a", b"b", b"=", b"&", b"+", b"%", b"%4", b"%41", b"%26", b"%3D", b"%2B", b";", b" "),
        *(b"[]", b"%C3%A9", b"%c3", b"\xc3\xa9", b"\xc3", b"%00", b"\x00", b"%ff", b"%2500"),
        b"%ED%A0%80",
    ]
)


def reason_to_refuse(raw: bytes) -> str | None:
    """Why a query or form may not go on, by its bytes as they are meant."""
    meant = unquote_to_bytes(raw)
    if b"\0" in meant:
        return "nul"
    try:
        meant.decode()
    except UnicodeDecodeError:
        return "encoding"
    return None


@given(st.lists(PIECES, max_size=12).map(b"".join) | st.binary(max_size=40))
@example(b"a=1&a=2&&b&=c&a=%2526")
@example(b"%C3&%A9")
def test_parameters_are_djangos_or_refused(raw: bytes) -> None:
    """Names, values, their order, repeats, and what is empty."""
    reason = reason_to_refuse(raw)
    if reason is not None:
        with pytest.raises(Refused, match=reason):
            read_parameters(raw)
    else:
        expected = QueryDict(raw, encoding="utf-8")
        assert list(read_parameters(raw).lists()) == list(expected.lists())


def test_parameters_cannot_be_changed_afterwards() -> None:
    """As Django's own."""
    read = read_parameters(b"a=1")
    for change in (read.update, lambda more: read.appendlist("a", more)):
        with pytest.raises(AttributeError):
            change({"a": "2"})
    assert read["a"] == "1"


def test_fields_beyond_the_limit_are_refused_and_up_to_it_are_not() -> None:
    """The number is the settings'; empty fields count as well."""
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    assert len(read_parameters(b"&".join(b"f%d=" % n for n in range(most)))) == most
    for raw in (b"&".join([b"a=1"] * (most + 1)), b"&" * most):
        with pytest.raises(Refused) as refused:
            read_parameters(raw)
        assert (refused.value.status, refused.value.reason) == (400, "form")
