"""A lock raced with whatever would issue something: whichever comes first, nothing lives after it.

Thirty rounds a step, each on real connections; the two begin together, a little apart, or one after
the other. Both write their line of the trail while they hold the account's row, so the trail says
which came first (V-disabled, V-race).
"""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import (
    Login,
    Person,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    issue,
    judge,
    open_session,
    propose,
    prove,
    random_32,
    redeem,
    sha256,
    value,
)
from tests.database.factors import (
    a_passkey,
    an_app,
    opened,
    passkey_arguments,
    prove_passkey,
    reauthenticated,
)
from tests.database.living import alive
from tests.database.mail_arguments import BROWSER, a_token, an_address
from vault.totp_codes import step_at

ROUNDS = 30
ORIGIN = ("192.0.2.0/24", "Firefox")
SCOPES = ["openid", "offline_access"]
# Of which a line after that of the lock would be something issued.
ISSUED = (
    "account:password:right",
    "account:password:changed",
    "account:session:opened",
    "account:passkey:added",
    "account:passkey:right",
    "account:factor:right",
    "account:token:redeemed",
    "wiki:sign_in:issued",
    "wiki:code:redeemed",
    "wiki:refresh:rotated",
)

Act = Callable[[], str]
Prepared = Callable[[psycopg.Connection, psycopg.Connection, Person], Act]


def password(_: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A right guess is judged."""
    proposal = propose(web, ada.username, ada.tag)["proposal"]
    return lambda: str(judge(web, proposal)["status"])


def passkey(admin: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A verified signature opens an attempt."""
    credential = a_passkey(admin, ada)
    return lambda: str(prove_passkey(web, credential)["status"])


def code_of_an_app(admin: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A right code is added to an attempt."""
    app, attempt = an_app(admin, ada), prove(web, ada).secret
    opening = opened(web, attempt)["opening"]
    given = (attempt, opening, app, step_at())
    return lambda: str(call(web, "api.accept_totp_v1", *given)["status"])


def session(_: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """An attempt becomes a session."""
    proof = prove(web, ada)
    return lambda: open_session(web, proof)


def code(_: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A wiki is given a code."""
    secret = a_session(web, ada)
    return lambda: str(issue(web, secret)["status"])


def redemption(_: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A wiki redeems its code."""
    given = issue(web, a_session(web, ada))["code"]
    return lambda: str(redeem(web, given)["status"])


def refresh(_: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A refresh token is swapped for the next."""
    issued, token = issue(web, a_session(web, ada), scopes=SCOPES), random_32()
    assert redeem(web, issued["code"])["status"] == "redeemed"
    stored = (sha256(token), random_32(), "t1")
    answer = call(web, "api.issue_refresh_token_v1", issued["grant"], *stored)
    assert answer["status"] == "issued"
    given = (token, issued["grant"], "wiki-a", random_32(), random_32(), "t1")
    return lambda: str(call(web, "api.rotate_refresh_token_v1", *given)["status"])


def first_refresh_token(_: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """The first of a grant is stored."""
    issued = issue(web, a_session(web, ada), scopes=SCOPES)
    assert redeem(web, issued["code"])["status"] == "redeemed"
    given = (issued["grant"], random_32(), random_32(), "t1")
    return lambda: str(call(web, "api.issue_refresh_token_v1", *given)["status"])


def new_passkey(_: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A passkey is added by a fresh proof."""
    secret, proof = reauthenticated(web, ada)
    given = (secret, proof.secret, *passkey_arguments().values(), "en", *ORIGIN, False)
    return lambda: str(call(web, "api.add_passkey_v1", *given)["status"])


def link_of_a_letter(admin: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A letter's link opens an attempt to recover."""
    secret = random_32()
    token = a_token(admin, ada, an_address(admin, ada), "reset", secret)
    given = (token, secret, BROWSER, None, sha256(random_32()), *ORIGIN)
    return lambda: str(call(web, "api.redeem_reset_v1", *given)["status"])


def app_password(_: psycopg.Connection, web: psycopg.Connection, ada: Person) -> Act:
    """A program's own password is judged."""
    session_secret, proof = reauthenticated(web, ada)
    secret, now = random_32()[:20], int(time.time())
    given: tuple[Any, ...] = (
        session_secret,
        proof.secret,
        uuid4(),
        sha256(secret),
        "Bot",
        ["edit"],
        [],
        now,
        None,
    )
    more = (random_32(), "t1", "en", *ORIGIN)
    assert call(web, "api.add_app_password_v1", *given, *more)["status"] == "added"
    proposed = call(web, "api.propose_app_password_v1", ada.username, secret, *ORIGIN)
    judging = (proposed["proposal"], "192.0.2.7")
    return lambda: str(call(web, "api.judge_app_password_v1", *judging)["status"])


STEPS: list[tuple[Prepared, str]] = [
    (password, "right"),
    (passkey, "right"),
    (code_of_an_app, "right"),
    (session, "opened"),
    (code, "issued"),
    (redemption, "redeemed"),
    (refresh, "rotated"),
    (first_refresh_token, "issued"),
    (new_passkey, "added"),
    (link_of_a_letter, "right"),
    (app_password, "right"),
]


def _raced(act: Act, lock: Callable[[], Any], number: int, pool: ThreadPoolExecutor) -> str:
    """Does both: one after the other at first and last, and else up to four ms apart."""
    if number == 0:
        lock()
        return act()
    if number == ROUNDS - 1:
        answer = act()
        lock()
        return answer
    barrier = Barrier(2)

    def locks() -> None:
        barrier.wait(timeout=60)
        time.sleep(max(0, number % 9 - 4) / 1000)
        lock()

    def acts() -> str:
        barrier.wait(timeout=60)
        time.sleep(max(0, 4 - number % 9) / 1000)
        return act()

    locking, acting = pool.submit(locks), pool.submit(acts)
    locking.result(timeout=60)
    return acting.result(timeout=60)


@pytest.mark.parametrize(("prepared", "good"), STEPS, ids=[one.__name__ for one, _ in STEPS])
def test_lock_raced_with_a_step_leaves_nothing_alive(
    admin: psycopg.Connection, login: Login, prepared: Prepared, good: str
) -> None:
    """What came first was ended by the lock; what came second was refused."""
    a_wiki(admin, scopes=SCOPES)
    answers: Counter[str] = Counter()
    with login("web") as web, ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            ada = a_person(web, f"Ada{number}")
            act = prepared(admin, web, ada)
            answers[_raced(act, partial(_console, admin, "lock", ada), number, pool)] += 1
            assert _issued_after_the_lock(admin, ada) == []
            # Unlocked again, it must not come alive either.
            _console(admin, "unlock", ada)
            acting = {"session", "proof", "grant", "refresh"}
            assert {one for one in alive(admin) if one.split()[0] in acting} == set()
    assert answers[good] > 0
    assert answers.total() - answers[good] > 0, "the lock never came first"


def _console(admin: psycopg.Connection, measure: str, person: Person) -> None:
    answer = call(admin, f"api.console_{measure}_account_v1", person.account_id, "drill")
    assert answer["status"] == f"{measure}ed"


def _issued_after_the_lock(admin: psycopg.Connection, person: Person) -> list[Any]:
    """What the trail has of the person after the line of the lock."""
    known = value(admin, "SELECT count(*) FROM vault.event_tags WHERE tag = ANY (%s)", list(ISSUED))
    assert known == len(ISSUED)
    return ask(
        admin,
        "SELECT tag FROM vault.events WHERE account_id = %s AND tag = ANY (%s) AND id >"
        " (SELECT id FROM vault.events WHERE account_id = %s AND tag = 'lockout:account:locked')",
        *(person.account_id, list(ISSUED), person.account_id),
    )
