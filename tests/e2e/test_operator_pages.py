"""Every page of the operator's site, looked at: see gallery.py."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.operators import a_link, enrol, give_authenticator, sign_in
from tests.e2e.people import Person, sign_up

Look = Callable[..., None]


def shown(page: Page) -> str:
    """What stands on the page, what is there for want of script among it."""
    return page.locator("main").inner_text()


def test_operators_pages_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """From the sign-in to a locked account: lists, facts, the question and what was done."""
    for name in ("Wanda the quiet", "Mallory"):
        sign_up(person(), demo.wikis[0], name)
    page = person()
    page.goto(f"{demo.operator_url}/admin/")
    look(page, "operator-sign-in")
    sign_in(page, demo)

    page.goto(f"{demo.operator_url}/admin/accounts/?q=Mallory")
    page.get_by_role("link", name="Mallory").first.click()
    look(page, "operator-account")
    page.get_by_role("link", name="Lock this account").click()
    look(page, "operator-lock")
    page.get_by_role("button", name="Lock").click()
    # Without a reason nobody is asked for a passkey.
    assert page.get_by_label("Reason").evaluate("field => field.matches(':invalid:focus')")
    page.get_by_label("Reason").fill("Signs in as others; reported by three people.")
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("button", name="Lock this account")).to_have_count(0)
    look(page, "operator-locked")
    page.get_by_role("link", name="Back to Mallory").click()
    look(page, "operator-account-locked")

    for name in ("account", "wiki", "event"):
        page.goto(f"{demo.operator_url}/admin/{name}s/")
        look(page, f"operator-{name}s")
    page.goto(f"{demo.operator_url}/admin/wikis/")
    page.get_by_role("link", name="English wiki").first.click()
    look(page, "operator-wiki")
    page.goto(f"{demo.operator_url}/admin/")
    look(page, "operator-overview")
    page.goto(f"{demo.operator_url}/admin/passkeys/")
    look(page, "operator-passkeys")
    page.goto(f"{demo.operator_url}/admin/nowhere")
    look(page, "operator-not-found")


def test_lockouts_pages_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """Closing the site to unknown browsers, a list of accounts, and undoing both."""
    for name in ("Tess the first", "Tess the second"):
        sign_up(person(), demo.wikis[0], name)
    page = person()
    sign_in(page, demo)
    page.goto(f"{demo.operator_url}/admin/lockouts/")
    look(page, "operator-lockouts")
    for address in ("end-all-sessions", "withdraw-keys", "close/sign_in"):
        page.goto(f"{demo.operator_url}/admin/lockouts/{address}/")
        look(page, f"operator-{address.replace('/', '-')}")
    page.goto(f"{demo.operator_url}/admin/lockouts/close/unknown_devices/")
    look(page, "operator-close-unknown-devices")
    page.get_by_label("Reason").fill("Passwords that leaked elsewhere are tried here.")
    page.get_by_label("Until when").select_option("4h")
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_role("heading", name="It is closed")).to_be_visible()
    look(page, "operator-closed")

    page.goto(f"{demo.operator_url}/admin/lockouts/accounts/")
    look(page, "operator-lock-list")
    page.get_by_label("Accounts").fill("Tess the first\nTess the second\nTess of nowhere")
    page.get_by_role("button", name="See whom it means").click()
    expect(page.get_by_text("2 accounts are locked: Tess the first")).to_be_visible()
    look(page, "operator-lock-list-seen")
    page.get_by_label("Reason").fill("They were made by one script.")
    page.get_by_role("button", name="Lock these accounts").click()
    expect(page.get_by_role("heading", name="The list is locked")).to_be_visible()
    look(page, "operator-list-locked")
    page.goto(f"{demo.operator_url}/admin/lockouts/")
    look(page, "operator-lockouts-live")
    page.goto(f"{demo.operator_url}/admin/")
    look(page, "operator-overview-closed")

    # A stranger's browser is told so, at the auth site, whatever the name.
    stranger = person()
    stranger.goto(f"{demo.issuer}/login")
    stranger.get_by_label("User name").fill("Tess the first")
    stranger.get_by_label("Password", exact=True).fill("a password of somebody's")
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger.get_by_role("heading", name="This account is locked")).to_be_visible()
    stranger.goto(f"{demo.issuer}/login")
    stranger.get_by_label("User name").fill("Nobody of that name")
    stranger.get_by_label("Password", exact=True).fill("a password of somebody's")
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger.get_by_role("heading", name="Signing in is limited")).to_be_visible()
    look(stranger, "sign-in-limited")

    page.goto(f"{demo.operator_url}/admin/lockouts/")
    for undo in ("The list is unlocked", "It is open again"):
        page.get_by_role("link", name="Undo…").first.click()
        page.get_by_label("Reason").fill("It is over.")
        page.locator("form.passkey button[data-working]").click()
        expect(page.get_by_role("heading", name=undo)).to_be_visible()
        page.goto(f"{demo.operator_url}/admin/lockouts/")
    expect(page.get_by_text("Nothing is closed")).to_be_visible()


def test_enrolment_pages_are_fit_to_be_seen_and_the_link_leaves_no_trace(
    demo: Demo, person: Person, look: Look
) -> None:
    """The link's token is out of the address at once, and out of the browser's history."""
    page = person()
    give_authenticator(page)
    link = a_link(demo)
    token = link.partition("#")[2]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{demo.operator_url}/admin/enrol/")
    look(page, "operator-enrol")
    page.goto(link)
    expect(page.get_by_role("button", name="Create passkey")).to_be_visible()
    look(page, "operator-enrol-passkey")
    assert "#" not in page.url
    assert not [url for url in asked if token in url.partition("#")[0]]
    page.go_back()
    assert token not in page.url
    page.goto(link)
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_text("Your passkey is enrolled")).to_be_visible()
    look(page, "operator-enrolled")
    page.goto(link)
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    look(page, "operator-enrol-gone")
    enrolled_here = a_link(demo)
    page.goto(enrolled_here)
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_text("This device holds a passkey")).to_be_visible()
    look(page, "operator-enrol-held")


def test_operator_whose_device_does_not_know_them_is_kept_out(
    demo: Demo, person: Person, look: Look
) -> None:
    """A key that only needs a touch makes no passkey; one that stops verifying opens nothing."""
    page = person()
    give_authenticator(page, hasUserVerification=False, isUserVerified=False)
    page.goto(a_link(demo))
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("Your passkey is enrolled")).to_have_count(0)
    look(page, "operator-enrol-error")


def test_measures_without_script_name_the_console(demo: Demo, person: Person) -> None:
    """Passkeys need script: the page says so, shows no button, and says what does the same."""
    sign_up(person(), demo.wikis[0], "Nora the quiet")
    page = person()
    sign_in(page, demo)
    page.goto(f"{demo.operator_url}/admin/accounts/?q=Nora")
    page.get_by_role("link", name="Nora the quiet").first.click()
    page.get_by_role("link", name="Lock this account").click()
    expect(page.get_by_role("button", name="Lock")).to_be_visible()
    address, cookies = page.url, page.context.cookies()
    plain = person(java_script_enabled=False)
    plain.context.add_cookies(cookies)  # type: ignore[arg-type]
    plain.goto(address)
    expect(plain.get_by_role("button", name="Lock")).to_have_count(0)
    assert "manage.py lockaccount 'Nora the quiet' --reason" in shown(plain)
    stranger = person(java_script_enabled=False)
    stranger.goto(f"{demo.operator_url}/admin/login/")
    assert "Passkeys need JavaScript" in shown(stranger)
    expect(stranger.get_by_role("button", name="Sign in", exact=True)).to_have_count(0)


def test_link_is_typed_by_hand_without_script(demo: Demo, person: Person) -> None:
    """The whole link in a field; whose it is is said, and that passkeys need script."""
    page = person(java_script_enabled=False)
    page.goto(f"{demo.operator_url}/admin/enrol/")
    page.get_by_label("Link").fill(a_link(demo))
    page.get_by_role("button", name="Continue").click()
    name = demo.account(operator=True)["username"]
    expect(page.get_by_text(f"for {name}, at the operator's site")).to_be_visible()
    assert "Passkeys need JavaScript" in shown(page)


def test_passkey_of_another_device_is_enrolled_beside_the_first(demo: Demo, person: Person) -> None:
    """Two devices, two passkeys; one of them removes the other by showing itself."""
    first, second = person(), person()
    sign_in(first, demo)
    give_authenticator(second)
    enrol(second, a_link(demo))
    first.goto(f"{demo.operator_url}/admin/passkeys/")
    first.get_by_role("link", name="Remove").last.click()
    first.get_by_role("button", name="Remove this passkey").click()
    expect(first.get_by_role("heading", name="The passkey is removed")).to_be_visible()
    second.get_by_role("button", name="Sign in with your passkey").click()
    expect(second.get_by_role("alert").first).to_contain_text("does not open the operator's site")
