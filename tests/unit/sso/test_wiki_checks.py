"""``checkwiki`` against real wikis that have one fault each: it is seen, and said."""

import json
import socket
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from outbox.fetcher import Fetcher
from sso.services.wiki_checks import check
from sso.services.wiki_checks.probe import Probe
from tests.unit.outbox.servers import Server, certificate_for, read_request, serving
from tests.unit.sso.wiki_sites import (
    GOOD,
    LOOPBACK,
    QUIET,
    a_site,
    a_wiki,
    answer,
    checked,
    faults,
    notes,
    of,
)


def test_good_wiki_has_nothing_wrong_and_each_thing_is_said() -> None:
    """Addresses, logout, clock and calls have a line each; 400 to a bare call is right."""
    found = of({})
    assert faults(found) == []
    said = {one.about.partition(" ")[0]: one.verdict for one in found}
    assert {
        "front": "ok",
        "redirect": "ok",
        "after": "ok",
        "back-channel": "ok",
        "clock": "ok",
        "state": "ok",
        "logouts": "ok",
    }.items() <= said.items()
    # Of a wiki on this very machine TLS is not asked, but it is said.
    assert notes(found) == "TLS: none: good for a wiki on this very machine, and for nothing else"


@pytest.mark.parametrize(
    ("line", "status", "about", "says"),
    [
        ("GET / ", 404, "front page", "no such page"),
        ("GET / ", 503, "front page", "the wiki fails there"),
        ("GET /callback", 404, "redirect URI", "no such page"),
        ("GET /callback", 410, "redirect URI", "no such page"),
        ("GET /callback", 500, "redirect URI", "the wiki fails there"),
        ("GET /callback", 405, "redirect URI", "it takes no GET"),
        ("GET /bye", 404, "after sign-out", "no such page"),
        ("POST /logout", 200, "back-channel logout", "it believes a logout token that is unsigned"),
        ("POST /logout", 204, "back-channel logout", "it believes a logout token that is unsigned"),
        ("POST /logout", 302, "back-channel logout", "it leads elsewhere"),
        ("POST /logout", 404, "back-channel logout", "no logout reaches the wiki"),
        ("POST /logout", 405, "back-channel logout", "it takes no POST"),
        ("POST /logout", 500, "back-channel logout", "fails at a bad logout token"),
    ],
)
def test_address_that_answers_wrongly_is_the_one_thing_wrong(
    line: str, status: int, about: str, says: str
) -> None:
    """It is named, with the status and what follows from it."""
    [fault] = faults(of({line: answer(status)}))
    assert fault.startswith(about)
    assert f": {status}: " in fault
    assert says in fault


@pytest.mark.parametrize("status", [200, 302, 401, 403])
def test_redirect_uri_called_bare_may_complain_as_it_likes(status: int) -> None:
    """Without a code there is nothing for it to do."""
    assert faults(of({"GET /callback": answer(status, Location="/start")})) == []


def test_redirect_uri_that_takes_posts_alone_is_right_for_an_id_token() -> None:
    """By form_post nothing comes by GET."""
    found = of({"GET /callback": answer(405)}, response_types=("id_token",))
    assert faults(found) == []
    assert "form_post" in notes(found)


def test_redirect_uri_that_leads_to_another_host_is_wrong() -> None:
    """What is brought there would be carried on to somebody else."""
    away = answer(302, Location="https://elsewhere.example/callback")
    [fault] = faults(of({"GET /callback": away}))
    assert "another host, elsewhere.example" in fault
    page = of({"GET / ": answer(301, Location="https://www.elsewhere.example/")})
    assert faults(page) == []
    assert "another host, www.elsewhere.example" in notes(page)


def test_redirect_uri_that_begins_a_sign_in_leads_here_and_is_right(settings: Any) -> None:
    """Clients that guard every address send a bare call to us."""
    there = answer(302, Location=f"{settings.ISSUER}/oauth/authorize?client_id=wiki-a")
    assert faults(of({"GET /callback": there})) == []


def test_redirect_uri_on_another_host_than_the_front_page_is_noted() -> None:
    """It may be meant so, and it may be a slip."""
    with a_site(GOOD) as server:
        base = f"http://127.0.0.1:{server.port}"
        other = a_wiki(base, redirect_uris=(f"http://localhost:{server.port}/callback",))
        found = checked(other)
    assert faults(found) == []
    assert "another host than the front page" in notes(found)


def test_wiki_that_nobody_answers_for_is_wrong_at_each_address() -> None:
    """No connection: the server is named as the place to look."""
    with a_site(GOOD) as server:
        base = f"http://127.0.0.1:{server.port}"
    found = faults(checked(a_wiki(base)))
    assert len(found) == 4
    assert all("nothing takes connections there" in fault for fault in found)


def test_name_without_an_address_is_wrong() -> None:
    """As a slip in the name would be."""

    def nowhere(_host: str) -> list[str]:
        raise OSError

    found = faults(checked(a_wiki("https://wiki.example"), resolver=nowhere))
    assert len(found) == 4
    assert all("the name has no address" in fault for fault in found)


def test_wiki_in_a_private_network_is_not_tried_but_its_logouts_fail() -> None:
    """People's browsers may get there; we do not, and the setting that lets us is named."""
    wiki = a_wiki("https://10.1.2.3")
    found = checked(wiki)
    [fault] = faults(found)
    assert fault.startswith("back-channel logout")
    assert "AUTHSITE_OUTBOUND_ALLOW" in fault
    assert notes(found).count("not tried") == 3


def test_certificate_that_nobody_trusts_is_wrong_and_a_good_one_is_not(tmp_path: Path) -> None:
    """Browsers would warn, and back-channel calls fail."""
    server_side, client_side = certificate_for("127.0.0.1", tmp_path)
    with a_site(GOOD, tls=server_side) as server:
        wiki = a_wiki(f"https://127.0.0.1:{server.port}")
        bad, good = checked(wiki), checked(wiki, authorities=client_side)
    assert len(faults(bad)) == 4
    assert all("TLS fails" in fault for fault in faults(bad))
    assert faults(good) == []
    assert notes(good) == ""


def test_certificate_of_another_host_is_wrong(tmp_path: Path) -> None:
    """However good it is for that one."""
    server_side, client_side = certificate_for("other.example", tmp_path)
    with a_site(GOOD, tls=server_side) as server:
        found = checked(a_wiki(f"https://127.0.0.1:{server.port}"), authorities=client_side)
    assert len(faults(found)) == 4


def test_redirect_out_of_tls_is_wrong(tmp_path: Path) -> None:
    """The rest of the way would be read by anybody."""
    server_side, client_side = certificate_for("127.0.0.1", tmp_path)
    away = {**GOOD, "GET / ": answer(301, Location="http://127.0.0.1/")}
    with a_site(away, tls=server_side) as server:
        found = checked(a_wiki(f"https://127.0.0.1:{server.port}"), authorities=client_side)
    [fault] = faults(found)
    assert "out of https" in fault


def test_logout_tokens_that_are_posted_are_worthless() -> None:
    """Neither is by a key of ours, and they are about nobody: a wiki that obeys loses nothing."""
    with a_site(GOOD) as server:
        checked(a_wiki(f"http://127.0.0.1:{server.port}"))
        posts = [request for request in server.requests if request.startswith(b"POST")]
    assert len(posts) == 2
    for post, alg in zip(posts, ("none", "ES256"), strict=True):
        [token] = parse_qs(post.partition(b"\r\n\r\n")[2].decode())["logout_token"]
        header, claims, signature = token.split(".")
        assert json.loads(_decoded(header))["alg"] == alg
        assert (signature == "") == (alg == "none")
        said = json.loads(_decoded(claims))
        assert said["aud"] == "wiki-a"
        assert {"sub", "sid", "events", "jti"} <= said.keys()


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_wiki_that_believes_any_signature_is_caught_by_the_second_token() -> None:
    """It looks for a signature, and not whose: the unsigned one alone would not show it."""

    def converse(server: Server, connected: socket.socket) -> None:
        request = read_request(connected)
        server.requests.append(request)
        is_logout = request.startswith(b"POST")
        is_signed = is_logout and not request.rstrip().endswith(b".")
        connected.sendall(answer(200 if is_signed or not is_logout else 400))

    with serving(converse) as server:
        [fault] = faults(checked(a_wiki(f"http://127.0.0.1:{server.port}")))
    assert "it believes a logout token that is signed by nobody" in fault


def test_mediawiki_that_says_yes_to_all_is_told_from_one_that_obeyed() -> None:
    """PluggableAuth answers 200 and no body to what it does not take, and [] to what it did."""
    path = "/rest.php/pluggableauth/v1/logout"
    for body, is_wrong in ((b"", False), (b"[]", True)):
        with a_site({**GOOD, f"POST {path}": answer(200, body)}) as server:
            base = f"http://127.0.0.1:{server.port}"
            found = checked(a_wiki(base, backchannel_logout_uri=f"{base}{path}"))
        assert bool(faults(found)) == is_wrong
        assert ("looks done here" in notes(found)) != is_wrong


@pytest.mark.parametrize("status", [401, 403, 422])
def test_logout_refused_in_another_way_is_noted(status: int) -> None:
    """Something may stand before it that stops good tokens too."""
    found = of({"POST /logout": answer(status)})
    assert faults(found) == []
    assert f"{status} where 400 is the answer" in notes(found)


def test_logout_that_is_slow_is_noted() -> None:
    """We wait five seconds."""
    clock = iter([0.0, 0.1] * 3 + [0.0, 3.0, 0.0, 3.0])
    with a_site(GOOD) as server:
        probe = Probe(fetch=Fetcher(allowed=LOOPBACK).fetch, now=lambda: next(clock))
        wiki = a_wiki(f"http://127.0.0.1:{server.port}")
        found = list(check(wiki, QUIET, probe))
    assert "it took 3.0 seconds" in notes(found)
