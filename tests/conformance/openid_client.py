"""openid-client, a certified client library from npm: how it is registered, and how it is run.

Its project is tests/clients/openid_client/, locked by digests; npm comes with the tests' Python.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from tests.conformance.browser import Answer, Browser
from tests.conformance.site import LIBRARY_KEY, Client, Site

_PROJECT: Final = Path(__file__).resolve().parents[1] / "clients" / "openid_client"
_BIN: Final = Path(sys.executable).parent
_SECONDS: Final = 120


def installed(folder: Path) -> Path:
    """The project in that folder, with what it stands on as npm gives it."""
    project = shutil.copytree(_PROJECT, folder / "openid_client")
    npm = _BIN / "npm"
    assert npm.exists(), f"{npm} is missing: install requirements/dev.txt"
    # A registry that cannot be reached is an error, and soon; never a reason to skip.
    patience = ("--fetch-retries=1", "--fetch-timeout=30000")
    done = subprocess.run(
        [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *patience],
        cwd=project,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"npm could not install openid-client, for which it needs its registry:\n{done.stderr}"
    )
    return project


def sign_in(site: Site, client: Client, project: Path, browser: Browser) -> dict[str, Any]:
    """What the library says of a whole sign-in and sign-out; the browser goes where it is sent."""
    with _running(project, site.bundle) as (given, said):
        _write(given, _registered(site, client))
        for line in said:
            message = json.loads(line)
            if "done" in message:
                done: dict[str, Any] = message["done"]
                return done
            arrived = browser.go_through(message["go"])
            assert isinstance(arrived, Answer), f"no answer but a page: {arrived.title}"
            _write(given, {"arrived": arrived.location})
    raise AssertionError("it ended without a word")


def _registered(site: Site, client: Client) -> dict[str, Any]:
    by_key = client.metadata["token_endpoint_auth_method"] == "private_key_jwt"
    return {
        "issuer": site.issuer,
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "post_logout_redirect_uri": client.post_logout_redirect_uri,
        "scope": client.metadata["scope"],
        **(
            {"key": LIBRARY_KEY.as_dict(private=True)}
            if by_key
            else {"client_secret": client.secret}
        ),
    }


@contextmanager
def _running(project: Path, bundle: Path) -> Iterator[tuple[IO[str], IO[str]]]:
    with subprocess.Popen(
        [str(_BIN / "node"), "sign_in.mjs"],
        cwd=project,
        env={**_environment(), "NODE_EXTRA_CA_CERTS": str(bundle)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield process.stdin, process.stdout
        finally:
            process.stdin.close()
            said = process.stderr.read()
            status = process.wait(timeout=_SECONDS)
        assert status == 0, said


def _environment() -> dict[str, str]:
    # All of it: how npm reaches its registry is this machine's business, and so is whom it trusts,
    # which Node.js looks up in a list of its own unless it is told otherwise.
    return {
        "NODE_OPTIONS": "--use-system-ca",
        **os.environ,
        "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
    }


def _write(given: IO[str], value: dict[str, Any]) -> None:
    given.write(f"{json.dumps(value)}\n")
    given.flush()
