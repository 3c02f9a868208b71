"""Secrets are compared in constant time: by hmac.compare_digest, never by == (V-time)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("authsite", "accounts", "twofactor", "vault", "sso", "outbox", "emergency")
# Words that a name ends with when it holds something which must not be guessed byte by byte.
SECRET = (
    *("secret", "password", "token", "mac", "digest", "hash", "proof", "cookie", "signature"),
    *("verifier", "pepper", "code", "tag", "key"),
)
# Ends like one of these and is none: a status, a language, a mail server's answer.
HARMLESS = ("status_code", "smtp_code", "language_code", "error_code", "returncode", "locale_code")


def _name(side: ast.expr) -> str:
    """What a side of a comparison is called: the last part of a dotted name or of a key."""
    if isinstance(side, ast.Subscript):
        side = side.slice
    if isinstance(side, ast.Constant) and isinstance(side.value, str):
        return side.value
    return side.attr if isinstance(side, ast.Attribute) else getattr(side, "id", "")


def _is_secret(side: ast.expr) -> bool:
    name = _name(side).lower().lstrip("_")
    return name not in HARMLESS and name.split("_")[-1] in SECRET


def _leaks(node: ast.AST) -> bool:
    """Whether this is ``a == b`` or ``a != b`` of a secret and something that isn't a literal."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return False
    sides = [node.left, *node.comparators]
    if any(isinstance(side, ast.Constant) for side in sides):
        return False  # None, a status word: no secret stands in the source
    return any(_is_secret(side) for side in sides)


@pytest.mark.parametrize("room", ROOMS)
def test_secret_is_never_compared_with_equals(room: str) -> None:
    """Nothing that is called a secret stands on a side of ``==`` in our code."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _leaks(node) and isinstance(node, ast.Compare)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line", ["given == self.secret_hash", "row['mac'] != mac", "token == expected_token"]
)
def test_comparison_that_would_leak_is_found(line: str) -> None:
    """The rule above can fail."""
    assert _leaks(ast.parse(line, mode="eval").body)
