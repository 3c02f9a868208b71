"""`make run`: what it promises to whoever types it, and to scripts that read var/demo.json."""

import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from demo.processes import Probe
from tests.e2e.running_demo import STOP_SECONDS, RunningDemo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo for the tests of this module, which stop and start it in order."""
    running = RunningDemo(tmp_path_factory.mktemp("make-run") / "var")
    running.start()
    yield running
    running.forget()


def _processes(demo: RunningDemo) -> list[psutil.Process]:
    assert demo.process is not None
    supervisor = psutil.Process(demo.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def _child(demo: RunningDemo, *words: str) -> psutil.Process:
    for process in _processes(demo)[1:]:
        line = " ".join(process.cmdline())
        if all(word in line for word in words):
            return process
    raise AssertionError(f"no process has {words} in its command line")


def _answers(probe: Probe) -> bool:
    """Asks a few times: a busy machine may keep one question waiting for too long."""
    return any(probe.answers() for _ in range(6))


def test_description_says_what_a_script_needs(demo: RunningDemo) -> None:
    """var/demo.json names the sites, people, databases and commands, and is private."""
    said = demo.description
    assert said["issuer"] == f"http://auth.localhost:{demo.port}"
    assert said["operator_url"] == f"http://operator.localhost:{demo.port + 3}"
    assert [wiki["url"] for wiki in said["wikis"]] == [
        f"http://en.wiki.localhost:{demo.port + 1}",
        f"http://fr.wiki.localhost:{demo.port + 2}",
    ]
    assert {account["operator"] for account in said["accounts"]} == {True, False}
    for account in said["accounts"]:
        link = account.get("operator_enrolment_url", "")
        assert link.startswith(f"{said['operator_url']}/admin/enrol/#") == account["operator"]
    assert Path(said["mail_dir"]).is_dir()
    assert all(Path(log).is_file() for log in said["logs"])
    assert stat.S_IMODE((demo.var / "demo.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("role", ["web", "worker", "operator", "owner"])
@pytest.mark.parametrize("database", ["VAULT_URL", "DATABASE_URL"])
def test_described_login_enters_its_database(demo: RunningDemo, role: str, database: str) -> None:
    """Each role's addresses in var/demo.json work, and nobody is a superuser."""
    with psycopg.connect(demo.description["roles"][role][database]) as connection:
        row = connection.execute("SELECT current_setting('is_superuser')").fetchone()
    assert row == ("off",)


def test_described_command_manages_as_owner(demo: RunningDemo) -> None:
    """The described command with the described environment runs manage.py."""
    done = subprocess.run(
        [*demo.description["manage"], "migrate", "--check", "--database", "vault"],
        env=demo.description["env"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_greeting_says_where_to_go_and_how_to_sign_in(demo: RunningDemo) -> None:
    """Whoever typed `make run` reads every address, a name and its password."""
    said = demo.description
    places = [said["issuer"], said["operator_url"], *(wiki["url"] for wiki in said["wikis"])]
    people = [account[part] for account in said["accounts"] for part in ("username", "password")]
    assert [text for text in places + people if text not in demo.output] == []


def test_every_site_answers(demo: RunningDemo) -> None:
    """The auth site and the operator's are ready, both wikis show their front page."""
    for offset, (name, path) in enumerate(
        (
            ("auth", "/health/ready"),
            ("en.wiki", "/"),
            ("fr.wiki", "/"),
            ("operator", "/health/ready"),
        )
    ):
        assert _answers(Probe(f"{name}.localhost", demo.port + offset, path))


def test_web_worker_at_rest_is_small(demo: RunningDemo) -> None:
    """A web worker at rest takes less than 120 MB."""
    server = _child(demo, "granian", f"--port {demo.port} ")
    sizes = [worker.memory_info().rss / 1e6 for worker in server.children(recursive=True)]
    assert sizes
    assert max(sizes) < 120


def test_second_run_on_the_same_state_is_refused(demo: RunningDemo) -> None:
    """Another run on other ports gets one clear line, and the first goes on undisturbed."""
    second = RunningDemo(demo.var)
    second.description_file = demo.var / "never-written"
    with pytest.raises(AssertionError, match="Another process already runs the PostgreSQL"):
        second.start()
    assert (demo.var / "demo.json").exists()
    assert _answers(Probe("auth.localhost", demo.port, "/health/ready"))


def _people(demo: RunningDemo) -> tuple[list[dict[str, Any]], list[str]]:
    """The demo's accounts, and the links of its operators apart."""
    accounts = [dict(account) for account in demo.description["accounts"]]
    links = [account.pop("operator_enrolment_url", "") for account in accounts]
    return accounts, [link for link in links if link]


def test_sigterm_stops_everything(demo: RunningDemo) -> None:
    """Nothing runs after a stop, the description is gone, and the status is 0."""
    before = _processes(demo)
    assert demo.stop(signal.SIGTERM) == 0
    _, alive = psutil.wait_procs(before, timeout=STOP_SECONDS)
    assert alive == []
    assert not (demo.var / "demo.json").exists()


def test_second_start_is_sooner_served_than_the_first(demo: RunningDemo) -> None:
    """With the state of an earlier run it is up again quickly, with the same people."""
    before, links = _people(demo)
    first = demo.seconds
    demo.start()
    assert demo.seconds < first
    after, new_links = _people(demo)
    assert after == before
    # A link works once, so that each start has another one.
    assert len(links) == len(new_links) == 1
    assert links != new_links
    assert demo.stop(signal.SIGINT) == 0


def test_program_that_dies_stops_the_demo_with_its_log(demo: RunningDemo) -> None:
    """A child that dies is named with the end of its log, and the exit status is 1."""
    demo.start()
    _child(demo, "manage.py", "runworker").kill()
    assert demo.process is not None
    assert demo.process.wait(STOP_SECONDS) == 1
    assert "worker ended with status -9" in demo.output


def test_killed_demo_leaves_nothing_and_starts_again(demo: RunningDemo) -> None:
    """Even SIGKILL leaves no process behind, and the next start works."""
    demo.start()
    before = _processes(demo)
    demo.stop(signal.SIGKILL)
    _, alive = psutil.wait_procs(before, timeout=STOP_SECONDS)
    assert alive == []
    demo.start()
    assert demo.stop() == 0
