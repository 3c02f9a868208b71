"""Apache's mod_auth_openidc, a certified client, signs people in by our page of it."""

import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import httpx
import pytest

from tests.conformance.apache import ApacheMissing, installed, running
from tests.conformance.browser import Answer, Shown
from tests.conformance.person import Person, led, somebody
from tests.conformance.site import USERNAME, Site
from tests.web.markup import Page

_PATIENCE = 20.0  # seconds


@pytest.fixture(scope="module")
def packages() -> None:
    """What Apache is run from."""
    try:
        installed()
    except ApacheMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def apache(site: Site, packages: None) -> Iterator[str]:
    """The origin of a running Apache."""
    with running(site) as origin:
        yield origin


@pytest.fixture
def person(site: Site, apache: str) -> Iterator[Person]:
    """Somebody with an empty browser."""
    with somebody(site, apache) as person:
        yield person


def remote_user(answer: httpx.Response) -> str:
    """Whom Apache told the page behind it of."""
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
    (shown,) = [one for one in Page(answer.text).all("p") if one.get("id") == "remote-user"]
    return shown.text


def test_apache_by_our_page_tells_the_wiki_the_name(person: Person) -> None:
    """The virtual host of the page signs in, and remembers it on another page of the wiki."""
    page = "/index.php?title=Main_Page"
    assert person.sign_in(page) == person.wiki(page)
    assert remote_user(person.open(page)) == USERNAME
    assert remote_user(person.open("/another")) == USERNAME


def test_apache_by_our_page_hears_of_a_logout(site: Site, person: Person) -> None:
    """Whoever signs out at the site is signed out at Apache, by back-channel logout."""
    person.sign_in("/")
    assert remote_user(person.open("/")) == USERNAME
    person.sign_out_at_site(site.metadata["end_session_endpoint"])
    deadline = time.monotonic() + _PATIENCE
    while (answer := person.open("/")).status_code == 200:
        assert time.monotonic() < deadline, "Apache was not told"
        time.sleep(0.1)
    assert led(answer).startswith(site.metadata["authorization_endpoint"])


def test_apache_by_our_page_signs_out_at_the_site(site: Site, person: Person) -> None:
    """Its link to sign out ends the session here, without a question, and leads to a free page."""
    person.sign_in("/")
    goodbye = person.wiki("/signed-out")
    sent = led(person.open(f"/oidc/redirect?logout={quote(goodbye, safe='')}"))
    assert sent.startswith(site.metadata["end_session_endpoint"])
    back = person.at_site.open(sent)
    assert isinstance(back, Answer)
    assert back.uri == goodbye
    assert person.open(goodbye).status_code == 200
    asked = person.at_site.open(led(person.open("/")))
    assert isinstance(asked, Shown)
    assert asked.asks_to_sign_in


def test_apache_by_our_page_lets_nobody_in_who_was_refused(site: Site, person: Person) -> None:
    """An error in place of a code is an error page of Apache's, and no session."""
    silently = f"{led(person.open('/'))}&prompt=none"
    answer = person.at_site.open(silently)
    assert isinstance(answer, Answer)
    assert answer.parameters["error"] == "login_required"
    assert "Error" in person.open(answer.location).text
    assert led(person.open("/")).startswith(site.metadata["authorization_endpoint"])


def test_apache_by_our_page_lets_readers_in_without_a_name(site: Site, packages: None) -> None:
    """Nobody is led to the site who only reads; either way to sign in comes back with a name."""
    with running(site, with_readers=True) as apache:
        pretending = {"Remote-User": USERNAME, "OIDC_CLAIM_preferred_username": USERNAME}
        for path in ("/sign-in/", _sign_in_link(site, apache)):
            with somebody(site, apache) as person:
                assert remote_user(person.open("/")) == ""
                assert remote_user(person.open("/", **pretending)) == ""
                back = person.sign_in(path)
                assert remote_user(person.open(back)) == USERNAME
                assert remote_user(person.open("/")) == USERNAME


def _sign_in_link(site: Site, apache: str) -> str:
    to = {"iss": site.issuer, "target_link_uri": f"{apache}/page"}
    return f"/oidc/redirect?{urlencode(to)}"
