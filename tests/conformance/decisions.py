"""Reads what docs/conformance.md says: the decisions, and how the suite's clients register."""

import json
import re
from pathlib import Path
from typing import Any, Final

from tests.conformance.plans import MODULES, Plan

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
# Where the suite runs, in the document.
SUITE: Final = "https://www.certification.openid.net"
_DECISION: Final = re.compile(
    r"^\| `(oidcc-[a-z0-9-]+)` \| ([a-z, -]+) \| `([A-Za-z]+)` \|", re.MULTILINE
)
_PLAN: Final = re.compile(
    r"^\| `oidcc-([a-z-]+)-certification-test-plan` \|.*\| (\d+) \|$", re.MULTILINE
)
_REGISTRATION: Final = re.compile(
    r"^manage\.py addwiki \"([^\"]+)\" --metadata - <<'JSON'\n(.+?)\nJSON$",
    re.MULTILINE | re.DOTALL,
)
_CONFIGURATION: Final = re.compile(r"^```json\n(.+?)^```$", re.MULTILINE | re.DOTALL)


def text() -> str:
    """The document."""
    return DOCUMENT.read_text(encoding="utf-8")


def decided() -> dict[tuple[str, Plan], frozenset[str]]:
    """The conditions of the suite that a module may not meet in a plan."""
    plans = {plan.key: plan for plan in MODULES}
    found: dict[tuple[str, Plan], frozenset[str]] = {}
    for name, keys, condition in _DECISION.findall(text()):
        for key in keys.split(", "):
            before = found.get((name, plans[key]), frozenset())
            found[name, plans[key]] = before | {condition}
    return found


def numbers() -> dict[str, int]:
    """How many modules each plan has, as the document says it."""
    return {key: int(number) for key, number in _PLAN.findall(text())}


def registrations(suite: str) -> dict[str, dict[str, Any]]:
    """The metadata of each client by its name, for a suite that runs at that origin."""
    return {
        name: json.loads(metadata.replace(SUITE, suite))
        for name, metadata in _REGISTRATION.findall(text())
    }


def configurations() -> list[dict[str, Any]]:
    """The configurations of the suite."""
    return [json.loads(block) for block in _CONFIGURATION.findall(text())]
