"""mozilla-django-oidc, as django-wiki is run with it, signs people in by our page of it."""

import time
import uuid
from collections.abc import Iterator

import pytest

from tests.conformance.browser import Answer, Shown
from tests.conformance.handbook import ASKS_AFTER, running
from tests.conformance.person import Person, led, somebody
from tests.conformance.site import USERNAME, Site

_SIGN_IN = "/oidc/authenticate/?next=/"


@pytest.fixture(scope="module")
def handbook(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a running wiki."""
    with running(site, tmp_path_factory.mktemp("django")) as origin:
        yield origin


@pytest.fixture
def person(site: Site, handbook: str) -> Iterator[Person]:
    """Somebody with an empty browser."""
    with somebody(site, handbook) as person:
        yield person


def _asked_again(person: Person) -> str:
    """What the site says when the wiki asks it silently whether the session goes on."""
    time.sleep(ASKS_AFTER + 0.1)
    answer = person.at_site.open(led(person.open("/")))
    assert isinstance(answer, Answer)
    assert led(person.open(answer.location)) == "/"
    return answer.parameters.get("error", "")


def test_django_by_our_page_knows_people_by_sub(person: Person) -> None:
    """The user name is ``sub``, and the name is what pages show."""
    assert person.sign_in(_SIGN_IN) == "/"
    told = person.open("/").json()
    assert told["shown"] == USERNAME
    assert uuid.UUID(told["username"])


def test_django_by_our_page_asks_whether_the_session_goes_on(site: Site, person: Person) -> None:
    """It asks silently, and goes on or signs out by the answer."""
    person.sign_in(_SIGN_IN)
    assert _asked_again(person) == ""
    assert person.open("/").json()["shown"] == USERNAME
    person.sign_out_at_site(site.metadata["end_session_endpoint"])
    assert _asked_again(person) == "login_required"
    assert person.open("/").json()["username"] == ""


def test_django_by_our_page_signs_out_at_the_site(person: Person) -> None:
    """Its link to sign out ends the session here, without a question, and leads back."""
    person.sign_in(_SIGN_IN)
    back = person.at_site.open(led(person.open("/oidc/logout/")))
    assert isinstance(back, Answer)
    assert back.uri == person.wiki("/")
    assert person.open("/").json()["username"] == ""
    asked = person.at_site.open(led(person.open(_SIGN_IN)))
    assert isinstance(asked, Shown)
    assert asked.asks_to_sign_in
