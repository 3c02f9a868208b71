"""New signing keys: wikis notice nothing, unless the old ones are withdrawn."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.database.asking import ask
from tests.database.console import Console, Playing
from tests.database.rotating import kept_keys


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


@pytest.fixture(autouse=True)
def kept(admin: psycopg.Connection) -> Iterator[None]:
    """The signing keys of all tests, whatever becomes of them in this one."""
    with kept_keys(admin):
        yield


def published() -> tuple[set[str], dict[str, str]]:
    """The ids of the published keys, and which sign, as a process that has just started sees it."""
    from vault import signing_keys

    signing_keys.forget()
    found = signing_keys.key_set()
    return {key["kid"] for key in found.published}, {a: k.kid for a, k in found.active.items()}


def test_rotatekeys_signing_publishes_new_keys_before_they_sign(
    console: Console, admin: psycopg.Connection
) -> None:
    """The old ones sign for an hour more and stay published for a day: no wiki notices."""
    before, signing = published()
    made = set(console.answer("rotatekeys", "--signing")["signing_keys"].values())
    assert len(made) == 2
    assert published() == (before | made, signing)
    admin.execute("UPDATE vault.signing_keys SET retired_at = retired_at - interval '61 minutes'")
    now_published, now_signing = published()
    assert now_published == before | made
    assert set(now_signing.values()) == made
    admin.execute("UPDATE vault.signing_keys SET retired_at = retired_at - interval '1 day'")
    assert published()[0] == made


def test_rotatekeys_signing_twice_in_an_hour_goes_on_signing_with_what_everybody_has(
    console: Console,
) -> None:
    """The key in between was never old enough to be in every copy."""
    before, signing = published()
    made = set(console.answer("rotatekeys", "--signing")["signing_keys"].values())
    made |= set(console.answer("rotatekeys", "--signing")["signing_keys"].values())
    assert published() == (before | made, signing)


def test_rotatekeys_signing_compromised_withdraws_the_old_ones_at_once(
    console: Console, admin: psycopg.Connection
) -> None:
    """They sign no more and verify no more, and the trail says why."""
    before, _signing = published()
    console.answer("rotatekeys", "--signing")
    answer = console.answer("rotatekeys", "--signing", "--compromised", "--reason", "broken into")
    made = set(answer["signing_keys"].values())
    assert answer["withdrawn"] == 4
    now_published, now_signing = published()
    assert now_published == set(now_signing.values()) == made
    assert not before & made
    [event] = ask(admin, "SELECT detail FROM vault.events WHERE tag = 'site:signing_key:withdrawn'")
    assert event["detail"]["reason"] == "broken into"
    assert len(event["detail"]["kids"]) == 4


def test_rotatekeys_prints_nothing_but_json_when_asked(console: Console) -> None:
    """One value on standard output."""
    status, out, err = console.run("rotatekeys", "--signing", "--json")
    assert (status, err) == (0, "")
    assert set(json.loads(out)) == {"dry_run", "rings", "signing_keys", "withdrawn"}
