"""What a lock, a new proof and a new password do to sessions, whenever they come."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    guess,
    is_live,
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
from tests.database.people import CHEAP, Member, attempt_of, sign_in, sign_up
from tests.database.racing import raced
from vault import passwords, sessions
from vault.events import NOWHERE

Lock = Callable[[UUID], None]


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


# A lock wins, whenever it comes (V-disabled).


@pytest.fixture
def lock(admin: psycopg.Connection) -> Lock:
    """Locks an account as the console does."""

    def place(account_id: UUID) -> None:
        answer = call(admin, "api.console_lock_account_v1", account_id, "stolen")
        assert answer["status"] == "locked"

    return place


def test_lock_at_each_step_lets_nothing_be_issued_after_it(
    admin: psycopg.Connection, login: Login, lock: Lock
) -> None:
    """Before the guess, the verdict, the session, the code, its redemption: the next step fails."""
    a_wiki(admin)
    with login("web") as web:
        ada = a_person(web)
        proposal = propose(web, "Ada", ada.tag)["proposal"]
        proof, session = prove(web, ada), a_session(web, ada)
        waiting, used = issue(web, session), issue(web, session)
        assert redeem(web, used["code"])["status"] == "redeemed"
        lock(ada.account_id)
        assert guess(web, "Ada", ada.tag)["status"] == "locked"
        assert judge(web, proposal)["status"] == "locked"
        assert open_session(web, proof) == "gone"
        assert not is_live(web, session)
        assert issue(web, session)["status"] == "no_session"
        assert redeem(web, waiting["code"])["status"] == "dead"
        assert ask(web, "SELECT * FROM api.describe_grant_v1(%s)", used["grant"]) == []


def test_lock_after_it_was_lifted_leaves_what_came_before_dead(
    admin: psycopg.Connection, login: Login, lock: Lock
) -> None:
    """Unlocking gives the person back their account, not the thief their session."""
    a_wiki(admin)
    with login("web") as web:
        ada = a_person(web)
        session, proof = a_session(web, ada), prove(web, ada)
        code = issue(web, session)["code"]
        lock(ada.account_id)
        assert call(admin, "api.console_unlock_account_v1", ada.account_id, "found")["status"] == (
            "unlocked"
        )
        assert not is_live(web, session)
        assert open_session(web, proof) == "gone"
        assert redeem(web, code)["status"] == "dead"
        assert guess(web, "Ada", ada.tag)["status"] == "right"


def test_lock_raced_with_sign_ins_leaves_no_live_session(
    admin: psycopg.Connection, login: Login, lock: Lock
) -> None:
    """Twenty sessions being opened while the lock commits: each is ended or never was."""
    with login("web") as web:
        ada = a_person(web)
        proofs = [prove(web, ada) for _ in range(19)]

    def act(connection: psycopg.Connection) -> str:
        try:
            proof = proofs.pop()
        except IndexError:
            lock(ada.account_id)
            return "locked"
        return open_session(connection, proof)

    answers = Counter(raced(20, login, act))
    assert set(answers) <= {"locked", "opened", "gone"}
    assert value(admin, "SELECT count(*) FROM vault.sessions WHERE ended_at IS NULL") == 0


@pytest.mark.parametrize("step", ["judge", "open_session", "issue", "redeem"])
def test_lock_that_is_being_placed_makes_each_step_wait_and_then_fail(
    admin: psycopg.Connection, login: Login, step: str
) -> None:
    """A step that began before the lock committed answers as if it had come after."""
    a_wiki(admin)
    with login("web") as web, ThreadPoolExecutor(1) as pool:
        ada = a_person(web)
        proposal = propose(web, "Ada", ada.tag)["proposal"]
        proof, session = prove(web, ada), a_session(web, ada)
        code = issue(web, session)["code"]
        steps: dict[str, Callable[[], object]] = {
            "judge": lambda: judge(web, proposal)["status"],
            "open_session": lambda: open_session(web, proof),
            "issue": lambda: issue(web, session)["status"],
            "redeem": lambda: redeem(web, code)["status"],
        }
        admin.execute("BEGIN")
        call(admin, "api.console_lock_account_v1", ada.account_id, "stolen")
        answer = pool.submit(steps[step])
        with pytest.raises(TimeoutError):
            answer.result(timeout=0.3)
        admin.execute("COMMIT")
        expected = {
            "judge": "locked",
            "open_session": "gone",
            "issue": "no_session",
            "redeem": "dead",
        }
        assert answer.result(timeout=60) == expected[step]
    assert value(admin, "SELECT count(*) FROM vault.sessions WHERE ended_at IS NULL") == 0


# New secrets.


def test_session_after_proving_again_has_a_new_secret_and_the_old_one_is_dead(
    ada: Member,
) -> None:
    """A rise in assurance changes the cookie, and the session goes on (V-fixation)."""
    before = sign_in(ada)
    after = sign_in(ada, old=before)
    assert after.sid == before.sid
    assert after.secret != before.secret
    assert sessions.resume(before.secret) is None
    assert sessions.resume(after.secret) == after


def test_session_of_somebody_else_in_this_browser_ends_when_a_new_person_signs_in(
    ada: Member,
) -> None:
    """One browser, one person: the other's session is over."""
    first = sign_in(ada)
    second = sign_in(sign_up("Bob"), old=first)
    assert second.sid != first.sid
    assert sessions.resume(first.secret) is None
    assert sessions.resume(second.secret) == second


def test_password_change_renews_this_session_and_ends_all_others(ada: Member) -> None:
    """The cookie of before is dead too, and a stolen one with it."""
    here, elsewhere = sign_in(ada), sign_in(ada)
    attempt = attempt_of(ada, purpose="reauthenticate", session_secret=here.secret)
    with override_settings(**CHEAP):
        change = passwords.change(
            here, attempt, "seven purple elephants", language="en", origin=NOWHERE
        )
    assert change is not None
    assert change.others_ended == 1
    renewed = sessions.resume(change.session_secret)
    assert renewed is not None
    assert renewed.sid == here.sid
    for dead in (here, elsewhere):
        assert sessions.resume(dead.secret) is None
    with override_settings(**CHEAP):
        assert passwords.change(renewed, attempt, "again", language="en", origin=NOWHERE) is None


def test_password_change_by_a_proof_from_another_session_changes_nothing(
    ada: Member, admin: psycopg.Connection
) -> None:
    """The proof counts within the session it was made for, while it is fresh."""
    here, elsewhere = sign_in(ada), sign_in(ada)
    stored = ask(admin, "SELECT * FROM vault.password_verifiers")
    foreign = attempt_of(ada, purpose="reauthenticate", session_secret=elsewhere.secret)
    sign_in_proof = attempt_of(ada)
    stale = attempt_of(ada, purpose="reauthenticate", session_secret=here.secret)
    admin.execute(
        "UPDATE vault.attempts SET authenticated_at = authenticated_at - interval '6 minutes'"
        " WHERE secret_hash = %s",
        [sha256(stale.secret)],
    )
    for attempt in (foreign, sign_in_proof, stale):
        with override_settings(**CHEAP):
            outcome = passwords.change(here, attempt, "new", language="en", origin=NOWHERE)
        assert outcome is None
    assert ask(admin, "SELECT * FROM vault.password_verifiers") == stored


@pytest.fixture
def site(admin: psycopg.Connection) -> Iterator[Callable[[str, int], None]]:
    """Says which pepper and memory are today's: ``site("t2", 32768)``; as it was, at the end."""
    [before] = ask(admin, "SELECT pepper_id, argon2_memory_kib FROM vault.site")

    def change(pepper_id: str, memory_kib: int) -> None:
        admin.execute(
            "UPDATE vault.site SET pepper_id = %s, argon2_memory_kib = %s", [pepper_id, memory_kib]
        )

    change("t1", 19456)
    yield change
    change(*before.values())


def test_password_upgrade_is_only_ever_upwards_and_to_today(
    login: Login, site: Callable[[str, int], None]
) -> None:
    """What is stored as today's is replaced by nothing but a change, which asks for all factors."""
    with login("web") as web:
        ada = a_person(web)
        for today, given, expected in (
            (("t1", 19456), (19456, "t1"), "kept"),
            (("t1", 19456), (32768, "t1"), "kept"),
            (("t1", 19456), (32768, "t2"), "kept"),
            (("t2", 19456), (8, "t2"), "kept"),
            (("t2", 19456), (19456, "t1"), "kept"),
            (("t2", 19456), (19456, "t2"), "upgraded"),
            (("t2", 19456), (19456, "t2"), "kept"),
            (("t2", 32768), (19456, "t2"), "kept"),
            (("t2", 32768), (32768, "t2"), "upgraded"),
            (("t2", 32768), (65536, "t2"), "kept"),
        ):
            site(*today)
            attempt = prove(web, ada).secret
            cost, pepper = given
            answer = call(
                web,
                "api.upgrade_password_v1",
                *(attempt, random_32()[:16], cost, 2, 1, pepper, ada.tag, random_32()),
            )
            assert answer["status"] == expected, (today, given)


@pytest.mark.parametrize("language", [None, "", "l" * 21, "en\n", "../en"])
def test_new_password_in_no_language_is_a_bad_request(
    admin: psycopg.Connection, login: Login, language: str | None
) -> None:
    """Whoever names it can neither fill the outbox nor change anything by it."""
    with login("web") as web:
        ada = a_person(web)
        session = a_session(web, ada)
        proof = prove(web, ada, purpose="reauthenticate", session=session)
        answer = call(
            web,
            "api.change_password_v1",
            *(session, proof.secret, random_32()[:16], 19456, 2, 1, "t1", random_32(), random_32()),
            *(random_32(), 2, random_32(), "t1", language, None, None),
        )
        assert answer["status"] == "bad_request"
        assert is_live(web, session)
    assert ask(admin, "SELECT * FROM vault.outbox") == []
