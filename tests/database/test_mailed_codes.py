"""The code in a letter, for those who type: as good as its link, and spent with it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests.database.asking import AGENT, NETWORK, Login, ask, call, random_32, value
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    HERE,
    OTHER_BROWSER,
    Playing,
    a_member,
    add,
    armed,
    ask_for_reset,
    confirm,
    disown,
    fresh,
    redeem,
    restore,
    set_primary,
    tokens,
    typed,
)
from tests.database.people import sign_in
from tests.database.racing import raced
from vault import mailed_tokens
from vault.attempts import Attempt
from vault.mailed_tokens import MailedToken
from vault.seals import mac
from vault.token_arming import ArmedToken

NEW = "ada@example.net"
ORIGIN = (NETWORK, AGENT)
# What redeems a token of each purpose through Python; and in SQL, what stands after the secret.
REDEEM: dict[str, Callable[..., Any]] = {
    "reset": redeem,
    "confirm": confirm,
    "undo": restore,
    "disown": disown,
}
FUNCTIONS: dict[str, tuple[str, Callable[[], tuple[Any, ...]], str]] = {
    "reset": ("api.redeem_reset_v1", lambda: (BROWSER, None, random_32()), "right"),
    "confirm": (
        "api.confirm_address_v1",
        lambda: (BROWSER, None, random_32(), "t1"),
        "confirmed",
    ),
    "undo": ("api.restore_address_v1", lambda: ("en",), "restored"),
    "disown": ("api.disown_session_v1", tuple, "ended"),
}


@pytest.fixture
def letter(playing: Playing, admin: psycopg.Connection) -> Callable[[str], ArmedToken]:
    """What stands in a letter of that purpose, which has just come."""

    def come(purpose: str) -> ArmedToken:
        address = ADDRESS
        if purpose == "reset":
            a_member(playing)
            ask_for_reset(playing, admin)
        else:
            ada = a_member(playing)
            session = sign_in(ada)
            if purpose == "disown":
                for device in (b"1" * 32, b"2" * 32):
                    sign_in(ada, origin=replace(HERE, device=device))
            else:
                proof = fresh(ada, session)
                added = add(session, proof, NEW)
            if purpose == "confirm":
                address = NEW
            if purpose == "undo":
                confirm(armed(playing, admin, address=NEW, purpose="confirm").secret)
                assert set_primary(session, proof, added) == "changed"
        return armed(playing, admin, address=address, purpose=purpose)

    return come


@pytest.mark.parametrize("purpose", REDEEM)
def test_code_that_is_typed_as_people_type_is_found(
    admin: psycopg.Connection, letter: Callable[[str], ArmedToken], purpose: Any
) -> None:
    """In lower case, with blanks or without groups, O for 0 and I or L for 1: the same code."""
    made = letter(purpose)
    plain = made.code.replace("-", "")
    for spelled in (
        made.code,
        plain,
        made.code.lower(),
        f"  {made.code.replace('-', '  ')}\n",
        made.code.replace("-", "\u2013"),
        plain.replace("0", "O").replace("1", "I"),
        plain.lower().replace("0", "o").replace("1", "l"),
    ):
        found = mailed_tokens.find(typed(spelled), purpose, browser=BROWSER)
        assert isinstance(found, MailedToken)
        assert str(found.id) == str(tokens(admin, purpose)[-1])


@pytest.mark.parametrize("purpose", REDEEM)
@pytest.mark.parametrize("first", ["link", "code"])
def test_code_and_link_of_one_letter_are_spent_together(
    letter: Callable[[str], ArmedToken], purpose: str, first: str
) -> None:
    """Whichever is used first, the other is used as well; each once alone (V-replay)."""
    made = letter(purpose)
    secrets = [made.secret, typed(made.code)]
    if first == "code":
        secrets.reverse()
    assert not isinstance(REDEEM[purpose](secrets[0]), str)
    for secret in secrets:
        assert REDEEM[purpose](secret) == "spent"
        assert mailed_tokens.find(secret, purpose, browser=BROWSER) == "spent"  # type: ignore[arg-type]


@pytest.mark.parametrize("purpose", REDEEM)
def test_code_and_link_raced_by_a_hundred_are_redeemed_once(
    admin: psycopg.Connection,
    login: Login,
    letter: Callable[[str], ArmedToken],
    purpose: str,
) -> None:
    """One of a hundred, whichever it holds; the others are told that it is spent (V-race)."""
    made = letter(purpose)
    token = tokens(admin, purpose)[-1]
    function, more, won = FUNCTIONS[purpose]
    turns = iter([made.secret, typed(made.code)] * 50)

    def present(web: psycopg.Connection) -> str:
        status: str = call(web, function, token, next(turns), *more(), *ORIGIN)["status"]
        return status

    assert Counter(raced(100, login, present)) == {won: 1, "spent": 99}


@pytest.mark.parametrize("purpose", REDEEM)
def test_code_is_of_one_letter_purpose_and_row_alone(
    admin: psycopg.Connection,
    login: Login,
    letter: Callable[[str], ArmedToken],
    purpose: str,
) -> None:
    """A wrong one, one for another purpose, one of another row: unknown, and nothing is spent."""
    made = letter(purpose)
    code = typed(made.code)
    [token] = tokens(admin, purpose)
    function, more, won = FUNCTIONS[purpose]
    for other, redeem_it in REDEEM.items():
        if other != purpose:
            assert redeem_it(code) == redeem_it(made.secret) == "unknown"
            with login("web") as web:
                name, arguments, _ = FUNCTIONS[other]
                given = (token, code, *arguments(), *ORIGIN)
                assert call(web, name, *given)["status"] == "unknown"
    for wrong in (code[:-1] + bytes([code[-1] ^ 1]), code[::-1], bytes(10), made.secret[:10]):
        assert REDEEM[purpose](wrong) == "unknown"
    [others] = ask(
        admin,
        "INSERT INTO vault.mailed_tokens (purpose, account_id, address_id, account_epoch,"
        " site_epoch, browser_hash, token_hash, code_hash, expires_at)"
        " SELECT purpose, account_id, address_id, account_epoch, site_epoch, browser_hash,"
        " sha256('other'), sha256('other code'), expires_at FROM vault.mailed_tokens WHERE id = %s"
        " RETURNING id",
        token,
    )
    with login("web") as web:
        given = (others["id"], code, *more(), *ORIGIN)
        assert call(web, function, *given)["status"] == "unknown"
        for odd in (code + b"x", code[:9], made.secret[:31]):
            given = (token, odd, *more(), *ORIGIN)
            assert call(web, function, *given)["status"] == "bad_request"
        given = (token, code, *more(), *ORIGIN)
        assert call(web, function, *given)["status"] == won


def test_code_of_another_account_opens_that_account_alone(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Of two who share an address and a letter, each code leads to its own (V-reset)."""
    people = {a_member(playing, name).account_id for name in ("Ada", "Bob")}
    ask_for_reset(playing, admin, None, address=ADDRESS)
    opened = []
    for token in tokens(admin):
        attempt = redeem(typed(armed(playing, admin, token).code))
        assert isinstance(attempt, Attempt)
        opened.append(attempt.account_id)
    assert set(opened) == people
    assert len(opened) == 2


@pytest.mark.parametrize("purpose", ["reset", "confirm"])
def test_code_in_another_browser_needs_the_user_name(
    letter: Callable[[str], ArmedToken], purpose: str
) -> None:
    """Read over somebody's shoulder it is not enough: as for the link."""
    code = typed(letter(purpose).code)
    for browser in (OTHER_BROWSER, None):
        for username in (None, "Eve", "ada"):
            assert REDEEM[purpose](code, browser=browser, username=username) == "other_browser"
    assert not isinstance(REDEEM[purpose](code, browser=None, username="Ada"), str)


@pytest.mark.parametrize("purpose", ["undo", "disown"])
def test_code_that_only_takes_away_asks_for_no_name(
    admin: psycopg.Connection, letter: Callable[[str], ArmedToken], purpose: str
) -> None:
    """Nobody asked for these letters in a browser: whoever reads the mail may answer."""
    code = typed(letter(purpose).code)
    assert value(
        admin,
        "SELECT bool_and(browser_hash IS NULL) FROM vault.mailed_tokens WHERE purpose = %s",
        purpose,
    )
    assert not isinstance(REDEEM[purpose](code), str)


def test_codes_of_many_letters_are_all_different(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Neither shares letters with its link: two digests of one id under one key."""
    for number in range(20):
        a_member(playing, f"Ada {number}", f"ada{number}@example.org", password=False)
        ask_for_reset(playing, admin, f"Ada {number}")
    made = [
        armed(playing, admin, token, f"ada{number}@example.org")
        for number, token in enumerate(tokens(admin))
    ]
    assert len({one.code for one in made}) == len({one.secret for one in made}) == 20
    assert not any(typed(one.code) in one.secret for one in made)


def test_row_from_before_there_were_codes_is_redeemed_by_its_link(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A letter that was on its way when codes came still works, and has no code."""
    a_member(playing)
    ask_for_reset(playing, admin)
    made = armed(playing, admin)
    [row] = ask(
        admin,
        "SELECT t.*, vault.epoch_seconds(t.requested_at) AS requested_at"
        " FROM vault.mailed_tokens t",
    )
    fields = mailed_tokens.token_fields(row, row["token_hash"], None)
    vouched = mac(settings.ADDRESS_KEYS, "t1", "mailed-token", *fields)
    admin.execute("UPDATE vault.mailed_tokens SET code_hash = NULL, mac = %s", [vouched])
    assert redeem(typed(made.code)) == "unknown"
    assert isinstance(redeem(made.secret), Attempt)
