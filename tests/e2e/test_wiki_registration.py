"""A wiki registered by a chief in a real browser, and the demo's own wikis checked."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.operators import sign_in
from tests.e2e.people import arrive, markup

Look = Callable[..., None]


def test_wiki_is_registered_changed_and_given_a_new_secret_in_a_browser(
    demo: Demo, person: Callable[..., Page], look: Look
) -> None:
    """Every page of it, looked at; going back or loading again shows no secret and does nothing."""
    page, home = person(), demo.wikis[0].rstrip("/")
    sign_in(page, demo)
    page.goto(f"{demo.operator_url}/admin/wikis/")
    page.get_by_role("link", name="Register a wiki…").click()
    expect(page.get_by_role("button", name="See what it comes to")).to_be_visible()
    look(page, "operator-register-wiki")
    page.get_by_role("button", name="See what it comes to").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the name")
    page.get_by_label("Name", exact=True).fill("Cookbook")
    page.get_by_label("Its own address").fill(f"{home}/")
    page.get_by_label("Redirect addresses").fill("https://user@cook.example/callback")
    page.get_by_role("button", name="See what it comes to").click()
    expect(page.get_by_role("alert")).to_contain_text("no user")
    look(page, "operator-register-wiki-problem")
    page.get_by_label("Redirect addresses").fill(f"{home}/auth/callback")
    page.get_by_label("One of the family's own").check()
    page.get_by_role("button", name="See what it comes to").click()
    expect(page.get_by_text("People are sent to it with a code")).to_be_visible()
    look(page, "operator-register-wiki-agree")
    page.get_by_role("button", name="Change what you filled in").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Cookbook")
    page.get_by_role("button", name="See what it comes to").click()
    page.get_by_label("Reason").fill("The cooks asked for it.")
    page.get_by_role("button", name="Register this wiki").click()
    expect(page.get_by_role("heading", name="The wiki is registered")).to_be_visible()
    look(page, "operator-wiki-registered")
    said = re.compile(r"Client secret\s+(\S+)")
    main = page.locator("main")
    expect(main).to_contain_text(said, use_inner_text=True)
    found = said.search(main.inner_text())
    assert found is not None
    secret = found[1]
    expect(page).not_to_have_url(re.compile(re.escape(secret)))
    page.reload()
    arrive(page, "Register a wiki: Cookbook")
    expect(page.get_by_role("heading", name="The wiki is registered")).to_have_count(0)
    assert secret not in markup(page)
    page.goto(f"{demo.operator_url}/admin/wikis/")
    expect(page.get_by_role("link", name="Cookbook")).to_have_count(1)
    page.get_by_role("link", name="Cookbook").click()
    arrive(page, "Cookbook")
    look(page, "operator-wiki-of-a-chief")

    page.get_by_role("link", name="Change the registration…").click()
    page.get_by_label("ID tokens are signed by").select_option("ES256")
    page.get_by_role("button", name="See what it comes to").click()
    expect(page.get_by_text("RS256 becomes ES256")).to_be_visible()
    look(page, "operator-wiki-change-agree")
    page.get_by_label("Reason").fill("It can do more.")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("heading", name="The registration is changed")).to_be_visible()
    look(page, "operator-wiki-changed", few=True)
    page.get_by_role("link", name="To the page of Cookbook").click()
    page.get_by_role("link", name="Make a new secret…").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    look(page, "operator-wiki-renew-secret")


def test_demo_wikis_are_connected_as_they_should_be(demo: Demo) -> None:
    """Nothing is wrong with either: the logout that nobody signed is refused by both."""
    for name in ("English wiki", "Wiki français"):
        done = demo.manage("checkwiki", name, "--json")
        said = json.loads(done.stdout)
        faults = [one for one in said["findings"] if one["verdict"] == "wrong"]
        assert (faults, done.returncode) == ([], 0), done.stderr
        refusals = [one for one in said["findings"] if one["says"].startswith("400 to a logout")]
        assert len(refusals) == 2
        assert any(one["about"].startswith("clock of") for one in said["findings"])
