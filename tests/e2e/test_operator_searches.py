"""The operators' searches, looked at: by e-mail address, and for whose a leaked token is."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import Demo
from tests.e2e.operators import sign_in
from tests.e2e.people import Person, arrive, has_error, markup, next_page, sign_up

Look = Callable[..., None]


def test_search_pages_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """Found and not found, alive and dead; neither address nor token is in any address visited."""
    leaky = person()
    sign_up(leaky, demo.wikis[0], "Leonie the leaky")
    cookies = leaky.context.cookies(demo.issuer)
    [secret] = [one["value"] for one in cookies if one["name"] == "__Host-session"]
    made = demo.manage("createaccount", "Adele", "--email", "adele@example.org", "--json")
    assert made.returncode == 0, made.stderr
    page = person()
    visited: list[str] = []
    page.on("request", lambda request: visited.append(request.url))
    sign_in(page, demo)

    look(page, "operator-overview-searches")
    page.get_by_label("Find by e-mail address").fill("Adele@example.org")
    page.locator("form", has=page.get_by_label("Find by e-mail address")).get_by_role(
        "button", name="Find"
    ).click()
    expect(page.get_by_role("link", name="Adele")).to_be_visible()
    look(page, "operator-address-found")
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Nobody has this address.")).to_be_visible()
    look(page, "operator-address-nobody")
    page.get_by_label("E-mail address").fill("adele")
    page.get_by_role("button", name="Find").click()
    has_error(page)
    look(page, "operator-address-error")

    page.goto(f"{demo.operator_url}/admin/")
    # An address does not get into the other search's address.
    page.get_by_label("Find an account by its name").fill("adele@example.org")
    page.get_by_role("button", name="Find").first.click()
    search = page.get_by_label("Find an account by its name")
    expect(search.and_(page.locator(":invalid:focus"))).to_be_visible()
    expect(page).to_have_url(f"{demo.operator_url}/admin/")

    page.get_by_role("link", name="A token or cookie leaked").click()
    arrive(page, "A token or cookie leaked")
    look(page, "operator-token")
    page.get_by_label("What was found").fill(f"Cookie: __Host-session={secret}; path=/")
    page.get_by_role("button", name="Whose is it?").click()
    expect(page.get_by_role("link", name="Leonie the leaky")).to_be_visible()
    expect(page.get_by_label("What was found")).to_have_value("")
    assert secret not in markup(page)
    look(page, "operator-token-found")
    page.get_by_role("link", name="Revoke the session").click()
    expect(page.get_by_role("button", name="Revoke it")).to_be_visible()
    look(page, "operator-token-revoke")
    page.get_by_label("Reason").fill("In a screenshot on the village pump.")
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_role("heading", name="It is revoked")).to_be_visible()
    look(page, "operator-token-revoked")
    leaky.goto(f"{demo.issuer}/account/")
    expect(leaky.get_by_label("User name")).to_be_visible()

    page.goto(f"{demo.operator_url}/admin/leaked-token/")
    page.get_by_label("What was found").fill(secret)
    page.get_by_role("button", name="Whose is it?").click()
    expect(page.get_by_text("there is nothing to revoke")).to_be_visible()
    look(page, "operator-token-dead")
    page.get_by_label("What was found").fill("eyJhbGciOiJSUzI1NiJ9.eyJzaWQiOiJ4In0.c2lnbmF0dXJl")
    with next_page(page):
        page.get_by_role("button", name="Whose is it?").click()
    expect(page.get_by_text("there is nothing to revoke")).to_have_count(0)
    look(page, "operator-token-not-ours")
    page.goto(f"{demo.operator_url}/admin/accounts/")
    look(page, "operator-accounts-searches")
    assert not [url for url in visited if secret in url or "adele" in url.casefold()]
