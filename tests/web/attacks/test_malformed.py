"""Oversized and malformed everything: said clearly, never a crash, never half a success (V-dos)."""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from tests.environment import ISSUER
from tests.web.people import Browser, WikiClient, code_for, tokens_for
from tests.web.test_logout import is_signed_in

pytestmark = pytest.mark.usefixtures("unlimited")

FORM: Final = "application/x-www-form-urlencoded"
PROGRAMS: Final = ("/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/userinfo")
PAGES: Final = ("/oauth/authorize", "/oauth/logout")
HUGE: Final = "A" * 1_000_000
# What stands in the place of a value: none of it is one that any endpoint takes.
VALUES: Final = {
    "NUL": b"a%00b",
    "NUL alone": b"%00",
    "bare NUL": b"a\x00b",
    "no UTF-8": b"%ff%fe",
    "half a letter": b"%e2%82",
    "overlong": b"%c0%ae%c0%ae",
    "surrogate": b"%ed%a0%80",
    "bare byte": b"\xff",
    "1 MB": HUGE.encode(),
}


@pytest.fixture
def forms(grace: Browser, wiki: WikiClient) -> dict[str, dict[str, str]]:
    """A request that each endpoint would take as it is."""
    tokens = tokens_for(grace, wiki)
    return {
        "/oauth/token": {
            "grant_type": "authorization_code",
            "code": code_for(grace, wiki),
            "redirect_uri": wiki.redirect_uri,
            "code_verifier": wiki.verifier,
        },
        "/oauth/introspect": {"token": tokens["access_token"]},
        "/oauth/revoke": {"token": tokens["access_token"]},
        "/oauth/userinfo": {"access_token": tokens["access_token"]},
        "/oauth/authorize": wiki.request(),
        "/oauth/logout": {
            "id_token_hint": tokens["id_token"],
            "post_logout_redirect_uri": wiki.registration["post_logout_redirect_uris"][0],
            "state": "s",
        },
    }


def send(wiki: WikiClient, path: str, body: bytes, kind: str = FORM, query: str = "") -> Any:
    """A wiki's server posts these bytes, with its own secret where one is asked for."""
    browser = Browser()
    browser.raise_request_exception = False
    headers = {"origin": ISSUER}
    if path in (*PROGRAMS, "/oauth/par") and path != "/oauth/userinfo":
        headers["authorization"] = wiki.basic()
    # As they are: Django's post() would encode them.
    return browser.generic("POST", f"{path}{query}", body, content_type=kind, headers=headers)


def is_clear(path: str, answer: Any) -> bool:
    """A 4xx that says what kind of error it is: JSON to programs, a page to people."""
    if not 400 <= answer.status_code < 500 or "Location" in answer.headers:
        return False
    if path not in PROGRAMS:
        return bool(answer.headers["Content-Type"].startswith("text/html"))
    told = json.loads(answer.content)
    return bool(
        answer.headers["Content-Type"] == "application/json"
        # RFC 6750 section 3.1: no error code where no token was tried.
        and (told.get("error") or (path == "/oauth/userinfo" and answer.status_code == 401))
        and "access_token" not in told
        and "sub" not in told
    )


Forms = dict[str, dict[str, str]]


def unclear(
    wiki: WikiClient, forms: Forms, bodies: Callable[[dict[str, str]], dict[str, bytes]]
) -> list[str]:
    """The endpoints and kinds whose answer was none of those."""
    return [
        f"{path}: {kind}: {answer.status_code}"
        for path, form in forms.items()
        for kind, body in bodies(form).items()
        if not is_clear(path, answer := send(wiki, path, body))
    ]


def test_malformed_value_of_any_parameter_is_a_clear_refusal(
    grace: Browser, wiki: WikiClient, forms: Forms
) -> None:
    """Each parameter of each endpoint, one after the other; the right request still works after."""

    def bodies(form: dict[str, str]) -> dict[str, bytes]:
        return {
            f"{name}: {kind}": b"&".join(
                [
                    urlencode({n: v for n, v in form.items() if n != name}).encode(),
                    name.encode() + b"=" + value,
                ]
            )
            for name in form
            for kind, value in VALUES.items()
        }

    assert unclear(wiki, forms, bodies) == []
    assert is_signed_in(grace)
    taken = send(wiki, "/oauth/token", urlencode(forms["/oauth/token"]).encode())
    assert taken.status_code == 200


def test_malformed_name_of_a_parameter_is_a_clear_refusal(wiki: WikiClient, forms: Forms) -> None:
    """A name that is no text is no unknown parameter to be ignored."""

    def bodies(form: dict[str, str]) -> dict[str, bytes]:
        good = urlencode(form).encode()
        return {kind: good + b"&" + value + b"=x" for kind, value in VALUES.items()}

    assert unclear(wiki, forms, bodies) == []


def test_parameter_pollution_is_refused_in_the_body_and_means_nothing_in_the_address(
    grace: Browser, wiki: WikiClient, forms: Forms
) -> None:
    """RFC 6749 section 3.2: once; and what the address of a post says is not read."""

    def bodies(form: dict[str, str]) -> dict[str, bytes]:
        good = urlencode(form)
        return {
            f"{name} {again}": f"{good}&{urlencode({name: again or form[name]})}".encode()
            for name in form
            for again in ("", "other")
        }

    # A request whose address is sure is told so there; everything else is a page or JSON.
    answered_there = [line for line in unclear(wiki, forms, bodies) if "authorize" not in line]
    assert answered_there == []
    for body in bodies(forms["/oauth/authorize"]).values():
        answer = send(wiki, "/oauth/authorize", body)
        location = answer.headers.get("Location", f"{wiki.redirect_uri}?error=")
        assert location.startswith(f"{wiki.redirect_uri}?error=")
    assert is_signed_in(grace)
    for path in PROGRAMS:
        good = urlencode(forms[path])
        assert is_clear(path, send(wiki, path, b"", query=f"?{good}")), path
    polluted = send(
        wiki,
        "/oauth/token",
        urlencode(forms["/oauth/token"]).encode(),
        query="?grant_type=refresh_token&code=other&client_id=nobody&redirect_uri=x",
    )
    assert polluted.status_code == 200


@pytest.mark.parametrize("text", [r"\ud800", r"\udfff\u0000", r"\u00e9", "x" * 256, r"\u0000"])
@pytest.mark.parametrize("member", ["sub", "acr"])
@pytest.mark.parametrize("listed", ['"value":"%s"', '"values":["x","%s"]', '"%s":"%s"'])
def test_half_a_character_within_claims_is_refused_or_nobody(
    grace: Browser, wiki: WikiClient, text: str, member: str, listed: str
) -> None:
    """JSON is ASCII and can still hold what is no text: asked silently, by a page, and pushed."""
    asked = f'{{"id_token":{{"{member}":{{{listed.replace("%s", text)}}}}}}}'
    grace.raise_request_exception = False
    for prompt in ("none", "login"):
        answer = grace.get("/oauth/authorize", wiki.request(claims=asked, prompt=prompt))
        assert answer.status_code in {200, 303}, answer.status_code
    form = urlencode(wiki.request(claims=asked)).encode()
    assert send(wiki, "/oauth/par", form).status_code in {201, 400}


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/xml",
        "application/octet-stream",
        f"{FORM}; charset=utf-16",
        f"{FORM}; charset=iso-8859-1",
        f"{FORM}; charset=utf-7",
        f"{FORM}; charset=nonsense",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "\u00fc",
        "",
    ],
)
def test_malformed_body_or_content_type_is_a_clear_refusal(
    grace: Browser, wiki: WikiClient, forms: Forms, kind: str
) -> None:
    """One way of sending, so that nothing is read in two: JSON, charsets, files, nothing at all."""
    wrong = []
    for path, form in forms.items():
        for body in (
            json.dumps(form).encode(),
            urlencode(form).encode(),
            urlencode(form).encode("utf-16"),
            b'{"grant_type": ',
            b"[" * 20_000,
            b"\x00" * 100,
            b"\xff" * 100,
            b"",
            HUGE.encode(),
        ):
            answer = send(wiki, path, body, kind)
            nothing_asked = path == "/oauth/logout" and answer.status_code in {200, 303}
            if not (is_clear(path, answer) or nothing_asked):
                wrong.append((path, body[:20], answer.status_code))
    assert wrong == []
    assert is_signed_in(grace)


def test_malformed_authorization_header_is_a_clear_refusal(wiki: WikiClient, forms: Forms) -> None:
    """Whatever stands where the secret or the token should."""
    from django.test import Client

    wrong = []
    for path in PROGRAMS:
        form = {} if path == "/oauth/userinfo" else forms[path]
        for header in (
            "Basic",
            "Basic ",
            "Basic ====",
            "Basic \u00ff",
            "Basic AA==",  # NUL
            "Basic //8=",
            "Basic " + "A" * 20_000,
            "Basic JTAwOiUwMA==",  # %00:%00
            "Basic JWZmOiVmZg==",  # %ff:%ff
            "Basic OnNlY3JldA==",  # no client id
            f"{wiki.basic()}, {wiki.basic()}",
            f"Bearer {wiki.basic()}",
            "Bearer \u00ff.\u00ff.\u00ff",
            "Bearer " + "e30." * 5000,
            "Digest username=x",
            " ",
        ):
            answer = Client(raise_request_exception=False).post(
                path,
                urlencode(form),
                content_type=FORM,
                headers={"host": "auth.example.org", "authorization": header},
                secure=True,
            )
            if not 400 <= answer.status_code < 500:
                wrong.append((path, header[:20], answer.status_code))
    assert wrong == []
