"""A writer of the database who moves, copies or revives mailed tokens gets nothing (V-reset)."""

from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests.database.asking import AGENT, NETWORK, Login, ask, call, random_32, reported, value
from tests.database.mail import (
    BROWSER,
    Playing,
    a_member,
    a_reset_token,
    add,
    confirm,
    fresh,
    mailed,
    redeem,
    tokens,
)
from tests.database.people import Member, sign_in
from vault import email_addresses, mailed_tokens, resets
from vault.attempts import Attempt
from vault.seals import address_digest, mac, seal_address

VICTIMS = "victim@example.org"


def _address_of(admin: psycopg.Connection, member: Member) -> Any:
    return value(
        admin, "SELECT id FROM vault.email_addresses WHERE account_id = %s", member.account_id
    )


@pytest.mark.parametrize(
    "change",
    [
        # To somebody else, as a whole: the row is live, and reads well.
        "UPDATE vault.mailed_tokens SET account_id = %(victim)s, address_id = %(victims)s",
        "UPDATE vault.mailed_tokens SET account_id = %(victim)s",
        "UPDATE vault.mailed_tokens SET address_id = %(victims)s",
        "UPDATE vault.mailed_tokens SET address_id = NULL",
        # Over an epoch that ended it.
        (
            "WITH raised AS (UPDATE vault.accounts SET epoch = epoch + 1)"
            " UPDATE vault.mailed_tokens SET account_epoch = account_epoch + 1"
        ),
        (
            "WITH raised AS (UPDATE vault.site SET epoch = epoch + 1)"
            " UPDATE vault.mailed_tokens SET site_epoch = site_epoch + 1"
        ),
        "UPDATE vault.mailed_tokens SET requested_at = requested_at + interval '1 hour'",
        "UPDATE vault.mailed_tokens SET id = gen_random_uuid()",
        "UPDATE vault.mailed_tokens SET code_hash = sha256('a code of the writer''s')",
        "UPDATE vault.mailed_tokens SET code_hash = token_hash",
        "UPDATE vault.mailed_tokens SET code_hash = NULL",
        "UPDATE vault.mailed_tokens SET sid = gen_random_uuid()",
        "UPDATE vault.mailed_tokens SET mac = sha256('mac')",
        "UPDATE vault.mailed_tokens SET mac = ''",
        "UPDATE vault.mailed_tokens SET mac = NULL, mac_key = NULL",
        "UPDATE vault.mailed_tokens SET mac_key = 'another'",
        "UPDATE vault.mailed_tokens SET mailed_to = mac",
        "UPDATE vault.mailed_tokens SET mailed_to = NULL",
    ],
)
def test_token_whose_row_was_changed_is_refused_and_reported(
    admin: psycopg.Connection, playing: Playing, change: str
) -> None:
    """Whatever the worker's MACs cover: account, address, epochs, time, and themselves."""
    a_member(playing)
    victim = a_member(playing, "Victim", VICTIMS)
    secret = a_reset_token(playing, admin)
    names = {"victim": victim.account_id, "victims": _address_of(admin, victim)}
    admin.execute(change, names)
    assert mailed_tokens.find(secret, "reset", browser=BROWSER) == "unknown"
    assert redeem(secret, username="Victim") == "unknown"
    assert reported(admin) == {("mailed_token", str(tokens(admin)[0]))}
    assert value(admin, "SELECT count(*) FROM vault.attempts") == 0


@pytest.mark.parametrize("column", ["code_hash", "token_hash"])
@pytest.mark.parametrize("length", [10, 32])
def test_secret_that_a_writer_put_into_a_row_is_refused_and_reported(
    admin: psycopg.Connection, playing: Playing, column: str, length: int
) -> None:
    """A code or a link's token of the writer's own, in a row that the worker has armed."""
    a_member(playing)
    a_reset_token(playing, admin)
    own = random_32()[:length]
    admin.execute(f"UPDATE vault.mailed_tokens SET {column} = sha256(%s)", [own])  # type: ignore[arg-type]
    assert mailed_tokens.find(own, "reset", browser=BROWSER) == "unknown"
    assert redeem(own, username="Ada") == "unknown"
    assert reported(admin) == {("mailed_token", str(tokens(admin)[0]))}
    assert value(admin, "SELECT count(*) FROM vault.attempts") == 0


def test_token_given_another_purpose_is_refused_and_reported(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A letter that confirms an address cannot be made one that sets a password."""
    eve = a_member(playing)
    session = sign_in(eve)
    add(session, fresh(eve, session), "eve@example.net")
    secret = mailed(playing, admin, address="eve@example.net")
    admin.execute(
        "UPDATE vault.mailed_tokens SET purpose = 'reset',"
        " address_id = (SELECT id FROM vault.email_addresses WHERE is_primary)"
    )
    assert redeem(secret) == "unknown"
    assert ("mailed_token", str(tokens(admin)[0])) in reported(admin)


def test_token_copied_onto_somebody_elses_row_opens_only_its_own(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Of two rows with one token, the one that is ours is redeemed, whichever is found first."""
    eve = a_member(playing)
    victim = a_member(playing, "Victim", VICTIMS)
    a_reset_token(playing, admin, "Victim", VICTIMS)
    secret = a_reset_token(playing, admin)
    [victims, eves] = tokens(admin)
    admin.execute(
        "UPDATE vault.mailed_tokens v SET token_hash = t.token_hash, mac = t.mac,"
        " mailed_to = t.mailed_to FROM vault.mailed_tokens t WHERE v.id = %s AND t.id = %s",
        [victims, eves],
    )
    attempt = redeem(secret)
    assert isinstance(attempt, Attempt)
    assert attempt.account_id == eve.account_id != victim.account_id
    assert reported(admin) == {("mailed_token", str(victims))}
    assert redeem(secret) == "spent"


def test_token_whose_row_was_changed_after_the_first_look_opens_nothing(
    admin: psycopg.Connection, playing: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was spent is compared with what was found: a writer who is quick wins nothing."""
    a_member(playing)
    victim = a_member(playing, "Victim", VICTIMS)
    secret = a_reset_token(playing, admin)
    names = {"victim": victim.account_id, "victims": _address_of(admin, victim)}
    find = mailed_tokens.find

    def find_then_change(*arguments: Any, **named: Any) -> Any:
        found = find(*arguments, **named)
        admin.execute(
            "UPDATE vault.mailed_tokens SET account_id = %(victim)s, address_id = %(victims)s",
            names,
        )
        return found

    monkeypatch.setattr(resets, "find", find_then_change)
    assert redeem(secret) == "unknown"
    assert reported(admin) == {("mailed_token", str(tokens(admin)[0]))}


def test_token_revived_after_its_day_is_expired(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """When it was asked for is under the MAC: an old letter is not made young again (V-replay).

    Here the worker's own MAC is of long ago; a writer has taken back what ended the token since.
    """
    a_member(playing)
    secret = a_reset_token(playing, admin)
    admin.execute(
        "UPDATE vault.mailed_tokens SET requested_at = requested_at - interval '1505 minutes',"
        " expires_at = clock_timestamp() + interval '9 years'"
    )
    [row] = ask(admin, "SELECT t.* FROM vault.mailed_tokens t")
    row["requested_at"] = int(row["requested_at"].timestamp())
    fields = mailed_tokens.token_fields(row, row["token_hash"], row["code_hash"])
    vouched = mac(settings.ADDRESS_KEYS, "t1", "mailed-token", *fields)
    admin.execute("UPDATE vault.mailed_tokens SET mac = %s", [vouched])
    assert redeem(secret) == "expired"
    assert reported(admin) == set()


def test_account_that_was_renamed_is_told_nothing_by_its_token(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """The name that comes with a token is one that was given to its account."""
    ada = a_member(playing)
    secret = a_reset_token(playing, admin)
    admin.execute("UPDATE vault.accounts SET username = 'Somebody else'")
    assert redeem(secret) == "unknown"
    assert reported(admin) == {("account", str(ada.account_id))}


def test_confirmation_of_an_address_put_in_the_place_of_another_is_refused(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Whoever read a letter at one address confirms that one: not another, moved into its row.

    The writer has an account of its own, and so has the vault seal the victim's address for it.
    """
    eve = a_member(playing, "Eve", "eve@example.org")
    session = sign_in(eve)
    victims = add(session, fresh(eve, session), VICTIMS)
    own = add(session, fresh(eve, session), "eve@example.net")
    secret = mailed(playing, admin, address="eve@example.net")
    admin.execute(
        "UPDATE vault.email_addresses e SET sealed = v.sealed, lookup_digest = v.lookup_digest"
        " FROM vault.email_addresses v WHERE e.id = %s AND v.id = %s",
        [own, victims],
    )
    assert confirm(secret) == "unknown"
    assert reported(admin) == {("mailed_token", str(tokens(admin)[-1]))}
    assert not any(
        one.is_confirmed for one in email_addresses.own_addresses(session) if one.address == VICTIMS
    )


def test_confirmation_raced_by_a_writer_is_worth_nothing(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """The MAC is over what web found: an address put there a moment later is not confirmed."""
    eve = a_member(playing, "Eve", "eve@example.org")
    session = sign_in(eve)
    own = add(session, fresh(eve, session), "eve@example.net")
    secret = mailed(playing, admin, address="eve@example.net")
    found = mailed_tokens.find(secret, "confirm", browser=BROWSER)
    assert isinstance(found, mailed_tokens.MailedToken)
    digest, key = address_digest(VICTIMS)
    admin.execute(
        "UPDATE vault.email_addresses SET sealed = %s, lookup_digest = %s, lookup_key = %s"
        " WHERE id = %s",
        [seal_address(VICTIMS, eve.account_id), digest, key, own],
    )
    vouched = email_addresses.confirmed_mac(own, eve.account_id, found.lookup_digest)
    with login("web") as web:
        arguments = (found.id, secret, BROWSER, None, *vouched, NETWORK, AGENT)
        assert call(web, "api.confirm_address_v1", *arguments)["status"] == "confirmed"
    assert [one.is_confirmed for one in email_addresses.own_addresses(session)] == [True, False]
    assert reported(admin) == {("address", str(own))}


def test_row_that_a_writer_made_is_no_token(admin: psycopg.Connection, playing: Playing) -> None:
    """A token of a writer's own choosing has no MAC of ours, whatever else it has."""
    ada = a_member(playing)
    secret = random_32()
    admin.execute(
        "INSERT INTO vault.mailed_tokens (purpose, account_id, address_id, account_epoch,"
        " site_epoch, token_hash, token_key, mac, mac_key, mailed_to, expires_at)"
        " VALUES ('reset', %s, %s, 1, 1, sha256(%s), 't1', %s, 't1', %s,"
        " clock_timestamp() + interval '1 hour')",
        [ada.account_id, _address_of(admin, ada), secret, random_32(), random_32()],
    )
    assert redeem(secret, username="Ada") == "unknown"
    assert reported(admin) == {("mailed_token", str(tokens(admin)[0]))}
    assert ask(admin, "SELECT * FROM vault.attempts") == []
