"""The operator's site in a process of its own, started once."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from accounts.services.registration import create_account
from demo.postgres import Server
from tests.environment import subprocess_environment
from tests.served import serving
from tests.web.operator_site.place import PASSWORD, PEOPLE, Place

Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def port(server: Server) -> Iterator[int]:
    """The operator's site in a process of its own, behind a proxy that speaks https."""
    environment = {
        **subprocess_environment("operator"),
        "AUTHSITE_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    with serving(environment) as found:
        yield found


@pytest.fixture
def place(port: int, vault: None, playing: Playing) -> Place:
    """The site, with one person and an operator of each level."""
    with playing("owner"):
        made = [create_account(n, PASSWORD, None, operator=level) for n, level in PEOPLE.items()]
    links = {one.username: one.operator_enrolment_url for one in made}
    return Place(
        port,
        {one.username: str(one.account_id) for one in made},
        {name: link for name, link in links.items() if link},
    )


@pytest.fixture
def wiki(manage: Callable[..., str]) -> str:
    """A registered wiki's client id."""
    metadata = {
        "client_uri": "https://en.wiki.example",
        "redirect_uris": ["https://en.wiki.example/callback"],
        "first_party": True,
    }
    said = manage("owner", "addwiki", "English", "--metadata", "-", stdin=json.dumps(metadata))
    client_id: str = json.loads(said)["client_id"]
    return client_id
