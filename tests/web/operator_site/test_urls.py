"""Every address of the operator's site, a row each: who may, and which posts it takes.

An address that has no row, or that does something else than its row says, fails here.
"""

import json
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest

from tests.web.operator_site.place import Place

# Who: anyone; an operator whom a passkey has verified (others are led to sign in).
ANYONE, OPERATOR = "anyone", "operator"
# Posts: none (405); by anyone's own page; for one measure, with a passkey shown for it; for one
# measure, by the session alone.
NONE, PAGE, PASSKEY, SESSION = "none", "page", "passkey", "session"


class Row(NamedTuple):
    """What an address promises."""

    who: str
    posts: str


TABLE: Final[dict[str, Row]] = {
    "": Row(ANYONE, NONE),
    "admin/": Row(OPERATOR, NONE),
    "admin/login/": Row(ANYONE, PAGE),
    "admin/logout/": Row(ANYONE, PAGE),
    "admin/enrol/": Row(ANYONE, PAGE),
    "admin/find-address/": Row(OPERATOR, PAGE),
    "admin/leaked-token/": Row(OPERATOR, PAGE),
    "admin/leaked-token/<slug:kind>/<uuid:account_id>/<uuid:ref>/revoke/": Row(OPERATOR, PASSKEY),
    "admin/passkeys/": Row(OPERATOR, NONE),
    "admin/passkeys/<slug:key>/remove/": Row(OPERATOR, PASSKEY),
    "admin/alerts/": Row(OPERATOR, NONE),
    "admin/alerts/<int:alert_id>/": Row(OPERATOR, NONE),
    "admin/alerts/<int:alert_id>/acknowledge/": Row(OPERATOR, SESSION),
    "admin/outbox/": Row(OPERATOR, NONE),
    "admin/outbox/<int:job_id>/": Row(OPERATOR, NONE),
    "admin/outbox/<int:job_id>/revive/": Row(OPERATOR, SESSION),
    "admin/outbox/<int:job_id>/drop/": Row(OPERATOR, PASSKEY),
    "admin/accounts/": Row(OPERATOR, NONE),
    "admin/accounts/<uuid:account_id>/": Row(OPERATOR, NONE),
    "admin/accounts/<uuid:account_id>/lock/": Row(OPERATOR, PASSKEY),
    "admin/accounts/<uuid:account_id>/unlock/": Row(OPERATOR, PASSKEY),
    "admin/accounts/<uuid:account_id>/end-sessions/": Row(OPERATOR, PASSKEY),
    "admin/accounts/<uuid:account_id>/send-reset/": Row(OPERATOR, PASSKEY),
    "admin/wikis/": Row(OPERATOR, NONE),
    "admin/wikis/<path:client_id>/": Row(OPERATOR, NONE),
    "admin/wikis/register/": Row(OPERATOR, PASSKEY),
    "admin/wikis/<path:client_id>/change/": Row(OPERATOR, PASSKEY),
    "admin/wikis/<path:client_id>/renew-secret/": Row(OPERATOR, PASSKEY),
    "admin/wikis/<path:client_id>/suspend/": Row(OPERATOR, PASSKEY),
    "admin/wikis/<path:client_id>/resume/": Row(OPERATOR, PASSKEY),
    "admin/events/": Row(OPERATOR, NONE),
    "admin/lockouts/": Row(OPERATOR, NONE),
    "admin/lockouts/accounts/": Row(OPERATOR, PASSKEY),
    "admin/lockouts/accounts/<int:list_id>/undo/": Row(OPERATOR, PASSKEY),
    "admin/lockouts/close/<door:door>/": Row(OPERATOR, PASSKEY),
    "admin/lockouts/open/<door:door>/": Row(OPERATOR, PASSKEY),
    "admin/lockouts/end-all-sessions/": Row(OPERATOR, PASSKEY),
    "admin/lockouts/withdraw-keys/": Row(OPERATOR, PASSKEY),
    "admin/lockouts/restore-keys/": Row(OPERATOR, PASSKEY),
}
_ROUTES: Final = """
import json
from django.urls import URLResolver, get_resolver
def routes(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.urlconf_name != "authsite.shared_urls" and "shared" not in repr(pattern):
                yield from routes(pattern.url_patterns, route)
        else:
            yield route
print(json.dumps(list(routes(get_resolver().url_patterns))))
"""
_SAMPLES: Final = {
    "<slug:key>": "AAAA",
    "<slug:kind>": "session",
    "<uuid:ref>": "0190a5d8-0000-7000-8000-000000000002",
    "<int:alert_id>": "7",
    "<int:job_id>": "7",
    "<uuid:account_id>": "0190a5d8-0000-7000-8000-000000000001",
    "<path:client_id>": "en",
    "<int:list_id>": "7",
    "<door:door>": "sign_up",
}

every_address = pytest.mark.parametrize("route", TABLE, ids=lambda route: f"/{route}")


def sample(route: str) -> str:
    """An address of that route, of something that does not exist."""
    for part, value in _SAMPLES.items():
        route = route.replace(part, value)
    return f"/{route}"


def test_address_every_one_has_a_row_and_every_row_an_address(manage: Callable[..., str]) -> None:
    """Nothing is reachable that is not declared here; what both sites share is declared there."""
    said = manage("operator", "shell", "--no-imports", "--command", _ROUTES)
    assert sorted(json.loads(said.splitlines()[-1])) == sorted(TABLE)


@every_address
def test_address_lets_in_whom_it_is_for(place: Place, route: str) -> None:
    """A stranger is led to the sign-in, whatever they ask for and however."""
    browser, path = place.browser(), sample(route)
    answers = [browser.get(path), browser.post(path, reason="x", agreed="x", credential="{}")]
    if TABLE[route].who == OPERATOR:
        for answer in answers:
            assert answer.status == 302
            assert answer.location.startswith("/admin/login/?next=/admin/")
    else:
        assert not any("/admin/login/?next=" in answer.location for answer in answers)


@every_address
def test_address_takes_no_post_from_elsewhere(place: Place, route: str) -> None:
    """Without the token against forgery: 403, before anybody is looked at."""
    browser = place.browser()
    browser.get("/admin/login/")
    answer = browser.post(sample(route), csrfmiddlewaretoken="x" * 32)
    assert answer.status == 403


def test_address_posts_go_where_the_table_says(place: Place) -> None:
    """Lists and pages take none; measures that harm somebody ask for a passkey, others do not."""
    browser = place.signed_in("Chief")
    ada = place.ids["Ada"]
    for route, row in TABLE.items():
        path = sample(route).replace(_SAMPLES["<uuid:account_id>"], ada)
        if row.posts == NONE and row.who == OPERATOR:
            assert browser.post(path).status == 405, route
    for measure in ("lock", "end-sessions"):
        page = browser.get(f"/admin/accounts/{ada}/{measure}/")
        assert page.asks_for_a_passkey
        route = f"admin/accounts/<uuid:account_id>/{measure}/"
        assert TABLE[route].posts == PASSKEY


@every_address
def test_address_keeps_nothing_in_a_cache(place: Place, route: str) -> None:
    """Whatever is answered: no-store."""
    assert "no-store" in place.browser().get(sample(route)).headers["Cache-Control"]
