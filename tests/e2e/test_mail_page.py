"""Letters in a browser, as the demo's mail page shows them: links that work, and nothing else."""

import re
import socket
import time
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from outbox.mail import connection_to
from outbox.messages import write
from outbox.token_letters import TokenWords
from tests.e2e.conftest import Demo
from tests.e2e.gallery import AXE, DESKTOP, NARROWEST, PHONE, RUN_AXE, SCHEMES, WCAG, folder
from tests.e2e.gallery import WIDER_THAN_SCREEN as WIDER
from tests.e2e.people import Person, await_letter, plain_text
from tests.mail_reader import html_of
from tests.unit.outbox.jobs import job
from tests.unit.outbox.servers import Server, read_request, serving
from tests.web.pseudo_locale import pseudo_locale

# A link to a page that tells nobody's token: it only has to open.
LETTER: Final = "password_reset_link"


def made(issuer: str, recipient: str, template: str = LETTER, **changes: Any) -> Any:
    """A letter of ours with a link to this site."""
    page = f"{issuer}/login"
    values = {
        "username": "Anna",
        "reference": "ABCD-1234",
        "tokens": (TokenWords("Anna", f"{page}#{'x-_9' * 10}abc", "ABCD-EFGH-JKMN-PQRS", page),),
        **changes.pop("values", {}),
    }
    site = {"ISSUER": issuer, "SITE_NAME": "authsite", "DEFAULT_FROM_EMAIL": "no-reply@example.org"}
    with override_settings(**site):
        options = {"to": [recipient], "at": int(time.time()), "language": "en", **changes}
        return write(job(7, reference=recipient), template, values, **options)


def arrive(demo: Demo, recipient: str) -> None:
    """Puts a letter with a link among those that the demo has sent."""
    letter = made(demo.issuer, recipient)
    letter.connection = connection_to(Path(demo.description["mail_dir"]).as_uri())
    letter.send()


def test_link_in_a_letter_opens_the_site_in_a_tab_of_its_own(demo: Demo, person: Person) -> None:
    """From the HTML as from the text, as one does it in a mail reader."""
    arrive(demo, "clicks@example.org")
    page = person()
    await_letter(page, demo.wikis[0], "clicks@example.org").click()
    link = page.frame_locator("#letter-html").get_by_role("link")
    expect(link).to_have_count(1)
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    assert opened.value.evaluate("() => window.opener") is None
    plain_text(page).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def test_letter_without_script_can_be_read_and_its_link_followed(
    demo: Demo, person: Person
) -> None:
    """List, letter, plain text and link are ordinary pages."""
    arrive(demo, "noscript@example.org")
    page = person(java_script_enabled=False)
    await_letter(page, demo.wikis[1], "noscript@example.org").click()
    expect(page.frame_locator("#letter-html").get_by_text("Hello Anna,")).to_be_visible()
    page.get_by_role("link", name="Texte brut").click()
    page.locator("#letter-text a").first.click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def evil_letter(evil: str) -> EmailMessage:
    """A letter whose HTML tries to run, to load, to send and to take our place."""
    letter = EmailMessage()
    letter["From"], letter["To"] = "<script>alert(1)</script>", "stranger@example.org"
    letter["Subject"] = "<script>alert(1)</script>"
    letter.set_content("<script>alert(1)</script>")
    letter.add_alternative(
        f"<base href='{evil}' target=_top><meta http-equiv=refresh content='0;url={evil}'>"
        f"<script>alert(1)</script><script src='{evil}/x.js'></script><img src='{evil}/x.png' "
        f"onerror=alert(1)><link rel=stylesheet href='{evil}/x.css'><iframe src='{evil}'></iframe>"
        f"<a href='{evil}' target=_top>top</a><a href='{evil}' target=_self>self</a>"
        f"<form action='{evil}'><button>send</button></form>"
        f"<style>@import '{evil}/x.css'; body {{ background: url({evil}/x.png) }}</style>",
        subtype="html",
    )
    return letter


def note(server: Server, connected: socket.socket) -> None:
    """Keeps what it is asked, and answers nothing."""
    asked = read_request(connected)
    if asked:
        server.requests.append(asked)


def test_letter_of_a_stranger_runs_loads_and_opens_nothing(demo: Demo, chromium: Browser) -> None:
    """Whatever its HTML asks for: no script, no picture, no form, no other page in our place."""
    said: list[str] = []
    with serving(note) as elsewhere, closing(chromium.new_context()) as context:
        letter = evil_letter(f"http://127.0.0.1:{elsewhere.port}")
        (Path(demo.description["mail_dir"]) / "stranger.eml").write_bytes(letter.as_bytes())
        page = context.new_page()
        page.on("dialog", lambda dialog: said.append(dialog.message))
        await_letter(page, demo.wikis[0], "stranger@example.org").click()
        frame = page.frame_locator("#letter-html")
        # The last one leaves the frame itself empty.
        for name in ("send", "top", "self"):
            frame.get_by_text(name, exact=True).click()
        expect(frame.get_by_text("self", exact=True)).to_have_count(0)
        expect(page).to_have_url(re.compile("/mail/stranger.eml~0$"))
        assert len(context.pages) == 1
        page.goto(f"{demo.wikis[0]}/mail")
        assert elsewhere.requests == []
    assert said == []


def check(page: Page, html: str, name: str) -> list[str]:
    """What is wrong with a letter as a mail reader on a phone or a desk shows it."""
    wrong = []
    page.set_content(html)
    for size, viewport in (("narrow", NARROWEST), ("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(viewport)
        if page.evaluate(WIDER) > 0:
            wrong.append(f"{name}: wider than a {size} screen")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=folder() / f"{name}-{size}-{scheme}.png", full_page=True)
            if not page.evaluate("() => typeof axe === 'object'"):
                page.evaluate(AXE.read_text(encoding="utf-8"))
            # Headings and landmarks are the mail reader's.
            found = page.evaluate(RUN_AXE, [tag for tag in WCAG if tag != "best-practice"])
            wrong += [f"{name}, {size}, {scheme}: {one}" for one in found]
    return wrong


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("letter-link", {}),
        ("letter-long-name", {"template": "passkey_added", "values": {"username": "W" * 255}}),
        ("letter-right-to-left", {"language": "ar"}),
    ],
)
def test_letter_by_itself_is_fit_to_be_seen(
    person: Person, name: str, options: dict[str, Any]
) -> None:
    """On any screen, light and dark: nothing sticks out, and text has the contrast of AAA."""
    folder().mkdir(parents=True, exist_ok=True)
    if options.get("language") == "ar":
        with pseudo_locale():
            letter = made("https://auth.example.org", "anna@example.org", **options)
    else:
        letter = made("https://auth.example.org", "anna@example.org", **options)
    assert check(person(), html_of(letter.message().as_bytes()), name) == []
