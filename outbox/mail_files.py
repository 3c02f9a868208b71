"""A mail backend that keeps each letter as one .eml file, for the demo and for tests.

Django's own file backend writes all letters of a connection into one file with a name of its own
making. Here the name comes from the letter, so that sending it again replaces the same file.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Writes letters into `folder`, which is made if it isn't there."""

    def __init__(self, *, folder: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._folder = folder

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each letter whole or not at all; raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for letter in email_messages:
            self._write(letter.message())
        return len(email_messages)

    def _write(self, message: Message) -> None:
        # Written beside its place and moved there: a reader never meets half a letter.
        handle, draft = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(message.as_bytes())
            Path(draft).replace(self._folder / file_name(message))
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise


def file_name(message: Message) -> str:
    """The name of a letter's file: its time, so that a listing is in order, and its own digest."""
    at = parsedate_to_datetime(str(message["Date"]))
    digest = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()
    return f"{at:%Y%m%dT%H%M%SZ}-{digest[:16]}.eml"
