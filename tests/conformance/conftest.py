"""The running site, and the suite as it runs one module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.postgres import Server
from tests.conformance.browser import Browser
from tests.conformance.later_uses import MODULE, LaterUses
from tests.conformance.later_uses import later_uses as begin_later_uses
from tests.conformance.plans import CODE
from tests.conformance.site import Site, running_site
from tests.conformance.suite import Suite


@pytest.fixture(scope="session")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One running site for all modules."""
    with running_site(server, tmp_path_factory.mktemp("conformance")) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The module that waits comes after all others, which run meanwhile."""
    here = [n for n, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    ordered = sorted((items[n] for n in here), key=_waits)
    for n, item in zip(here, ordered, strict=True):
        items[n] = item


def _waits(item: pytest.Item) -> bool:
    return MODULE in item.name


@pytest.fixture(scope="session")
def later_uses(site: Site, request: pytest.FixtureRequest) -> Iterator[LaterUses]:
    """Codes redeemed before the first module, where the one that uses them again is run."""
    is_run = any(_waits(item) for item in request.session.items)
    with begin_later_uses(site, CODE if is_run else ()) as uses:
        yield uses


@pytest.fixture
def suite(site: Site, later_uses: LaterUses, request: pytest.FixtureRequest) -> Iterator[Suite]:
    """The suite in the plan that the module is run for."""
    del later_uses  # begun with the first module
    with site.http() as http:
        yield Suite(site, request.param, http)


@pytest.fixture
def browser(suite: Suite) -> Iterator[Browser]:
    """An empty browser."""
    with suite.browser() as empty:
        yield empty
