"""Mailed tokens: made with their letter by the worker, and nobody's before (V-reset)."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import Login, ask, call, reported, value
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    Playing,
    a_member,
    a_reset_token,
    add,
    armed,
    ask_for_reset,
    fresh,
    mailed,
    redeem,
    ring_with,
    tokens,
    typed,
)
from tests.database.people import sign_in
from vault import mailed_tokens, token_arming
from vault.attempts import secret_hash
from vault.codes import CODE_BYTES
from vault.errors import KeyUnknown
from vault.keys import KeyRing, new_key


def _arm(playing: Playing, token: UUID, address: str = ADDRESS) -> Any:
    with playing("worker"):
        return token_arming.arm(token, address=address)


def test_token_before_its_letter_is_written_is_nobodys(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Not even the bytes that the worker will make redeem anything until it has (V-reset)."""
    a_member(playing)
    ask_for_reset(playing, admin)
    [token] = tokens(admin)
    made = armed(playing, admin)
    admin.execute(
        "UPDATE vault.mailed_tokens SET token_hash = NULL, code_hash = NULL, token_key = NULL"
    )
    assert redeem(made.secret) == redeem(typed(made.code)) == "unknown"
    assert value(admin, "SELECT count(*) FROM vault.attempts") == 0
    assert _arm(playing, token) == made
    assert not isinstance(redeem(made.secret), str)


def test_token_of_a_letter_sent_again_is_the_same_and_lives_no_longer(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A resend, also after new keys came in front of both rings, carries the first one's token."""
    a_member(playing)
    ask_for_reset(playing, admin)
    first = armed(playing, admin)
    [token] = tokens(admin)
    before = ask(admin, "SELECT t::text AS row FROM vault.mailed_tokens t")
    with (
        playing("worker"),
        override_settings(
            MAIL_KEYS=ring_with("AUTHSITE_MAIL_KEYS", "t2"),
            ADDRESS_KEYS=ring_with("AUTHSITE_ADDRESS_KEYS", "t2"),
        ),
    ):
        again = token_arming.arm(token, address=ADDRESS)
    assert again == first
    assert ask(admin, "SELECT t::text AS row FROM vault.mailed_tokens t") == before


def test_token_whose_key_was_taken_out_is_not_made_anew(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Without the key that made it there is no second token: its letter waits for the key."""
    a_member(playing)
    a_reset_token(playing, admin)
    other = KeyRing.parse("AUTHSITE_MAIL_KEYS", new_key("t2"))
    with playing("worker"), override_settings(MAIL_KEYS=other), pytest.raises(KeyUnknown):
        token_arming.arm(tokens(admin)[0], address=ADDRESS)


def test_token_armed_by_ten_at_once_is_one_and_the_same(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Workers whose leases overlap, with one key in front or another, write one token (V-race)."""
    a_member(playing)
    ask_for_reset(playing, admin)
    [token] = tokens(admin)
    with playing("worker"):

        def arm(_number: int) -> Any:
            return token_arming.arm(token, address=ADDRESS)

        with ThreadPoolExecutor(10) as pool:
            made = set(pool.map(arm, range(10)))
    assert len(made) == 1
    assert not isinstance(redeem(made.pop().secret), str)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.mailed_tokens SET spent_at = clock_timestamp()",
        "UPDATE vault.mailed_tokens SET requested_at = requested_at - interval '1 day'",
        "UPDATE vault.mailed_tokens SET purpose = 'invite'",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
        "UPDATE vault.email_addresses SET verified_at = NULL",
        "UPDATE vault.email_addresses SET removed_at = clock_timestamp()",
        "DELETE FROM vault.email_addresses",
        "DELETE FROM vault.mailed_tokens",
    ],
)
def test_token_that_nobody_could_use_is_not_made(
    admin: psycopg.Connection, playing: Playing, meanwhile: str
) -> None:
    """What ended meanwhile, waited for a day, or lost its address gets no letter any more."""
    a_member(playing)
    ask_for_reset(playing, admin)
    [token] = tokens(admin)
    admin.execute(meanwhile)
    assert _arm(playing, token) == "dead"
    assert value(admin, "SELECT count(token_hash) FROM vault.mailed_tokens") == 0


@pytest.mark.parametrize(
    ("position", "odd"),
    [(0, None), *((n, odd) for n in range(1, 7) for odd in (None, "short", "long"))],
)
def test_token_armed_with_odd_arguments_is_a_bad_request(
    admin: psycopg.Connection, login: Login, playing: Playing, position: int, odd: str | None
) -> None:
    """Missing, too short or too long: a status of its own, and the token stays unarmed."""
    a_member(playing)
    ask_for_reset(playing, admin)
    good = [tokens(admin)[0], b"h" * 32, b"c" * 32, "t1", b"m" * 32, "t1", b"a" * 32]
    texts = {"short": "", "long": "k" * 41}
    given: Any = odd
    if odd is not None:
        given = texts[odd] if isinstance(good[position], str) else odd.encode() * 5
    with login("worker") as worker:
        answer = call(worker, "api.arm_token_v1", *good[:position], given, *good[position + 1 :])
    assert answer["status"] == "bad_request"
    assert value(admin, "SELECT count(token_hash) FROM vault.mailed_tokens") == 0


def test_token_that_nobody_asked_for_is_dead(vault: None, login: Login, playing: Playing) -> None:
    """An unknown id arms nothing, and no id finds nothing."""
    with login("worker") as worker:
        for unknown in (uuid4(), None):
            assert ask(worker, "SELECT * FROM api.token_to_arm_v1(%s)", unknown) == []
        good = (uuid4(), b"h" * 32, b"c" * 32, "t1", b"m" * 32, "t1", b"a" * 32)
        assert call(worker, "api.arm_token_v1", *good)["status"] == "dead"
    assert _arm(playing, uuid4()) == "dead"


def test_token_and_letter_cannot_be_read_by_web(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Neither table, nor the worker's functions, answer web."""
    a_member(playing)
    a_reset_token(playing, admin)
    [token] = tokens(admin)
    with login("web") as web:
        for statement in (
            "SELECT * FROM vault.mailed_tokens",
            "SELECT * FROM vault.outbox",
            f"SELECT * FROM api.token_to_arm_v1('{token}')",
            f"SELECT api.arm_token_v1('{token}', '', '', 't1', '', 't1', '')",
            "SELECT * FROM api.reset_request_v1(1)",
            "SELECT api.answer_reset_v1(1, '{}', '{}')",
            "SELECT * FROM api.claim_outbox_v1(10, 60)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(statement)


def test_token_is_in_no_answer_that_web_gets(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Every function of web's, asked about the very account: neither the token nor its digest."""
    from tests.database.test_postgres_traps_errors import _functions, _web_arguments

    with login("web") as web:
        good = _web_arguments(admin, web)
        secret, code = secrets.token_bytes(32), secrets.token_bytes(CODE_BYTES)
        admin.execute(
            "INSERT INTO vault.mailed_tokens (purpose, account_id, address_id, account_epoch,"
            " site_epoch, browser_hash, token_hash, code_hash, token_key, mac, mac_key, mailed_to,"
            " expires_at) SELECT purpose, a.id, e.id, a.epoch, 1, sha256('b'), %s, %s, 't1', 'm',"
            " 't1', 'a', clock_timestamp() + interval '1 hour'"
            " FROM vault.accounts a LEFT JOIN vault.email_addresses e ON e.account_id = a.id,"
            " unnest('{reset,confirm,undo,disown}'::text[]) AS purpose",
            [secret_hash(secret), secret_hash(code)],
        )
        asked: list[tuple[str, list[Any]]] = [
            (function, good[function.removeprefix("api.").removesuffix("_v1")])
            for function in _functions(admin, "web")
        ]
        heard = ""
        for function, arguments in asked:
            marks = ", ".join(["%s"] * len(arguments))
            heard += repr(ask(web, f"SELECT * FROM {function}({marks})", *arguments))
    assert "right" in heard
    for one in (secret, secret_hash(secret), code, secret_hash(code)):
        assert one.hex() not in heard
        assert repr(one)[2:-1] not in heard
        assert mailed_tokens.encode(one) not in heard


def test_token_that_web_shows_is_told_in_no_other_form(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Asked with a code, the vault gives digests alone: not the link's token, nor the code."""
    a_member(playing)
    ask_for_reset(playing, admin)
    made = armed(playing, admin)
    with login("web") as web:
        [row] = ask(web, "SELECT * FROM api.find_token_v1(%s, NULL)", typed(made.code))
    assert row["token_hash"] == secret_hash(made.secret)
    assert row["code_hash"] == secret_hash(typed(made.code))
    assert made.secret not in row.values()
    assert typed(made.code) not in row.values()


def test_token_is_kept_as_a_digest_alone(admin: psycopg.Connection, playing: Playing) -> None:
    """Who reads the tables finds neither the token nor anything that could be presented as one."""
    a_member(playing)
    ask_for_reset(playing, admin)
    made = armed(playing, admin)
    dump = str(ask(admin, "SELECT t::text AS row FROM vault.mailed_tokens t"))
    dump += str(ask(admin, "SELECT o::text AS row FROM vault.outbox o"))
    for secret in (made.secret, typed(made.code)):
        assert secret.hex() not in dump
        assert mailed_tokens.encode(secret) not in dump
    assert made.code not in dump
    [row] = ask(admin, "SELECT token_hash, code_hash, mac, browser_hash FROM vault.mailed_tokens")
    for stored in row.values():
        for presented in (stored, stored[:CODE_BYTES]):
            assert redeem(presented) == "unknown"


def test_token_in_a_repr_shows_no_secret(admin: psycopg.Connection, playing: Playing) -> None:
    """What is logged by accident says whose token it was, and not what it was."""
    a_member(playing)
    ask_for_reset(playing, admin)
    made = armed(playing, admin)
    found = mailed_tokens.find(made.secret, "reset", browser=BROWSER)
    for text in (repr(found), repr(made)):
        assert "Ada" in text
        assert repr(made.secret)[2:-1] not in text
        assert made.code not in text


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "ä", "+" * 43])
def test_token_of_another_form_is_none(text: str) -> None:
    """Only 43 characters of base64url can be a link's token, alone or at the end of the link."""
    assert mailed_tokens.decode(text) is None
    assert mailed_tokens.decode(f"https://auth.example.org/reset/code#token={text}") is None


def test_token_written_and_read_is_the_same() -> None:
    """What the letter has is what web gets back, also of the whole link, pasted with a blank."""
    secret = secrets.token_bytes(32)
    text = mailed_tokens.encode(secret)
    for pasted in (text, f"https://auth.example.org/reset/code#token={text}", f" #token={text}\n"):
        assert mailed_tokens.decode(pasted) == secret


def test_token_in_a_letter_to_somebody_else_is_refused(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A job that a database writer pointed at another's token mails it to nobody (V-reset)."""
    a_member(playing)
    ask_for_reset(playing, admin)
    [token] = tokens(admin)
    for _ in range(2):
        assert _arm(playing, token, "eve@example.org") == "refused"
        assert reported(admin) == {("mailed_token", str(token))}
        mailed(playing, admin)  # armed for its owner, it is refused all the same


def test_token_moved_to_somebody_elses_address_is_refused(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A row whose account and address do not go together, or moved as a whole, helps no writer."""
    ada, eve = a_member(playing), a_member(playing, "Eve", "eve@example.org")
    ask_for_reset(playing, admin)
    [token] = tokens(admin)
    eves = value(
        admin, "SELECT id FROM vault.email_addresses WHERE account_id = %s", eve.account_id
    )
    admin.execute("UPDATE vault.mailed_tokens SET address_id = %s", [eves])
    assert _arm(playing, token) == "dead"
    admin.execute(
        "UPDATE vault.email_addresses SET account_id = %s, is_primary = false WHERE id = %s",
        [ada.account_id, eves],
    )
    assert _arm(playing, token, "eve@example.org") == "refused"
    assert ("address", str(eves)) in reported(admin)
    assert ("mailed_token", str(token)) in reported(admin)


def test_token_for_an_address_that_only_a_writer_confirmed_is_refused(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """An address without our word that it was confirmed gets no reset letter (V-reset)."""
    ada = a_member(playing)
    session = sign_in(ada)
    address_id = add(session, fresh(ada, session), "eve@example.net")
    confirming = tokens(admin)
    admin.execute("UPDATE vault.email_addresses SET is_primary = false")
    admin.execute(
        "UPDATE vault.email_addresses SET is_primary = true, verified_at = clock_timestamp()"
        " WHERE id = %s",
        [address_id],
    )
    ask_for_reset(playing, admin)
    assert tokens(admin) == confirming
    assert reported(admin) == {("address", str(address_id))}
