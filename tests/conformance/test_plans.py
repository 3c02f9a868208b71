"""Nothing is missing: each module of each plan has its test, and each decision its module."""

import importlib
from pathlib import Path

import pytest

from tests.conformance.browser import Shown
from tests.conformance.decisions import SUITE, configurations, decided, numbers, registrations
from tests.conformance.modules import WRITTEN
from tests.conformance.plans import BASIC, MODULES, Plan
from tests.conformance.site import Site
from tests.conformance.suite import BY_FORM, BY_POST, FIRST, SECOND, Suite


@pytest.fixture(scope="module")
def written() -> dict[Plan, set[str]]:
    """What all files of tests here have marked, whichever of them runs."""
    for file in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(f"tests.conformance.{file.stem}")
    return WRITTEN


@pytest.mark.parametrize("plan", MODULES, ids=lambda plan: plan.key)
def test_plan_has_a_test_for_each_of_its_modules(plan: Plan, written: dict[Plan, set[str]]) -> None:
    """None is missing, and none is made up."""
    assert written[plan] == MODULES[plan]


def test_document_counts_the_modules_of_each_plan() -> None:
    """What it says is covered is what the lists hold."""
    assert numbers() == {plan.key: len(names) for plan, names in MODULES.items()}


def test_decisions_are_about_modules_of_the_plans() -> None:
    """A decision about what no plan contains would hold nothing."""
    assert decided()
    for name, plan in decided():
        assert name in MODULES[plan]


def test_document_registers_the_clients_of_the_suite() -> None:
    """Each under the addresses that the suite has for its alias, without PKCE and nonce."""
    clients = registrations(SUITE)
    assert set(clients) == {FIRST, SECOND, BY_POST, BY_FORM}
    for metadata in clients.values():
        assert metadata["redirect_uris"] == [f"{SUITE}/test/a/authsite/callback"]
        assert metadata["require_pkce"] is False
        assert metadata["require_nonce"] is False


def test_document_configures_the_suite(site: Site) -> None:
    """Its automation finds the fields of our own sign-in page."""
    (configuration,) = configurations()
    assert configuration["alias"] == "authsite"
    assert {"client", "client2", "client_secret_post"} <= set(configuration)
    with site.http() as http:
        suite = Suite(site, BASIC, http)
        with suite.browser() as browser:
            shown = browser.open(suite.address(suite.request()))
    assert isinstance(shown, Shown)
    ids = {element.get("id") for element in shown.page.elements}
    commands = [
        command
        for rule in configuration["browser"]
        for task in rule["tasks"]
        for command in task.get("commands", [])
    ]
    typed = [command[2] for command in commands if command[:2] == ["text", "id"]]
    assert typed
    assert set(typed) <= ids
