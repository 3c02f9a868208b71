"""The auth site's pages in a language that runs from right to left, looked at: see gallery.py.

Rendered here in the pseudo-locale of tests/web, and handed to Chromium with the site's own style
sheet and scripts in place of a server: no running site knows that language.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.conf import settings
from playwright.sync_api import Route

from accounts.forms import ChangePasswordForm, SignInForm, SignUpForm
from tests.e2e.people import Person
from tests.web.pseudo_locale import pseudo_locale
from tests.web.sample_frame import FLOW, WIKI, Sample
from tests.web.sample_pages import PAGES

Look = Callable[..., None]
ORIGIN: Final = "http://auth.localhost:9"  # nobody listens on discard
STATIC: Final = Path(settings.BASE_DIR) / "static"
TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
TO_WIKI: Final = {"flow": FLOW, "destination_name": WIKI}


def _pages() -> dict[str, str]:
    real = {
        "sign-in": Sample("accounts/sign_in.html", {"form": SignInForm(), **TO_WIKI}),
        "sign-up-error": Sample("accounts/sign_up.html", {"form": SignUpForm({}), **TO_WIKI}),
        "change-password": Sample("accounts/change_password.html", {"form": ChangePasswordForm()}),
    }
    with pseudo_locale():
        return {name: sample.render() for name, sample in {**PAGES, **real}.items()}


def test_every_page_from_right_to_left_is_fit_to_be_seen(person: Person, look: Look) -> None:
    """Nothing hangs out, overlaps or stays on the wrong side."""
    pages = _pages()

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith(settings.STATIC_URL):
            file = STATIC / path.removeprefix(settings.STATIC_URL)
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        else:
            route.fulfill(body=pages[path[1:]], content_type="text/html; charset=utf-8")

    page = person(java_script_enabled=True)
    page.route(f"{ORIGIN}/**", answer)
    for name in pages:
        if name == "form-post":
            continue  # sends itself; test_form_post.py holds it still
        page.goto(f"{ORIGIN}/{name}")
        look(page, f"rtl-{name}", few=True)
