"""Parameters once, addresses with answers added, and where a request begins again."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sso.flow.wiki_destination import restart_url
from sso.services.authorization_request import AuthorizationRequest
from sso.services.codes import with_query, with_state
from sso.services.parameters import single_values
from tests.environment import ISSUER
from tests.unit.sso.test_decide import request


def test_parameter_repeated_or_empty_is_told_from_one_sent_once() -> None:
    """RFC 6749 section 3.1: empty is as if not sent; repeated is nobody's to choose from."""
    sent = [("a", ["1"]), ("b", [""]), ("c", ["1", "2"]), ("d", ["1", "1"]), ("e", [])]
    assert single_values(sent) == ({"a": "1"}, ["c", "d"])


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://w.example/cb", "https://w.example/cb?code=x"),
        ("https://w.example/cb?a=%2F", "https://w.example/cb?a=%2F&code=x"),
        ("https://w.example", "https://w.example?code=x"),
    ],
)
def test_address_keeps_its_own_query(uri: str, expected: str) -> None:
    """Byte for byte, with the answer behind it."""
    assert with_query(uri, {"code": "x"}) == expected
    assert with_query(uri, {}) == uri


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_answer_of_any_text_can_be_read_back(parameters: dict[str, str]) -> None:
    """Whatever state a wiki keeps comes back as it was."""
    address = with_query("https://w.example/cb?own=1", parameters)
    assert address.isascii()
    read = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    assert read == [("own", "1"), *parameters.items()]


def test_answer_always_says_who_answers() -> None:
    """RFC 9207: ``iss`` with and without a state."""
    assert with_state({"code": "x"}, "s") == {"code": "x", "state": "s", "iss": ISSUER}
    assert with_state({"error": "x"}, None) == {"error": "x", "iss": ISSUER}


@pytest.mark.parametrize(
    "asked",
    [
        request(),
        request(state="a b&c", nonce="n", prompt=("login", "consent"), max_age=0),
        request(login_hint="Gr\u00e4ce", ui_locales=("fr", "en"), response_mode="form_post"),
        request(
            response_type="id_token", response_mode="form_post", code_challenge=None, nonce="n"
        ),
    ],
    ids=range(4),
)
def test_request_begun_again_asks_the_same(asked: AuthorizationRequest) -> None:
    """As the wiki sent it: nothing is lost on the way through an expired page."""
    address = urlsplit(restart_url(asked))
    assert address.path == "/oauth/authorize"
    again = dict(parse_qsl(address.query))
    assert again["client_id"] == asked.client_id
    assert again["redirect_uri"] == asked.redirect_uri
    assert again["response_type"] == asked.response_type
    assert again["scope"].split() == list(asked.scopes)
    assert again.get("state") == asked.state
    assert again.get("nonce") == asked.nonce
    assert again.get("code_challenge") == asked.code_challenge
    assert ("code_challenge_method" in again) == (asked.code_challenge is not None)
    assert tuple(again.get("prompt", "").split()) == asked.prompt
    assert again.get("max_age") == (None if asked.max_age is None else str(asked.max_age))
    assert again.get("login_hint", "") == asked.login_hint
    assert tuple(again.get("ui_locales", "").split()) == asked.ui_locales
