"""Codes that people type, and what browsers call themselves: closed forms, read as meant."""

import secrets

import pytest

from vault.agents import agent_label, parts_of
from vault.codes import ALPHABET, CODE_BYTES, LENGTH, normal_form, read, spelled


def test_code_of_any_ten_bytes_is_read_back() -> None:
    """Sixteen letters of five bits: nothing is lost, and every code stands for one secret."""
    for secret in (bytes(10), b"\xff" * 10, *(secrets.token_bytes(CODE_BYTES) for _ in range(500))):
        code = spelled(secret)
        assert read(code) == secret
        assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
        assert set(code) <= {*ALPHABET, "-"}


def test_code_has_no_letters_that_look_alike() -> None:
    """So that O is 0, and I and L are 1, wherever somebody types them."""
    assert len(ALPHABET) == 32
    assert not set("OILU") & set(ALPHABET)
    assert normal_form("o0 Il1\u2014u") == "00111U"


@pytest.mark.parametrize(
    "dash", ["", "-", " ", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\t\n"]
)
def test_code_is_read_however_its_groups_are_set_apart(dash: str) -> None:
    """As typed, as pasted, as a mail program makes it prettier."""
    secret = secrets.token_bytes(CODE_BYTES)
    code = spelled(secret)
    assert read(code.replace("-", dash)) == secret
    assert read(f" {code.lower().replace('-', dash)} ") == secret


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0" * (LENGTH - 1),
        "0" * (LENGTH + 1),
        "U" + "0" * (LENGTH - 1),
        "\u0660" * LENGTH,  # digits of another script
        "\uff10" * LENGTH,
        "0" * (LENGTH - 1) + "\u00df",
        "0" * (LENGTH - 1) + "\x00",
        "0_" * (LENGTH // 2),
    ],
)
def test_text_that_can_be_no_code_is_none(typed: str) -> None:
    """Too short, too long, or with what no code has."""
    assert read(typed) is None


def test_label_of_a_browser_is_one_of_few_words() -> None:
    """Whatever it calls itself, at whatever length."""
    assert agent_label("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0") == (
        "Firefox on Linux"
    )
    for odd in ("", "curl/8", "<script>", "x" * 100_000, "Call 0900 now"):
        assert agent_label(odd) == ""
    assert agent_label("Windows Call 0900 now") == "Windows"


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        ("Firefox on Linux", ("Firefox", "Linux")),
        ("Samsung Internet on Android", ("Samsung Internet", "Android")),
        ("Safari", ("Safari", "")),
        ("iPad", ("", "iPad")),
        ("", ("", "")),
        ("Linux on Firefox", None),
        ("Firefox on ", None),
        (" on Linux", None),
        ("Firefox on Linux on Linux", None),
        ("firefox", None),
        ("Firefox on Mars", None),
        ("Call 0900 now", None),
    ],
)
def test_label_is_taken_apart_or_is_none_of_ours(label: str, parts: tuple[str, str] | None) -> None:
    """What a letter says of a browser comes from these words alone."""
    assert parts_of(label) == parts
