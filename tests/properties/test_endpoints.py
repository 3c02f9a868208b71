"""Any bytes at all, on every form and endpoint: a documented status, never a crash.

Names that the endpoint knows and names that it doesn't, once or repeated, with text that is right,
hostile, broken, huge or none; in the address, the body, the Authorization header and the cookies.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.odd_requests import Pairs, Sender, headers, noise, over, texts, unhurried
from tests.web.counting import counted_hashes
from tests.web.people import PASSWORD, Browser, WikiClient, hidden_fields, tokens_for

pytestmark = pytest.mark.usefixtures("unlimited")


@pytest.fixture
def visitor(browser: Browser) -> Sender:
    """A browser in which nobody is signed in, on a site where Grace has an account."""
    browser.sign_up("Grace")
    return Sender(Browser())


@pytest.fixture
def person(grace: Browser) -> Sender:
    """A browser in which Grace is signed in."""
    return Sender(grace)


@unhurried
@given(noise, st.booleans())
def test_authorize_with_any_parameters_is_a_page_or_a_redirect_to_the_wiki(
    person: Sender, wiki: WikiClient, pairs: Pairs, posted: bool
) -> None:
    """Nothing leads anywhere but to the registered address."""
    send = person.post if posted else person.get
    answer = send("/oauth/authorize", over(wiki.request(), pairs))
    assert answer.status_code in {200, 303, 400, 414}
    location = answer.headers.get("Location", wiki.redirect_uri)
    assert location.startswith((f"{wiki.redirect_uri}?", "/oauth/authorize?")) or (
        location == wiki.redirect_uri
    )


@unhurried
@given(noise)
def test_authorize_silently_with_any_parameters_signs_nobody_in(
    visitor: Sender, wiki: WikiClient, pairs: Pairs
) -> None:
    """From a browser without a session no code ever comes."""
    answer = visitor.get("/oauth/authorize", over(wiki.request(prompt="none"), pairs))
    assert answer.status_code in {200, 303, 400, 414}
    assert "code=" not in answer.headers.get("Location", "")
    assert "__Host-session" not in answer.cookies


@unhurried
@given(noise, st.one_of(st.none(), headers))
def test_par_with_any_form_is_json_and_what_it_gives_leads_to_the_wiki(
    visitor: Sender, wiki: WikiClient, pairs: Pairs, authorization: str | None
) -> None:
    """RFC 9126 section 2: created, or an error; what was taken is answered at the wiki alone."""
    header = wiki.basic() if authorization is None else authorization
    said = {"host": "auth.example.org", "authorization": header}
    good = wiki.request(prompt="none")
    answer = visitor.post("/oauth/par", over(good, pairs), headers=said)
    assert answer.status_code in {201, 400, 401}
    assert answer.headers["Cache-Control"] == "no-store"
    if answer.status_code != 201:
        assert answer.json()["error"]
        return
    named = {"client_id": wiki.client_id, "request_uri": answer.json()["request_uri"]}
    led = visitor.get("/oauth/authorize", over(named, []))
    assert led.status_code in {200, 303}
    assert led.headers.get("Location", wiki.redirect_uri).startswith(wiki.redirect_uri)


@unhurried
@given(noise, st.one_of(st.none(), headers))
def test_token_with_any_form_is_json_and_never_a_token(
    visitor: Sender, wiki: WikiClient, pairs: Pairs, authorization: str | None
) -> None:
    """RFC 6749 section 5.2: 400 or 401, whatever is sent, authenticated or not."""
    good = {
        "grant_type": "authorization_code",
        "code": "x" * 43,
        "redirect_uri": wiki.redirect_uri,
        "code_verifier": wiki.verifier,
    }
    header = wiki.basic() if authorization is None else authorization
    said = {"host": "auth.example.org", "authorization": header}
    answer = visitor.post("/oauth/token", over(good, pairs), headers=said)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"]
    assert answer.headers["Cache-Control"] == "no-store"


@unhurried
@given(noise, headers, st.booleans())
def test_userinfo_with_anything_is_json_and_tells_nothing(
    visitor: Sender, pairs: Pairs, authorization: str, posted: bool
) -> None:
    """RFC 6750 section 3.1."""
    send = visitor.post if posted else visitor.get
    for header in (authorization, f"Bearer {authorization}", f"Bearer e30.{authorization}.e30"):
        said = {"host": "auth.example.org", "authorization": header}
        answer = send("/oauth/userinfo", pairs, headers=said)
        assert answer.status_code in {400, 401, 414}
        assert "sub" not in answer.json()


@unhurried
@given(noise, st.booleans())
def test_logout_with_any_parameters_is_a_page_or_leads_to_a_registered_address(
    person: Sender, wiki: WikiClient, pairs: Pairs, posted: bool
) -> None:
    """And without a good hint nobody is signed out."""
    bye = wiki.registration["post_logout_redirect_uris"][0]
    good = {"client_id": wiki.client_id, "post_logout_redirect_uri": bye, "state": "s"}
    answer = (person.post if posted else person.get)("/oauth/logout", over(good, pairs))
    assert answer.status_code in {200, 303, 400, 414}
    assert answer.headers.get("Location", "/oauth/logout").startswith("/oauth/logout")
    assert person.client.get("/account/").status_code == 200


@unhurried
@given(noise)
def test_logout_confirmed_with_any_fields_leads_nowhere_else(
    person: Sender, wiki: WikiClient, pairs: Pairs
) -> None:
    """The person may be signed out, and gets no further than to a registered address."""
    token = hidden_fields(person.client.get("/oauth/logout"))
    if "csrfmiddlewaretoken" not in token:  # signed out by an example before
        token = hidden_fields(person.client.get("/login"))
    fields = {"csrfmiddlewaretoken": token["csrfmiddlewaretoken"]}
    answer = person.post("/oauth/logout/confirm", over(fields, pairs))
    assert answer.status_code in {200, 400, 403}
    assert "Location" not in answer.headers


@unhurried
@given(noise, st.sampled_from(["/login", "/signup"]))
def test_sign_in_and_sign_up_with_any_fields_are_pages(
    visitor: Sender, pairs: Pairs, path: str
) -> None:
    """A form with a good flow and anything else: at most one hash, and never in by luck."""
    fields = hidden_fields(visitor.client.get(path))
    good = {k: fields[k] for k in ("flow", "csrfmiddlewaretoken")} | {"username": "Grace"}
    with counted_hashes() as hashes:
        answer = visitor.post(path, over(good, pairs))
    assert answer.status_code in {200, 303, 400, 403, 429}
    assert len(hashes) <= 1
    if path == "/login":
        assert "__Host-session" not in answer.cookies


@unhurried
@given(texts, texts)
def test_sign_up_with_any_name_and_address_makes_an_account_or_says_why_not(
    visitor: Sender, name: bytes, address: bytes
) -> None:
    """With a good password: in, or the form with the reason at its field."""
    fields = hidden_fields(visitor.client.get("/signup"))
    good = {k: fields[k] for k in ("flow", "csrfmiddlewaretoken")} | {"password": PASSWORD}
    pairs = [(b"username", name), (b"email", address)]
    answer = visitor.post("/signup", over(good, pairs))
    assert answer.status_code in {200, 303, 400}
    visitor.client.cookies.pop("__Host-session", None)


@unhurried
@given(noise, texts, texts)
def test_password_change_with_any_fields_changes_nothing(
    person: Sender, pairs: Pairs, current: bytes, new: bytes
) -> None:
    """Without the current password."""
    page = hidden_fields(person.client.get("/account/password"))
    good = {"csrfmiddlewaretoken": page["csrfmiddlewaretoken"]}
    typed = [(b"current_password", current), (b"new_password", new)]
    answer = person.post("/account/password", over(good, pairs + typed))
    assert answer.status_code in {200, 400, 403, 429}
    assert "__Host-session" not in answer.cookies


@unhurried
@given(noise, st.sampled_from(["/language", "/logout", "/csp-report"]), st.booleans())
def test_small_forms_with_any_fields_stay_on_this_site(
    visitor: Sender, pairs: Pairs, path: str, with_token: bool
) -> None:
    """Language, signing out of nothing, and browsers' reports."""
    good = {}
    if with_token:
        page = hidden_fields(visitor.client.get("/login"))
        good["csrfmiddlewaretoken"] = page["csrfmiddlewaretoken"]
    answer = visitor.post(path, over(good, pairs))
    assert answer.status_code in {200, 204, 303, 400, 403, 429}
    location = answer.headers.get("Location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


@unhurried
@given(
    noise,
    st.sampled_from(
        [
            "/",
            "/login",
            "/signup",
            "/logout",
            "/privacy",
            "/account/",
            "/account/password",
            "/.well-known/openid-configuration",
            "/.well-known/jwks.json",
            "/.well-known/change-password",
            "/health/live",
        ]
    ),
)
def test_page_with_any_query_and_any_cookies_is_answered(
    visitor: Sender, pairs: Pairs, path: str
) -> None:
    """What a browser keeps is no more trusted than what it sends."""
    junk = "".join(chr(32 + byte % 90) for _name, value in pairs for byte in value[:40])
    for name in ("__Host-session", "__Host-browser", "__Host-csrf", "__Host-language"):
        visitor.client.cookies[name] = junk.replace(";", "")
    answer = visitor.get(path, pairs)
    visitor.client.cookies.clear()
    assert answer.status_code in {200, 303, 400, 414}


@unhurried
@given(st.binary(max_size=300), st.text(st.characters(max_codepoint=126, min_codepoint=32)))
@pytest.mark.parametrize(
    "path", ["/oauth/token", "/oauth/par", "/oauth/userinfo", "/oauth/authorize", "/login"]
)
def test_body_of_any_kind_and_content_type_is_answered(
    visitor: Sender, path: str, body: bytes, kind: str
) -> None:
    """Not only forms arrive."""
    answer = visitor.client.post(
        path, body, content_type=kind, secure=True, headers={"host": "auth.example.org"}
    )
    assert answer.status_code in {400, 401, 403}


@unhurried
@given(
    st.integers(min_value=0, max_value=4),
    st.binary(min_size=1, max_size=6),
    st.integers(0, 10**6),
)
def test_token_of_ours_with_any_bytes_changed_is_no_token(
    person: Sender, wiki: WikiClient, part: int, put: bytes, where: int
) -> None:
    """ASVS 9.1.1: the ID token as a hint, the access token at userinfo, changed anywhere."""
    tokens = _tokens(person, wiki)
    for token, accepts in ((tokens["id_token"], hint), (tokens["access_token"], bearer)):
        parts = token.split(".")
        chosen = parts[part % 3]
        at = where % len(chosen)
        parts[part % 3] = chosen[:at] + put.hex() + chosen[at + 2 * len(put) :]
        # The last character of a part may differ in bits that decode to nothing.
        if ".".join(parts)[:-1] != token[:-1] and at < len(chosen) - 4:
            assert not accepts(person, wiki, ".".join(parts))


_remembered: dict[str, Any] = {}


def _tokens(person: Sender, wiki: WikiClient) -> dict[str, Any]:
    """One pair of tokens for all examples of a test: signing is slow."""
    if _remembered.get("for") != wiki.client_id:
        _remembered.update({"for": wiki.client_id, **tokens_for(person.client, wiki)})  # type: ignore[arg-type]
    return _remembered


def hint(person: Sender, wiki: WikiClient, token: str) -> bool:
    """Whether the site takes it for an ID token of its own."""
    answer = person.client.get("/oauth/authorize", wiki.request(prompt="none", id_token_hint=token))
    return "error=invalid_request" not in answer.headers["Location"]


def bearer(person: Sender, _wiki: WikiClient, token: str) -> bool:
    """Whether userinfo answers it."""
    said = {"host": "auth.example.org", "authorization": f"Bearer {token}"}
    return bool(person.get("/oauth/userinfo", [], headers=said).status_code == 200)
