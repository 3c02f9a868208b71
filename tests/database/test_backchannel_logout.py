"""What a wiki receives when a session ends (OpenID Connect Back-Channel Logout 1.0)."""

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings

from outbox.worker import Worker
from tests.database.asking import reported, vouch_for_wikis
from tests.database.outbox_jobs import (
    NO_CONTENT,
    add_job,
    add_logout,
    add_wiki,
    answering_status,
    make_due,
    state,
    told,
    worker_role,
)
from tests.environment import ISSUER
from tests.unit.outbox.servers import answering, serving

__all__ = ["worker_role"]
pytestmark = pytest.mark.usefixtures("worker_role")


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_logout_reaches_the_wiki_as_the_standard_says(admin: psycopg.Connection, alg: str) -> None:
    """The token has the claims of section 2.4 and no others, signed as the wiki registered."""
    sid, sub, jti = str(uuid4()), str(uuid4()), str(uuid4())
    with serving(answering(NO_CONTENT)) as wiki:
        uri = f"http://w.localhost:{wiki.port}/index.php?title=Special:Logout&a=%2F"
        client_id = add_wiki(admin, uri, alg)
        job_id = add_logout(admin, client_id, sid=sid, sub=sub, jti=jti)
        assert Worker().drain() == 1
    [request] = wiki.requests
    assert request.startswith(b"POST /index.php?title=Special:Logout&a=%2F HTTP/1.1\r\n")
    header, claims = told(request)
    assert (header["typ"], header["alg"]) == ("logout+jwt", alg)
    assert header["kid"]
    issued, expires = claims.pop("iat"), claims.pop("exp")
    assert abs(issued - time.time()) < 60
    assert 0 < expires - issued <= 120
    assert claims == {
        "iss": ISSUER,
        "aud": client_id,
        "sub": sub,
        "sid": sid,
        "jti": jti,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    assert state(admin, job_id)["done"]


def test_logout_refused_by_the_wiki_is_buried_after_a_few_tries(admin: psycopg.Connection) -> None:
    """400 means this token: the same event is offered a few times, then kept for operators."""
    with serving(answering_status(400)) as wiki:
        job_id = add_logout(admin, add_wiki(admin, f"http://127.0.0.1:{wiki.port}/"))
        for _ in range(6):
            make_due(admin)
            Worker().drain()
    found = state(admin, job_id)
    assert (found["buried"], found["done"], found["tries"]) == (True, False, 4)
    assert found["error"] == "wiki_refused"
    assert len({told(request)[1]["jti"] for request in wiki.requests}) == 1
    assert len(wiki.requests) == 4


@pytest.mark.parametrize("status", [201, 302, 401, 404, 429, 500, 503])
def test_logout_with_another_answer_is_tried_again(admin: psycopg.Connection, status: int) -> None:
    """Whatever isn't done or refused returns after a moment; a redirect isn't followed."""
    with serving(answering_status(status)) as wiki:
        job_id = add_logout(admin, add_wiki(admin, f"http://127.0.0.1:{wiki.port}/"))
        assert Worker().drain() == 1
    found = state(admin, job_id)
    assert (found["done"], found["buried"], found["error"]) == (False, False, f"status_{status}")
    assert 0 < found["due_in"] <= 2


def test_logout_done_with_a_long_answer_is_done(admin: psycopg.Connection) -> None:
    """A wiki that answers with a whole page has logged out all the same."""
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900000
    with serving(answering(page)) as wiki:
        job_id = add_logout(admin, add_wiki(admin, f"http://127.0.0.1:{wiki.port}/"))
        Worker().drain()
    assert state(admin, job_id)["done"]


def test_logout_to_an_address_that_may_not_be_called_isnt_sent(admin: psycopg.Connection) -> None:
    """A wiki registered with an inside address is never called (V-ssrf)."""
    with serving(answering(NO_CONTENT)) as wiki, override_settings(OUTBOUND_ALLOW=[]):
        job_id = add_logout(admin, add_wiki(admin, f"https://127.0.0.1:{wiki.port}/"))
        Worker().drain()
    assert wiki.connections == 0
    assert state(admin, job_id)["error"] == "address_refused"


@pytest.mark.parametrize("payload", [{}, {"client_id": "nobody"}, {"client_id": None, "jti": 7}])
def test_logout_that_can_never_be_sent_is_buried_at_once(
    admin: psycopg.Connection, payload: dict[str, Any]
) -> None:
    """A job without a wiki doesn't come back for a day."""
    job_id = add_job(admin, "backchannel_logout", payload)
    Worker().drain()
    found = state(admin, job_id)
    assert (found["buried"], found["error"]) == (True, "wiki_unknown")


def test_logout_to_a_corrected_address_goes_there(admin: psycopg.Connection) -> None:
    """What waits goes to the address that is registered now."""
    with serving(answering(NO_CONTENT)) as wiki:
        client_id = add_wiki(admin, "https://wrong.invalid/")
        job_id = add_logout(admin, client_id)
        admin.execute(
            "UPDATE vault.wikis SET backchannel_logout_uri = %s WHERE client_id = %s",
            [f"http://127.0.0.1:{wiki.port}/", client_id],
        )
        vouch_for_wikis(admin)
        Worker().drain()
    assert state(admin, job_id)["done"]


@pytest.mark.parametrize("name", ["sub", "sid", "jti"])
@pytest.mark.parametrize(
    "words",
    ["not an id", {"sub": "x"}, 7, None, pytest.param(f"{uuid4()} ", id="an id and a space")],
)
def test_logout_with_words_in_place_of_an_id_is_buried_and_reported(
    admin: psycopg.Connection, name: str, words: Any
) -> None:
    """Whoever writes the outbox's rows has nothing signed but ids."""
    with serving(answering(NO_CONTENT)) as wiki:
        client_id = add_wiki(admin, f"http://127.0.0.1:{wiki.port}/")
        job_id = add_logout(admin, client_id, **{name: words})
        Worker().drain()
    assert wiki.connections == 0
    found = state(admin, job_id)
    assert (found["buried"], found["error"]) == (True, f"not_ours:{name}")
    assert reported(admin) == {("logout", str(job_id))}


def test_claims_of_a_token_have_no_nonce(admin: psycopg.Connection) -> None:
    """A logout token can't be taken for an ID token: no nonce, a type of its own."""
    with serving(answering(NO_CONTENT)) as wiki:
        add_logout(admin, add_wiki(admin, f"http://127.0.0.1:{wiki.port}/"), nonce="n")
        Worker().drain()
    [token] = parse_qs(wiki.requests[0].partition(b"\r\n\r\n")[2].decode())["logout_token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert "nonce" not in claims


def test_logout_to_an_address_that_a_database_writer_chose_is_not_sent(
    admin: psycopg.Connection,
) -> None:
    """The wiki's MAC covers where it is told: nobody calls elsewhere, and it is written down."""
    with serving(answering(NO_CONTENT)) as elsewhere:
        client_id = add_wiki(admin, "https://wiki.invalid/")
        job_id = add_logout(admin, client_id, uri=f"http://127.0.0.1:{elsewhere.port}/")
        admin.execute(
            "UPDATE vault.wikis SET backchannel_logout_uri = %s",
            [f"http://127.0.0.1:{elsewhere.port}/"],
        )
        Worker().drain()
    assert elsewhere.connections == 0
    assert state(admin, job_id)["error"] == "wiki_unknown"
    assert reported(admin) == {("wiki", client_id)}
