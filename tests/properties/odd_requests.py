"""Requests that nobody sane would send, and some that somebody would: names, texts, senders."""

from typing import Any, Final
from urllib.parse import quote_from_bytes

from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.environment import ISSUER
from tests.web.hostile import HOSTILE

unhurried = hypothesis_settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FORM: Final = "application/x-www-form-urlencoded"
Pairs = list[tuple[bytes, bytes]]

# Every name that some endpoint of ours reads, and some that none does.
NAMES: Final = (
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce"),
    *("code_challenge", "code_challenge_method", "prompt", "max_age", "login_hint", "ui_locales"),
    *("id_token_hint", "request", "request_uri", "registration", "claims", "acr_values"),
    *("display", "claims_locales", "client_assertion", "client_assertion_type"),
    *("grant_type", "code", "code_verifier", "client_secret", "access_token"),
    *("client_assertion", "client_assertion_type", "token"),
    *("post_logout_redirect_uri", "username", "password", "current_password", "new_password"),
    *("email", "keep", "flow", "csrfmiddlewaretoken", "next", "language", "page", "x"),
)
WORDS: Final = (
    "",
    "0",
    "-1",
    "none",
    "login",
    "none login",
    "create",
    "code",
    "id_token",
    "form_post",
    "query",
    "openid",
    "openid profile email",
    "S256",
    "plain",
    "authorization_code",
    "refresh_token",
    "en",
    "password",
    "true",
    "on",
    "A" * 43,
    "A" * 9000,
    "\u0663",
    "9" * 30,
    "%00",
    "{}",
    "[]",
    "e30.e30.e30",
    "urn:ietf:params:oauth:request_uri:",
    "urn:ietf:params:oauth:request_uri:e30.e30.e30.e30.e30",
    '{"userinfo":{"email":null},"id_token":{"sub":{"value":"x"}}}',
    "e30.e30.e30.e30.e30",
    "....",
    *HOSTILE[:20],
)
# Text as people and programs write it, the odd ends of Unicode included.
texts = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80),
    st.text(
        st.characters(categories=["Cc", "Cf", "Co", "Mn"], exclude_characters="\0"), max_size=20
    ),
).map(str.encode)
# NUL, lone surrogates, and what is no UTF-8: the edge refuses it, whoever would have read it.
broken = st.one_of(
    st.text(st.characters(categories=["Cs"]), min_size=1, max_size=5).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    ),
    st.binary(min_size=1, max_size=40),
    st.just(b"\0"),
)
names = st.one_of(st.sampled_from(NAMES).map(str.encode), texts)
_readable = st.lists(st.tuples(names, texts), max_size=6)
_broken = st.lists(st.tuples(st.one_of(names, broken), st.one_of(texts, broken)), max_size=6)
noise = st.sampled_from([_readable, _readable, _readable, _broken]).flatmap(lambda some: some)
headers = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)


def encoded(pairs: Pairs) -> str:
    """The pairs as a query or form, byte for byte."""
    return "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs)


def over(good: dict[str, str], pairs: Pairs) -> Pairs:
    """A good request with some of its parameters replaced, repeated or joined by others."""
    replaced = {name for name, _value in pairs}
    kept = [(k.encode(), v.encode()) for k, v in good.items() if k.encode() not in replaced]
    return kept + pairs


class Sender:
    """A browser, or a wiki's server, that sends what it is given and takes any answer."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.raise_request_exception = False

    def get(self, path: str, pairs: Pairs, **extra: Any) -> Any:
        """The pairs in the address."""
        return self.client.get(f"{path}?{encoded(pairs)}", secure=True, **extra)

    def post(self, path: str, pairs: Pairs, **extra: Any) -> Any:
        """The pairs as a form."""
        extra.setdefault("headers", {"host": "auth.example.org", "origin": ISSUER})
        return self.client.post(path, encoded(pairs), content_type=FORM, secure=True, **extra)
