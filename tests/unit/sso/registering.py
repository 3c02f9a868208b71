"""A registration that is good, for tests to make worse."""

from collections.abc import Callable
from typing import Any, Final

Addresses = Callable[[], list[str]]

GOOD: Final[dict[str, Any]] = {
    "client_name": "English wiki",
    "client_uri": "https://en.wiki.example/",
    "redirect_uris": ["https://en.wiki.example/callback"],
    "first_party": True,
}
