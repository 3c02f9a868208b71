"""`make run`: brings up PostgreSQL, the site's three processes and two demo wikis, and stops them
all together. Each step is one function, in the order in which it happens.
"""

import argparse
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo.databases import LOGINS, prepare_cluster
from demo.environment import ROOT, WIKIS, Demo, Place, State, load_secrets, write_private
from demo.lifeline import follow_parent
from demo.postgres import EmbeddedPostgres, Server
from demo.postgres_home import PostgresUnavailable
from demo.preparation import PreparationFailed, invite_operators, prepare
from demo.processes import ProgramFailed, Supervisor
from demo.programs import programs
from demo.tls import CertificateUnusable, usable_key

PORT_PATIENCE = 3.0  # a run that was just stopped may still be letting go of its ports
HIGHEST_PORT = 65535


class CannotRun(Exception):
    """The demo cannot be started; the message is one clear line."""


FAILURES = (CannotRun, CertificateUnusable, PostgresUnavailable, PreparationFailed, ProgramFailed)


def main() -> int:
    """Run until Ctrl-C, SIGTERM or a failure; exit status 0, or 1 after one clear message."""
    arguments = _arguments()
    if arguments.follow_parent:
        follow_parent(signal.SIGTERM)  # make killed with SIGKILL
    # SIGINT too: a shell that starts us in the background has us ignore it, whoever sends it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        _run(arguments)
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
        return 0
    except FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="the first of four ports")
    parser.add_argument("--host", default="localhost", help="what the host names end in")
    parser.add_argument("--follow-parent", action="store_true", help="end when the caller ends")
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> None:
    began = time.monotonic()
    state = State(Path(os.environ.get("AUTHSITE_VAR") or ROOT / "var").resolve())
    place = _place(arguments, state)
    _refuse_taken_ports(place)
    kept, embedded = _open_state(state)
    with _running(state, embedded) as (server, supervisor):
        prepare_cluster(server, kept["database_passwords"])
        demo = Demo(place, state, server, kept)
        registered = prepare(demo)
        for program in programs(demo, registered):
            supervisor.start(program)
        links = invite_operators(demo)  # while the programs start
        supervisor.wait_until_ready()
        _describe(demo, links)
        _greet(demo, links, time.monotonic() - began)
        supervisor.watch()


@contextlib.contextmanager
def _running(state: State, embedded: EmbeddedPostgres) -> Iterator[tuple[Server, Supervisor]]:
    """Give a running database and a supervisor; whatever happens, stop programs first, it last."""
    server = embedded.start()  # from here on the state is ours alone
    supervisor = Supervisor(ROOT)
    try:
        state.description.unlink(missing_ok=True)  # of a run that was killed
        yield server, supervisor
    finally:
        # A second Ctrl-C must not leave anything behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        state.description.unlink(missing_ok=True)
        supervisor.stop()
        embedded.stop()


def _place(arguments: argparse.Namespace, state: State) -> Place:
    certificate, key = os.environ.get("TLS_CERT"), os.environ.get("TLS_KEY")
    if bool(certificate) != bool(key):
        raise CannotRun("TLS_CERT and TLS_KEY belong together: set both, or neither.")
    state.make()
    if not certificate or not key:
        place = Place(arguments.host.lower(), arguments.port)
    else:
        usable = usable_key(Path(certificate), Path(key), state.folder)
        place = Place(arguments.host.lower(), arguments.port, Path(certificate).resolve(), usable)
    if not place.tls_cert and place.host != "localhost" and not place.host.endswith(".localhost"):
        raise CannotRun(
            f"HOST={place.host} needs TLS_CERT and TLS_KEY: http is for localhost only."
        )
    if place.ports[0] < 1 or place.ports[-1] > HIGHEST_PORT:
        raise CannotRun(f"PORT={arguments.port} leaves no room for {len(place.ports)} ports.")
    return place


def _refuse_taken_ports(place: Place) -> None:
    deadline = time.monotonic() + PORT_PATIENCE
    while taken := [str(port) for port in place.ports if not _is_free(port)]:
        if time.monotonic() > deadline:
            ports = f"Port {taken[0]} is" if len(taken) == 1 else f"Ports {', '.join(taken)} are"
            raise CannotRun(
                f"{ports} taken: stop what listens there, or choose others, such as "
                f"`make run PORT={place.port + 100}`."
            )
        time.sleep(0.2)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _open_state(state: State) -> tuple[dict[str, Any], EmbeddedPostgres]:
    """Give the secrets and the cluster that belongs to them.

    A cluster whose secrets are gone (`rm -r var`, while root's PostgreSQL kept it elsewhere) can
    never be read again, and makes way for a new one.
    """
    begins = not state.secrets_file.exists()
    embedded = EmbeddedPostgres(state.folder / "postgres", log=state.log / "postgres.log")
    if begins and not embedded.is_new:
        print("The demo's secrets are gone, so its database begins again.", flush=True)
        embedded.forget()
        embedded = EmbeddedPostgres(state.folder / "postgres", log=state.log / "postgres.log")
    return load_secrets(state), embedded


def _describe(demo: Demo, links: dict[str, str]) -> None:
    """Write var/demo.json: what a script needs to drive the demo."""
    place, state = demo.place, demo.state
    accounts = [{**account, **_link_of(account, links)} for account in demo.secrets["accounts"]]
    write_private(
        state.description,
        {
            "issuer": place.issuer,
            "operator_url": place.operator,
            "wikis": [
                {"name": wiki.title, "url": place.wiki(index)} for index, wiki in enumerate(WIKIS)
            ],
            "accounts": accounts,
            "mail_dir": str(state.mail),
            "logs": [str(path) for path in sorted(state.log.glob("*.log"))],
            "roles": {role: demo.role_urls(role) for role in LOGINS},
            "manage": [sys.executable, str(ROOT / "manage.py")],
            "env": demo.role_environment("owner"),
        },
    )


def _link_of(account: dict[str, Any], links: dict[str, str]) -> dict[str, str]:
    """An operator's link of this start: it works once."""
    link = links.get(account["username"])
    return {"operator_enrolment_url": link} if link else {}


def _greet(demo: Demo, links: dict[str, str], seconds: float) -> None:
    place = demo.place
    lines = [f"authsite runs (after {seconds:.1f} s).", ""]
    lines.append(f"  The auth site         {place.issuer}")
    lines += [f"  {wiki.title:<21} {place.wiki(index)}" for index, wiki in enumerate(WIKIS)]
    lines += [f"  The operator's site   {place.operator}/admin/", "", "Sign in as"]
    for account in demo.secrets["accounts"]:
        note = "  (operator)" if account["operator"] else ""
        lines.append(f"  {account['username']:<10} {account['password']}{note}")
    lines += ["", "Enrol a passkey for the operator's site, once, as"]
    lines += [f"  {name:<10} {link}" for name, link in links.items()]
    lines += ["", f'Begin at {place.wiki(0)} and press "Create account", or sign in.']
    lines.append(f"Mail that the site sends: {place.wiki(0)}/mail")
    lines.append(f"Logs: {_shown(demo.state.log)}   State: {_shown(demo.state.folder)}")
    lines.append("Ctrl-C stops it all.")
    print("\n".join(lines), flush=True)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(main())
