"""Reads the demo's mail folder as the person at that address would."""

import time
from pathlib import Path

from tests.e2e.demo import Demo
from tests.e2e.people import PATIENCE
from tests.mail_reader import Letter, letter_of

__all__ = ["Letter", "await_letter", "letters_to"]


def letters_to(demo: Demo, address: str) -> list[Letter]:
    """All letters to an address, the oldest first."""
    files = sorted(
        Path(demo.description["mail_dir"]).glob("*.eml"), key=lambda file: file.stat().st_mtime_ns
    )
    letters = [letter_of(file.read_bytes()) for file in files]
    return [letter for letter in letters if address in letter.to]


def await_letter(demo: Demo, address: str, subject: str, *, number: int = 1) -> Letter:
    """Waits for the ``number``-th letter to an address whose subject says this."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [one for one in letters_to(demo, address) if subject in one.subject]
        if len(found) >= number:
            return found[number - 1]
        assert time.monotonic() < deadline, f"no letter “{subject}” came to {address}"
        time.sleep(0.1)
