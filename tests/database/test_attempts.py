"""Attempts: what proofs amount to, and that no order of them opens a session with less."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from uuid import UUID

import psycopg
import pytest

from accounts.flow.next_step import Step, next_proof
from tests.database.asking import (
    AGENT,
    NETWORK,
    Login,
    Person,
    Proof,
    Row,
    a_person,
    a_session,
    call,
    open_session,
    prove,
    random_32,
    sha256,
    value,
)
from tests.database.factors import (
    a_passkey,
    an_app,
    an_attempt,
    guess_code,
    prove_passkey,
    right_totp,
    some_codes,
)
from vault.totp_codes import step_at

PROOFS = ("password", "totp", "recovery_code", "letter", "hwk", "swk", "uv")
FACTORS = ("passkey", "totp", "recovery_codes")
FRESH = "SELECT status FROM vault.fresh_proof(%s, %s)"


def _subsets(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [some for size in range(len(words) + 1) for some in combinations(words, size)]


def _amr(proofs: Sequence[str]) -> list[str]:
    """RFC 8176 section 2, written down a second time."""
    held = set(proofs)
    words = {
        "pwd": "password" in held,
        "otp": bool(held & {"totp", "recovery_code"}),
        "hwk": "hwk" in held,
        "swk": "swk" in held,
        "user": bool(held & {"hwk", "swk"}),
        "mfa": "uv" in held
        or ("password" in held and bool(held & {"totp", "recovery_code", "hwk", "swk"})),
    }
    return [word for word, is_said in words.items() if is_said]


def _is_enough(proofs: Sequence[str], factors: Sequence[str]) -> bool:
    """The password, with a second factor where one is held, or a passkey that knew its user."""
    return "mfa" in _amr(proofs) or (
        "password" in proofs and not {"passkey", "totp"} & set(factors)
    )


@pytest.fixture
def web(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """Web's own connection."""
    with login("web") as connection:
        yield connection


# --- What proofs amount to ---------------------------------------------------------------------


def test_amr_of_every_set_of_proofs_is_what_the_standard_says(admin: psycopg.Connection) -> None:
    """All 128 sets: several factors only for a password with another, or a passkey that knew."""
    for proofs in _subsets(PROOFS):
        given = value(admin, "SELECT vault.amr_of(%s)", list(proofs))
        assert given == _amr(proofs), proofs
        assert value(admin, "SELECT vault.amr_of(%s)", list(reversed(proofs))) == given


def test_session_for_every_set_of_proofs_and_factors_is_opened_with_enough_alone(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """V-step-skip: 128 sets of proofs, 8 of factors: the password alone only without a factor."""
    for factors in _subsets(FACTORS):
        person = _person_with(admin, web, factors)
        for proofs in _subsets(PROOFS):
            is_enough = _is_enough(proofs, factors)
            opened = open_session(web, an_attempt(admin, person, proofs))
            assert opened == ("opened" if is_enough else "unfinished"), (factors, proofs)


def _person_with(
    admin: psycopg.Connection, web: psycopg.Connection, factors: tuple[str, ...]
) -> Person:
    person = a_person(web, " ".join(("Holds", *factors)))
    if "passkey" in factors:
        a_passkey(admin, person)
    if "totp" in factors:
        an_app(admin, person)
    if "recovery_codes" in factors:
        some_codes(admin, person, 1)
    assert value(admin, "SELECT vault.factors_of(%s)", person.account_id) == list(factors)
    return person


# --- Proofs in every order ---------------------------------------------------------------------


class Everything:
    """Somebody who holds one of each, and shows them one by one."""

    def __init__(self, admin: psycopg.Connection, web: psycopg.Connection, username: str) -> None:
        self._web, self._person = web, a_person(web, username)
        self._app = an_app(admin, self._person)
        self._tags = some_codes(admin, self._person)
        self._bound = a_passkey(admin, self._person)
        self._synced = a_passkey(admin, self._person, is_synced=True)
        self._secret = random_32()

    def begin(self, proof: str) -> Proof:
        """Opens the attempt by a first proof."""
        if proof == "password":
            return prove(self._web, self._person)
        verdict = self._present(proof, attempt_hash=sha256(self._secret))
        return Proof(self._secret, verdict)

    def go_on(self, attempt: bytes, proof: str) -> Row:
        """Adds another proof to it."""
        if proof == "totp":
            return right_totp(self._web, attempt, self._app, step_at())
        if proof == "recovery_code":
            return guess_code(self._web, attempt, self._tags.pop())
        return self._present(proof, attempt=attempt, attempt_hash=None)

    def _present(self, proof: str, **given: bytes | None) -> Row:
        credential = self._bound if "hwk" in proof else self._synced
        return prove_passkey(self._web, credential, user_verified="uv" in proof, **given)


SECOND = ("totp", "recovery_code", "hwk", "swk uv")
ORDERS = [
    (first, *others)
    for first in ("password", "hwk", "swk", "hwk uv")
    for size in range(len(SECOND) + 1)
    for others in permutations(SECOND, size)
]


def test_session_after_proofs_in_any_order_is_opened_with_enough_alone(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """V-step-skip: every order of real proofs: the vault's amr, and whether it opens a session."""
    for number, order in enumerate(ORDERS):
        somebody = Everything(admin, web, f"Somebody {number}")
        proof = somebody.begin(order[0])
        held = order[0].split()
        for step in order[1:]:
            if "mfa" not in _amr(held):
                assert open_session(web, proof) == "unfinished", (order, held)
            verdict = somebody.go_on(proof.secret, step)
            held = [*held, *(word for word in step.split() if word not in held)]
            assert (verdict["status"], verdict["proofs"]) == ("right", held), order
            proof = Proof(proof.secret, {**proof.verdict, "amr": verdict["amr"]})
            assert verdict["amr"] == _amr(held), order
        enough = "mfa" in _amr(held)
        assert open_session(web, proof) == ("opened" if enough else "unfinished"), order
        if enough:
            assert open_session(web, proof) == "gone", order


def test_session_that_is_refused_leaves_the_attempt_as_it_is(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """Asking too early costs nothing: the second factor still finishes it."""
    ada = a_person(web)
    app = an_app(admin, ada)
    proof = prove(web, ada)
    assert proof.verdict["factors"] == ["totp"]
    assert open_session(web, proof) == "unfinished"
    right = right_totp(web, proof.secret, app, step_at())
    assert open_session(web, Proof(proof.secret, {**proof.verdict, **right})) == "opened"


def test_session_with_more_than_was_proven_is_refused(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """A caller names what its MAC covers; the attempt says what is true."""
    ada = a_person(web)
    for claimed in (["pwd", "otp", "mfa"], ["hwk", "user", "mfa"], ["mfa"], [], None):
        assert open_session(web, prove(web, ada), amr=claimed) == "changed"
    an_app(admin, ada)
    assert open_session(web, prove(web, ada), amr=["pwd", "otp", "mfa"]) == "unfinished"


def test_attempt_by_a_passkey_that_its_owner_takes_away_meanwhile_opens_nothing(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """A thief who has the key and not the password gains nothing by its removal."""
    ada = a_person(web)
    session, stolen, thief, own = (
        a_session(web, ada),
        a_passkey(admin, ada),
        random_32(),
        random_32(),
    )
    touched = prove_passkey(web, stolen, user_verified=False, attempt_hash=sha256(thief))
    again = {"purpose": "reauthenticate", "session": session, "attempt_hash": sha256(own)}
    assert prove_passkey(web, stolen, user_verified=False, **again)["status"] == "right"
    assert open_session(web, Proof(thief, touched)) == "unfinished"
    enough = ["password", "hwk"]
    full = an_attempt(admin, ada, enough, purpose="reauthenticate", sid=_sid(admin, session))
    removal = (session, full.secret, stolen, "en", NETWORK, AGENT)
    assert call(web, "api.remove_passkey_v1", *removal)["status"] == "removed"
    assert open_session(web, Proof(thief, touched)) == "gone"
    assert value(admin, FRESH, session, own) == "weak"


def test_session_by_an_attempt_of_before_a_factor_was_added_is_refused(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """What an account holds is asked when the session is opened, not when the attempt was."""
    ada = a_person(web)
    proof = prove(web, ada)
    an_app(admin, ada)
    assert open_session(web, proof) == "unfinished"


# --- A fresh proof -----------------------------------------------------------------------------


def _sid(admin: psycopg.Connection, session: bytes) -> UUID:
    found: UUID = value(
        admin, "SELECT sid FROM vault.sessions WHERE secret_hash = sha256(%s)", session
    )
    return found


def test_proof_to_prove_again_within_this_very_session_is_fresh(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """Another session, another person, another purpose, no attempt at all: gone (V-replay)."""
    ada, mallory = a_person(web), a_person(web, "Mallory")
    session, other, hers = a_session(web, ada), a_session(web, ada), a_session(web, mallory)
    proof = prove(web, ada, purpose="reauthenticate", session=session).secret
    assert value(admin, FRESH, session, proof) == "fresh"
    her_proof = prove(web, mallory, purpose="reauthenticate", session=hers).secret
    to_sign_in = prove(web, ada).secret
    to_recover = an_attempt(
        admin, ada, ["letter"], purpose="recover", sid=_sid(admin, session)
    ).secret
    for attempt in (her_proof, to_sign_in, to_recover, session, random_32(), b"", None):
        assert value(admin, FRESH, session, attempt) == "gone"
    for wrong in (other, hers, proof, random_32(), b"", None):
        assert value(admin, FRESH, wrong, proof) == "gone"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault.attempts SET authenticated_at = authenticated_at - interval '301 seconds'",
        "UPDATE vault.attempts SET expires_at = clock_timestamp()",
        "UPDATE vault.attempts SET consumed_at = clock_timestamp()",
        "UPDATE vault.sessions SET ended_at = clock_timestamp()",
        "UPDATE vault.sessions SET last_seen_at = last_seen_at - interval '1 day'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.site SET epoch = epoch + 1",
    ],
)
def test_proof_that_is_old_or_overtaken_is_gone(
    admin: psycopg.Connection, web: psycopg.Connection, change: str
) -> None:
    """Five minutes, and only while both the session and the attempt are alive."""
    ada = a_person(web)
    session = a_session(web, ada)
    proof = prove(web, ada, purpose="reauthenticate", session=session).secret
    admin.execute(change)
    assert value(admin, FRESH, session, proof) == "gone"


def test_proof_for_every_set_of_proofs_and_factors_is_weak_without_the_highest(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """By the vault's word too, what the flow asks for is what changes a credential."""
    for factors in _subsets(FACTORS):
        person = _person_with(admin, web, factors)
        full = an_attempt(admin, person, ["password", "totp"])
        session = random_32()
        assert open_session(web, full, secret_hash=sha256(session)) == "opened"
        sid = _sid(admin, session)
        for proofs in _subsets(PROOFS):
            attempt = an_attempt(admin, person, proofs, purpose="reauthenticate", sid=sid)
            is_highest = next_proof(proofs, factors) is Step.FINISH
            expected = "fresh" if is_highest else "weak"
            assert value(admin, FRESH, session, attempt.secret) == expected, (factors, proofs)
