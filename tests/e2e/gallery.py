"""Looks at a page as people with different screens, eyes and windows meet it.

Each look makes four pictures (phone and desktop, light and dark) below ``var/screenshots/``, or
where ``AUTHSITE_SCREENSHOTS`` says, for whoever judges them. And it notes what a machine can find
by itself: axe-core's findings against WCAG 2.2 AA and the AAA contrast of text, targets too small
for a thumb, pages wider than the screen.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import axe_playwright_python
from playwright.sync_api import Page, ViewportSize

from tests.e2e.running_demo import ROOT

PHONE: Final = ViewportSize(width=390, height=844)
DESKTOP: Final = ViewportSize(width=1280, height=900)
NARROWEST: Final = ViewportSize(width=320, height=640)  # WCAG 1.4.10: 1280 px at 400 %
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
EXAMINED: Final = {("phone", "light"), ("desktop", "dark")}
AXE: Final = Path(axe_playwright_python.__file__).with_name("axe.min.js")
WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN_AXE: Final = """async (tags) => {
  const found = await axe.run({
    runOnly: {type: "tag", values: tags},
    rules: {"color-contrast-enhanced": {enabled: true}},
    resultTypes: ["violations"],
  });
  const why = (node) => [...node.any, ...node.all].map((check) => check.message).join("; ");
  return found.violations.map((one) =>
    [one.id, one.help, one.nodes.map((node) => `${node.html.slice(0, 160)} | ${why(node)}`)]);
}"""
# A link inside a sentence may be small (WCAG 2.5.8); a box's label is part of its target.
SMALL_TARGETS: Final = """() => {
  const targets = "a[href], button, select, input:not([type=hidden])";
  const sentences = "p, li, td, th, h3, dd, article, .letter";
  return [...document.querySelectorAll(targets)].filter((one) => {
    const within = one.matches("a, button.link") && one.closest(sentences);
    const label = one.matches("[type=checkbox]") ? one.labels[0] : null;
    const height = (label || one).getBoundingClientRect().height;
    return one.checkVisibility() && !within && height > 1 && height < 43.5;
  }).map((one) => one.outerHTML.slice(0, 160));
}"""
WIDER_THAN_SCREEN: Final = (
    "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
)


def folder() -> Path:
    """Where the pictures go."""
    return Path(os.environ.get("AUTHSITE_SCREENSHOTS") or ROOT / "var" / "screenshots")


@dataclass
class Gallery:
    """Takes the pictures and keeps what was found."""

    findings: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def look(self, page: Page, name: str, *, few: bool = False) -> None:
        """Looks at what the page shows now; ``few`` makes two pictures: each theme, each size."""
        assert name not in self.names, f"{name} is looked at twice"
        self.names.append(name)
        page.wait_for_load_state()  # a page on its way to the next has no document for a moment
        page.set_viewport_size(NARROWEST)
        if page.evaluate(WIDER_THAN_SCREEN) > 0:
            self.findings.append(f"{name}: wider than a screen of 320 px")
        for size, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
            page.set_viewport_size(viewport)
            if page.evaluate(WIDER_THAN_SCREEN) > 0:
                self.findings.append(f"{name}: wider than the screen of a {size}")
            for scheme in SCHEMES:
                examined = (size, scheme) in EXAMINED
                if few and not examined:
                    continue
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=folder() / f"{name}-{size}-{scheme}.png", full_page=True)
                if examined:
                    self._axe(page, f"{name} ({size}, {scheme})")
        self.findings += [f"{name}: small {one}" for one in page.evaluate(SMALL_TARGETS)]
        page.emulate_media(color_scheme="light")

    def _axe(self, page: Page, where: str) -> None:
        # By the debugger, so that the page's own policy against foreign scripts stays in force.
        if not page.evaluate("() => typeof axe === 'object'"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[tuple[str, str, list[Any]]] = page.evaluate(RUN_AXE, WCAG)
        for rule, help_text, nodes in found:
            self.findings.append(f"{where}: {rule}: {help_text}\n    " + "\n    ".join(nodes))
