"""Links by which an operator enrols a passkey: for one operator, for three days, once."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from accounts.errors import NotAnOperator
from accounts.services.operator_links import invite_operator
from accounts.services.sessions import encoded
from emergency.actions.enrolment import find_invite
from emergency.errors import LinkGone
from tests.database.asking import Login, ask, call, random_32, reported, sha256, value
from tests.database.console import Console
from tests.database.factors import new_passkey, passkey_arguments
from tests.database.operating import enrolled, signed_in
from tests.database.people import Member, sign_up
from tests.database.racing import raced
from vault import operator_passkeys, operators, passkeys
from vault.events import NOWHERE
from vault.operator_passkeys import INVITE_SECONDS

Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def olga(vault: None, playing: Playing) -> Member:
    """An operator without a passkey."""
    member = sign_up("Olga")
    with playing("owner"):
        operators.grant(member.account_id, "chief")
    return member


def invited(playing: Playing, member: Member) -> bytes:
    """The token of a new link."""
    with playing("owner"):
        token = operator_passkeys.invite(member.account_id)
    assert token is not None
    return token


def enrolment(token: bytes, invite: Any, **changes: Any) -> list[Any]:
    """The arguments of ``enrol_operator_passkey_v1``, in order."""
    given = {
        "token": token,
        "account": invite["account_id"],
        "expires_at": invite["expires_at"],
        **passkey_arguments(),
        "network": "",
        "agent": "",
        **changes,
    }
    return list(given.values())


def test_invite_raced_by_a_hundred_enrols_one_passkey(
    olga: Member, playing: Playing, login: Login, admin: psycopg.Connection
) -> None:
    """V-race: a link that leaked is worth one passkey at the most, and its operator sees it."""
    token = invited(playing, olga)
    [invite] = ask(admin, "SELECT * FROM api.find_operator_invite_v1(%s)", token)

    def enrol(connection: psycopg.Connection) -> str:
        given = enrolment(token, invite)
        return str(call(connection, "api.enrol_operator_passkey_v1", *given)["status"])

    for _ in range(2):
        assert set(raced(50, login, enrol, role="operator")) <= {"enrolled", "gone"}
    assert value(admin, "SELECT count(*) FROM vault.passkeys") == 1
    assert value(admin, "SELECT count(*) FROM vault.operator_invites WHERE spent_at IS NULL") == 0
    tags = Counter(row["tag"] for row in ask(admin, "SELECT tag FROM vault.events"))
    assert tags["operator:passkey:enrolled"] == 1


def test_invite_is_looked_at_without_being_used(
    olga: Member, playing: Playing, login: Login, admin: psycopg.Connection
) -> None:
    """The function that shows whose it is could not write if it wanted to."""
    token = invited(playing, olga)
    with login("operator") as operator:
        operator.execute("SET default_transaction_read_only = on")
        for _ in range(3):
            [row] = ask(operator, "SELECT * FROM api.find_operator_invite_v1(%s)", token)
            assert row["username"] == "Olga"
    assert value(admin, "SELECT count(*) FROM vault.operator_invites WHERE spent_at IS NULL") == 1


def test_invite_keeps_no_token_and_lives_three_days(
    olga: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """By its SHA-256 alone; the policy's bound is the vault's."""
    token = invited(playing, olga)
    [row] = ask(admin, "SELECT *, expires_at - created_at AS life FROM vault.operator_invites")
    assert row["token_hash"] == sha256(token)
    assert abs(row["life"].total_seconds() - INVITE_SECONDS) < 5
    assert value(admin, "SELECT vault.policy_seconds('invite_token')") == INVITE_SECONDS
    now = value(admin, "SELECT vault.epoch_seconds(clock_timestamp())")
    for changes in (
        {"expires_at": now},
        {"expires_at": now + INVITE_SECONDS + 200},
        {"expires_at": None},
        {"hash": b"x"},
        {"hash": None},
        {"hash": sha256(token)},
        {"mac": b""},
        {"mac": None},
        {"key": ""},
    ):
        given = {
            "account": olga.account_id,
            "hash": random_32(),
            "expires_at": now + 60,
            "mac": random_32(),
            "key": "t1",
            **changes,
        }
        assert call(admin, "api.invite_operator_v1", *given.values())["status"] == "bad_request"


def test_invite_for_nobody_who_may_get_in_is_not_made(
    olga: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """Not for who is no operator, is one no more, or is locked."""
    ada = sign_up("Ada")
    with playing("owner"):
        for account in (ada.account_id, uuid4()):
            with pytest.raises(NotAnOperator):
                invite_operator(account)
        for change in ("accounts SET state = 'locked'", "operators SET revoked_at = now()"):
            admin.execute(f"UPDATE vault.{change}")
            with pytest.raises(NotAnOperator):
                invite_operator(olga.account_id)
            admin.execute("UPDATE vault.accounts SET state = 'active'")
    assert value(admin, "SELECT count(*) FROM vault.operator_invites") == 0


@pytest.mark.parametrize(
    "change",
    [
        "account_id = (SELECT id FROM vault.accounts WHERE username = 'Oskar')",
        "expires_at = expires_at + interval '1 day'",
        "mac = sha256('x')",
        "mac = ''",
        "mac_key = 'unknown'",
        "token_hash = sha256('mine')",
    ],
)
def test_invite_that_a_database_writer_made_or_changed_is_refused_and_reported(
    olga: Member, playing: Playing, admin: psycopg.Connection, change: str
) -> None:
    """No link for another operator, no longer one, and none with a token of the writer's own."""
    oskar = sign_up("Oskar")
    with playing("owner"):
        operators.grant(oskar.account_id, "chief")
    token = invited(playing, olga)
    admin.execute(f"UPDATE vault.operator_invites SET {change}")
    with playing("operator"):
        assert operator_passkeys.find_invite(b"mine" if "mine" in change else token) is None
    assert {what for what, _ in reported(admin)} == {"operator_invite"}


def test_invite_that_was_changed_after_it_was_found_enrols_nothing(
    olga: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """Between the look and the use, a database writer turns it over to nobody."""
    oskar = sign_up("Oskar")
    with playing("owner"):
        operators.grant(oskar.account_id, "chief")
    token = invited(playing, olga)
    with playing("operator"):
        invite = operator_passkeys.find_invite(token)
        assert invite is not None
        admin.execute("UPDATE vault.operator_invites SET account_id = %s", [oskar.account_id])
        made = new_passkey()
        assert operator_passkeys.enrol(invite, made, name="Key", origin=NOWHERE) == "gone"
    assert value(admin, "SELECT count(*) FROM vault.passkeys") == 0


def test_invite_of_an_operator_whose_row_is_forged_leads_nowhere(
    olga: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """A level that nobody with the keys has given: the page shows nothing, and it is reported."""
    token = invited(playing, olga)
    admin.execute("UPDATE vault.operators SET level = 'looker'")
    with playing("operator"), pytest.raises(LinkGone):
        find_invite(f"https://operator.example.org/admin/enrol/#{encoded(token)}")
    assert {what for what, _ in reported(admin)} == {"operator"}


def test_passkey_that_a_row_was_slipped_in_for_is_found_by_nobody(
    olga: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """A passkey of the public site turned into one of the operator's: its MAC says which it is."""
    passkey = enrolled(playing, olga.account_id)
    assert signed_in(playing, passkey).level == "chief"
    for kind, role in (("web", "web"), ("web", "operator"), ("operator", "web")):
        admin.execute("UPDATE vault.passkeys SET kind = %s", [kind])
        with playing(role):
            assert passkeys.find(passkey.credential_id) is None
    assert {what for what, _ in reported(admin)} == {"passkey"}


def test_passkey_enrolled_again_is_refused_and_uses_no_link_up(
    olga: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """The same credential twice: said so, and the link is still good."""
    passkey = enrolled(playing, olga.account_id)
    token = invited(playing, olga)
    with playing("operator"):
        invite = operator_passkeys.find_invite(token)
        assert invite is not None
        assert invite.held == (passkey.credential_id,)
        assert invite.user_handle == passkey.user_handle
        again = new_passkey(credential_id=passkey.credential_id)
        assert operator_passkeys.enrol(invite, again, name="Key", origin=NOWHERE) == "exists"
        assert operator_passkeys.find_invite(token) == invite


def test_invite_is_void_after_a_restore(
    olga: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """A dump's links are dead: whoever used one since is known to nobody."""
    token = invited(playing, olga)
    admin.execute("SELECT api.begin_restore_v1(1, 1)")
    with playing("operator"):
        assert operator_passkeys.find_invite(token) is None


def test_console_makes_links_and_says_what_is_wrong(
    olga: Member, playing: Playing, capsys: pytest.CaptureFixture[str]
) -> None:
    """The link on standard output and nowhere else; one line for who is no operator."""
    sign_up("Ada")
    console = Console(playing, capsys)
    answer = console.answer("inviteoperator", "olga")
    assert answer["username"] == "Olga"
    assert answer["operator_enrolment_url"].startswith("https://operator.example.org/admin/enrol/#")
    status, out, err = console.run("inviteoperator", "Olga")
    assert (status, err) == (0, "")
    assert out.count("/admin/enrol/#") == 1
    assert "no operator" in console.complaint("inviteoperator", "Ada")
    assert "there is no such account" in console.complaint("inviteoperator", "Nobody")
