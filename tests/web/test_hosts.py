"""Every absolute address comes from the configuration: no header changes a byte of one.

Named after the class of incidents that it keeps out: V-host.
"""

import pytest
from django.conf import settings
from django.test import Client

from authsite.origin import own_site
from tests.web.edge import browser, get

pytestmark = [pytest.mark.urls("tests.web.edge_urls"), pytest.mark.usefixtures("server")]

OWN = settings.OWN_ORIGIN.partition("://")[2]
NAME = own_site().host

# Twelve ways to tell a site that it is another one, each beside the right Host.
LIES = [
    {"HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_X_FORWARDED_HOST": f"{NAME}, evil.example"},
    {"HTTP_FORWARDED": "host=evil.example;proto=http"},
    {"HTTP_X_HOST": "evil.example"},
    {"HTTP_X_FORWARDED_SERVER": "evil.example"},
    {"HTTP_X_FORWARDED_PORT": "8443"},
    {"HTTP_X_FORWARDED_PROTO": "http"},
    {"HTTP_X_FORWARDED_PREFIX": "/evil"},
    {"HTTP_X_ORIGINAL_URL": "/evil"},
    {"HTTP_X_REWRITE_URL": "/evil"},
    {"HTTP_X_ORIGINAL_HOST": "evil.example"},
    {"HTTP_ORIGIN": "https://evil.example", "HTTP_REFERER": "https://evil.example/"},
]

UNKNOWN_HOSTS = [
    "evil.example",
    f"{NAME}.evil.example",
    f"evil{NAME}",
    f"evil.{NAME}",
    f"{NAME}@evil.example",
    f"evil.example#{NAME}",
    f"{NAME}:1",
    f"{NAME}:99999999",
    f"{NAME}:evil",
    f"{NAME}, evil.example",
    f"{NAME} evil.example",
    f"{NAME}/evil",
    f"{NAME}\\evil",
    "127.0.0.1",
    "[::1]",
    "xn--80ak6aa92e.example",
    "*",
    "",
]

ADDRESSED = ["/page", "/.well-known/security.txt", "/.well-known/change-password", "/nothing"]


def answer(path: str, **lie: str) -> tuple[int, str | None, bytes]:
    """Give what an answer says: status, where it leads, its content without the reference."""
    response = get(path, **lie)
    content: bytes = response.content
    for line in content.splitlines():
        if b"reference" in line.lower():
            content = content.replace(line, b"")
    return response.status_code, response.headers.get("Location"), content


@pytest.mark.parametrize("path", ADDRESSED)
@pytest.mark.parametrize("lie", LIES, ids=",".join)
def test_header_that_names_another_site_changes_nothing(path: str, lie: dict[str, str]) -> None:
    """V-host: the answer is the same, byte for byte."""
    assert answer(path, **lie) == answer(path)


@pytest.mark.parametrize(
    "path", [*ADDRESSED, "/static/css/site.css", "/oauth/token", "/health/live"]
)
@pytest.mark.parametrize("host", ["evil.example", f"{NAME}:1"])
def test_unknown_host_is_refused_on_every_kind_of_path(path: str, host: str) -> None:
    """host-1: 400, and the name isn't repeated."""
    response = get(path, client=browser(host=host), REMOTE_ADDR="192.0.2.7")
    assert response.status_code == 400
    assert b"evil" not in response.content


@pytest.mark.parametrize("host", UNKNOWN_HOSTS)
def test_unknown_host_in_every_spelling_is_refused(host: str) -> None:
    """host-1: nothing but our own name, with our own port or none."""
    assert get("/page", client=Client(headers={"host": host})).status_code == 400


@pytest.mark.parametrize("host", [OWN, OWN.upper(), f"{NAME}.", f"{NAME}:{own_site().port}"])
def test_own_host_in_every_rightful_spelling_is_served(host: str) -> None:
    """Names have no case, and a dot at the end names the root (RFC 4343, RFC 1034)."""
    assert get("/page", client=browser(host=host)).status_code == 200


def test_redirect_to_https_leads_to_the_configured_host() -> None:
    """V-host: the one redirect made before the host is used takes it from the settings."""
    response = browser().get("/page", HTTP_X_FORWARDED_HOST="evil.example")
    assert response.headers["Location"] == f"{settings.OWN_ORIGIN}/page"
