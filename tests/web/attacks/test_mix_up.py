"""Mix-up: a client never takes one provider's answer for another's (RFC 9700 4.4, RFC 9207)."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.environment import ISSUER
from tests.web.people import PASSWORD, Browser, WikiClient, claims_of, fields_of
from tests.web.test_form_post import IMPLICIT

Wikis = Callable[..., WikiClient]
FORM_POST = {"response_mode": "form_post"}
# What makes a request fail, in every place of the code that answers at the wiki.
FAULTS: list[dict[str, str | None]] = [
    {"prompt": "none"},
    {"prompt": "none login"},
    {"prompt": "dance"},
    {"scope": "profile"},
    {"response_type": None},
    {"response_type": "token"},
    {"response_type": "code token"},
    {"response_mode": "fragment"},
    {"request": "e30.e30."},
    {"request_uri": "https://english.wiki.example/request"},
    {"registration": "{}"},
    {"code_challenge": None},
    {"code_challenge_method": "plain"},
    {"max_age": "soon"},
    {"id_token_hint": "x.y.z"},
    {"acr_values": "gold", "claims": "{"},
    {"state": "s" * 3000},
]


def sent_back(browser: Browser, wiki: WikiClient, **changes: str | None) -> dict[str, str]:
    """The parameters of an answer, each of which may stand there once."""
    answer = browser.get("/oauth/authorize", wiki.request(**changes))
    if answer.status_code == 200:
        return fields_of(answer)
    pairs = parse_qsl(urlsplit(answer.headers["Location"]).query, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize("mode", [{}, FORM_POST], ids=["query", "form_post"])
def test_mix_up_every_answer_says_who_answers(
    browser: Browser, wiki: WikiClient, mode: dict[str, str]
) -> None:
    """RFC 9207 section 2: ``iss`` once, exactly the issuer, in errors too."""
    without = [
        fault
        for fault in FAULTS
        if not (answer := sent_back(browser, wiki, **{**mode, **fault})).get("error")
        or answer["iss"] != ISSUER
    ]
    assert without == []
    browser.sign_up("Grace")
    assert sent_back(browser, wiki, **mode)["iss"] == ISSUER


def test_mix_up_an_answer_from_the_sign_in_page_says_who_answers(
    browser: Browser, wiki: WikiClient
) -> None:
    """The longer way ends in the same answer."""
    Browser().sign_up("Grace")
    page = browser.get("/oauth/authorize", wiki.request())
    done = browser.submit(page, "/login", username="Grace", password=PASSWORD)
    answer = dict(parse_qsl(urlsplit(done.headers["Location"]).query))
    assert (answer["iss"], answer["state"]) == (ISSUER, wiki.state)


def test_mix_up_an_id_token_by_form_post_says_who_answers_outside_and_inside(
    grace: Browser, add_wiki: Wikis
) -> None:
    """Both agree, and with discovery."""
    island = add_wiki("Island wiki", response_types=["id_token"], grant_types=["implicit"])
    sent = sent_back(grace, island, **IMPLICIT)
    claims = claims_of(sent["id_token"])
    metadata = grace.get("/.well-known/openid-configuration").json()
    assert sent["iss"] == claims["iss"] == metadata["issuer"] == ISSUER
    assert metadata["authorization_response_iss_parameter_supported"] is True
    for fault in ({"nonce": None}, {"scope": "profile"}, {"prompt": "none", "max_age": "0"}):
        assert sent_back(grace, island, **IMPLICIT, **fault)["iss"] == ISSUER


def test_mix_up_a_state_that_names_another_issuer_changes_nothing(
    grace: Browser, wiki: WikiClient
) -> None:
    """What comes back from the wiki's own words is only its ``state``."""
    answer = sent_back(grace, wiki, state="x&iss=https://evil.example&code=theirs")
    assert answer["iss"] == ISSUER
    assert answer["state"] == "x&iss=https://evil.example&code=theirs"
    assert answer["code"] != "theirs"
