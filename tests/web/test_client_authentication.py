"""How a wiki proves at the token endpoint that it is itself (RFC 6749 section 2.3)."""

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import quote_plus

import psycopg
import pytest

from sso.services.client_assertions import ASSERTION_TYPE
from sso.services.registration import renew_secret
from tests.database.asking import vouch_for_wikis
from tests.web.assertions import shown
from tests.web.people import Browser, WikiClient, code_for, post_form
from tests.web.refusals import is_refused

Wikis = Callable[..., WikiClient]


def basic(client_id: str, secret: str) -> str:
    """A Basic header as RFC 6749 section 2.3.1 has it: both parts form-encoded first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def raw_basic(pair: bytes) -> str:
    """A Basic header around any bytes."""
    return f"Basic {base64.b64encode(pair).decode()}"


def test_secret_by_form_is_accepted_of_a_wiki_registered_so(
    grace: Browser, add_wiki: Wikis
) -> None:
    """oidcc-server-client-secret-post."""
    wiki = add_wiki("Post wiki", token_endpoint_auth_method="client_secret_post")
    form = {
        "grant_type": "authorization_code",
        "code": code_for(grace, wiki),
        "redirect_uri": wiki.redirect_uri,
        "code_verifier": wiki.verifier,
        "client_id": wiki.client_id,
        "client_secret": wiki.registration["client_secret"],
    }
    is_refused(post_form("/oauth/token", {**form, "client_secret": "wrong"}), 401, "invalid_client")
    is_refused(
        post_form(
            "/oauth/token",
            {k: v for k, v in form.items() if not k.startswith("client_")},
            authorization=wiki.basic(),
        ),
        401,
        "invalid_client",
    )
    assert post_form("/oauth/token", form).status_code == 200


def test_public_wiki_authenticates_by_its_verifier_alone(grace: Browser, add_wiki: Wikis) -> None:
    """A wiki without a secret names itself, and PKCE proves that it asked."""
    wiki = add_wiki("Public wiki", token_endpoint_auth_method="none")
    form = {
        "grant_type": "authorization_code",
        "code": code_for(grace, wiki),
        "redirect_uri": wiki.redirect_uri,
        "client_id": wiki.client_id,
    }
    right = {**form, "code_verifier": wiki.verifier}
    is_refused(post_form("/oauth/token", {**right, "client_secret": "x"}), 401, "invalid_client")
    assert post_form("/oauth/token", right).status_code == 200
    form["code"] = code_for(grace, wiki)
    is_refused(post_form("/oauth/token", form), 400, "invalid_grant")


def test_basic_credentials_are_form_decoded(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """RFC 6749 section 2.3.1: a secret with ``%``, ``+``, ``:`` and other letters works."""
    from vault import wikis
    from vault.attempts import secret_hash

    secret = "p%41ss+w:ord \u00fc&="
    admin.execute("UPDATE vault.wikis SET secret_hash = %s", [secret_hash(secret.encode())])
    vouch_for_wikis(admin)
    wikis.forget()
    form = {
        "grant_type": "authorization_code",
        "code": code_for(grace, wiki),
        "redirect_uri": wiki.redirect_uri,
        "code_verifier": wiki.verifier,
    }
    undecoded = raw_basic(f"{wiki.client_id}:{secret}".encode())
    is_refused(post_form("/oauth/token", form, authorization=undecoded), 401, "invalid_client")
    right = basic(wiki.client_id, secret)
    assert post_form("/oauth/token", form, authorization=right).status_code == 200


BAD_HEADERS: dict[str, Callable[[WikiClient], str]] = {
    "wrong secret": lambda w: basic(w.client_id, "wrong"),
    "empty secret": lambda w: basic(w.client_id, ""),
    "no colon": lambda w: raw_basic(w.client_id.encode()),
    "unknown client": lambda w: basic("nobody", w.registration["client_secret"]),
    "no base64": lambda _w: "Basic !!!",
    "empty": lambda _w: "Basic ",
    "no UTF-8": lambda _w: raw_basic(b"\xff\xfe:\xff"),
    "broken percent": lambda w: raw_basic(f"{w.client_id}:%ff%fe".encode()),
    "NUL in the id": lambda _w: raw_basic(b"a\0b:c"),
    "NUL by percent": lambda _w: raw_basic(b"a%00b:c"),
    "other letters": lambda _w: "Basic \u00fc\u00fc",
    "bearer": lambda w: f"Bearer {w.registration['client_secret']}",
    "another scheme": lambda _w: "Negotiate abc",
    "huge": lambda _w: raw_basic(b"x" * 20_000),
}


@pytest.mark.parametrize("case", BAD_HEADERS)
def test_client_that_does_not_authenticate_is_told_how(
    grace: Browser, wiki: WikiClient, case: str
) -> None:
    """RFC 6749 section 5.2: 401 with WWW-Authenticate; the code stays unspent."""
    code = code_for(grace, wiki)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": wiki.redirect_uri,
        "code_verifier": wiki.verifier,
    }
    refused = post_form("/oauth/token", form, authorization=BAD_HEADERS[case](wiki))
    is_refused(refused, 401, "invalid_client")
    assert wiki.redeem(code).status_code == 200


def test_client_that_authenticates_twice_or_as_somebody_else_is_refused(
    grace: Browser, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """RFC 6749 section 2.3: one method a request, and one client."""
    code = code_for(grace, wiki)
    secret = wiki.registration["client_secret"]
    is_refused(wiki.redeem(code, client_secret=secret), 400, "invalid_request")
    other = add_wiki("French wiki")
    is_refused(wiki.redeem(code, client_id=other.client_id), 400, "invalid_request")
    assert wiki.redeem(code, client_id=wiki.client_id).status_code == 200


TWICE: dict[str, Callable[[WikiClient, str], tuple[dict[str, str], str | None]]] = {
    "header and form": lambda w, s: ({"client_secret": s}, w.basic()),
    "header and assertion": lambda w, _s: (shown("a.b.c"), w.basic()),
    "form and assertion": lambda w, s: (
        shown("a.b.c", client_id=w.client_id, client_secret=s),
        None,
    ),
    "all three": lambda w, s: (shown("a.b.c", client_secret=s), w.basic()),
    "half an assertion": lambda _w, _s: ({"client_assertion": "a.b.c"}, None),
    "the other half": lambda _w, _s: ({"client_assertion_type": ASSERTION_TYPE}, None),
    "half an assertion beside the header": lambda w, _s: (
        {"client_assertion_type": ASSERTION_TYPE},
        w.basic(),
    ),
}


@pytest.mark.parametrize("case", TWICE)
def test_two_ways_at_once_are_refused_although_one_of_them_is_right(
    grace: Browser, wiki: WikiClient, case: str
) -> None:
    """RFC 6749 section 2.3, RFC 7521 section 4.2: or else a stolen part hides behind a whole."""
    code = code_for(grace, wiki)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": wiki.redirect_uri,
        "code_verifier": wiki.verifier,
    }
    more, header = TWICE[case](wiki, wiki.registration["client_secret"])
    refused = post_form("/oauth/token", {**form, **more}, authorization=header)
    is_refused(refused, 400, "invalid_request")
    assert wiki.redeem(code).status_code == 200


@pytest.mark.parametrize("kind", ["urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "x"])
def test_assertion_of_another_type_is_refused(wiki: WikiClient, kind: str) -> None:
    """RFC 7521 section 4.2: only the one type is a way to authenticate here."""
    form = {"token": "none", "client_assertion": "a.b.c", "client_assertion_type": kind}
    is_refused(post_form("/oauth/introspect", form), 401, "invalid_client")


@pytest.mark.parametrize("field", ["client_secret", "client_assertion", "client_assertion_type"])
def test_repeated_credential_is_refused(wiki: WikiClient, field: str) -> None:
    """RFC 6749 section 3.2: no parameter twice, whatever it is."""
    form = {"token": "none", "client_id": wiki.client_id, field: ["a", "a"]}
    is_refused(post_form("/oauth/introspect", form), 400, "invalid_request")


def test_older_secret_works_beside_the_new_one_until_its_end(
    wiki: WikiClient,
    playing: Callable[[str], AbstractContextManager[None]],
    admin: psycopg.Connection,
) -> None:
    """Secrets overlap, so that a wiki's servers change theirs one by one; then the old one ends."""
    from vault import wikis

    def statuses() -> list[int]:
        wikis.forget()
        headers = [basic(wiki.client_id, secret) for secret in (old, new, "wrong")]
        form = {"token": "none"}
        return [
            post_form("/oauth/introspect", form, authorization=one).status_code for one in headers
        ]

    old = wiki.registration["client_secret"]
    with playing("owner"):
        new = renew_secret(wiki.client_id, overlap_seconds=3600)["client_secret"]
    assert statuses() == [200, 200, 401]
    admin.execute("UPDATE vault.wikis SET older_secret_ends_at = older_secret_ends_at - 3601")
    vouch_for_wikis(admin)
    assert statuses() == [401, 200, 401]


def test_secret_that_was_replaced_at_once_is_good_no_more(
    wiki: WikiClient, playing: Callable[[str], AbstractContextManager[None]]
) -> None:
    """Without an overlap nothing is left of it, nor of one that was still good before it."""
    from vault import wikis

    secrets = [wiki.registration["client_secret"]]
    with playing("owner"):
        for overlap in (3600, 0):
            answer = renew_secret(wiki.client_id, overlap_seconds=overlap)
            secrets.append(answer["client_secret"])
    wikis.forget()
    form = {"token": "none"}
    assert [
        post_form(
            "/oauth/introspect", form, authorization=basic(wiki.client_id, secret)
        ).status_code
        for secret in secrets
    ] == [401, 401, 200]


def test_suspended_wiki_redeems_nothing(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """V-disabled: not even while this process still remembers it as active."""
    from vault import wikis

    codes = [code_for(grace, wiki) for _ in range(2)]
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")
    is_refused(wiki.redeem(codes[0]), 400, "invalid_grant")
    wikis.forget()
    is_refused(wiki.redeem(codes[1]), 401, "invalid_client")
