"""``manage.py checkwiki``: by client id or name, in lines or in JSON, and what its status says."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from ipaddress import ip_network
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from sso.services.registration import register_wiki
from tests.unit.sso.wiki_sites import GOOD, a_site, answer

Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def console(vault: None, playing: Playing) -> Iterator[None]:
    """This process is the owner's, on a machine whose own addresses may be called."""
    with (
        playing("owner"),
        override_settings(LOOPBACK_HTTP=True, OUTBOUND_ALLOW=(ip_network("127.0.0.0/8"),)),
    ):
        yield


def registered(port: int, name: str = "English") -> dict[str, Any]:
    """A wiki at that port, as ``addwiki`` registers it."""
    base = f"http://127.0.0.1:{port}"
    return register_wiki(
        {
            "client_name": name,
            "first_party": True,
            "redirect_uris": [f"{base}/callback"],
            "post_logout_redirect_uris": [f"{base}/bye"],
            "backchannel_logout_uri": f"{base}/logout",
            "id_token_signed_response_alg": "ES256",
        }
    )


def test_wiki_that_is_well_is_said_to_be_and_the_status_is_0(
    console: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a finding, by name or client id; the secret is in none."""
    with a_site(GOOD) as server:
        made = registered(server.port)
        call_command("checkwiki", "English")
        by_name = capsys.readouterr().out
        call_command("checkwiki", made["client_id"])
        assert capsys.readouterr().out == by_name
    assert "ok     front page" in by_name
    assert "ok     back-channel logout" in by_name
    assert "note   last used: never" in by_name
    assert "wrong" not in by_name
    assert made["client_secret"] not in by_name


def test_wiki_with_a_fault_gives_status_1_and_the_fault_in_json(
    console: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON value, for whoever watches."""
    with a_site({**GOOD, "POST /logout": answer(200)}) as server:
        made = registered(server.port)
        with pytest.raises(SystemExit) as stopped:
            call_command("checkwiki", "English", "--json")
    assert stopped.value.code == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["client_id"], said["name"], said["wrong"]) == (made["client_id"], "English", 1)
    [fault] = [one for one in said["findings"] if one["verdict"] == "wrong"]
    assert fault["about"].startswith("back-channel logout")


def test_wiki_that_is_unknown_or_one_of_several_is_an_error_that_says_so(console: None) -> None:
    """Of two with one name, the client ids are given to choose from."""
    with pytest.raises(CommandError, match="no wiki of ours is called English"):
        call_command("checkwiki", "English")
    ids = [registered(8001)["client_id"] for _ in range(2)]
    with pytest.raises(CommandError) as refused:
        call_command("checkwiki", "English")
    assert all(client_id in str(refused.value) for client_id in ids)


def test_wiki_that_a_database_writer_changed_is_none_of_ours(
    console: None, admin: psycopg.Connection
) -> None:
    """Nothing is called that nobody registered."""
    with a_site(GOOD) as server:
        client_id = registered(server.port)["client_id"]
        admin.execute("UPDATE vault.wikis SET home_uri = 'https://elsewhere.example/'")
        with pytest.raises(CommandError, match="no wiki of ours"):
            call_command("checkwiki", client_id)
        assert server.requests == []


def test_logouts_that_were_given_up_are_told_of(
    console: None, admin: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on the wiki's page of the operators' site."""
    with a_site(GOOD) as server:
        client_id = registered(server.port)["client_id"]
        admin.execute(
            "INSERT INTO vault.outbox (kind, payload, buried_at, last_error) VALUES"
            " ('backchannel_logout', jsonb_build_object('client_id', %s::text), now(),"
            " 'status_500')",
            [client_id],
        )
        with pytest.raises(SystemExit):
            call_command("checkwiki", client_id)
    assert "1 were given up; the last error was status_500" in capsys.readouterr().out
