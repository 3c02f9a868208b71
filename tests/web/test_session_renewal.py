"""Each rise in what a session may do has a secret of its own, and one browser is one person's at a
time: whoever had the cookie from before has nothing (V-fixation)."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.database.asking import value
from tests.web.holders import Ada, step, words
from tests.web.measures import Scene
from tests.web.passkeys import (
    NEW,
    OVERVIEW,
    PROVE,
    SIGN_IN,
    a_device,
    add_passkey,
    is_in,
    prove_password,
    show,
    signed_up_with_both,
)
from tests.web.people import (
    NEW_PASSWORD,
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    code_for,
    tokens_for,
)
from tests.web.test_userinfo import userinfo

SESSIONS = "SELECT count(*) FROM vault.sessions WHERE ended_at IS NULL"
SCOPE = "openid profile offline_access"


def thief_of(browser: Browser) -> Browser:
    """Somebody who copied every cookie that is there now."""
    thief = Browser()
    for name, morsel in browser.cookies.items():
        thief.cookies[name] = morsel.value
    return thief


# --- Rises -------------------------------------------------------------------------------------

Rise = Callable[[Scene], Callable[[], object]]


def sign_in_again(scene: Scene) -> Callable[[], object]:
    """A wiki asks for the password once more."""
    browser = scene.browser
    scene.mail.a_member()
    browser.sign_in("Grace")
    page = ask(browser, scene.wiki, prompt="login")
    return lambda: answer_of(browser.submit(page, "/login", username="Grace", password=PASSWORD))


def passkey_after_a_password(scene: Scene) -> Callable[[], object]:
    """A wiki asks once more, and a passkey is shown."""
    browser = scene.browser
    device = a_device()
    signed_up_with_both(browser, device, "Grace")
    page = ask(browser, scene.wiki, prompt="login")
    return lambda: answer_of(show(browser, page, device, SIGN_IN))


def second_factor_asked_for(scene: Scene) -> Callable[[], object]:
    """A wiki asks a session of one factor, in a browser that was trusted, for two."""
    browser = scene.browser
    secret = secrets.token_bytes(20)
    codes = scene.mail.a_member("Ada", None, totp_secret=secret).recovery_codes
    ada = Ada(secret, codes)
    page = browser.sign_in("Ada")
    step(browser, page, code=ada.code(-1), trust="on")
    browser.submit(browser.get("/account/"), "/logout")
    assert browser.sign_in("Ada").status_code == 303
    page = ask(browser, scene.wiki, acr_values="aal2", prompt="login")
    page = browser.submit(page, "/login", username="Ada", password=PASSWORD)
    return lambda: answer_of(step(browser, page, code=ada.code()))


def password_changed(scene: Scene) -> Callable[[], object]:
    """By the current one."""
    browser = scene.browser
    scene.mail.a_member()
    browser.sign_in("Grace")
    page = browser.get("/account/password")
    given = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    return lambda: browser.submit(page, "/account/password", **given)


@pytest.mark.parametrize(
    "rise",
    [sign_in_again, passkey_after_a_password, second_factor_asked_for, password_changed],
    ids=lambda one: one.__name__,
)
def test_rise_gives_new_secrets_and_leaves_the_old_ones_dead(
    scene: Scene, settings: Any, rise: Rise
) -> None:
    """The session goes on under another cookie, with another token against forgery."""
    settings.TRUSTED_BROWSER_DAYS = 30
    act, browser = rise(scene), scene.browser
    thief, before = thief_of(browser), dict(browser.cookies)
    assert is_in(thief)
    had = value(scene.admin, SESSIONS)
    act()
    assert is_in(browser)
    assert not is_in(thief)
    for name in ("__Host-session", "__Host-csrf"):
        assert browser.cookies[name].value != before[name].value
    assert value(scene.admin, SESSIONS) == had, "it is the same session"


def test_fresh_proof_and_a_new_factor_are_of_no_use_to_who_copied_the_cookies(
    scene: Scene,
) -> None:
    """A proof is a cookie of its own: the session's changes nothing, before it or after."""
    browser = scene.browser
    scene.mail.a_member()
    browser.sign_in("Grace")
    thief = thief_of(browser)
    prove_password(browser)
    assert thief.get(NEW)["Location"] == f"{PROVE}?page=two-factor-passkey"
    assert add_passkey(browser, a_device())["Location"] == OVERVIEW
    assert thief.get(NEW)["Location"] == f"{PROVE}?page=two-factor-passkey"
    assert "One more step" in words(prove_password(thief)), "and now it takes the passkey"
    assert value(scene.admin, "SELECT count(*) FROM vault.passkeys") == 1


# --- A browser that two people share -----------------------------------------------------------

PAGES = ("/", "/account/", "/account/email", "/account/sessions", "/account/activity", OVERVIEW)


@pytest.mark.parametrize("signed_out", [True, False], ids=["after-signing-out", "over-the-other"])
def test_second_person_at_a_browser_reaches_nothing_of_the_first(
    scene: Scene, add_wiki: Callable[..., WikiClient], signed_out: bool
) -> None:
    """Whether the first signed out or the other signed in over them (CVE-2025-12390)."""
    browser, wiki, mail = scene.browser, scene.wiki, scene.mail
    other_wiki = add_wiki("French wiki", scope=SCOPE)
    mail.a_member("Ada", "ada@example.org")
    mail.a_member()
    browser.sign_in("Ada", keep="on")
    first = tokens_for(browser, other_wiki, scope=SCOPE)
    prove_password(browser, "email")
    open_page = browser.get("/account/password")
    to_prove = browser.get(PROVE, {"page": "two-factor"})
    waiting = code_for(browser, wiki)
    jar = thief_of(browser)
    if signed_out:
        browser.submit(browser.get("/logout"), "/logout")
        assert browser.sign_in("Grace").status_code == 303
    else:
        page = ask(browser, wiki, prompt="select_account")
        done = browser.submit(page, "/login", username="Grace", password=PASSWORD)
        assert answer_of(done)["code"]
    assert not is_in(jar), "her cookies are dead"
    for path in PAGES:
        page = browser.get(path)
        assert "Ada" not in words(page), path
        assert "ada@" not in words(page), path
    # What she had open is nobody's, her proof is not Grace's, and nobody's password changes by it.
    assert browser.get("/account/email/add").status_code == 303
    given = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    browser.cookies["__Host-proof"] = jar.cookies["__Host-proof"].value
    assert browser.get("/account/email/add").status_code == 303
    assert browser.submit(open_page, "/account/password", **given).status_code == 403
    proven = browser.submit(to_prove, PROVE, password=PASSWORD)
    assert not proven.cookies.get("__Host-proof")
    # At the wikis: her codes and tokens are dead, and what is asked from now on is Grace's.
    assert wiki.redeem(waiting).json()["error"] == "invalid_grant"
    assert other_wiki.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert userinfo(first["access_token"]).status_code == 401
    told = claims_of(tokens_for(browser, other_wiki)["id_token"])
    assert told["preferred_username"] == "Grace"
    assert told["sid"] != claims_of(first["id_token"])["sid"]
    assert told["sub"] != claims_of(first["id_token"])["sub"]
    # A wiki that still takes her for the one who is there gets nobody.
    silent = ask(browser, other_wiki, prompt="none", id_token_hint=first["id_token"])
    assert answer_of(silent)["error"] == "login_required"
    assert browser.cookies["__Host-session"]["max-age"] == "", (
        "how long she stayed is not inherited"
    )
