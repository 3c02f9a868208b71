"""A lock, or an end to all sessions, at each step of signing in: nothing is issued after it.

V-disabled. The table says what is under way; ``Scene.prove`` takes each measure right before the
step and looks at all that is alive. Without a measure the very same step must do something.
"""

import secrets
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from tests.web.holders import Ada, step, words
from tests.web.measures import AT_THE_DOOR, ON_ACCOUNT, Measure, Scene, Step
from tests.web.passkeys import (
    CHALLENGE,
    OFFER,
    SIGN_IN,
    codes_of,
    is_in,
    make,
    options_of,
    send,
    signed_up_with_both,
)
from tests.web.people import PASSWORD, Answer, Browser, ask

Prepared = Callable[[Scene], Step]


def _ada(scene: Scene) -> Ada:
    """Somebody with a password, an app and recovery codes."""
    secret = secrets.token_bytes(20)
    made = scene.mail.a_member("Ada", "ada@example.org", totp_secret=secret)
    scene.person, scene.ada = "Ada", Ada(secret, made.recovery_codes)
    return scene.ada


def _password(scene: Scene, page: Answer, **more: str) -> Answer:
    given = {"username": scene.person, "password": PASSWORD, **more}
    return scene.browser.submit(page, "/login", **given)


# --- What is under way -------------------------------------------------------------------------


def password(scene: Scene) -> Step:
    """The page was asked for by the wiki; the password comes."""
    scene.mail.a_member()
    page = ask(scene.browser, scene.wiki)
    return lambda: _password(scene, page)


def password_before_a_factor(scene: Scene) -> Step:
    """The first of two proofs."""
    _ada(scene)
    page = ask(scene.browser, scene.wiki)
    return lambda: _password(scene, page)


def code_of_the_app(scene: Scene) -> Step:
    """The password was right; the code comes."""
    ada = _ada(scene)
    page = _password(scene, ask(scene.browser, scene.wiki))
    return lambda: step(scene.browser, page, code=ada.code())


def recovery_code(scene: Scene) -> Step:
    """The password was right; a recovery code stands in."""
    ada = _ada(scene)
    page = _password(scene, ask(scene.browser, scene.wiki))
    page = step(scene.browser, page, method="recovery_code")
    return lambda: step(scene.browser, page, method="recovery_code", code=ada.codes[0])


def passkey(scene: Scene) -> Step:
    """The page has asked for a passkey; it comes."""
    signed_up_with_both(Browser(), scene.device, "Grace")
    page = ask(scene.browser, scene.wiki)
    text = scene.device.get(options_of(page))
    return lambda: send(scene.browser, page, SIGN_IN, credential=text)


def passkey_after_a_password(scene: Scene) -> Step:
    """The password was right; the passkey is the second factor."""
    signed_up_with_both(Browser(), scene.device, "Grace")
    page = _password(scene, ask(scene.browser, scene.wiki))
    text = scene.device.get(options_of(page))
    return lambda: send(scene.browser, page, CHALLENGE, credential=text, method="passkey")


def password_in_a_trusted_browser(scene: Scene) -> Step:
    """A browser that spares the code: the password alone would open a session."""
    ada = _ada(scene)
    page = scene.browser.sign_in("Ada")
    assert step(scene.browser, page, code=ada.code(-1), trust="on").status_code == 303
    scene.browser.submit(scene.browser.get("/account/"), "/logout")
    page = ask(scene.browser, scene.wiki)
    return lambda: _password(scene, page)


def password_once_more(scene: Scene) -> Step:
    """A wiki asks somebody who is signed in to sign in again."""
    scene.mail.a_member()
    scene.browser.sign_in("Grace")
    page = ask(scene.browser, scene.wiki, prompt="login")
    return lambda: _password(scene, page)


def _to_offer(scene: Scene) -> Answer:
    scene.mail.a_member()
    return _password(scene, ask(scene.browser, scene.wiki), platform="yes")


def passkey_that_was_offered(scene: Scene) -> Step:
    """Signed in by password; a passkey is made on the way, and the codes with it are kept."""
    page = _to_offer(scene)
    kept = make(scene.browser, page, scene.device, OFFER)
    return lambda: send(scene.browser, kept, OFFER, code=codes_of(kept)[0])


def offer_declined(scene: Scene) -> Step:
    """Signed in by password; the way back to the wiki, with its code, is behind the offer."""
    page = _to_offer(scene)
    return lambda: send(scene.browser, page, OFFER)


def silent(scene: Scene) -> Step:
    """Signed in; the wiki asks without a page."""
    scene.mail.a_member()
    scene.browser.sign_in("Grace", keep="on")
    return lambda: ask(scene.browser, scene.wiki, prompt="none")


def at_once(scene: Scene) -> Step:
    """Signed in; the wiki asks, and no page would be shown."""
    scene.mail.a_member()
    scene.browser.sign_in("Grace")
    return lambda: ask(scene.browser, scene.wiki)


def id_token_by_form(scene: Scene) -> Step:
    """Signed in; a wiki that cannot call back is answered by a form."""
    scene.mail.a_member()
    scene.browser.sign_in("Grace")
    return lambda: ask(scene.browser, scene.wiki, response_mode="form_post", prompt="none")


BEGINNING: list[Prepared] = [
    password,
    password_before_a_factor,
    passkey,
    password_in_a_trusted_browser,
    password_once_more,
]
UNDER_WAY: list[Prepared] = [
    code_of_the_app,
    recovery_code,
    passkey_after_a_password,
    passkey_that_was_offered,
    offer_declined,
    silent,
    at_once,
    id_token_by_form,
]


def _rows() -> list[Any]:
    pairs = chain(
        ((prepared, measure) for prepared in BEGINNING for measure in AT_THE_DOOR),
        ((prepared, measure) for prepared in UNDER_WAY for measure in ON_ACCOUNT),
    )
    return [pytest.param(p, m, id=f"{p.__name__}-{m}".replace(" ", "_")) for p, m in pairs]


@pytest.mark.parametrize(("prepared", "measure"), _rows())
def test_measure_at_a_step_of_signing_in_lets_nothing_be_issued(
    scene: Scene, settings: Any, prepared: Prepared, measure: Measure
) -> None:
    """No session, no proof, no code, no token, no passkey: at that step or when tried again."""
    settings.TRUSTED_BROWSER_DAYS = 30
    scene.prove(prepared(scene), measure)
    if measure != "none":
        assert not is_in(scene.browser)


@pytest.mark.parametrize("prepared", [password, passkey], ids=lambda one: one.__name__)
def test_sign_in_that_is_closed_for_all_issues_nothing(scene: Scene, prepared: Prepared) -> None:
    """The whole site's own lock."""
    answer = scene.prove(prepared(scene), "closed")
    assert "Signing in is closed for now" in words(answer)
