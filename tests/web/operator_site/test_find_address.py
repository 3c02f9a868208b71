"""Finding whose an address is: by a form of its own, and never by one that stands in an address."""

import psycopg
import pytest

from tests.database import mail
from tests.environment import environment_for
from tests.web.operator_site.place import Place, events

ADDRESS = "Zoe.Example@mail.example.org"


@pytest.fixture
def zoe(place: Place, playing: mail.Playing) -> str:
    """The id of somebody with a confirmed address."""
    return str(mail.a_member(playing, "Zoe", ADDRESS).account_id)


@pytest.mark.parametrize("name", ["Looker", "Locker", "Chief"])
def test_operator_of_any_level_finds_whose_an_address_is(
    place: Place, zoe: str, name: str, admin: psycopg.Connection
) -> None:
    """Their page is one step away, and the trail has who was found."""
    answer = place.signed_in(name).post("/admin/find-address/", address=ADDRESS.lower())
    assert answer.status == 200
    assert f'href="/admin/accounts/{zoe}/"' in answer.text
    assert "Zoe has confirmed it" in answer.words
    assert events(admin, "operator:address:searched") == [{"accounts": [zoe]}]


def test_address_of_nobody_and_what_is_none_are_said_plainly(place: Place, zoe: str) -> None:
    """Neither names anybody."""
    browser = place.signed_in("Looker")
    assert (
        "Nobody has this address." in browser.post("/admin/find-address/", address="x@y.zz").words
    )
    for typed in ("", "zoe", "@", "a@b"):
        answer = browser.post("/admin/find-address/", address=typed)
        assert answer.status == 200
        assert "Zoe" not in answer.words
        assert "Nobody has" not in answer.words
        assert 'aria-invalid="true"' in answer.text


def test_address_is_asked_for_by_post_on_both_pages(place: Place, zoe: str) -> None:
    """The form is on the first page and beside the list; the other search takes no address."""
    browser = place.signed_in("Looker")
    for path in ("/admin/", "/admin/accounts/"):
        page = browser.get(path).text
        assert 'method="post" action="/admin/find-address/"' in page
        assert 'pattern="[^@]*"' in page
    # A search in the address looks at names alone, and nothing in it is taken for a form's field.
    assert "Zoe" not in browser.get("/admin/accounts/?q=zoe.example%40mail.example.org").words
    assert (
        "Zoe" not in browser.get("/admin/find-address/?address=zoe.example@mail.example.org").words
    )


def test_process_of_operators_has_no_key_that_reads_addresses() -> None:
    """The environment that it is started with has the look-up keys alone."""
    held = environment_for("operator")
    assert "AUTHSITE_ADDRESS_LOOKUP_KEYS" in held
    assert "AUTHSITE_ADDRESS_KEYS" not in held
    for role in ("web", "worker", "owner"):
        assert "AUTHSITE_ADDRESS_LOOKUP_KEYS" not in environment_for(role)
