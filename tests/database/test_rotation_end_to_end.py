"""A whole rotation with real processes: nobody is signed out, and a killed run is taken up."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest

from authsite import roles
from tests.database.asking import value
from tests.database.rotating import RINGS, EnvFiles, kept_keys, today
from tests.environment import ISSUER
from tests.served import serving
from tests.web.operators import Answer, Browser

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "seven green boats at noon"
PEPPER = "AUTHSITE_PEPPER_KEYS"


@pytest.fixture
def files(vault: None, admin: psycopg.Connection, tmp_path: Path) -> Iterator[EnvFiles]:
    """The environment files of all roles; signing keys are put back at the end."""
    with kept_keys(admin):
        yield EnvFiles.make(tmp_path)


def manage(files: EnvFiles, *argv: str, role: str = "owner", stdin: str = "") -> tuple[int, str]:
    """Runs manage.py with what stands in a role's file; gives its status, and what it said."""
    done = subprocess.run(
        [sys.executable, "manage.py", *argv],
        cwd=ROOT,
        env=files.environment(role),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def managed(files: EnvFiles, *argv: str, stdin: str = "") -> str:
    """What a command said that worked."""
    status, said = manage(files, *argv, stdin=stdin)
    assert status == 0, said
    return said


class Visitor(Browser):
    """Somebody's browser at the public site."""

    def sign_in_page(self) -> Answer:
        """The sign-in page, with its sealed flow."""
        return self.get("/login")

    def send(self, page: Answer, username: str) -> Answer:
        """Sends the form of a sign-in page."""
        form = {"flow": page.value("flow"), "username": username, "password": PASSWORD}
        return self._ask("POST", "/login", urlencode(form))

    def sign_in_as(self, username: str) -> int:
        """Signs in from the front door; gives the status: 303 when that worked."""
        return self.send(self.sign_in_page(), username).status

    def is_signed_in(self) -> bool:
        """Whether the account page is shown."""
        return self.get("/account/").status == 200


def visitor(port: int, of_before: Visitor | None = None) -> Visitor:
    """A browser at that port, with the cookies that it got before a restart."""
    cookies = dict(of_before.cookies) if of_before else {}
    return Visitor(port, host=urlsplit(ISSUER).netloc, cookies=cookies)


def served(files: EnvFiles, role: str):
    """The site of that role in a process of its own, behind a proxy, with its file's variables."""
    return serving({**files.environment(role), "AUTHSITE_TRUSTED_PROXIES": "127.0.0.1/32"})


def test_rotation_of_all_keys_signs_nobody_out_and_ends_without_the_old_ones(
    files: EnvFiles, admin: psycopg.Connection
) -> None:
    """Files, restart, re-seal, old keys out: at each step people go on as if nothing was."""
    people = [{"username": "Ada", "email": "a@x.example"}, {"username": "Olga", "operator": True}]
    people = [{**person, "password": PASSWORD} for person in people]
    made = json.loads(managed(files, "createaccount", "--from", "-", stdin=json.dumps(people)))
    with served(files, "web") as port, served(files, "operator") as operator_port:
        ada, slow, olga = visitor(port), visitor(port), Browser(operator_port)
        waiting = slow.sign_in_page()
        assert ada.sign_in_as("Ada") == 303
        assert ada.is_signed_in()
        assert olga.enrol(made[1]["operator_enrolment_url"]).status == 303
        assert olga.sign_in().status == 303

    managed(files, "rotatekeys", "--all", *files.options())
    assert all(files.agreed(ring) == [today(), "t1"] for ring in RINGS)

    with served(files, "web") as port, served(files, "operator") as operator_port:
        assert manage(files, "check", role="worker")[0] == 0
        assert visitor(port, ada).is_signed_in()
        assert Browser(operator_port, cookies=dict(olga.cookies)).get("/admin/").status == 200
        assert visitor(port, slow).send(waiting, "Ada").status == 303
        assert visitor(port).sign_in_as("Nobody") == 200
        # While the site serves:
        managed(files, "rotatekeys", "--re-seal")
        assert visitor(port, ada).is_signed_in()
        assert Browser(operator_port, cookies=dict(olga.cookies)).get("/admin/").status == 200
        assert Browser(operator_port, authenticator=olga.authenticator).sign_in().status == 303
        assert visitor(port).sign_in_as("Ada") == 303

        status, said = manage(files, "rotatekeys", "--all", "--drop-old", *files.options())
        assert status == 1
        assert "1 passwords" in said  # Olga's: it moves when she signs in to the public site
        assert visitor(port).sign_in_as("Olga") == 303

    managed(files, "endallsessions", "--reason", "rotation")
    managed(files, "rotatekeys", "--all", "--drop-old", *files.options())
    assert all(files.agreed(ring) == [today()] for ring in RINGS)

    with served(files, "web") as port, served(files, "operator") as operator_port:
        assert not visitor(port, ada).is_signed_in()
        again = visitor(port)
        assert again.sign_in_as("Ada") == 303
        assert again.is_signed_in()
        assert Browser(operator_port, authenticator=olga.authenticator).sign_in().status == 303
        assert visitor(port).sign_in_as("Nobody") == 200
        assert visitor(port).get("/.well-known/jwks.json").status == 200
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag = 'site:row:refused'") == 0


def test_reseal_that_was_killed_goes_on_where_it_was(
    files: EnvFiles, admin: psycopg.Connection
) -> None:
    """SIGKILL in the middle: what is done is done, the rest is as it was, the next run finishes."""
    people = [{"username": f"Person {n}"} for n in range(1, 41)]
    managed(files, "createaccount", "--from", "-", stdin=json.dumps(people))
    managed(files, "rotatekeys", "CREDENTIAL", *files.options("web", "owner"))
    running = subprocess.Popen(
        [sys.executable, "manage.py", "rotatekeys", "--re-seal", "--batch", "1"],
        cwd=ROOT,
        env=files.environment("owner"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    with running:
        next(line for line in running.stderr if line == "names: 5 of 40 renewed\n")
        running.send_signal(signal.SIGKILL)
    moved = value(admin, "SELECT count(*) FROM vault.accounts WHERE mac_key = %s", today())
    left = value(admin, "SELECT count(*) FROM vault.accounts WHERE mac_key = 't1'")
    assert moved >= 5
    assert left >= 1
    assert moved + left == 40

    said = managed(files, "rotatekeys", "--re-seal", "--batch", "7")
    assert f"names: {left} of {left} renewed" in said
    assert value(admin, "SELECT count(*) FROM vault.accounts WHERE mac_key = 't1'") == 0
    managed(files, "rotatekeys", "CREDENTIAL", "--drop", "t1", *files.options("web", "owner"))
    assert files.agreed("AUTHSITE_CREDENTIAL_KEYS") == [today()]


def test_rotation_that_was_killed_leaves_files_that_processes_start_with(
    files: EnvFiles,
) -> None:
    """Whenever it dies, each file is the old one or the new one, and private."""
    running = subprocess.Popen(
        [sys.executable, "manage.py", "rotatekeys", "--all", *files.options()],
        cwd=ROOT,
        env=files.environment("owner"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    before = files.everything()
    while running.poll() is None:
        if files.everything() != before:
            running.send_signal(signal.SIGKILL)
            running.wait()
    for role in roles.ROLES:
        assert files.path(role).stat().st_mode & 0o777 == 0o600
        status, said = manage(files, "check", role=role)
        assert status == 0, said
