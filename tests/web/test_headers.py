"""Every response carries the headers, whoever made it: pages, errors, refusals, static files."""

import pytest

from tests.web.edge import browser, get, post

pytestmark = [pytest.mark.urls("tests.web.edge_urls"), pytest.mark.usefixtures("server")]

PATHS = {
    "/page": 200,
    "/nothing-here": 404,
    "/raises/denied": 403,
    "/raises/missing": 404,
    "/raises/suspicious": 400,
    "/raises/throttled": 429,
    "/raises/database": 503,
    "/crashes": 500,
    "/oauth/token": 500,
    "/oauth/token/throttled": 429,
    "/post-only": 405,
    "/static/css/site.css": 200,
    "/static/nothing-here.css": 404,
    "/health/live": 200,
    "/.well-known/security.txt": 200,
    "/.well-known/change-password": 303,
    "/robots.txt": 200,
    "/favicon.ico": 200,
    "/page?a=%00": 400,
    "/page?a=%ff": 400,
}


def directives(policy: str) -> dict[str, str]:
    """Split a policy into its directives."""
    return {
        name: value for name, _space, value in (part.partition(" ") for part in policy.split("; "))
    }


@pytest.mark.parametrize(("path", "status"), PATHS.items())
def test_response_of_every_kind_has_every_header(path: str, status: int) -> None:
    """ASVS 3.4: no way out of the site goes past the headers."""
    response = get(path)
    assert response.status_code == status
    headers = response.headers
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]
    assert "Content-Length" in headers
    assert headers["Server"] == ""
    policy = directives(headers["Content-Security-Policy"])
    closed = ("default-src", "base-uri", "frame-ancestors", "object-src", "trusted-types")
    assert {policy[name] for name in closed} == {"'none'"}
    own = ("script-src", "style-src", "img-src", "font-src", "form-action")
    assert {policy[name] for name in own} == {"'self'"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["report-uri"] == "/csp-report"
    assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", PATHS)
def test_response_is_stored_by_nobody_unless_it_is_public(path: str) -> None:
    """Whatever a view says, only static files and discovery may be kept, and no error ever."""
    response = get(path)
    public = path.startswith(("/static/", "/.well-known/security", "/robots", "/favicon"))
    if public and response.status_code == 200:
        assert "no-store" not in response.headers["Cache-Control"]
        assert "Set-Cookie" not in response.headers
    else:
        assert response.headers["Cache-Control"] == "no-store"


def test_response_of_a_refused_host_has_the_headers_too() -> None:
    """The earliest refusal of all passes them as well."""
    response = get("/page", client=browser(host="evil.example"))
    assert response.status_code == 400
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"


def test_form_action_names_the_one_wiki_that_the_view_named() -> None:
    """A page of a flow lets its form lead to that wiki; the next page doesn't."""
    policy = directives(get("/names-a-wiki").headers["Content-Security-Policy"])
    assert policy["form-action"] == "'self' https://en.wiki.example"
    policy = directives(get("/page").headers["Content-Security-Policy"])
    assert policy["form-action"] == "'self'"


@pytest.mark.parametrize(
    "origin",
    [
        "https://en.wiki.example; script-src *",
        "https://*",
        "javascript:alert(1)",
        "https://en.wiki.example/path",
        "https://a@en.wiki.example",
        "*",
    ],
)
def test_form_action_that_is_no_origin_fails_closed(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever reaches the policy, it cannot add a directive or a wildcard."""
    from django.http import HttpResponse

    monkeypatch.setattr(HttpResponse, "csp_form_action", origin, raising=False)
    response = get("/page")
    assert response.status_code == 500
    assert origin not in str(response.headers)


def test_hsts_is_not_sent_over_plain_http() -> None:
    """RFC 6797 section 7.2; and the page itself is a redirect to https."""
    response = browser().get("/page?a=1")
    assert response.status_code == 301
    assert response.headers["Location"] == "https://auth.example.org/page?a=1"
    assert "Strict-Transport-Security" not in response.headers


@pytest.mark.parametrize("path", ["/oauth/token", "/.well-known/security.txt"])
def test_program_that_asks_over_plain_http_is_refused_not_redirected(path: str) -> None:
    """ASVS 4.1.2: a redirect would hide that a secret went over the wire in the clear."""
    assert browser().get(path).status_code == 403
    assert browser().post(path).status_code == 403


def test_public_files_can_be_read_by_other_origins_and_pages_cannot() -> None:
    """CORP: discovery is for everybody, the rest for this site."""
    security = get("/.well-known/security.txt").headers
    assert security["Cross-Origin-Resource-Policy"] == "cross-origin"
    for path in ("/page", "/static/css/site.css"):
        assert get(path).headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in get(path).headers


@pytest.mark.parametrize(
    ("fetch", "status"),
    [
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "no-cors",
                "sec-fetch-dest": "image",
            },
            403,
        ),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, 403),
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "iframe",
            },
            403,
        ),
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "document",
            },
            200,
        ),
        (
            {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
            200,
        ),
        (
            {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
            200,
        ),
        ({}, 200),
    ],
)
def test_page_is_no_part_of_another_sites_page(fetch: dict[str, str], status: int) -> None:
    """ASVS 3.5.8: other sites may lead here, but not load a page as picture, script or frame."""
    assert get("/page", client=browser(**fetch)).status_code == status


def test_missing_page_below_a_static_looking_path_is_404() -> None:
    """ASVS 14.2.5: no cache learns a private page under the name of a file."""
    assert get("/page/x.css").status_code == 404


def test_csrf_failure_is_a_page_that_says_what_to_do() -> None:
    """A form without its token is refused, in words."""
    from django.test import Client

    client = Client(enforce_csrf_checks=True, headers={"host": "auth.example.org"})
    response = post("/page", b"a=1", client=client)
    assert response.status_code == 403
    assert "nothing was done" in response.content.decode()
