"""The looking itself: a page with known faults does not pass."""

from pathlib import Path

import pytest

from tests.e2e.gallery import Gallery
from tests.e2e.people import Person

FAULTY = """<!doctype html><html lang="en"><title>Faulty</title>
<style>p { color: #767676; background: #fff; } main { inline-size: 700px; }</style>
<main><h1>Faulty</h1><p>Pale words.</p><input><button style="font-size: 9px">Small</button></main>
"""


def test_page_with_known_faults_is_told_of_each(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contrast below AAA, a field without a label, a small button, a page that is too wide."""
    monkeypatch.setenv("AUTHSITE_SCREENSHOTS", str(tmp_path))
    page = person()
    page.set_content(FAULTY)
    gallery = Gallery()
    gallery.look(page, "faulty")
    told = "\n".join(gallery.findings)
    assert "color-contrast-enhanced" in told
    assert "label: Form elements must have labels" in told
    assert "faulty: small <button" in told
    assert "wider than the screen of a phone" in told
    assert len(list(tmp_path.iterdir())) == 4
