"""Tests in a browser wait for the page that they mean, and never read whatever is there just now.

Playwright's `expect` tries again until a page is as it should be; its other answers are those of
the moment, in which the last page may still be there, or none.
"""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

E2E = Path(__file__).resolve().parents[1] / "e2e"
MOMENTARY = {
    *("all_inner_texts", "all_text_contents", "content", "count", "get_attribute", "inner_html"),
    *("inner_text", "input_value", "is_checked", "is_enabled", "is_hidden", "is_visible"),
    *("text_content", "title"),
}
PRESSES = {"click", "press"}
LEAVES = {"goto", "reload"}  # what was pressed may never reach the site


def _called(node: ast.AST) -> str:
    """The last part of what is called, or nothing."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_momentary(node: ast.AST) -> bool:
    """Whether this asks a page, or a part of it, what it is just now."""
    return _called(node) in MOMENTARY


def _names_an_address(test: ast.expr) -> bool:
    """Whether a page's address is in here, and not that of one request of many."""
    loops = [node.target for node in ast.walk(test) if isinstance(node, ast.comprehension)]
    ones = {target.id for target in loops if isinstance(target, ast.Name)}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "url"
        and isinstance(node.value, ast.Name)
        and node.value.id not in ones
        for node in ast.walk(test)
    )


def _follows_too_soon(statement: ast.stmt, press: ast.stmt) -> bool:
    if not isinstance(press, ast.Expr) or _called(press.value) not in PRESSES:
        return False
    return any(
        _is_momentary(node) or _called(node) in {"look", *LEAVES} for node in ast.walk(statement)
    )


def _hasty(tree: ast.AST) -> Iterator[ast.AST]:
    """What asserts the moment, follows a press without waiting, or waits for a clock."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and (
            _names_an_address(node.test) or any(map(_is_momentary, ast.walk(node.test)))
        ):
            yield node
        if _called(node) == "wait_for_timeout":
            yield node
        for block in ("body", "orelse", "finalbody"):
            statements = getattr(node, block, [])
            if isinstance(statements, list):
                pairs = itertools.pairwise(statements)
                yield from (second for first, second in pairs if _follows_too_soon(second, first))


@pytest.mark.parametrize("path", sorted(E2E.glob("*.py")), ids=lambda path: path.stem)
def test_browser_test_waits_for_the_page_it_means(path: Path) -> None:
    """Assert with `expect`, and after a press wait for what only the next page has."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [f"{path.name}:{node.lineno}: {ast.unparse(node)}" for node in _hasty(tree)] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "lines",
    [
        "assert page.title().startswith('Error:')",
        "assert stranger.url == there",
        "assert page.get_by_role('alert').count() == 0",
        "button.click()\nlook(page, 'next')",
        "button.click()\nif script:\n    look(page, 'next')",
        "page.keyboard.press('Enter')\ncodes = page.locator('.code').all_inner_texts()",
        "def save():\n    button.click()\n    page.goto(elsewhere)",
        "page.wait_for_timeout(500)",
    ],
)
def test_haste_is_found(lines: str) -> None:
    """The rule above can fail."""
    assert len(list(_hasty(ast.parse(lines)))) == 1


@pytest.mark.parametrize(
    "lines",
    [
        "button.click()\nexpect(page).to_have_title('Next')\nlook(page, 'next')",
        "with next_page(page):\n    button.click()\nlook(page, 'next')",
        "assert [one.url for one in requests] == []",
    ],
)
def test_patience_is_let_through(lines: str) -> None:
    """It asks for no more than that."""
    assert list(_hasty(ast.parse(lines))) == []
