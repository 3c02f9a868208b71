"""What runs in the demo: the site's three processes and the wikis, each with what it may know."""

import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from demo.environment import WIKIS, Demo, Place
from demo.preparation import Registrations
from demo.processes import Probe, Program

SITE = "authsite.wsgi:application"
WIKI = "demo.wiki.wsgi:application"
WEB_WORKERS = 2


def programs(demo: Demo, registered: Registrations) -> Iterator[Program]:
    """Give every program of the demo; `registered` is what the preparation gave."""
    place = demo.place
    yield _served(
        demo,
        "web",
        SITE,
        origin=place.issuer,
        path="/health/ready",
        workers=WEB_WORKERS,
        environment=demo.role_environment("web"),
    )
    yield _served(
        demo,
        "operator",
        SITE,
        origin=place.operator,
        path="/health/ready",
        environment=demo.role_environment("operator"),
    )
    yield Program(
        "worker",
        (sys.executable, "manage.py", "runworker"),
        demo.role_environment("worker"),
        demo.state.log / "worker.log",
    )
    for index, wiki in enumerate(WIKIS):
        origin = place.wiki(index)
        yield _served(
            demo,
            f"wiki-{wiki.key}",
            WIKI,
            origin=origin,
            path="/",
            environment=demo.wiki_environment(index, registered[origin]),
        )


def _served(
    demo: Demo,
    name: str,
    application: str,
    *,
    origin: str,
    path: str,
    environment: dict[str, str],
    workers: int = 1,
) -> Program:
    parts = urlsplit(origin)
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    return Program(
        name,
        _granian(demo.place, application, port, workers),
        environment,
        demo.state.log / f"{name}.log",
        Probe(parts.hostname or "", port, path, tls=tls),
    )


def _granian(place: Place, application: str, port: int, workers: int) -> tuple[str, ...]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--blocking-threads", "1"]
    command += ["--workers-kill-timeout", "5"]
    if place.tls_cert and place.tls_key:
        command += ["--ssl-certificate", str(place.tls_cert), "--ssl-keyfile", str(place.tls_key)]
    return (*command, application)
