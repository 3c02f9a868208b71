"""A lock, or an end to all sessions, while somebody proves themselves again or changes what
protects their account: nothing changes after it (V-disabled). The table is walked as in
``test_locked_while_signing_in``."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.web.holders import Ada, step
from tests.web.letters import ADD, CONFIRM, PRIMARY, REMOVE, TO_CONFIRM
from tests.web.measures import ON_ACCOUNT, Measure, Scene, Step
from tests.web.passkeys import (
    CODES,
    NEW,
    PROVE,
    PROVE_PASSKEY,
    a_device,
    add_passkey,
    codes_of,
    is_in,
    make,
    options_of,
    prove_passkey,
    prove_password,
    send,
    signed_up_with_both,
)
from tests.web.people import NEW_PASSWORD, PASSWORD
from tests.web.test_two_factor_pages import APP, code_for, keep_codes
from tests.web.test_two_factor_pages import REMOVE as REMOVE_FACTOR
from twofactor.services.passkeys import key_of

Prepared = Callable[[Scene], Step]
PASSWORD_PAGE = "/account/password"
REMOVE_PASSWORD = "/account/password/remove"
SECOND = "second@example.org"


def _signed_in(scene: Scene) -> None:
    scene.mail.a_member()
    assert scene.browser.sign_in("Grace").status_code == 303


def _proven(scene: Scene, page: str = "two-factor") -> None:
    """Signed in, with a fresh proof."""
    _signed_in(scene)
    assert prove_password(scene.browser, page).status_code == 303


def _with_app(scene: Scene) -> Ada:
    """Signed in with password and code."""
    secret = secrets.token_bytes(20)
    made = scene.mail.a_member("Ada", "ada@example.org", totp_secret=secret)
    scene.person, ada = "Ada", Ada(secret, made.recovery_codes)
    page = scene.browser.sign_in("Ada")
    assert step(scene.browser, page, code=ada.code(-1)).status_code == 303
    return ada


def _with_passkey(scene: Scene) -> None:
    """Signed in, with a password, a passkey and a fresh proof by that."""
    signed_up_with_both(scene.browser, scene.device, "Grace")
    assert prove_passkey(scene.browser, scene.device).status_code == 303


# --- Proving oneself again ---------------------------------------------------------------------


def proof_by_password(scene: Scene) -> Step:
    """The page that asks for the password once more is open."""
    _signed_in(scene)
    page = scene.browser.get(PROVE, {"page": "two-factor"})
    return lambda: scene.browser.submit(page, PROVE, password=PASSWORD)


def proof_by_code(scene: Scene) -> Step:
    """The password was right once more; the code comes."""
    ada = _with_app(scene)
    page = prove_password(scene.browser)
    return lambda: step(scene.browser, page, code=ada.code())


def proof_by_passkey(scene: Scene) -> Step:
    """The page that asks for the passkey once more is open."""
    signed_up_with_both(scene.browser, scene.device, "Grace")
    page = scene.browser.get(PROVE, {"page": "two-factor"})
    text = scene.device.get(options_of(page))
    return lambda: send(scene.browser, page, PROVE_PASSKEY, credential=text)


# --- Changing what protects the account --------------------------------------------------------


def password_by_the_current_one(scene: Scene) -> Step:
    """The page with both fields is open."""
    _signed_in(scene)
    page = scene.browser.get(PASSWORD_PAGE)
    given = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    return lambda: scene.browser.submit(page, PASSWORD_PAGE, **given)


def password_by_fresh_proof(scene: Scene) -> Step:
    """Password and code were proven again; the page with the new password is open."""
    ada = _with_app(scene)
    step(scene.browser, prove_password(scene.browser, "password"), code=ada.code())
    page = scene.browser.get(PASSWORD_PAGE)
    return lambda: scene.browser.submit(page, PASSWORD_PAGE, new_password=NEW_PASSWORD)


def password_taken_away(scene: Scene) -> Step:
    """Two passkeys, a fresh proof by one of them, and the page is open."""
    _with_passkey(scene)
    add_passkey(scene.browser, a_device())
    page = scene.browser.get(REMOVE_PASSWORD)
    return lambda: scene.browser.submit(page, REMOVE_PASSWORD)


def address_added(scene: Scene) -> Step:
    """A fresh proof, and the page is open."""
    _proven(scene, "email")
    page = scene.browser.get(ADD)
    return lambda: scene.browser.submit(page, ADD, email=SECOND)


def _to_confirm(scene: Scene) -> str:
    """The link of the letter to another address."""
    _proven(scene, "email")
    scene.browser.submit(scene.browser.get(ADD), ADD, email=SECOND)
    return scene.mail.letter(SECOND, TO_CONFIRM).token


def address_confirmed(scene: Scene) -> Step:
    """Its letter has come; the page of the link is open."""
    token = _to_confirm(scene)
    page = scene.browser.get(CONFIRM)
    return lambda: scene.browser.submit(page, CONFIRM, code=token)


def _address(scene: Scene, which: str) -> UUID:
    row = scene.admin.execute(
        "SELECT id FROM vault.email_addresses WHERE is_primary = %s", [which == "primary"]
    ).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def _with_two_addresses(scene: Scene) -> None:
    token = _to_confirm(scene)
    scene.browser.submit(scene.browser.get(CONFIRM), CONFIRM, code=token)
    prove_password(scene.browser, "email")


def address_made_primary(scene: Scene) -> Step:
    """Two confirmed addresses, a fresh proof, and the page is open."""
    _with_two_addresses(scene)
    chosen = str(_address(scene, "other"))
    page = scene.browser.get(PRIMARY, {"factor": chosen})
    return lambda: scene.browser.submit(page, PRIMARY, factor=chosen)


def address_removed(scene: Scene) -> Step:
    """Two confirmed addresses, a fresh proof, and the page is open."""
    _with_two_addresses(scene)
    chosen = str(_address(scene, "other"))
    page = scene.browser.get(REMOVE, {"factor": chosen})
    return lambda: scene.browser.submit(page, REMOVE, factor=chosen)


def first_passkey(scene: Scene) -> Step:
    """The passkey is made, its codes are shown; one of them is typed back."""
    _proven(scene)
    page = make(scene.browser, scene.browser.get(NEW), scene.device, NEW)
    return lambda: send(scene.browser, page, CODES, code=codes_of(page)[0])


def another_passkey(scene: Scene) -> Step:
    """The ceremony is under way in a session that has a fresh proof."""
    _with_passkey(scene)
    page, other = scene.browser.get(NEW), a_device()
    made = other.create(options_of(page))
    return lambda: send(scene.browser, page, NEW, credential=made)


def app(scene: Scene) -> Step:
    """The page shows the new app's secret; its first code comes."""
    _proven(scene)
    keep_codes(scene.browser)
    page = scene.browser.get(APP)
    return lambda: send(scene.browser, page, APP, code=code_for(page), name="Phone")


def recovery_codes(scene: Scene) -> Step:
    """New codes are shown; one of them is typed back, and the old ones would be void."""
    ada = _with_app(scene)
    step(scene.browser, prove_password(scene.browser), code=ada.code())
    page = scene.browser.get(CODES)
    return lambda: send(scene.browser, page, CODES, code=codes_of(page)[0])


def app_removed(scene: Scene) -> Step:
    """A fresh proof of both, and the page is open."""
    ada = _with_app(scene)
    step(scene.browser, prove_password(scene.browser), code=ada.code())
    page = scene.browser.get(REMOVE_FACTOR)
    row = scene.admin.execute("SELECT id FROM vault.totp_devices").fetchone()
    assert row is not None
    return lambda: scene.browser.submit(page, REMOVE_FACTOR, factor=f"app_{row[0]}")


def passkey_removed(scene: Scene) -> Step:
    """A fresh proof by it, and the page is open."""
    _with_passkey(scene)
    key = key_of(scene.device.credentials[0].id)
    page = scene.browser.get(REMOVE_FACTOR)
    return lambda: scene.browser.submit(page, REMOVE_FACTOR, factor=key)


def passkey_renamed(scene: Scene) -> Step:
    """No proof is asked for this; a live session is."""
    _with_passkey(scene)
    key = key_of(scene.device.credentials[0].id)
    path = "/account/two-factor/rename"
    page = scene.browser.get(path, {"factor": key})
    return lambda: scene.browser.submit(page, path, factor=key, name="Mine now")


STEPS: list[Prepared] = [
    proof_by_password,
    proof_by_code,
    proof_by_passkey,
    password_by_the_current_one,
    password_by_fresh_proof,
    password_taken_away,
    address_added,
    address_confirmed,
    address_made_primary,
    address_removed,
    first_passkey,
    another_passkey,
    app,
    recovery_codes,
    app_removed,
    passkey_removed,
    passkey_renamed,
]


# An account that was unlocked again has a new epoch, as one whose sessions were ended.
@pytest.mark.parametrize("measure", [one for one in ON_ACCOUNT if one != "lifted"])
@pytest.mark.parametrize("prepared", STEPS, ids=lambda one: one.__name__)
def test_measure_at_a_step_of_a_change_leaves_all_as_it_was(
    scene: Scene, settings: Any, prepared: Prepared, measure: Measure
) -> None:
    """No proof, no new password, factor, address or letter, none taken away; and nobody is in."""
    scene.prove(prepared(scene), measure)
    if measure != "none":
        assert not is_in(scene.browser)
