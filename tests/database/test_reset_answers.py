"""What the worker makes of a request for a reset: whom it means, and one answer to it."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import Login, ask, call, reported, value
from tests.database.mail import (
    ADDRESS,
    Playing,
    a_member,
    answer_requests,
    ask_for_reset,
    letters,
    mailed,
    mailed_events,
    redeem,
    request_reset,
    requests,
    ring_with,
    sent_to,
    tokens,
)
from tests.database.people import Member
from vault import reset_requests
from vault.attempts import Attempt
from vault.errors import VaultRefused


def test_request_by_name_is_answered_with_one_letter_to_the_primary_address(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """One token, one letter in the language that was asked in, one line of the trail."""
    ada = a_member(playing)
    a_member(playing, "Eve", "eve@example.org")
    ask_for_reset(playing, admin, language="fr")
    assert sent_to(admin) == [(ADDRESS, {ada.account_id})]
    [letter] = letters(admin)
    assert (letter["template"], letter["language"], letter["username"]) == (
        "password_reset_link",
        "fr",
        "Ada",
    )
    assert letter["tokens"] == [str(token) for token in tokens(admin)]
    assert mailed_events(admin) == [
        {"account_id": ada.account_id, "detail": {"purpose": "reset", "sent": True}}
    ]
    assert requests(admin) == []
    assert isinstance(redeem(mailed(playing, admin)), Attempt)


def test_request_by_an_address_stored_under_an_older_key_finds_it(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A new key in front of the ring makes nobody's address unknown."""
    a_member(playing)
    with override_settings(ADDRESS_KEYS=ring_with("AUTHSITE_ADDRESS_KEYS", "t2")):
        request_reset(None, address=ADDRESS)
    answer_requests(playing, admin)
    assert len(tokens(admin)) == 1


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.email_addresses SET verified_at = NULL",
        "UPDATE vault.email_addresses SET removed_at = clock_timestamp(), is_primary = false",
        "UPDATE vault.accounts SET state = 'locked'",
        "DELETE FROM vault.email_addresses",
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_request_without_a_confirmed_address_or_when_locked_sends_nothing(
    admin: psycopg.Connection, playing: Playing, meanwhile: str, when: str
) -> None:
    """Nothing goes to an address that nobody confirmed, nor for a lock, whichever came first."""
    a_member(playing)
    if when == "before":
        admin.execute(meanwhile)
    request_reset()
    request_reset(None, address=ADDRESS)
    if when == "after":
        admin.execute(meanwhile)
    answer_requests(playing, admin)
    assert letters(admin) == tokens(admin) == mailed_events(admin) == []


def test_request_is_answered_as_things_are_when_it_is_answered(
    admin: psycopg.Connection, playing: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that falls between the worker's looking and its answer is heeded."""
    a_member(playing)
    request_reset()

    def opened_then_locked(account: UUID, row: Any) -> Any:
        admin.execute("UPDATE vault.accounts SET state = 'locked'")
        return read(account, row)

    read = reset_requests.read_address
    monkeypatch.setattr(reset_requests, "read_address", opened_then_locked)
    answer_requests(playing, admin)
    assert letters(admin) == []


def test_address_that_a_writer_made_gets_no_letter_and_is_reported(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Confirmed by a row alone, or moved from another account: the rest are answered."""
    a_member(playing)
    eve = a_member(playing, "Eve", "eve@example.org")
    moved = value(
        admin, "SELECT id FROM vault.email_addresses WHERE account_id = %s", eve.account_id
    )
    admin.execute(
        "UPDATE vault.email_addresses e SET lookup_digest = a.lookup_digest"
        " FROM vault.email_addresses a WHERE e.id = %s AND a.id <> e.id",
        [moved],
    )
    ask_for_reset(playing, admin, None, address=ADDRESS)
    assert [one["username"] for one in letters(admin)] == ["Ada"]
    assert reported(admin) == {("address", str(moved))}


@pytest.mark.parametrize(
    ("position", "odd"),
    [
        *((0, None), (1, None), (2, None), (2, []), (2, [0, 0])),
        *((1, [uuid4()] * 12), (1, [])),
    ],
)
def test_answer_with_arguments_missing_or_odd_is_a_bad_request(
    admin: psycopg.Connection, login: Login, playing: Playing, position: int, odd: Any
) -> None:
    """A status of its own, and the request still waits."""
    a_member(playing)
    request_reset()
    good: list[Any] = [*requests(admin), [uuid4()], [0]]
    with login("worker") as worker:
        arguments = [*good[:position], odd, *good[position + 1 :]]
        assert call(worker, "api.answer_reset_v1", *arguments)["status"] == "bad_request"
        assert call(worker, "api.answer_reset_v1", 0, [], [])["status"] == "gone"
    assert len(requests(admin)) == 1


def test_answer_refused_by_the_vault_is_an_error(vault: None, playing: Playing) -> None:
    """What no caller of ours can send is not taken for an answer."""
    with playing("worker"), pytest.raises(VaultRefused):
        reset_requests.answer(None)  # type: ignore[arg-type]


def test_worker_cannot_answer_for_addresses_that_the_request_does_not_mean(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Whoever has the worker's login needs a request, and gets letters for that one alone."""
    a_member(playing)
    victim = a_member(playing, "Victim", "victim@example.org")
    request_reset()
    [job] = requests(admin)
    addresses = [row["id"] for row in ask(admin, "SELECT id FROM vault.email_addresses")]
    letter = value(
        admin, "INSERT INTO vault.outbox (kind, payload) VALUES ('letter', '{}') RETURNING id"
    )
    with login("worker") as worker:
        for wrong in (letter, 0, -1):
            assert ask(worker, "SELECT * FROM api.reset_request_v1(%s)", wrong) == []
            given = (wrong, addresses, [0, 1])
            assert call(worker, "api.answer_reset_v1", *given)["status"] == "gone"
        [meant] = ask(worker, "SELECT * FROM api.reset_request_v1(%s)", job)
        assert meant["account_id"] != victim.account_id
        given = (job, addresses, [0, 0])
        assert call(worker, "api.answer_reset_v1", *given)["status"] == "answered"
    sent = sent_to(admin)
    assert [accounts for _, accounts in sent] == [{meant["account_id"]}]
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE id = %s", letter) == 1


def test_member_is_not_told_of_requests_that_meant_nobody(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """The trail of an account has what was mailed for it, and nobody else's requests."""
    ada: Member = a_member(playing)
    ask_for_reset(playing, admin, "Nobody")
    ask_for_reset(playing, admin, None, address="nobody@example.org")
    assert mailed_events(admin) == []
    assert value(
        admin, "SELECT count(*) FROM vault.events WHERE account_id = %s", ada.account_id
    ) == value(
        admin,
        "SELECT count(*) FROM vault.events WHERE account_id = %s AND tag LIKE 'account:create:%%'",
        ada.account_id,
    )


def test_requests_are_counted_as_they_are_asked_whoever_they_mean(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """For the alert about letters asked for: one each, however many letters answer it."""
    for name in ("Ada", "Bob"):
        a_member(playing, name)
    for typed in (ADDRESS, "nobody@example.org"):
        request_reset(None, address=typed)
    counted = "SELECT count(*) FROM vault.rated_events_since(now() - interval '1 hour')"
    for _ in range(2):
        assert value(admin, f"{counted} WHERE kind = 'token_requests'") == 2
        answer_requests(playing, admin)
    assert len(tokens(admin)) == 2
