"""Everywhere that an answer could take a browser, as the browser reads it."""

from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from tests.environment import ISSUER
from tests.web.markup import Page

# Attributes that hold an address (HTML), whatever the element.
_ADDRESSES: Final = (
    *("href", "action", "src", "formaction", "srcset", "data", "poster", "ping", "cite"),
    *("manifest", "background", "xlink:href", "content"),
)
# The foot of each page names whom to write to, as the settings say.
_SUPPORT: Final = f"mailto:{settings.SUPPORT}"
_OWN: Final = urlsplit(ISSUER).netloc


def targets(answer: Any) -> set[str]:
    """The absolute addresses in headers and page that a browser would follow, load or post to."""
    found = {answer.headers.get(name, "") for name in ("Location", "Refresh", "Link")}
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        for element in Page(answer.content.decode()).elements:
            if element.tag == "meta" and element.get("http-equiv").lower() != "refresh":
                continue
            found |= {element.get(name) for name in _ADDRESSES if element.get(name)}
    return {urljoin(f"{ISSUER}/", address) for address in found}


def led_away(answer: Any, *allowed: str) -> set[str]:
    """Those that are neither here nor begin with an allowed address, up to its end or its query."""
    return {
        address
        for address in targets(answer)
        if urlsplit(address).netloc != _OWN
        and address != _SUPPORT
        and not any(address == one or address.startswith((f"{one}?", f"{one}&")) for one in allowed)
    }
