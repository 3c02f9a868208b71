"""Finds a Chromium for the browser tests, and installs one where there is none.

Debian's package first (it brings the libraries it needs), Playwright's own build otherwise.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from demo import apt

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class BrowserMissing(Exception):
    """No Chromium on this machine, and none could be installed."""


def chromium_path() -> Path:
    """Give the executable of the Chromium that the tests drive.

    Looks at `AUTHSITE_CHROMIUM`, then at PATH, then at what Playwright downloaded.
    Raises BrowserMissing when there is none.
    """
    named = os.environ.get("AUTHSITE_CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise BrowserMissing(f"AUTHSITE_CHROMIUM names {named}, which is not a file.")
        return Path(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    downloaded = _playwright_chromium()
    if downloaded is None:
        raise BrowserMissing("No Chromium found: run `make browser`, or set AUTHSITE_CHROMIUM.")
    return downloaded


def _playwright_chromium() -> Path | None:
    # Asked in a process of its own: Playwright starts its driver to answer, and leaves an event
    # loop behind that Django would refuse to run beside.
    question = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", question], capture_output=True, text=True, check=False
    )
    path = Path(asked.stdout.strip())
    return path if asked.returncode == 0 and path.is_file() else None


def install_chromium() -> None:
    """Install a Chromium, by apt-get as root on Debian and through Playwright otherwise.

    Raises BrowserMissing when both ways failed.
    """
    if _apt_install():
        return
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0:
        command.append("--with-deps")
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode != 0:
        raise BrowserMissing("Chromium could not be installed; set AUTHSITE_CHROMIUM to one.")


def _apt_install() -> bool:
    return apt.can_install() and apt.install("chromium") and shutil.which("chromium") is not None


def main() -> int:
    """Make sure that there is a Chromium: exit status 0, or 1 with one line."""
    try:
        chromium_path()
    except BrowserMissing:
        print("Installing Chromium for the browser tests (once)...", file=sys.stderr)
        try:
            install_chromium()
            chromium_path()
        except BrowserMissing as missing:
            print(missing, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
