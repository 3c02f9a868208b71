"""The letters that carry tokens, from the act that causes one to what its reader does with it."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.test import override_settings

from outbox.token_letters import PATHS, TOKEN_LETTERS
from outbox.worker import Worker
from tests.database.asking import ask, reported, value
from tests.database.mail import (
    ADDRESS,
    HERE,
    Playing,
    a_member,
    add,
    confirm,
    disown,
    fresh,
    redeem,
    remove,
    request_reset,
    restore,
    set_primary,
)
from tests.database.outbox_jobs import make_due
from tests.database.people import sign_in
from tests.environment import ISSUER
from tests.mail_reader import received, text_of
from vault import mailed_tokens, reset_requests
from vault.attempts import Attempt
from vault.email_addresses import own_addresses

NEW = "ada@example.net"
LINK = re.compile(rf"^({re.escape(ISSUER)}/[a-z/-]+)#token=([A-Za-z0-9_-]{{43}})$", re.MULTILINE)
CODE = re.compile(r"^((?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4})$", re.MULTILINE)
Post = Callable[[], dict[str, tuple[str, str]]]


@pytest.fixture
def post(vault: None, playing: Playing, tmp_path: Path) -> Post:
    """The worker does what is due; gives the letters that came since, by subject: to whom, text."""
    seen: set[bytes] = set()

    def come() -> dict[str, tuple[str, str]]:
        with (
            playing("worker"),
            override_settings(
                MAIL_URL=f"file://{tmp_path}/mail", DEFAULT_FROM_EMAIL="no-reply@example.org"
            ),
        ):
            Worker(threads=1).drain()
        came = {}
        for file in sorted(tmp_path.glob("mail/*.eml")):
            letter = file.read_bytes()
            if letter not in seen:
                seen.add(letter)
                message = received(letter)
                came[str(message["Subject"])] = (str(message["To"]), text_of(letter))
        return came

    return come


def _secrets(text: str) -> list[tuple[str, bytes, bytes]]:
    """Page, link's token and code, for each that a letter has."""
    links, codes = LINK.findall(text), CODE.findall(text)
    assert len(links) == len(codes)
    found = []
    for (page, link), code in zip(links, codes, strict=True):
        secret, typed = mailed_tokens.decode(link), mailed_tokens.decode(code)
        assert secret is not None
        assert typed is not None
        found.append((page, secret, typed))
    return found


def test_letter_of_a_request_comes_by_the_worker_alone(
    admin: psycopg.Connection, playing: Playing, post: Post
) -> None:
    """Asked for by web, answered and written by the worker: one letter, and nothing waits."""
    a_member(playing)
    for name in ("Ada", "Nobody"):
        request_reset(name)
    [(address, text)] = post().values()
    assert address == ADDRESS
    [(page, link, code)] = _secrets(text)
    assert page == f"{ISSUER}{PATHS['reset']}"
    assert "Hello Ada," in text
    assert isinstance(redeem(code), Attempt)
    assert redeem(link) == "spent"
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE done_at IS NULL") == 0
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE kind = 'reset_request'") == 0


def test_letter_for_several_accounts_names_each_beside_its_own_link_and_code(
    vault: None, playing: Playing, post: Post
) -> None:
    """It calls nobody by name, and each account's link and code open that one."""
    names = {a_member(playing, name).account_id: name for name in ("Ada", "Bob")}
    request_reset(None, address=ADDRESS)
    [(_, text)] = post().values()
    assert "Hello," in text
    secrets = _secrets(text)
    opened = [redeem(link if number else code) for number, (_, link, code) in enumerate(secrets)]
    at = [
        text.index(f"account {names[one.account_id]}:")
        for one in opened
        if isinstance(one, Attempt)
    ]
    assert len(at) == 2
    assert at == sorted(at)
    assert at[0] < LINK.search(text).start() < at[1]  # type: ignore[union-attr]


def test_letter_for_several_accounts_of_which_one_is_left_is_for_that_one(
    admin: psycopg.Connection, playing: Playing, post: Post
) -> None:
    """An account that was locked before the letter was written is not in it, nor is its name."""
    members = [a_member(playing, name) for name in ("Ada", "Bob", "Eve")]
    first, *_ = sorted(members, key=lambda one: one.account_id)
    request_reset(None, address=ADDRESS)
    with playing("worker"):
        [job] = ask(admin, "SELECT id FROM vault.outbox")
        assert reset_requests.answer(job["id"]) == "answered"
    left = members[1] if members[1] is not first else members[2]
    admin.execute("UPDATE vault.accounts SET state = 'locked' WHERE id <> %s", [left.account_id])
    [(_, text)] = post().values()
    assert f"Hello {left.username}," in text
    assert not any(one.username in text for one in members if one is not left)
    [(_, link, _)] = _secrets(text)
    attempt = redeem(link)
    assert isinstance(attempt, Attempt)
    assert attempt.account_id == left.account_id


def test_letters_of_every_kind_with_a_token_lead_to_a_page_that_takes_it(
    admin: psycopg.Connection, playing: Playing, post: Post
) -> None:
    """Confirmation, change, removal and sign-in: the link and the code in each do what they say."""
    ada = a_member(playing)
    session = sign_in(ada, origin=replace(HERE, device=b"1" * 32))
    sign_in(ada, origin=replace(HERE, device=b"2" * 32), agent_label="Firefox on Linux")
    [(address, text)] = [one for one in post().values() if _secrets(one[1])]
    assert address == ADDRESS
    assert "Firefox on Linux" in text
    assert "192.0.2.0/24" in text
    [(page, _, disowning)] = _secrets(text)
    assert page == f"{ISSUER}{PATHS['disown']}"
    proof = fresh(ada, session)
    added = add(session, proof, NEW)
    [(address, text)] = [one for one in post().values() if _secrets(one[1])]
    [(page, link, _)] = _secrets(text)
    assert (address, page) == (NEW, f"{ISSUER}{PATHS['confirm']}")
    assert isinstance(confirm(link), mailed_tokens.MailedToken)
    assert set_primary(session, proof, added) == "changed"
    old = next(one.id for one in own_addresses(session) if one.address == ADDRESS)
    assert remove(session, proof, old) == "removed"
    undos = [one for one in post().values() if _secrets(one[1])]
    assert [address for address, _ in undos] == [ADDRESS, ADDRESS]
    (page, _, code), (_, link, _) = (_secrets(text)[0] for _, text in undos)
    assert page == f"{ISSUER}{PATHS['undo']}"
    assert isinstance(disown(disowning), mailed_tokens.MailedToken)
    assert isinstance(restore(code), mailed_tokens.MailedToken)
    assert restore(link) == "spent"
    [(address, text)] = post().values()
    assert address == NEW
    assert _secrets(text) == []


def _of_undo(playing: Playing, admin: psycopg.Connection) -> None:
    ada = a_member(playing)
    session = sign_in(ada)
    remove(session, fresh(ada, session), own_addresses(session)[0].id)


def _of_disowning(playing: Playing, admin: psycopg.Connection) -> None:
    ada = a_member(playing)
    for device in (b"1" * 32, b"2" * 32):
        sign_in(ada, origin=replace(HERE, device=device))


@pytest.mark.parametrize("cause", [_of_undo, _of_disowning], ids=["undo", "disown"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault.outbox SET account_id = %(grace)s",
        "UPDATE vault.outbox SET payload = payload - 'tokens'",
        "UPDATE vault.outbox SET payload = payload || jsonb_build_object('tokens', '[]'::jsonb)",
        (
            "UPDATE vault.outbox SET payload = jsonb_set(payload, '{tokens}',"
            " payload -> 'tokens' || (payload -> 'tokens'))"
        ),
        'UPDATE vault.outbox SET payload = payload || \'{"template": "password_reset_link"}\'',
        (
            "UPDATE vault.mailed_tokens"
            " SET purpose = CASE purpose WHEN 'undo' THEN 'disown' ELSE 'undo' END"
        ),
        # The letter would go to the writer's own address, with the token of the one before.
        (
            "UPDATE vault.outbox SET account_id = %(grace)s, sealed_address ="
            " (SELECT sealed FROM vault.email_addresses WHERE account_id = %(grace)s)"
        ),
    ],
)
def test_letter_of_undo_or_sign_in_that_a_writer_changed_is_sent_to_nobody(
    admin: psycopg.Connection,
    playing: Playing,
    post: Post,
    cause: Callable[..., None],
    change: str,
) -> None:
    """What it carries is worth an account's addresses, or its sessions: it goes where it should."""
    grace = a_member(playing, "Grace", "grace@example.org")
    cause(playing, admin)
    admin.execute(change, {"grace": grace.account_id})
    assert post() == {}
    [job] = ask(admin, "SELECT buried_at IS NOT NULL AS buried, last_error FROM vault.outbox")
    assert job["buried"]
    assert reported(admin)


def test_letter_sent_again_after_its_token_was_used_is_not_sent(
    admin: psycopg.Connection, playing: Playing, post: Post
) -> None:
    """Of several tokens the spent ones are left out; with none left there is nothing to say."""
    for name in ("Ada", "Bob"):
        a_member(playing, name)
    request_reset(None, address=ADDRESS)
    [(_, text)] = post().values()
    first, second = _secrets(text)
    for secret, links in ((first[1], 1), (second[2], 0)):
        assert isinstance(redeem(secret), Attempt)
        admin.execute("UPDATE vault.outbox SET done_at = NULL, buried_at = NULL")
        make_due(admin)
        came = [len(_secrets(one)) for _, one in post().values()]
        assert came == ([links] if links else [])


def test_every_letter_with_a_token_is_tried_here() -> None:
    """A new one needs a line above."""
    assert {
        "password_reset_link",
        "address_confirmation",
        "address_changed",
        "address_removed",
        "new_sign_in",
    } == TOKEN_LETTERS
