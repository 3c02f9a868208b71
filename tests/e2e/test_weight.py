"""What the sign-in page costs whoever opens it on a slow line, and what it leaves alone."""

from urllib.parse import urlsplit

from playwright.sync_api import Request, expect

from tests.e2e.conftest import Demo
from tests.e2e.people import Person

HEAVIEST = 30_000  # bytes of bodies as they are transferred


def test_sign_in_page_with_all_it_loads_is_light_and_asks_nobody_else(
    demo: Demo, person: Person
) -> None:
    """Under 30 kB in all, from this origin alone, without inline script and without complaints."""

    def keep(request: Request) -> None:
        loaded.append(request)

    page = person()
    page.goto(demo.wikis[0])
    target = page.locator("#sign-in").get_attribute("href")
    said: list[str] = []
    loaded: list[Request] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfinished", keep)
    page.goto(f"{demo.wikis[0]}{target}", wait_until="networkidle")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()

    ours = [one for one in loaded if one.url.startswith(demo.issuer)]
    weights = {urlsplit(one.url).path: one.sizes()["responseBodySize"] for one in ours}
    print("sign-in page:", sum(weights.values()), "bytes", weights)  # noqa: T201
    assert len(weights) >= 3  # page, style sheet, script
    assert sum(weights.values()) < HEAVIEST
    assert {urlsplit(one.url).netloc for one in loaded} <= {
        urlsplit(demo.issuer).netloc,
        urlsplit(demo.wikis[0]).netloc,  # the redirect that leads here
    }
    expect(page.locator("script:not([src]), style, [style], [onclick]")).to_have_count(0)
    assert said == []
