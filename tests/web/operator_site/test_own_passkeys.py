"""An operator's own passkeys: to look at, and to take away while another one is left."""

import re
from collections.abc import Callable

import psycopg
import pytest

from tests.web.operator_site.place import Place, a_new_link, events
from tests.web.operators import Browser

NOT_LET_IN = "does not open the operator's site"


@pytest.fixture
def two(place: Place, manage: Callable[..., str]) -> tuple[Browser, Browser]:
    """A looker's two devices, signed in on each."""
    first, second = place.signed_in("Looker"), place.browser()
    second.enrol(a_new_link(manage, "Looker"))
    assert second.sign_in().status == 303
    return first, second


def removals(browser: Browser) -> list[str]:
    """Where each of one's passkeys is taken away, the oldest first."""
    page = browser.get("/admin/passkeys/")
    return re.findall(r'href="(/admin/passkeys/[^"]+/remove/)"', page.text)


def test_only_passkey_is_shown_and_stays(place: Place) -> None:
    """There is no way to remove it, and how one gets another is said."""
    browser = place.signed_in("Looker")
    page = browser.get("/admin/passkeys/")
    assert page.words.count("enrolled just now") == 1
    assert "manage.py inviteoperator Looker" in page.words
    assert removals(browser) == []


def test_removed_passkey_opens_nothing_and_ends_its_sessions(
    two: tuple[Browser, Browser], admin: psycopg.Connection
) -> None:
    """A lost device: its passkey and its open session are dead, this session goes on."""
    first, second = two
    paths = removals(first)
    assert len(paths) == 2
    assert "The passkey is removed" in first.submit(paths[1], reason="lost on a train").words
    assert second.get("/admin/").location.startswith("/admin/login/")
    assert NOT_LET_IN in second.sign_in().words
    assert first.get("/admin/").status == 200
    [event] = events(admin, "operator:passkey:removed")
    assert event["reason"] == "lost on a train"
    assert first.get(paths[1]).status == 404
    assert removals(first) == []
    refused = first.submit(paths[0], reason="")
    assert refused.status == 409
    assert "your only passkey" in refused.words


def test_removal_takes_a_passkey_shown_for_it(
    two: tuple[Browser, Browser], admin: psycopg.Connection
) -> None:
    """The session alone, or a proof for another of them, removes nothing."""
    first, _ = two
    one, other = removals(first)
    page = first.get(one)
    shown = first.authenticator.get(page.options)
    tries = [
        first.post(one, reason="", agreed=page.value("agreed")),
        first.post(other, reason="", agreed=page.value("agreed"), credential=shown),
        first.post(other, reason="", agreed=first.get(other).value("agreed"), credential=shown),
    ]
    assert not any("is removed" in answer.words for answer in tries)
    assert admin.execute("SELECT count(*) FROM vault.passkeys").fetchone() == (2,)


def test_passkeys_of_somebody_else_are_not_found(
    place: Place, two: tuple[Browser, Browser]
) -> None:
    """Neither listed nor named: a page of one's own alone."""
    chief = place.signed_in("Chief")
    assert "Looker" not in chief.get("/admin/passkeys/").words
    for path in removals(two[0]):
        assert chief.get(path).status == 404
    assert place.browser().get("/admin/passkeys/").location.startswith("/admin/login/")
