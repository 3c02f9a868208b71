"""The letter about a sign-in that is unlike those before it: when it is written, what it says."""

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.database.arriving import LAPTOP, PHONE, a_year_ago, ada, at
from tests.database.asking import (
    Login,
    Person,
    a_person,
    ask,
    open_session,
    random_32,
    value,
)
from tests.database.asking import (
    prove as prove_bare,
)
from tests.database.factors import an_app, an_attempt, enrol_app, with_code
from tests.database.mail import (
    ADDRESS,
    Playing,
    a_member,
    ask_for_reset,
    disown,
    letters,
    mailed,
)
from tests.database.mail_arguments import an_address
from tests.database.operating import an_operator
from tests.database.people import Member, attempt_of, prove, sign_in, sign_up
from tests.database.racing import raced
from vault import outbox, sessions
from vault.events import Origin
from vault.mailed_tokens import MailedToken
from vault.seals import open_address

__all__ = ["ada"]

NOTICE = "new_sign_in"


def _why(admin: psycopg.Connection) -> list[str]:
    return [one["why"] for one in letters(admin, NOTICE)]


def test_sign_in_from_what_is_known_is_told_to_nobody(
    admin: psycopg.Connection, ada: Member
) -> None:
    """The same browser in the same network, as often as one likes."""
    for _ in range(3):
        sign_in(ada, origin=at())
    assert letters(admin) == []


@pytest.mark.parametrize(
    ("origin", "why"),
    [
        (at(device=PHONE), "device"),
        (at(device=None), "device"),
        (at(device=b"short"), "device"),
        (at("198.51.100.0/24"), "network"),
        (at("198.51.100.0/24", PHONE), "device"),
    ],
)
def test_sign_in_from_a_new_browser_or_network_is_told_to_the_owner(
    admin: psycopg.Connection, ada: Member, origin: Origin, why: str
) -> None:
    """One letter, to the primary address, which says what is new; and a token to disown it."""
    session = sign_in(ada, origin=origin)
    [letter] = letters(admin)
    assert (letter["template"], letter["why"]) == (NOTICE, why)
    [row] = ask(admin, "SELECT account_id, sealed_address FROM vault.outbox")
    assert open_address(row["sealed_address"], row["account_id"]) == ADDRESS
    [token] = ask(admin, "SELECT id, purpose, sid, browser_hash FROM vault.mailed_tokens")
    assert letter["tokens"] == [str(token["id"])]
    assert (token["purpose"], token["sid"], token["browser_hash"]) == ("disown", session.sid, None)


@pytest.mark.parametrize("origin", [at(device=PHONE), at("198.51.100.0/24")])
def test_sign_in_from_a_new_browser_or_network_is_told_once(
    admin: psycopg.Connection, ada: Member, origin: Origin
) -> None:
    """From then on it is known; so is a network in another browser that is known."""
    for _ in range(3):
        sign_in(ada, origin=origin)
    sign_in(ada, origin=at(origin.network, LAPTOP))
    assert len(letters(admin)) == 1


def test_sign_in_that_goes_on_with_its_own_session_is_told_to_nobody(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Signing in again within a session, for a higher level, is no new one; in another it is."""
    ada = a_member(playing)
    a_year_ago(admin)
    first = sign_in(ada, origin=at())
    assert _why(admin) == ["device"]
    sign_in(ada, origin=at("198.51.100.0/24"), old=first)
    assert _why(admin) == ["device"]


def test_networks_of_one_neighbourhood_are_one(admin: psycopg.Connection, ada: Member) -> None:
    """Within 256 addresses, or 48 bits, nothing is new; what is no network is none."""
    for network in ("192.0.2.0/25", "192.0.2.77/32", "", "nowhere"):
        sign_in(ada, origin=at(network))
    assert letters(admin) == []
    for network in ("2001:db8:5:1::/64", "2001:db8:5:2::/64"):
        sign_in(ada, origin=at(network))
    assert _why(admin) == ["network"]


def test_networks_that_an_account_knows_are_the_latest_fifty(
    admin: psycopg.Connection, login: Login
) -> None:
    """As keyed digests that differ from account to account: nobody reads where somebody was."""
    with login("web") as web:
        ada, grace = a_person(web), a_person(web, "Grace")
    for number in range(60):
        _note(admin, ada, f"10.0.{number}.0/24")
        admin.execute(
            "UPDATE vault.known_networks SET last_seen_at = last_seen_at - interval '1 s'"
        )
    assert value(admin, "SELECT count(*) FROM vault.known_networks") == 50
    assert [_note(admin, ada, f"10.0.{number}.0/24") for number in (59, 10, 0)] == [
        *(False, False, True)
    ]
    _note(admin, grace, "10.0.59.0/24")
    assert value(admin, "SELECT count(DISTINCT network) FROM vault.known_networks") == 51
    kept = ask(admin, "SELECT network FROM vault.known_networks")
    assert {len(row["network"]) for row in kept} == {32}
    assert not any(b"10.0." in row["network"] for row in kept)


def _note(admin: psycopg.Connection, person: Person, network: str) -> bool:
    return bool(value(admin, "SELECT vault.note_network(%s, %s)", person.account_id, network))


def test_first_network_of_all_is_no_news(admin: psycopg.Connection, ada: Member) -> None:
    """Where nothing is known there is nothing to compare with: no letter to everybody at once."""
    admin.execute("DELETE FROM vault.known_networks")
    sign_in(ada, origin=at("198.51.100.0/24"))
    assert letters(admin) == []
    sign_in(ada, origin=at("203.0.113.0/24"))
    assert _why(admin) == ["network"]


@pytest.mark.parametrize(("guesses", "told"), [(4, []), (5, ["failures"])])
def test_sign_in_after_wrong_guesses_is_told_to_the_owner(
    admin: psycopg.Connection, ada: Member, guesses: int, told: list[str]
) -> None:
    """Five in an hour, also from what is known: perhaps the sixth was somebody else's luck."""
    for _ in range(guesses):
        wrong = prove(Member(ada.account_id, "Ada", "wrong"), origin=at())
        assert wrong.status == "wrong"
        admin.execute("UPDATE vault.guess_budgets SET next_at = NULL, in_a_row = 0")
    for _ in range(2):  # the second time it is no news
        sign_in(ada, origin=at())
    assert _why(admin) == told


def test_wrong_guesses_of_long_ago_are_no_news(admin: psycopg.Connection, ada: Member) -> None:
    """After an hour nobody is told of them."""
    for _ in range(6):
        prove(Member(ada.account_id, "Ada", "wrong"), origin=at())
        admin.execute("UPDATE vault.guess_budgets SET next_at = NULL, in_a_row = 0")
    admin.execute("UPDATE vault.events SET at = at - interval '61 minutes'")
    sign_in(ada, origin=at())
    assert letters(admin) == []


def test_sign_in_with_a_second_factor_is_told_like_any(
    admin: psycopg.Connection, ada: Member
) -> None:
    """A password and a code from a new browser, and so a passkey: somebody may hold both."""
    secret = enrol_app(ada, sign_in(ada, origin=at()))
    admin.execute("DELETE FROM vault.outbox")
    origin = at(device=PHONE)
    proven = with_code(attempt_of(ada, origin=origin), secret, now=time.time(), origin=origin)
    assert proven.attempt is not None
    opened = sessions.open_session(proven.attempt, kept=False, agent_label="", origin=origin)
    assert opened is not None
    assert _why(admin) == ["device"]


def test_person_who_has_just_signed_up_is_told_nothing(admin: psycopg.Connection) -> None:
    """They sit in front of it; of the next browser they hear."""
    ada = sign_up("Ada")
    admin.execute(
        "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
        " is_primary, verified_at) VALUES (%s, 's', 'd', 't1', true, now())",
        [ada.account_id],
    )
    sign_in(ada, origin=at())
    sign_in(ada, origin=at())
    assert letters(admin) == []
    sign_in(ada, origin=at(device=PHONE))
    assert _why(admin) == ["device"]


def test_person_who_has_just_signed_up_and_disowned_a_sign_in_is_told_of_the_next(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """No browser is known then, and they may come back within the account's first hour."""
    ada = a_member(playing)
    sign_in(ada, origin=at())
    sign_in(ada, origin=at(device=PHONE))
    assert isinstance(disown(mailed(playing, admin, purpose="disown")), MailedToken)
    sign_in(ada, origin=at(device=PHONE))
    assert _why(admin) == ["device", "device"]


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.email_addresses SET verified_at = NULL",
        "UPDATE vault.email_addresses SET is_primary = false",
        "UPDATE vault.email_addresses SET is_primary = false, removed_at = now()",
        "DELETE FROM vault.email_addresses",
    ],
)
def test_person_without_a_confirmed_primary_address_is_told_nothing(
    admin: psycopg.Connection, ada: Member, meanwhile: str
) -> None:
    """Nothing goes to an address that nobody confirmed; what is known is noted all the same."""
    admin.execute(meanwhile)
    sign_in(ada, origin=at("198.51.100.0/24", PHONE))
    assert letters(admin) == []
    assert value(admin, "SELECT count(*) FROM vault.mailed_tokens") == 0
    admin.execute("UPDATE vault.email_addresses SET verified_at = now(), is_primary = true")
    sign_in(ada, origin=at("198.51.100.0/24", PHONE))
    assert letters(admin) == []


def test_operators_sign_in_is_told_to_nobody(admin: psycopg.Connection, login: Login) -> None:
    """Their site has its own alerts, and knows no browsers."""
    with login("web") as web, login("operator") as operator:
        an_operator(admin, web, operator)
        person = value(admin, "SELECT id FROM vault.accounts WHERE username = 'Olga'")
        an_address(admin, Person(person, "Olga", b""))
        an_operator(admin, web, operator, username="Oskar")
    assert letters(admin) == []


@pytest.mark.parametrize(
    ("vary", "most"),
    [
        (lambda _: {}, 1),
        (lambda n: {"network": f"10.0.{n}.0/24"}, 20),
        (lambda n: {"language": ("en", "fr", "ja")[n % 3]}, 1),
        (lambda n: {"network": f"10.0.{n % 3}.0/24", "language": ("en", "fr")[n % 2]}, 3),
    ],
    ids=["alike", "networks", "languages", "both"],
)
def test_sign_ins_at_once_wait_without_deadlock_and_send_no_more_letters_than_are_new(
    admin: psycopg.Connection,
    login: Login,
    vary: Callable[[int], dict[str, Any]],
    most: int,
) -> None:
    """Twenty in one moment: of those that are alike, one is the first (V-race)."""
    with login("web") as web:
        ada = a_person(web)
        an_address(admin, ada)
        assert open_session(web, prove_bare(web, ada), device=LAPTOP) == "opened"
        attempts = [an_attempt(admin, ada, ["password"]) for _ in range(20)]
    a_year_ago(admin)
    numbers = iter(range(20))
    device = random_32()

    def come_in(web: psycopg.Connection) -> str:
        number = next(numbers)
        changes = {"device": device, "proof_hash": None, "language": "en", **vary(number)}
        return open_session(web, attempts[number], **changes)

    assert set(raced(20, login, come_in)) == {"opened"}
    assert 1 <= len(letters(admin, NOTICE)) <= most


def test_app_alone_makes_no_sign_in(admin: psycopg.Connection, login: Login) -> None:
    """Half a sign-in from a new browser is told to nobody: none has happened."""
    with login("web") as web:
        ada = a_person(web)
        an_address(admin, ada)
        an_app(admin, ada)
        a_year_ago(admin)
        assert open_session(web, prove_bare(web, ada), device=random_32()) == "unfinished"
    assert letters(admin) == []


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(("days", "left"), [(399, 1), (401, 0)])
def test_networks_that_nobody_came_from_for_a_year_are_forgotten(
    admin: psycopg.Connection, playing: Playing, days: int, left: int
) -> None:
    """And so is when an address got letters, after a day."""
    ask_for_reset(playing, admin)
    admin.execute(
        "UPDATE vault.known_networks SET last_seen_at = last_seen_at - make_interval(days => %s);",
        [days],
    )
    admin.execute("UPDATE vault.address_letters SET sent = ARRAY[sent[1] - interval '1 day']")
    with playing("worker"):
        outbox.prune()
    assert value(admin, "SELECT count(*) FROM vault.known_networks") == left
    assert value(admin, "SELECT count(*) FROM vault.address_letters") == 0
