"""The small addresses: probes, metrics, security.txt, the password page, language, reports."""

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from authsite import health
from tests.web.edge import browser, get, post

pytestmark = [pytest.mark.urls("tests.web.edge_urls"), pytest.mark.usefixtures("server")]

STRANGER: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.7"}


def test_security_txt_is_valid_and_never_expired() -> None:
    """RFC 9116: contact, one expiry in the future and within a year, canonical address."""
    response = get("/.well-known/security.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.partition(": ") for line in response.content.decode().splitlines()]
    values = {name: value for name, _colon, value in fields}
    assert len(values) == len(fields)
    assert values["Contact"].startswith(("mailto:", "https://", "http://"))
    left = datetime.fromisoformat(values["Expires"]) - datetime.now(UTC)
    assert timedelta(days=100) < left < timedelta(days=366)
    assert values["Preferred-Languages"] == "en"
    assert values["Canonical"].endswith("/.well-known/security.txt")


def test_change_password_leads_to_the_page() -> None:
    """wk-1: a redirect that password managers follow."""
    response = get("/.well-known/change-password")
    assert (response.status_code, response.headers["Location"]) == (303, "/account/password")


def test_favicon_and_robots_are_there_and_small() -> None:
    """No 404 in anybody's log for what every browser asks."""
    assert get("/favicon.ico").content[:4] == b"\0\0\1\0"
    assert len(get("/favicon.ico").content) < 500
    assert "Disallow: /" in get("/robots.txt").content.decode()


def test_live_answers_without_looking_at_anything() -> None:
    """Whatever is down elsewhere, the process is alive."""
    assert get("/health/live").json() == {"status": "ok"}


@pytest.mark.parametrize("down", ["vault", "site_database"])
def test_ready_says_what_is_down(down: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load balancer sends people elsewhere: 503 with Retry-After."""

    def fails() -> None:
        raise psycopg.OperationalError("connection refused for user secret")

    checks = dict.fromkeys(health.CHECKS, lambda: None) | {down: fails}
    monkeypatch.setattr(health, "CHECKS", checks)
    monkeypatch.setattr(health, "_latest", health._Latest())
    response = get("/health/ready")
    assert response.status_code == 503
    assert "Retry-After" in response.headers
    assert response.json()["checks"][down] == "down"
    assert b"secret" not in response.content


def test_ready_looks_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger who plays a probe costs the stores nothing."""
    looks: list[str] = []
    monkeypatch.setattr(health, "CHECKS", {"vault": lambda: looks.append("look")})
    monkeypatch.setattr(health, "_latest", health._Latest())
    for _ in range(5):
        assert get("/health/ready").status_code == 200
    assert len(looks) == 1


def test_ready_finds_back_to_a_database_that_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It restarted: down at the next look, and up at the one after."""
    only = {"site_database": health.verify_site_database_answers}
    monkeypatch.setattr(health, "CHECKS", only)
    for name in ("_FRESH_SECONDS", "_FRESH_SECONDS_WHEN_DOWN"):
        monkeypatch.setattr(health, name, 0.0)
    assert get("/health/ready").status_code == 200
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
    assert [get("/health/ready").status_code for _ in range(2)] == [503, 200]


def test_metrics_are_for_named_networks_alone(settings: Settings) -> None:
    """ASVS 13.4.5: to everybody else there is no such page."""
    assert b"authsite_requests_total" in get("/metrics").content
    assert get("/metrics", **STRANGER).status_code == 404
    settings.METRICS_NETWORKS = ["192.0.2.0/24"]
    assert get("/metrics", **STRANGER).status_code == 200
    assert get("/metrics").status_code == 404


def test_metrics_are_not_served_through_a_proxy_that_nobody_named() -> None:
    """The proxy's own loopback address opens nothing to those behind it."""
    assert get("/metrics", HTTP_X_FORWARDED_FOR="192.0.2.7").status_code == 404
    assert get("/metrics", HTTP_FORWARDED="for=127.0.0.1").status_code == 404


def test_metrics_are_not_served_through_a_named_proxy_either(settings: Settings) -> None:
    """Scrapers come straight: a header that slipped through a proxy may claim any address."""
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    forwarded = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}
    assert get("/metrics", **forwarded).status_code == 404


def test_metrics_label_routes_never_addresses() -> None:
    """Odd pages asked for don't fill the memory, and no path with a secret is shown."""
    for number in range(3):
        get(f"/raises/missing?token={number}")
        get(f"/no/such/page/{number}")
    text = get("/metrics").content.decode()
    assert 'route="/raises/<what>"' in text
    assert "/no/such/page" not in text
    assert "token" not in text.replace("oauth/token", "")


def test_probe_of_ours_may_name_the_host_as_it_likes() -> None:
    """A load balancer asks by address, without TLS; nobody else may."""
    client = browser(host="10.1.2.3:8000")
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/live", **STRANGER).status_code == 400
    assert client.get("/page").status_code == 400


def choose(language: str, target: str) -> Any:
    """Send the language form."""
    return browser().post("/language", {"language": language, "next": target}, secure=True)


def test_language_is_remembered_in_a_host_cookie() -> None:
    """ASVS 3.3.3: `__Host-`, Secure, HttpOnly, Lax; and back to the page by 303."""
    response = choose("en", "/login?x=1")
    assert (response.status_code, response.headers["Location"]) == (303, "/login?x=1")
    cookie = response.cookies["__Host-language"]
    assert (cookie.value, cookie["path"], cookie["domain"]) == ("en", "/", "")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_language_that_we_do_not_speak_is_not_remembered() -> None:
    """Nothing of what was sent ends up in a cookie."""
    assert not choose("tlh; Domain=evil", "/").cookies


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "///evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/page\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "evil",
        "",
    ],
)
def test_language_form_leads_nowhere_else(target: str) -> None:
    """V-redirect: back to this site or to its start page."""
    assert choose("en", target).headers["Location"] == "/"


@pytest.mark.parametrize(
    "report",
    [
        {
            "csp-report": {
                "effective-directive": "script-src",
                "blocked-uri": "https://e.example/?s3cret",
            }
        },
        [{"body": {"effectiveDirective": "script-src", "blockedURL": "https://e.example/?s3cret"}}],
    ],
)
def test_report_of_a_broken_policy_is_logged_without_queries(
    report: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """ASVS 3.4.7: the rule and the origin are known, what stood in the address isn't."""
    response = post("/csp-report", json.dumps(report), content_type="application/csp-report")
    assert response.status_code == 204
    logged = str([record.msg for record in caplog.records])
    assert "https://e.example" in logged
    assert "s3cret" not in logged


@pytest.mark.parametrize(
    "body", ["", "{", "[" * 30_000, "null", "[1]", '{"csp-report": 5}', "[null]"]
)
def test_report_that_makes_no_sense_is_taken_calmly(body: str) -> None:
    """Anybody can send one; nothing comes of it."""
    assert post("/csp-report", body, content_type="application/json").status_code in {204, 400}
