"""Codes of TOTP apps: the RFCs' vectors, MediaWiki's, and what a comparison gives away."""

import hmac
import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from vault.totp_codes import code_of, matching, normal_form, secret_from_base32, step_at

RFC_SECRET = b"12345678901234567890"
MEDIAWIKI = json.loads(
    (Path(__file__).parents[2] / "data" / "mediawiki_totp.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("now", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_code_is_the_one_of_rfc_6238(now: int, eight_digits: str) -> None:
    """Appendix B for SHA-1; six digits are the last of its eight."""
    assert code_of(RFC_SECRET, step_at(now)) == eight_digits[-6:]


def test_code_is_the_one_of_rfc_4226() -> None:
    """Appendix D: a time step is a counter."""
    codes = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489"
    assert [code_of(RFC_SECRET, counter) for counter in range(10)] == codes.split()


@pytest.mark.parametrize("vector", MEDIAWIKI["totp"], ids=lambda v: v["secret_base32"][:6])
def test_code_is_the_one_that_mediawiki_takes(vector: dict[str, Any]) -> None:
    """Secrets of 10, 20 and 26 bytes, with padding and without."""
    secret = secret_from_base32(vector["secret_base32"])
    assert secret.hex() == vector["secret_hex"]
    for moment in vector["codes"]:
        assert step_at(moment["unix_time"]) == moment["counter"]
        assert code_of(secret, moment["counter"]) == moment["code"]


@pytest.mark.parametrize("window", [0, 1, 4])
def test_code_within_the_window_matches_and_no_other_does(window: int) -> None:
    """Each step up to the window either way, named as the step that it is of."""
    secret = secrets.token_bytes(20)
    for distance in range(-6, 7):
        found = matching(code_of(secret, 1000 + distance), [("app", secret, window)], step=1000)
        expected = ("app", 1000 + distance) if abs(distance) <= window else None
        assert found == expected


def test_code_of_several_steps_counts_as_the_newest() -> None:
    """The one that is least likely to be used already."""
    secret = b"the same code at two steps"
    seen: dict[str, int] = {}
    for step in range(100_000):
        code = code_of(secret, step)
        if step - seen.get(code, step - 1000) < 900:
            break
        seen[code] = step
    older, newer = seen[code], step
    middle = (older + newer) // 2
    found = matching(code, [("app", secret, newer - middle + 1)], step=middle)
    assert found == ("app", newer)


def test_code_is_compared_with_every_step_of_every_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """V-time: first, last or none, the same comparisons are made, and all in constant time."""
    made: list[tuple[bytes, bytes]] = []
    really = hmac.compare_digest

    def counted(a: Any, b: Any) -> bool:
        made.append((a, b))
        return really(a, b)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    apps = [(name, secrets.token_bytes(20), 4) for name in "abc"]
    lists = []
    for typed in (
        code_of(apps[0][1], 996),
        code_of(apps[2][1], 1004),
        code_of(apps[1][1], 1000),
        "no code at all",
    ):
        made.clear()
        matching(typed, apps, step=1000)
        lists.append([computed for computed, _ in made])
    assert len(lists[0]) == 3 * 9
    assert all(one == lists[0] for one in lists)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "28708",
        "0287082",
        "287082\0",
        "287-082",
        "287\u00a0082",
        "\uff12\uff18\uff17\uff10\uff18\uff12",
        "\u0662\u0668\u0667\u0660\u0668\u0662",
        "+287082",
        "287082.0",
        "2" * 100_000,
        "\ud800",
        "94287082",
    ],
)
def test_code_that_is_typed_as_no_app_shows_it_is_none(typed: str) -> None:
    """Six ASCII digits, and ASCII white space; the wrong length or other digits never match."""
    assert matching(typed, [("app", RFC_SECRET, 1)], step=1) is None


@pytest.mark.parametrize("typed", ["287082", "287 082", " 287082\n", "2 8\t7\r\n0 8 2"])
def test_code_with_ascii_white_space_is_the_same(typed: str) -> None:
    """As apps show it, and as it is pasted."""
    assert normal_form(typed) == "287082"
    assert matching(typed, [("app", RFC_SECRET, 0)], step=1) == ("app", 1)


@pytest.mark.parametrize(
    "text",
    [
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
        "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
        "gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq\n",
    ],
)
def test_secret_in_any_spelling_is_the_same(text: str) -> None:
    """Case, groups and padding don't matter."""
    assert secret_from_base32(text) == RFC_SECRET


@pytest.mark.parametrize(
    "text",
    ["", "ABC", "A", "GEZDGNBVGY3TQOJ1", "GEZDGNBV", "\u0130" * 16, "GEZD" * 30, "ÄÖÜ" * 10],
)
def test_secret_that_is_none_is_refused_without_being_repeated(text: str) -> None:
    """Too short, too long, or not base32; the error says nothing of it."""
    with pytest.raises(ValueError) as refused:
        secret_from_base32(text)
    assert not text or text not in str(refused.value)
    assert refused.value.__cause__ is None
