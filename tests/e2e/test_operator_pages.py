"""Every page of the operator's site, looked at: see gallery.py."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.operators import a_link, enrol, give_authenticator, sign_in
from tests.e2e.people import Person, arrive, sign_up

Look = Callable[..., None]
INES = "Ines of the plots"
# A day with its night, a wave of wrong passwords at noon, and a single wrong code.
A_DAY = (
    "INSERT INTO vault.sign_in_counts"
    " SELECT vault.slot_of(now()) - back * interval '30 minutes',"
    " 2000 + round(1500 * sin((back - 20) / 7.6)), CASE WHEN back IN (10, 11) THEN 48211"
    " ELSE 90 + back * 7919 % 60 END, CASE back WHEN 30 THEN 1 ELSE 0 END, 0"
    " FROM generate_series(1, 47) AS back"
    " ON CONFLICT (slot) DO UPDATE SET signed_in = excluded.signed_in,"
    " wrong_passwords = excluded.wrong_passwords, wrong_factors = excluded.wrong_factors"
)
UNTOLD = (
    "INSERT INTO vault.outbox (kind, payload, not_before, last_error, buried_at, tries)"
    " SELECT 'backchannel_logout', jsonb_build_object('client_id', w.client_id, 'for', 'the look'),"
    " now() + interval '1 hour', 'timed_out', CASE g WHEN 1 THEN now() END, 5"
    " FROM vault.wikis w, generate_series(1, 4) g WHERE w.name = 'Wiki français'"
)
LETTERS = (
    "INSERT INTO vault.outbox (kind, payload, account_id, done_at, buried_at, last_error)"
    " SELECT 'letter', jsonb_build_object('template', one.template, 'reference', one.reference,"
    " 'for', 'the look'), a.id, one.done_at, one.buried_at, one.error FROM vault.accounts a,"
    " (VALUES ('new_sign_in', 'K7PQ-2MRD', now(), NULL, NULL),"
    " ('password_reset_link', 'T4WX-9HJC', NULL, now(), 'recipient_refused'))"
    " AS one (template, reference, done_at, buried_at, error) WHERE a.username = %s"
)
PASSKEYS = (
    "INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,"
    " is_synced, backed_up, transports, name, sign_count, created_at, mac, mac_key)"
    " SELECT sha256(g::text::bytea), a.id, 'x', 'x', gen_random_uuid(), true, true, '{}', 'x', 0,"
    " now() - g * interval '3 days', 'x', 'x' FROM vault.accounts a, generate_series(1, 2) g"
    " WHERE a.username = %s"
)


@contextmanager
def a_busy_day(demo: Demo) -> Iterator[None]:
    """A day as a large site has it, and a wiki that does not answer."""
    roles = demo.description["roles"]
    with psycopg.connect(roles["owner"]["VAULT_URL"], autocommit=True) as owner:
        owner.execute("SET ROLE authsite_owner")
        owner.execute(A_DAY)
        owner.execute(UNTOLD)
        owner.execute(LETTERS, [INES])
        owner.execute(PASSKEYS, [INES])
        try:
            yield
        finally:
            owner.execute("DELETE FROM vault.outbox WHERE payload ->> 'for' = 'the look'")
            owner.execute("DELETE FROM vault.passkeys WHERE public_key = 'x'")
            owner.execute("DELETE FROM vault.sign_in_counts")


def says(page: Page, words: str) -> None:
    """These words stand on the page, what is there for want of script among them."""
    expect(page.locator("main")).to_contain_text(words, use_inner_text=True)


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
    arrive(page, "Mallory")
    look(page, "operator-account")
    page.get_by_role("link", name="Lock this account").click()
    expect(page.get_by_role("button", name="Lock")).to_be_visible()
    look(page, "operator-lock")
    page.get_by_role("button", name="Lock").click()
    # Without a reason nobody is asked for a passkey.
    expect(page.get_by_label("Reason").and_(page.locator(":invalid:focus"))).to_be_visible()
    page.get_by_label("Reason").fill("Signs in as others; reported by three people.")
    page.get_by_role("button", name="Lock").click()
    arrive(page, "The account is locked")
    look(page, "operator-locked")
    page.get_by_role("link", name="Back to Mallory").click()
    arrive(page, "Mallory")
    look(page, "operator-account-locked")

    for name in ("account", "wiki", "event"):
        page.goto(f"{demo.operator_url}/admin/{name}s/")
        look(page, f"operator-{name}s")
    page.goto(f"{demo.operator_url}/admin/wikis/")
    page.get_by_role("link", name="English wiki").first.click()
    arrive(page, "English wiki")
    look(page, "operator-wiki")
    page.goto(f"{demo.operator_url}/admin/")
    look(page, "operator-overview")
    page.goto(f"{demo.operator_url}/admin/passkeys/")
    look(page, "operator-passkeys")
    page.goto(f"{demo.operator_url}/admin/nowhere")
    look(page, "operator-not-found")


def test_operators_pages_of_a_busy_day_are_fit_to_be_seen(
    demo: Demo, person: Person, look: Look
) -> None:
    """Plots and their numbers, an account with all that it has, a wiki that hears of nothing."""
    member = person()
    sign_up(member, demo.wikis[0], INES)
    member.goto(f"{demo.issuer}/account/sessions")
    member.get_by_role("button", name="Sign out", exact=True).first.click()
    arrive(member, "You are signed out")
    page = person()
    sign_in(page, demo)
    with a_busy_day(demo):
        page.goto(f"{demo.operator_url}/admin/")
        expect(page.get_by_text("Most from").first).to_be_visible()
        look(page, "operator-overview-busy")
        page.get_by_text("The numbers").click()
        expect(page.get_by_role("columnheader", name="Wrong passwords")).to_be_visible()
        look(page, "operator-overview-numbers", few=True)
        page.goto(f"{demo.operator_url}/admin/wikis/")
        look(page, "operator-wikis-untold")
        page.get_by_role("link", name="Wiki français").first.click()
        arrive(page, "Wiki français")
        expect(page.get_by_text("timed_out")).to_be_visible()
        look(page, "operator-wiki-untold")
        page.goto(f"{demo.operator_url}/admin/accounts/?q=Ines")
        page.get_by_role("link", name=INES).first.click()
        expect(page.get_by_role("heading", name="Ended in the last hour")).to_be_visible()
        look(page, "operator-account-signed-out")


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
    expect(page).not_to_have_url(re.compile("#"))
    assert not [url for url in asked if token in url.partition("#")[0]]
    page.go_back()
    expect(page).to_have_url(f"{demo.operator_url}/admin/enrol/")
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
    says(plain, "manage.py lockaccount 'Nora the quiet' --reason")
    expect(plain.get_by_role("button", name="Lock")).to_have_count(0)
    stranger = person(java_script_enabled=False)
    stranger.goto(f"{demo.operator_url}/admin/login/")
    says(stranger, "Passkeys need JavaScript")
    expect(stranger.get_by_role("button", name="Sign in", exact=True)).to_have_count(0)


def test_link_is_typed_by_hand_without_script(demo: Demo, person: Person) -> None:
    """The whole link in a field; whose it is is said, and that passkeys need script."""
    page = person(java_script_enabled=False)
    page.goto(f"{demo.operator_url}/admin/enrol/")
    page.get_by_label("Link").fill(a_link(demo))
    page.get_by_role("button", name="Continue").click()
    name = demo.account(operator=True)["username"]
    expect(page.get_by_text(f"for {name}, at the operator's site")).to_be_visible()
    says(page, "Passkeys need JavaScript")


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
