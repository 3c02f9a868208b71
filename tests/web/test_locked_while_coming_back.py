"""A lock, or an end to all sessions, at each step of coming back without a password, and of signing
up: nothing is issued after it (V-disabled, V-reset). The table is walked as in
``test_locked_while_signing_in``."""

import secrets
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from tests.database.living import alive
from tests.web.holders import Ada, step, words
from tests.web.letters import (
    CODE,
    CONFIRM,
    GRACE,
    NEW_PASSWORD_PAGE,
    RESET,
    TO_CONFIRM,
    TO_RESET,
    ask_for_reset,
    is_password,
)
from tests.web.measures import AT_THE_DOOR, ON_ACCOUNT, Measure, Scene, Step
from tests.web.passkeys import RECOVER, a_device, is_in, options_of, send, sign_up
from tests.web.people import NEW_PASSWORD, PASSWORD, Answer, Browser, ask

Prepared = Callable[[Scene], Step]
ADA = "ada@example.org"


def _letter_asked_for(scene: Scene) -> Step:
    """Asks for the letter, and lets the worker answer."""
    page = scene.browser.get(RESET)

    def act() -> Answer:
        answer = scene.browser.submit(page, RESET, account="Grace")
        scene.mail.deliver()
        return answer

    return act


def letter_asked_for(scene: Scene) -> Step:
    """Nothing has happened yet."""
    scene.mail.a_member()
    return _letter_asked_for(scene)


def letter_written(scene: Scene) -> Step:
    """It was asked for; the worker has yet to answer."""
    scene.mail.a_member()
    asked = ask_for_reset(scene.browser)

    def act() -> Answer:
        scene.mail.deliver()
        return asked

    return act


def _link(scene: Scene, account: str = "Grace", to: str = GRACE) -> str:
    ask_for_reset(scene.browser, account)
    return scene.mail.letter(to, TO_RESET).token


def link_opened(scene: Scene) -> Step:
    """The letter has come; its link is opened."""
    scene.mail.a_member()
    token, page = _link(scene), scene.browser.get(CODE)
    return lambda: scene.browser.submit(page, CODE, code=token)


def code_after_the_link(scene: Scene) -> Step:
    """The link was good; the app's code is asked for as well."""
    secret = secrets.token_bytes(20)
    made = scene.mail.a_member("Ada", ADA, totp_secret=secret)
    scene.person, ada = "Ada", Ada(secret, made.recovery_codes)
    token, page = _link(scene, "Ada", ADA), scene.browser.get(CODE)
    page = scene.browser.submit(page, CODE, code=token)
    return lambda: step(scene.browser, page, code=ada.code())


def new_password(scene: Scene) -> Step:
    """The link was good; the new password comes."""
    scene.mail.a_member()
    token, page = _link(scene), scene.browser.get(CODE)
    page = scene.browser.submit(page, CODE, code=token)
    assert "Choose a new password" in words(page)
    return lambda: scene.browser.submit(page, NEW_PASSWORD_PAGE, new_password=NEW_PASSWORD)


def recovery_code(scene: Scene) -> Step:
    """An account without a password, and its recovery code."""
    codes = sign_up(Browser(), scene.device, "Grace")
    page = scene.browser.get(RECOVER)
    return lambda: scene.browser.submit(page, RECOVER, username="Grace", code=codes[1])


def new_passkey(scene: Scene) -> Step:
    """The recovery code was right; the new passkey is made, and comes."""
    codes = sign_up(Browser(), scene.device, "Grace")
    page = scene.browser.get(RECOVER)
    page = scene.browser.submit(page, RECOVER, username="Grace", code=codes[1])
    made = a_device().create(options_of(page))
    return lambda: send(scene.browser, page, RECOVER, credential=made)


def address_of_a_new_account(scene: Scene) -> Step:
    """Signed up with an address; the link of its letter is opened."""
    assert scene.browser.sign_up("Grace", email=GRACE).status_code == 303
    token, page = scene.mail.letter(GRACE, TO_CONFIRM).token, scene.browser.get(CONFIRM)
    return lambda: scene.browser.submit(page, CONFIRM, code=token)


BEGINNING: list[Prepared] = [letter_asked_for, recovery_code]
UNDER_WAY: list[Prepared] = [
    link_opened,
    code_after_the_link,
    new_password,
    new_passkey,
    address_of_a_new_account,
]


def _rows() -> list[Any]:
    pairs = chain(
        ((prepared, measure) for prepared in BEGINNING for measure in AT_THE_DOOR),
        ((letter_written, measure) for measure in AT_THE_DOOR),
        ((prepared, measure) for prepared in UNDER_WAY for measure in ON_ACCOUNT),
    )
    return [pytest.param(p, m, id=f"{p.__name__}-{m}".replace(" ", "_")) for p, m in pairs]


@pytest.mark.parametrize(("prepared", "measure"), _rows())
def test_measure_at_a_step_of_coming_back_lets_nothing_be_issued(
    scene: Scene, prepared: Prepared, measure: Measure
) -> None:
    """No letter that is good for anything, no proof, no new password or passkey, no address."""
    scene.prove(prepared(scene), measure)
    if measure != "none":
        assert not is_in(scene.browser)


def test_old_password_of_an_account_that_was_locked_during_a_reset_is_what_it_was(
    scene: Scene,
) -> None:
    """The lock is lifted: the way back begins anew, by another letter."""
    act = new_password(scene)
    scene.take("lifted")
    act()
    assert (is_password(PASSWORD), is_password(NEW_PASSWORD)) == (True, False)


def test_account_locked_right_after_signing_up_has_nothing_at_the_wiki(scene: Scene) -> None:
    """It exists from the sign-up on, so a lock can come before the wiki has redeemed its code."""
    page = scene.browser.submit(
        ask(scene.browser, scene.wiki, prompt="create"),
        "/signup",
        username="Grace",
        password=PASSWORD,
    )
    code = page.headers["Location"].partition("code=")[2].partition("&")[0]
    scene.take("locked")
    before = alive(scene.admin)
    refused = scene.wiki.redeem(code)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert not is_in(scene.browser)
    assert alive(scene.admin) == before
