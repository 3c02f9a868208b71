"""The address that somebody signs up with: unconfirmed, and asked about in their language."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from tests.database.asking import Login, ask, call, register, value
from tests.database.factors import new_passkey
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    HERE,
    OTHER_BROWSER,
    Playing,
    confirm,
    letters,
    mailed,
    redeem,
    sign_up_with,
    tokens,
)
from tests.database.people import sign_in
from vault import passkey_accounts, recovery_codes
from vault.accounts import EmailAddress, prepare
from vault.attempts import Attempt, secret_hash
from vault.email_addresses import normal_form, own_addresses
from vault.events import Origin
from vault.mailed_tokens import MailedToken
from vault.passkey_accounts import NewKeys

IN_FRENCH = replace(HERE, device=BROWSER, language="fr")


def _by_passkey(username: str, address: str, origin: Origin) -> None:
    attempt = passkey_accounts.register(
        prepare(),
        username=username,
        skeletons=frozenset({username.casefold()}),
        keys=NewKeys(new_passkey(), "Key", recovery_codes.new_codes()[:1]),
        address=EmailAddress(address, normal_form(address)),
        origin=origin,
    )
    assert isinstance(attempt, Attempt)


def _by_password(username: str, address: str, origin: Origin) -> None:
    sign_up_with(username, address, origin)


@pytest.mark.parametrize("sign_up", [_by_password, _by_passkey])
def test_first_address_gets_the_letter_that_confirms_it(
    admin: psycopg.Connection,
    playing: Playing,
    sign_up: Callable[[str, str, Origin], None],
) -> None:
    """In the language of the page, good without more in the browser that signed up."""
    sign_up("Ada", ADDRESS, IN_FRENCH)
    [letter] = letters(admin)
    assert (letter["template"], letter["language"]) == ("address_confirmation", "fr")
    assert letter["tokens"] == [str(token) for token in tokens(admin)]
    assert value(admin, "SELECT language FROM vault.accounts") == "fr"
    [row] = ask(admin, "SELECT browser_hash FROM vault.mailed_tokens")
    assert row["browser_hash"] == secret_hash(BROWSER)
    secret = mailed(playing, admin)
    assert redeem(secret) == "unknown"
    assert confirm(secret, browser=OTHER_BROWSER) == "other_browser"
    assert isinstance(confirm(secret), MailedToken)
    assert value(admin, "SELECT verified_at IS NOT NULL AND is_primary FROM vault.email_addresses")


def test_first_address_without_a_browser_is_confirmed_by_name_alone(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A browser that keeps no cookie is none that one could know again."""
    sign_up_with("Ada", ADDRESS, HERE)
    secret = mailed(playing, admin)
    for browser in (None, b"", BROWSER):
        assert confirm(secret, browser=browser) == "other_browser"
    assert isinstance(confirm(secret, browser=None, username="Ada"), MailedToken)


def test_first_address_counts_for_nothing_until_it_is_confirmed(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """It is listed as what it is, and no other letter goes there."""
    ada = sign_up_with("Ada", ADDRESS, IN_FRENCH)
    for device in (BROWSER, OTHER_BROWSER):
        session = sign_in(ada, origin=replace(IN_FRENCH, device=device))
    assert [(one.is_primary, one.is_confirmed) for one in own_addresses(session)] == [(True, False)]
    assert [one["template"] for one in letters(admin)] == ["address_confirmation"]


def test_account_without_an_address_gets_no_letter(admin: psycopg.Connection, login: Login) -> None:
    """Its language is kept all the same, for the day when it has one."""
    with login("web") as web:
        assert register(web, "Ada")["status"] == "created"
    assert letters(admin) == tokens(admin) == []


@pytest.mark.parametrize(("position", "odd"), [(16, None), (16, b"x"), (17, None), (17, "en; --")])
def test_sign_up_without_browser_or_language_is_a_bad_request(
    admin: psycopg.Connection, login: Login, position: int, odd: object
) -> None:
    """Of the caller's making: nobody is signed up, and the name stays free."""
    from tests.database.test_postgres_traps_errors import _web_arguments

    with login("web") as web:
        good = _web_arguments(admin, web)["register_account"]
        assert (len(good[16]), good[17]) == (32, "en")
        arguments = [*good[:position], odd, *good[position + 1 :]]
        assert call(web, "api.register_account_v1", *arguments)["status"] == "bad_request"
        assert call(web, "api.register_account_v1", *good)["status"] == "created"
