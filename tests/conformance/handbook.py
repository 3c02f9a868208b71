"""Runs a Django project with mozilla-django-oidc by the blocks of docs/wikis/django-wiki.md.

The project is tests/clients/handbook/; django-wiki itself is not there, since all that it knows of
a sign-in is Django's.
"""

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from demo.processes import Probe, Program, Supervisor
from tests.conformance.site import Client, Site, free_port
from tests.conformance.wiki_pages import WikiPage

_PROJECT: Final = Path(__file__).resolve().parents[1] / "clients" / "handbook"
_WIKI: Final = "https://handbook.example.org"
_CLIENT_ID: Final = "handbook-1a2b3c4d"
# A quarter of an hour otherwise.
ASKS_AFTER: Final = 1  # second


@contextmanager
def running(site: Site, folder: Path) -> Iterator[str]:
    """Registers it by the page, serves it over TLS, and stops it at the end; gives its origin."""
    assert find_spec("mozilla_django_oidc"), "not installed: install requirements/dev.txt"
    port = free_port()
    origin = f"https://localhost:{port}"
    page = WikiPage("django-wiki.md", documented=_WIKI, origin=origin)
    client = page.register(site)
    _complete(shutil.copytree(_PROJECT, folder / "handbook"), page, site, client)
    supervisor = Supervisor(folder)
    try:
        supervisor.start(_program(site, client, folder, port))
        supervisor.wait_until_ready()
        yield origin
    finally:
        supervisor.stop()
        # Where a test fails, this is why.
        sys.stderr.write((folder / "handbook.log").read_text(encoding="utf-8"))


def _complete(project: Path, page: WikiPage, site: Site, client: Client) -> None:
    settings = page.settings(
        site, client, page.block("python", "INSTALLED_APPS"), client_id=_CLIENT_ID
    )
    with (project / "settings.py").open("a", encoding="utf-8") as file:
        file.write(f"{settings}\nOIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS = {ASKS_AFTER}\n")
    for name, words in (("models.py", "class Person"), ("sign_in.py", "class BySubject")):
        text = page.at(site, page.block("python", words))
        (project / name).write_text(text, encoding="utf-8")


def _program(site: Site, client: Client, folder: Path, port: int) -> Program:
    bundle = str(site.bundle)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "1", "--ssl-certificate", bundle, "--ssl-keyfile", bundle]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(40),
        "OIDC_RP_CLIENT_SECRET": client.secret,
        "REQUESTS_CA_BUNDLE": bundle,
    }
    return Program(
        "handbook",
        [*command, "handbook.wsgi:application"],
        environment,
        folder / "handbook.log",
        Probe("localhost", port, "/", tls=True),
    )
