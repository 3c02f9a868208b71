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

    def at(self, site: Site, block: str) -> str:
        """A block with this site's addresses in place of the page's."""
        assert _ISSUER in block or "://" not in block, "the page leads elsewhere"
        return block.replace(_ISSUER, site.issuer)

    def settings(self, site: Site, client: Client, block: str, *, client_id: str) -> str:
        """A block with this site's addresses and the client id of the test's."""
        assert client_id in block, f"the page says no {client_id}"
        return self.at(site, block).replace(client_id, client.client_id)

    def register(self, site: Site) -> Client:
        """Registers the wiki by the page's very command."""
        command = re.search(r"^manage\.py addwiki (?:.*\\\n)*.*$", self._text, re.MULTILINE)
        assert command is not None, "the page registers no wiki"
        _, _, *arguments = shlex.split(command[0].replace("\\\n", " "))
        return site.register(*arguments)
