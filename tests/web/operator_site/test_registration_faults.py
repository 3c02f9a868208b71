"""What an operator hears of a registration that cannot be: all of it at once, each at its field."""

import re

import psycopg
import pytest

from tests.database.asking import value
from tests.web.operator_site.place import Place
from tests.web.operator_site.test_wiki_registration import FILLED, HOME, REGISTER
from tests.web.operators import Answer

BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}
OF_NO_USE = "This is of use with private_key_jwt only."
NAME_MISSING = "Enter the name that people know it by."


def problems(page: Answer) -> list[str]:
    """What stands on top, each as its field (nothing for several) and what is said."""
    summary = page.text.partition('class="error-summary"')[2].partition("</ul>")[0]
    found = re.findall(r'<li>(?:<a href="#id_(\w+)">)?([^<]*)', summary)
    return [f"{field}: {says}".removeprefix(": ") for field, says in found]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"client_name": ""}, "client_name", "Enter the name that people know it by."),
        ({"redirect_uris": ""}, "redirect_uris", "Enter at least one address."),
        ({"redirect_uris": "http://a.example/"}, "redirect_uris", "This must be https."),
        ({"redirect_uris": "callback"}, "redirect_uris", "This must be a whole address, such as"),
        ({"redirect_uris": f"{HOME}/#x"}, "redirect_uris", "This may have no user, no fragment"),
        ({"client_uri": "https://u@a.example/"}, "client_uri", "This may have no user"),
        ({"backchannel_logout_uri": "x"}, "backchannel_logout_uri", "This must be a whole address"),
        ({"default_acr_values": "aal9"}, "default_acr_values", "This may hold aal1, aal2, phr."),
        ({"jwks": "{"}, "jwks", "This is not JSON."),
        ({"jwks": "[" * 5_000}, "jwks", "This is not JSON."),
        (
            {"token_endpoint_auth_method": "private_key_jwt", "jwks": '{"keys": []}'},
            "jwks",
            "No key of the set can sign",
        ),
    ],
)
def test_field_that_is_wrong_says_so_itself_and_keeps_what_was_typed(
    place: Place, admin: psycopg.Connection, changes: dict[str, str], field: str, says: str
) -> None:
    """On top with a link to it, and at the field; nothing else has to be typed again."""
    browser = place.signed_in("Chief")
    page = browser.post(REGISTER, **{**FILLED, **changes})
    assert f'<a href="#id_{field}">{says}' in page.text
    at_field = page.text.partition(f'id="id_{field}_error"')[2]
    assert says in at_field.partition("</ul>")[0]
    assert not page.asks_for_a_passkey
    assert f"{HOME}/bye</textarea>" in page.text
    assert value(admin, "SELECT count(*) FROM vault.wikis") == 0


def test_fields_that_are_wrong_are_all_told_at_once(place: Place) -> None:
    """Those that the form itself minds, and those that the service does."""
    browser = place.signed_in("Chief")
    wrong = {
        "client_name": "",
        "redirect_uris": "http://new.wiki.example/callback",
        "policy_uri": "new.wiki.example/policy",
        "default_acr_values": "aal9",
        "jwks": "{",
        "token_endpoint_auth_method": "private_key_jwt",
    }
    page = browser.post(REGISTER, **{**FILLED, **wrong})
    for field in wrong.keys() - {"token_endpoint_auth_method"}:
        assert page.text.count(f'<a href="#id_{field}">') == 1, field
    assert "needs the wiki's public keys" not in page.words, "there are some, to be read"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"token_endpoint_auth_method": "none", "require_pkce": ""},
            ["A public wiki cannot be excused from PKCE."],
        ),
        (BY_KEY, ["Private_key_jwt needs the wiki&#x27;s public keys: jwks_uri or jwks."]),
        (
            {**BY_KEY, "jwks": "{", "jwks_uri": f"{HOME}/jwks"},
            ["Give jwks or jwks_uri, not both.", "jwks: This is not JSON."],
        ),
        (
            {"token_endpoint_auth_signing_alg": "ES256"},
            [f"token_endpoint_auth_signing_alg: {OF_NO_USE}"],
        ),
        (
            {"redirect_uris": f"{HOME}/\nhttp://b.example/\n\n{HOME}/#f"},
            [
                "redirect_uris: Address 2 must be https.",
                "redirect_uris: Address 3 may have no user, no fragment and no wildcard.",
            ],
        ),
    ],
    ids=["public", "no keys", "keys twice", "algorithm", "addresses"],
)
def test_problems_that_have_nothing_to_do_with_each_other_are_told_at_once(
    place: Place, wrong: dict[str, str], said: list[str]
) -> None:
    """A name that is missing hides no fault of keys or PKCE, and one address hides no other."""
    filled = {**FILLED, **wrong, "client_name": ""}
    page = place.signed_in("Chief").post(REGISTER, **{k: v for k, v in filled.items() if v})
    assert sorted(problems(page)) == sorted([*said, f"client_name: {NAME_MISSING}"])


@pytest.mark.parametrize(
    "changes",
    [{"jwks": '{"keys": []}'}, {"require_pkce": ""}, {"token_endpoint_auth_signing_alg": "ES256"}],
    ids=["keys", "no PKCE", "algorithm"],
)
def test_method_that_is_none_has_nothing_else_told_that_follows_from_it(
    place: Place, changes: dict[str, str]
) -> None:
    """Only a forged form has one; nothing is judged by the method that it is not."""
    filled = {**FILLED, **changes, "token_endpoint_auth_method": "forged"}
    page = place.signed_in("Chief").post(REGISTER, **{k: v for k, v in filled.items() if v})
    fields = [problem.partition(":")[0] for problem in problems(page)]
    of_the_keys = ["jwks"] if "jwks" in changes else []
    assert fields == ["token_endpoint_auth_method", *of_the_keys]
    assert OF_NO_USE not in page.words


def test_problem_of_several_fields_stands_on_top(place: Place) -> None:
    """A public client cannot be excused from PKCE; keys are wanted of one that signs."""
    browser = place.signed_in("Chief")
    without = {name: text for name, text in FILLED.items() if name != "require_pkce"}
    page = browser.post(REGISTER, **{**without, "token_endpoint_auth_method": "none"})
    assert "A public wiki cannot be excused from PKCE." in page.words
    page = browser.post(REGISTER, **{**FILLED, "token_endpoint_auth_method": "private_key_jwt"})
    assert "needs the wiki's public keys" in page.words
