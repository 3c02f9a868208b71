"""docs/attacks.md names a test for each attack, and each of them is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
# RFC 9700's attacks, and the classes of incidents at others that are about what wikis ask.
ATTACKS = [
    *(f"4.{number}" for number in range(1, 18)),
    *("V-redirect", "V-host", "V-proxy", "V-pkce", "V-revoke", "V-state", "V-ssrf", "V-confuse"),
]
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| [^|-]", line)]
NAMED = re.findall(r"`((?:tests|clients)/[\w/]+\.py)(?:::(\w+))?`", PAGE)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_test_that_the_page_names_is_there(file: str, test: str) -> None:
    """Whoever renames one mends the page: an attack whose test is gone is tried by nobody."""
    path = ROOT / file
    assert path.is_file()
    if test:
        assert re.search(rf"^def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_has_a_row_that_names_a_test_or_says_why_there_is_none(attack: str) -> None:
    """None is left out by an oversight."""
    rows = [row for row in ROWS if re.search(rf"(?<![\w.]){re.escape(attack)}(?![\w.])", row)]
    assert rows
    for row in rows:
        assert "`tests/" in row or "`clients/" in row, row


def test_module_of_attacks_is_on_the_page() -> None:
    """What is tried stands where people look for it."""
    modules = {
        str(path.relative_to(ROOT)) for path in (ROOT / "tests/web/attacks").glob("test_*.py")
    }
    assert modules <= {file for file, _test in NAMED}
