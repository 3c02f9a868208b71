"""What is configured is documented, and what is installed is pinned and explained."""

import re
import tomllib
from pathlib import Path

import pytest

from authsite import roles

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted([ROOT / "requirements.txt", *(ROOT / "requirements").glob("*.txt")])
WANTED = sorted([ROOT / "requirements.in", *(ROOT / "requirements").glob("*.in")])
DEMO_ONLY = {"AUTHSITE_VAR", "AUTHSITE_CHROMIUM", "TLS_CERT", "TLS_KEY", "DJANGO_SETTINGS_MODULE"}


def _documented() -> set[str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return {found[1] for line in lines if (found := re.match(r"#?([A-Z][A-Z_]+)=", line))}


def _read_by_the_site() -> set[str]:
    names = {"AUTHSITE_ROLE", *roles.SECRETS}
    for path in (ROOT / "authsite" / "settings").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        names |= set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', text))
    return names


def test_variable_that_settings_read_is_documented() -> None:
    """Whoever sets up a site finds every variable in .env.example."""
    assert _read_by_the_site() - _documented() == set()


def test_documented_variable_is_read() -> None:
    """.env.example promises nothing that has no effect."""
    assert _documented() - _read_by_the_site() - DEMO_ONLY == set()


def test_example_holds_no_secret() -> None:
    """An example copied as it is has no key that somebody else knows, so it does not start."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    filled = re.findall(r"^#?(AUTHSITE_\w+_KEYS?)=(.+)$", text, flags=re.MULTILINE)
    assert filled == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_pins_every_package_with_hashes(lock: Path) -> None:
    """No package gets in by name and version alone, and no lock names a machine or an index."""
    text = lock.read_text(encoding="utf-8")
    pins = re.split(r"\n(?=[a-zA-Z0-9])", text)
    assert all(
        re.match(r"[\w.-]+(\[[\w,]+\])?==\S+", pin) and "--hash=sha256:" in pin for pin in pins
    )
    assert re.findall(r"https?:|file:|index-url|find-links", text) == []


@pytest.mark.parametrize("wanted", WANTED, ids=lambda path: path.name)
def test_direct_dependency_says_why_it_is_there(wanted: Path) -> None:
    """A comment stands above every direct dependency, or above the group that it belongs to."""
    explained = False
    for line in wanted.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            explained = True
        elif not line:
            explained = False
        elif not line.startswith("-"):
            assert explained, f"{wanted.name}: {line} has no reason"


def test_folder_with_tests_is_among_those_that_run() -> None:
    """No test sits in a folder that `make test` never looks into."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = settings["tool"]["pytest"]["ini_options"]["testpaths"]
    found = {path.relative_to(ROOT).parts[:2] for path in (ROOT / "tests").rglob("test_*.py")}
    assert {"/".join(parts) for parts in found} <= set(run)
