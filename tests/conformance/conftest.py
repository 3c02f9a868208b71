"""The running site, and the suite as it runs one module."""

from collections.abc import Iterator

import pytest

from demo.postgres import Server
from tests.conformance.browser import Browser
from tests.conformance.site import Site, running_site
from tests.conformance.suite import Suite


@pytest.fixture(scope="session")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One running site for all modules."""
    with running_site(server, tmp_path_factory.mktemp("conformance")) as running:
        yield running


@pytest.fixture
def suite(site: Site, request: pytest.FixtureRequest) -> Iterator[Suite]:
    """The suite in the plan that the module is run for."""
    with site.http() as http:
        yield Suite(site, request.param, http)


@pytest.fixture
def browser(suite: Suite) -> Iterator[Browser]:
    """An empty browser."""
    with suite.browser() as empty:
        yield empty
