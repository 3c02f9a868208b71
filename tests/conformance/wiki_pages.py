"""Reads the pages of docs/wikis/: how a wiki is registered, and the settings of its client.

The tests run what stands there and nothing of their own, so that a page cannot go stale.
"""

import re
import shlex
from pathlib import Path
from typing import Final

from tests.conformance.site import Client, Site

_FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "wikis"
# Where this site is, in the pages.
_ISSUER: Final = "https://auth.example.org"


class WikiPage:
    """One page, for a wiki that runs at an origin of the test's instead of the page's."""

    def __init__(self, name: str, *, documented: str, origin: str) -> None:
        self._text = (_FOLDER / name).read_text(encoding="utf-8").replace(documented, origin)

    def block(self, language: str, containing: str = "") -> str:
        """The one block of code in that language which has those words."""
        blocks = re.findall(rf"^```{language}\n(.+?)^```$", self._text, re.MULTILINE | re.DOTALL)
        (found,) = [block for block in blocks if containing in block]
        return str(found)

    def settings(self, site: Site, client: Client, block: str, *, client_id: str) -> str:
        """A block with the addresses and the client id of the test's in place of the page's."""
        for words in (_ISSUER, client_id):
            assert words in block, f"the page says no {words}"
        return block.replace(_ISSUER, site.issuer).replace(client_id, client.client_id)

    def register(self, site: Site) -> Client:
        """Registers the wiki by the page's very command."""
        command = re.search(r"^manage\.py addwiki (?:.*\\\n)*.*$", self._text, re.MULTILINE)
        assert command is not None, "the page registers no wiki"
        _, _, *arguments = shlex.split(command[0].replace("\\\n", " "))
        return site.register(*arguments)
