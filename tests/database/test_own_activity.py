"""What one sees of one's own account: the trail with browsers and networks, and the letters."""

from dataclasses import replace

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import Login, a_wiki, ask, random_32, value
from tests.database.mail import (
    ADDRESS,
    HERE,
    Playing,
    a_member,
    add,
    ask_for_reset,
    fresh,
    letters,
    ring_with,
)
from tests.database.people import Member, prove, sign_in
from vault import events, lockouts, outbox
from vault.keys import KeyRing, new_key

HOME, AWAY = "192.0.2.0/24", "198.51.100.0/24"
OPENED = "account:session:opened"


@pytest.fixture
def ada(vault: None, playing: Playing) -> Member:
    """Somebody with an account and a confirmed address."""
    return a_member(playing)


def test_own_events_say_which_browser_it_was_and_whether_it_is_this_one(ada: Member) -> None:
    """As far as it was within a session; a guess was in none."""
    other = sign_in(ada, agent_label="Chrome on Android")
    session = sign_in(ada, agent_label="Firefox on Linux")
    prove(Member(ada.account_id, "Ada", "wrong"))
    seen = [
        (line.tag, line.agent_label, line.is_this_session)
        for line in events.own_events(session)
        if line.tag in (OPENED, "account:password:wrong")
    ]
    assert seen == [
        ("account:password:wrong", "", None),
        (OPENED, "Firefox on Linux", True),
        (OPENED, "Chrome on Android", False),
    ]
    assert [line.is_this_session for line in events.own_events(other, tags=[OPENED])] == [
        *(False, True)
    ]


def test_own_events_say_whether_they_came_from_the_network_that_asks(
    admin: psycopg.Connection, ada: Member
) -> None:
    """Yes or no, by the day's digest alone; nothing once its salt is gone, or without a network."""
    sign_in(ada, origin=replace(HERE, network=AWAY))
    session = sign_in(ada, origin=replace(HERE, network=HOME))
    sign_in(ada)  # from nowhere that is known

    def same(network: str) -> list[bool | None]:
        return [
            line.same_network for line in events.own_events(session, network=network, tags=[OPENED])
        ]

    assert same(HOME) == [None, True, False]
    assert same(AWAY) == [None, False, True]
    assert same("203.0.113.0/24") == [None, False, False]
    assert same("") == [None, None, None]
    admin.execute("DELETE FROM vault.event_salts")
    assert same(HOME) == [None, None, None]


def test_own_events_are_of_the_kinds_that_are_wanted(ada: Member) -> None:
    """All of them, some of them, none of them; pages go on where one ended."""
    session = sign_in(ada)
    everything = [line.tag for line in events.own_events(session)]
    assert [line.tag for line in events.own_events(session, tags=[OPENED])] == [OPENED]
    assert events.own_events(session, tags=[]) == []
    assert events.own_events(session, tags=["account:no:such"]) == []
    assert len(everything) > 1
    for _ in range(3):
        sign_in(ada)
    first = events.own_events(session, tags=[OPENED], limit=2)
    rest = events.own_events(session, tags=[OPENED], before=first[-1].id)
    assert [len(first), len(rest)] == [2, 2]


def test_own_events_say_which_wiki_it_was(admin: psycopg.Connection, ada: Member) -> None:
    """By the name that people know, where there is one."""
    session = sign_in(ada)
    a_wiki(admin, name="The wiki of Ada")
    admin.execute(
        "INSERT INTO vault.events (tag, account_id, client_id) VALUES (%s, %s, 'wiki-a'),"
        " (%s, %s, 'gone')",
        [OPENED, ada.account_id, OPENED, ada.account_id],
    )
    assert [line.wiki for line in events.own_events(session, tags=[OPENED])] == [
        *("", "The wiki of Ada", "")
    ]


def test_own_events_of_a_session_of_another_account_name_no_browser(
    admin: psycopg.Connection, playing: Playing, ada: Member
) -> None:
    """Whatever the line says: a browser of somebody else's is none of hers."""
    grace = sign_in(a_member(playing, "Grace", "grace@example.org"), agent_label="Safari on iPhone")
    session = sign_in(ada)
    admin.execute(
        "INSERT INTO vault.events (tag, account_id, sid) VALUES (%s, %s, %s)",
        [OPENED, ada.account_id, grace.sid],
    )
    newest = events.own_events(session, tags=[OPENED])[0]
    assert (newest.agent_label, newest.is_this_session) == ("", None)


def test_own_letters_are_ones_own_with_what_became_of_each(
    admin: psycopg.Connection, playing: Playing, ada: Member
) -> None:
    """Which, when, where to, and whether it went: the newest first, and nobody else's."""
    grace = a_member(playing, "Grace", "grace@example.org")
    for member in (ada, grace):
        with playing("owner"):
            lockouts.end_sessions(member.account_id, "because", None)
    session = sign_in(ada)
    add(session, fresh(ada, session), "ada@example.net")
    states = {"sessions_ended": "done_at", "address_asked": "buried_at"}
    for template, column in states.items():
        admin.execute(
            f"UPDATE vault.outbox SET {column} = now() WHERE payload ->> 'template' = %s",  # type: ignore[arg-type]
            [template],
        )
    found = outbox.own_letters(session)
    assert [(one.template, one.state, one.address) for one in found] == [
        ("address_asked", "dead", ADDRESS),
        ("sessions_ended", "done", ADDRESS),
    ]
    # One that asks to confirm an address is not among them: that none went would say whose it is.
    references = {
        one["reference"]
        for one in letters(admin)
        if one["username"] == "Ada" and one["template"] != "address_confirmation"
    }
    assert {one.reference for one in found} == references
    assert ADDRESS not in repr(found)


def test_own_letters_are_those_of_a_month_and_fifty_at_most(
    admin: psycopg.Connection, ada: Member
) -> None:
    """Also one that could not be sent, which operators see for longer."""
    session = sign_in(ada)
    admin.execute(
        "INSERT INTO vault.outbox (kind, account_id, sealed_address, payload, buried_at)"
        " SELECT 'letter', %s, 's', vault.letter_payload('Ada', 'password_changed', 'en'), now()"
        " FROM generate_series(1, 60)",
        [ada.account_id],
    )
    assert len(outbox.own_letters(session)) == 50
    admin.execute("UPDATE vault.outbox SET created_at = created_at - interval '31 days'")
    assert outbox.own_letters(session) == []


@pytest.mark.parametrize(("days", "kept"), [(29, {"letter", "reset_request"}), (31, set())])
def test_letters_that_were_sent_are_kept_for_a_month(
    admin: psycopg.Connection, playing: Playing, ada: Member, days: int, kept: set[str]
) -> None:
    """For their reader's eyes; other jobs that are done go after a week."""
    for kind in ("letter", "backchannel_logout"):
        admin.execute(
            "INSERT INTO vault.outbox (kind, payload, done_at) VALUES (%s, '{}', now())", [kind]
        )
    admin.execute("UPDATE vault.outbox SET done_at = done_at - make_interval(days => %s)", [days])
    with playing("worker"):
        outbox.prune()
    left = {kind for (kind,) in admin.execute("SELECT kind FROM vault.outbox")}
    assert left == kept - {"reset_request"}


def test_own_letters_whose_key_is_gone_are_listed_without_their_address(
    admin: psycopg.Connection, playing: Playing, ada: Member
) -> None:
    """A key that was dropped takes the address with it, and leaves the rest to be seen."""
    session = sign_in(ada)
    ask_for_reset(playing, admin)
    with override_settings(ADDRESS_KEYS=KeyRing.parse("AUTHSITE_ADDRESS_KEYS", new_key("t9"))):
        [letter] = outbox.own_letters(session)
    assert (letter.template, letter.address) == ("password_reset_link", None)
    with override_settings(ADDRESS_KEYS=ring_with("AUTHSITE_ADDRESS_KEYS", "t2")):
        assert outbox.own_letters(session)[0].address == ADDRESS


def test_own_letters_without_a_session_are_nobodys(
    admin: psycopg.Connection, login: Login, playing: Playing, ada: Member
) -> None:
    """By a live session's secret alone; and none of them can be read, nor its token seen."""
    session = sign_in(ada)
    ask_for_reset(playing, admin)
    with login("web") as web:
        for nobodys in (None, b"", random_32()):
            assert ask(web, "SELECT * FROM api.own_letters_v1(%s)", nobodys) == []
        [row] = ask(web, "SELECT * FROM api.own_letters_v1(%s)", session.secret)
    [token] = letters(admin)[0]["tokens"]
    assert token not in str(row)
    admin.execute("UPDATE vault.sessions SET ended_at = now()")
    assert outbox.own_letters(session) == []
    assert value(admin, "SELECT count(*) FROM vault.outbox") == 1
