"""A fresh proof, as the browser carries it: good for nothing but what it was sealed for."""

import time
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from accounts.flow.proof import PROOF_SECONDS, open_proof, seal_proof
from accounts.flow.seal import Flow, seal
from accounts.services.attempts import Attempt, plain
from accounts.services.sessions import Session

BROWSER = "b" * 43
ACCOUNT = UUID(int=1)


def an_attempt(purpose: str = "reauthenticate", age: int = 0) -> Attempt:
    """What was proven, so many seconds ago."""
    return Attempt(
        secret=b"s" * 32,
        purpose=purpose,
        account_id=ACCOUNT,
        username="Ada",
        amr=("pwd", "otp", "mfa"),
        auth_time=int(time.time()) - age,
        account_epoch=1,
        site_epoch=1,
        proofs=("password", "totp"),
        factors=("totp",),
    )


SESSION = Session(
    secret=b"t" * 32,
    kind="web",
    sid=uuid4(),
    account_id=ACCOUNT,
    username="Ada",
    amr=("pwd",),
    auth_time=0,
    created_at=0,
    expires_at=2**31,
    idle_seconds=3600,
    kept=False,
    account_epoch=1,
    site_epoch=1,
)


def test_proof_opens_as_it_was_sealed_and_hides_its_secret() -> None:
    """For its own session and browser."""
    attempt = an_attempt()
    sealed = seal_proof(attempt, SESSION, BROWSER)
    assert open_proof(sealed, SESSION, BROWSER) == attempt
    assert "reauthenticate" not in sealed


@pytest.mark.parametrize(
    "other", [replace(SESSION, sid=uuid4()), replace(SESSION, account_id=uuid4())]
)
def test_proof_of_another_session_or_person_is_none(other: Session) -> None:
    """V-fixation: it names both."""
    assert open_proof(seal_proof(an_attempt(), SESSION, BROWSER), other, BROWSER) is None


@pytest.mark.parametrize("browser", [None, "", "c" * 43])
def test_proof_in_another_browser_is_none(browser: str | None) -> None:
    """Stolen alone, it is worth nothing."""
    assert open_proof(seal_proof(an_attempt(), SESSION, BROWSER), SESSION, browser) is None


def test_proof_is_over_five_minutes_after_its_first_factor() -> None:
    """Not after its last."""
    attempt = an_attempt(age=200)
    sealed = seal_proof(attempt, SESSION, BROWSER)
    at = attempt.auth_time + PROOF_SECONDS
    assert open_proof(sealed, SESSION, BROWSER, now=at - 2) == attempt
    assert open_proof(sealed, SESSION, BROWSER, now=at + 2) is None


@pytest.mark.parametrize("purpose", ["sign_in", "operator", "recover"])
def test_attempt_for_something_else_is_no_proof(purpose: str) -> None:
    """V-step-skip: signing in just now does not count."""
    assert open_proof(seal_proof(an_attempt(purpose), SESSION, BROWSER), SESSION, BROWSER) is None


@pytest.mark.parametrize("sealed", ["", "x", "a.b.c.d.e", "x" * 40_000])
def test_what_this_site_did_not_seal_is_no_proof(sealed: str) -> None:
    """Nor does it crash anything."""
    assert open_proof(sealed, SESSION, BROWSER) is None


def test_flow_with_everything_proven_is_no_proof() -> None:
    """Each is sealed for its one use."""
    flow = Flow("own", {"page": "account", "sid": str(SESSION.sid)}, attempt=plain(an_attempt()))
    assert open_proof(seal(flow, BROWSER), SESSION, BROWSER) is None
