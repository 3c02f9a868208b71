"""What is refused before anything reads it: a 4xx with a page, never a 500 and never a hash.

Named after the class of incidents that it keeps out: V-dos.
"""

import json
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from authsite.limits import MAX_BODY_BYTES, METHODS
from authsite.origin import own_site
from tests.web.edge import browser, get, post

pytestmark = [pytest.mark.urls("tests.web.edge_urls"), pytest.mark.usefixtures("server")]

unhurried = hypothesis_settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def request(method: str, path: str, **extra: Any) -> Any:
    """Send any method at all."""
    return browser().generic(method, path, secure=own_site().is_secure, **extra)


def test_body_over_the_limit_is_refused_before_it_is_read() -> None:
    """V-dos: 64 kB and one byte is 413; 64 kB is read."""
    assert post("/echo", b"a=" + b"x" * (MAX_BODY_BYTES - 2)).status_code == 200
    response = post("/echo", b"a=" + b"x" * (MAX_BODY_BYTES - 1))
    assert response.status_code == 413
    assert "larger than any form here needs" in response.content.decode()


def test_body_over_the_limit_is_refused_in_any_content_type() -> None:
    """The limit is the body's, whatever it claims to be."""
    for kind in ("application/json", "multipart/form-data; boundary=b", "text/plain", ""):
        assert post("/oauth/token", b"x" * 70_000, content_type=kind).status_code == 413


@pytest.mark.parametrize(
    ("meta", "status"),
    [
        ({"CONTENT_LENGTH": "abc"}, 400),
        ({"CONTENT_LENGTH": "-1"}, 400),
        ({"CONTENT_LENGTH": "1, 1"}, 400),
        ({"CONTENT_LENGTH": "٣"}, 400),
        ({"CONTENT_LENGTH": "9" * 5000}, 413),
        ({"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}, 411),
        ({"CONTENT_LENGTH": "3", "HTTP_TRANSFER_ENCODING": "chunked"}, 400),
    ],
)
def test_body_of_unclear_length_is_refused(meta: dict[str, str], status: int) -> None:
    """ASVS 4.2.1: one clear length, so that nobody smuggles a request in a body."""
    assert post("/echo", b"a=1", **meta).status_code == status


def test_form_with_too_many_fields_is_refused() -> None:
    """V-dos: no form of ours has a hundred fields."""
    many = "&".join(f"f{number}=1" for number in range(200))
    assert post("/echo", many).status_code == 400
    assert get(f"/page?{many}").status_code == 400


def test_form_with_a_file_is_refused() -> None:
    """Nothing can be uploaded here."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nx\r\n--b--\r\n'
    )
    assert post("/echo", body, content_type="multipart/form-data; boundary=b").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\x00\r\n--b--\r\n',
        (
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n"
        ),
    ],
)
def test_multipart_form_with_broken_text_is_refused(body: bytes) -> None:
    """The other encoding of forms offers no way around."""
    assert post("/echo", body, content_type="multipart/form-data; boundary=b").status_code == 400


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "utf-7"])
def test_form_in_another_charset_is_refused(charset: str) -> None:
    """Text here is UTF-8."""
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    assert post("/echo", b"a=1", content_type=kind).status_code == 400


@pytest.mark.parametrize("broken", ["%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%f8%88"])
@pytest.mark.parametrize("place", ["/page?{}=1", "/page?a={}", "/page?a=1&b=2&a={}"])
def test_address_with_nul_or_broken_utf8_is_refused(place: str, broken: str) -> None:
    """PostgreSQL stores neither; so neither gets that far."""
    assert get(place.format(broken)).status_code == 400


@pytest.mark.parametrize("broken", [b"%00", b"\x00", b"%ff", b"\xff", b"%c3%28", b"%ed%a0%80"])
@pytest.mark.parametrize("place", [b"a=%b", b"%b=1", b"a=1&a=%b"])
def test_form_with_nul_or_broken_utf8_is_refused(place: bytes, broken: bytes) -> None:
    """Names and values alike."""
    assert post("/echo", place.replace(b"%b", broken)).status_code == 400


@pytest.mark.parametrize("path", ["/a%00b", "/%00", "/page%00"])
def test_path_with_nul_is_refused(path: str) -> None:
    """What is broken otherwise in a path is no text that any page has: not found."""
    assert get(path).status_code == 400


@pytest.mark.parametrize("path", ["/%ff", "/%c3%28", "/%C3%BC", "/%F0%9F%94%91", "/%2e%2e/page"])
def test_path_of_odd_text_is_not_found(path: str) -> None:
    """Broken or merely foreign: 404, as for any address that doesn't exist."""
    assert get(path).status_code == 404


def test_form_with_any_real_text_passes_unchanged() -> None:
    """Nothing that people write is refused."""
    response = post("/echo", "a=%E2%82%AC+%F0%9F%94%91&b=%0A")
    assert response.content.decode() == "[('a', '€ 🔑'), ('b', '\\n')]"


def test_address_over_the_limit_is_refused() -> None:
    """ASVS 4.2.5: 8 kB hold every authorization request there is."""
    assert get("/page?state=" + "x" * 4000).status_code == 200
    assert get("/page?state=" + "x" * 8192).status_code == 414
    assert get("/" + "x" * 9000).status_code == 414


def test_headers_over_the_limit_are_refused() -> None:
    """A browser whose cookies ran wild is told so; nothing parses them."""
    assert get("/page", client=browser(cookie="a=" + "x" * 40_000)).status_code == 431


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "TRACK", "FOO"])
@pytest.mark.parametrize("path", ["/page", "/oauth/token", "/nothing", "/static/css/site.css"])
def test_method_that_nothing_takes_is_refused_everywhere(method: str, path: str) -> None:
    """ASVS 4.1.4, 13.4.4: TRACE is off, and so is all that nobody needs."""
    response = request(method, path)
    assert response.status_code == 405
    assert response.headers["Allow"] == ", ".join(METHODS)
    assert b"cookie" not in response.content.lower()


def test_method_that_a_view_does_not_take_gets_its_allow_and_a_page() -> None:
    """The view's own list is kept."""
    response = get("/post-only")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert "This address does not work that way" in response.content.decode()


def test_head_has_no_body_and_the_same_headers() -> None:
    """HEAD is GET without the content."""
    response = request("HEAD", "/page")
    assert response.status_code == 200
    assert response.content == b""


def test_throttled_page_says_when_to_come_back() -> None:
    """429 with Retry-After, in words for people and as JSON for programs."""
    page = get("/raises/throttled")
    assert (page.status_code, page.headers["Retry-After"]) == (429, "90")
    assert "minute" in page.content.decode()
    answer = get("/oauth/token/throttled")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "90")
    assert answer.json()["error"] == "temporarily_unavailable"


@pytest.mark.parametrize("what", ["database", "counters"])
def test_store_that_is_down_is_503_with_retry_after(what: str) -> None:
    """ASVS 16.5.2: not now is not an error of the person's, and fails closed."""
    for path in (f"/raises/{what}", f"/oauth/token/{what}"):
        response = get(path)
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
    assert json.loads(response.content)["error"] == "temporarily_unavailable"


def test_crash_shows_a_reference_and_nothing_else() -> None:
    """ASVS 16.5.1: no kind of error, no value, no path of a file."""
    response = get("/crashes?token=s3cret")
    text = response.content.decode()
    assert response.status_code == 500
    for telling in ("s3cret", "RuntimeError", "Traceback", ".py", "cannot use"):
        assert telling not in text
    assert get("/oauth/token").json().keys() == {"error", "error_description", "reference"}


def test_error_page_that_cannot_be_rendered_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """ASVS 16.5.4: the last resort needs no template."""
    from authsite import problems

    monkeypatch.setitem(problems._PAGES, 500, "errors/no-such-template.html")
    response = get("/crashes")
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()


@unhurried
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_at_all_are_never_a_500(query: bytes, body: bytes) -> None:
    """Whatever is sent as query and form: answered or refused, never a crash."""
    response = post("/echo?" + quote_from_bytes(query, safe="&=%+;"), body)
    assert response.status_code in {200, 400}


@unhurried
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "HTTP_COOKIE",
                "HTTP_ACCEPT_LANGUAGE",
                "HTTP_REFERER",
                "HTTP_ORIGIN",
                "HTTP_X_FORWARDED_FOR",
                "HTTP_FORWARDED",
                "HTTP_SEC_FETCH_SITE",
                "HTTP_SEC_FETCH_MODE",
                "HTTP_IF_MODIFIED_SINCE",
                "CONTENT_TYPE",
                "HTTP_RANGE",
            ]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
    )
)
@pytest.mark.parametrize("path", ["/page", "/static/css/site.css", "/language", "/csp-report"])
def test_any_headers_at_all_are_never_a_500(path: str, headers: dict[str, str]) -> None:
    """V-proxy: fuzzed headers, on pages, files and forms."""
    client: Client = browser()
    assert client.get(path, secure=own_site().is_secure, **headers).status_code < 500
