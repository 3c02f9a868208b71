"""What is applied again after a restore, line by line, and what is only listed."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from emergency.actions.lost_lines import LostLines
from tests.database.asking import Login, a_wiki, ask, value
from tests.database.console import Console
from tests.database.operating import an_operator
from tests.database.people import sign_up
from tests.database.trail import Play, Trail, trail
from tests.environment import SEAL_STORE
from vault import restores

__all__ = ["trail"]

LATER = 4_000_000_000_000_000  # microseconds: after anything that a test has made
EARLIER = 1_000_000_000_000_000
Reapply = Callable[..., str]


def line(tag: str, account: UUID | None = None, **changes: Any) -> dict[str, Any]:
    """A line as the store has it."""
    return {
        "id": 10**6,
        "at": LATER,
        "tag": tag,
        "account_id": str(account) if account else None,
        "username": None,
        "sid": None,
        "client_id": None,
        "actor_id": None,
        "detail": {},
        **changes,
    }


@pytest.fixture
def reapply(vault: None, playing: Play) -> Reapply:
    """Applies a line as the owner; a dry run first, which says the same and changes nothing."""

    def act(tag: str, account: UUID | None = None, **changes: Any) -> str:
        event = line(tag, account, **changes)
        with playing("owner"):
            said = restores.reapply(event, dry=True)
            assert restores.reapply(event, dry=False) == said
        return said

    return act


@pytest.fixture
def ada(admin: psycopg.Connection) -> UUID:
    """Somebody with one of each credential."""
    account = sign_up("Ada").account_id
    admin.execute(
        "INSERT INTO vault.totp_devices (id, account_id, name, sealed_secret, secret_digest,"
        " digest_key) VALUES (%s, %s, 'Phone', 's', 'd', 't1')",
        [UUID(int=1), account],
    )
    admin.execute(
        "INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,"
        " is_synced, backed_up, transports, name, sign_count, mac, mac_key)"
        " VALUES ('credential', %s, 'h', 'p', %s, false, false, '{}', 'Key', 0, 'm', 't1')",
        [account, UUID(int=2)],
    )
    admin.execute(
        "INSERT INTO vault.app_passwords (id, account_id, secret_hash, name, scopes, networks,"
        " created_at, mac, mac_key) VALUES (%s, %s, 's', 'Bot', '{}', '{}', now(), 'm', 't1')",
        [UUID(int=3), account],
    )
    admin.execute(
        "INSERT INTO vault.email_addresses (id, account_id, sealed, lookup_digest, lookup_key,"
        " is_primary, verified_at) VALUES (%s, %s, 's', 'd', 't1', true, now())",
        [UUID(int=4), account],
    )
    admin.execute(
        "INSERT INTO vault.recovery_code_sets (account_id, salt, memory_kib, time_cost,"
        " parallelism, pepper_id) VALUES (%s, 's', 64, 1, 1, 't1')",
        [account],
    )
    for position in (1, 2):
        admin.execute(
            "INSERT INTO vault.recovery_codes VALUES (%s, %s, 's', 'd', 'p')", [account, position]
        )
    return account


REMOVALS = {
    "account:totp:removed": {"device": str(UUID(int=1))},
    "account:passkey:removed": {"credential": hashlib.sha256(b"credential").hexdigest()},
    # Of either site's: they share a table, and the line names one by its credential.
    "operator:passkey:removed": {"credential": hashlib.sha256(b"credential").hexdigest()},
    "account:app_password:revoked": {"id": str(UUID(int=3))},
    "account:email:removed": {"address": str(UUID(int=4))},
}
_HELD = """
    SELECT (SELECT count(*) FROM vault.totp_devices) + (SELECT count(*) FROM vault.passkeys)
           + (SELECT count(*) FROM vault.app_passwords WHERE revoked_at IS NULL)
           + (SELECT count(*) FROM vault.email_addresses WHERE removed_at IS NULL)
"""


@pytest.mark.parametrize("tag", REMOVALS)
def test_credential_that_was_removed_since_is_removed_again(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply, tag: str
) -> None:
    """By the id in its line, of its own account, and nothing else."""
    detail = REMOVALS[tag]
    other = sign_up("Bob").account_id
    assert reapply(tag, other, detail=detail) == "already"
    assert reapply(tag, ada, detail=dict.fromkeys(detail, str(uuid4()))) == "already"
    assert value(admin, _HELD) == 4
    assert reapply(tag, ada, detail=detail) == "applied"
    assert value(admin, _HELD) == 3
    assert reapply(tag, ada, detail=detail) == "already"


def test_address_that_its_owner_took_back_since_is_the_primary_one_again(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply
) -> None:
    """The dump is of while somebody else was in the account; an undo's line says whose it is."""
    admin.execute(
        "UPDATE vault.email_addresses SET is_primary = false, removed_at = now();"
        " INSERT INTO vault.email_addresses (id, account_id, sealed, lookup_digest, lookup_key,"
        " is_primary, verified_at) SELECT gen_random_uuid(), account_id, 's', 'd', 't1', true,"
        " now() FROM vault.email_addresses"
    )
    tag, detail = "account:email:restored", {"address": str(UUID(int=4))}
    assert value(admin, "SELECT vault.is_shipped(%s)", tag)
    assert reapply(tag, sign_up("Bob").account_id, detail=detail) == "gone"
    assert reapply(tag, ada, detail={"address": str(uuid4())}) == "gone"
    primary = "SELECT id FROM vault.email_addresses WHERE is_primary AND removed_at IS NULL"
    assert value(admin, primary) != UUID(int=4)
    assert reapply(tag, ada, detail=detail) == "applied"
    assert value(admin, primary) == UUID(int=4)
    assert reapply(tag, ada, detail=detail) == "already"


def test_address_that_was_removed_and_restored_since_stays() -> None:
    """The last word on each address counts: its line is handed to the store like the removal's."""
    lost, account, detail = LostLines(), uuid4(), {"address": str(uuid4())}
    for number, what in enumerate(("removed", "restored")):
        lost.add(line(f"account:email:{what}", account, id=number, detail=detail))
    assert [event["tag"] for event in lost.events()] == ["account:email:restored"]


@pytest.mark.parametrize("tag", REMOVALS)
def test_credential_that_was_added_since_is_listed(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply, tag: str
) -> None:
    """It cannot be made from a line of the trail: its owner has to."""
    verb = {"account:email": "confirmed", "operator:passkey": "enrolled"}.get(
        tag.rpartition(":")[0], "added"
    )
    added = f"{tag.rpartition(':')[0]}:{verb}"
    assert reapply(added, ada, detail=REMOVALS[tag]) == "already"
    assert reapply(added, ada, detail=dict.fromkeys(REMOVALS[tag], str(uuid4()))) == "gone"
    assert value(admin, _HELD) == 4


def test_password_that_was_changed_since_is_right_no_more(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply
) -> None:
    """What is newer than the line stays; an older one is void until its owner sets another."""
    digest = "SELECT digest IS NULL FROM vault.password_verifiers"
    assert reapply("account:password:changed", ada, at=EARLIER) == "already"
    assert value(admin, digest) is False
    assert reapply("account:password:changed", ada) == "applied"
    assert value(admin, digest) is True
    assert reapply("account:password:changed", ada) == "waiting"
    assert value(admin, "SELECT count(*) FROM vault.app_passwords WHERE revoked_at IS NULL") == 1


def test_password_that_was_reset_since_takes_the_app_passwords_along(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply
) -> None:
    """As the reset itself did."""
    assert reapply("account:password:reset", ada, at=EARLIER) == "already"
    assert reapply("account:password:reset", ada) == "applied"
    assert value(admin, "SELECT count(*) FROM vault.app_passwords WHERE revoked_at IS NULL") == 0
    assert reapply("account:password:reset", ada) == "waiting"


def test_recovery_codes_that_were_replaced_since_are_void(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply
) -> None:
    """All of the restored set, unless a newer one is there."""
    codes = "SELECT count(*) FROM vault.recovery_codes"
    assert reapply("account:recovery_codes:replaced", ada, at=EARLIER) == "already"
    assert value(admin, codes) == 2
    assert reapply("account:recovery_codes:replaced", ada) == "applied"
    assert value(admin, codes) == 0
    assert reapply("account:recovery_codes:replaced", ada) == "waiting"
    assert reapply("account:recovery_codes:replaced", sign_up("Bob").account_id) == "gone"


@pytest.mark.parametrize(("detail", "left"), [({"position": 2}, 1), ({}, 0)])
def test_recovery_code_that_was_used_since_works_no_second_time(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply, detail: dict[str, Any], left: int
) -> None:
    """That very code, or where the line does not say which: all of them."""
    detail = {"kind": "recovery_code", **detail}
    assert reapply("account:factor:right", ada, detail=detail) == "applied"
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == left
    assert reapply("account:factor:right", ada, detail=detail) != "applied"


def test_operator_who_is_less_since_is_none(
    admin: psycopg.Connection, login: Login, reapply: Reapply
) -> None:
    """Revoked or granted another level: the restored right is void, and has to be granted again."""
    with login("web") as web, login("operator") as operator:
        an_operator(admin, web, operator)
        an_operator(admin, web, operator, username="Oskar", level="locker")
    [olga, oskar] = [
        row["account_id"]
        for row in ask(
            admin,
            "SELECT account_id FROM vault.operators o"
            " JOIN vault.accounts a ON a.id = o.account_id ORDER BY a.username",
        )
    ]
    live = "SELECT count(*) FROM vault.operators WHERE revoked_at IS NULL"
    assert reapply("operator:grant:console", olga, detail={"level": "chief"}) == "already"
    assert reapply("operator:grant:console", olga, detail={"level": "looker"}) == "applied"
    assert value(admin, live) == 1
    assert reapply("operator:revoke:console", oskar) == "applied"
    assert value(admin, live) == 0
    assert reapply("operator:grant:console", oskar, detail={"level": "locker"}) == "gone"
    assert reapply("operator:revoke:console", oskar) == "already"


def test_signing_key_that_was_withdrawn_since_is_withdrawn(
    admin: psycopg.Connection, reapply: Reapply
) -> None:
    """What a stolen key signs is worth nothing after the restore either."""
    admin.execute(
        "INSERT INTO vault.signing_keys (kid, alg, state, public_jwk, sealed_private)"
        " VALUES ('stolen', 'X', 'active', '{}', 's')"
    )
    try:
        detail = {"kids": ["stolen", "another"]}
        assert reapply("site:signing_key:withdrawn", detail=detail) == "applied"
        state = "SELECT state, retired_at::text FROM vault.signing_keys WHERE kid = 'stolen'"
        assert admin.execute(state).fetchone() == ("retired", "-infinity")
        assert reapply("site:signing_key:withdrawn", detail=detail) == "already"
        assert reapply("site:signing_key:added", detail={"kid": "stolen"}) == "already"
        assert reapply("site:signing_key:added", detail={"kid": "another"}) == "gone"
    finally:
        admin.execute("DELETE FROM vault.signing_keys WHERE kid = 'stolen'")


def test_line_of_what_is_not_here_is_gone(admin: psycopg.Connection, reapply: Reapply) -> None:
    """Accounts and wikis that were made after the dump cannot be locked, only named."""
    a_wiki(admin)
    for tag in ("account:create:console", "account:sign_up:success", "lockout:account:locked"):
        assert reapply(tag, uuid4()) == "gone"
    for tag in ("wiki:register:console", "lockout:wiki:suspended"):
        assert reapply(tag, client_id="wiki-z") == "gone"
    assert reapply("wiki:register:console", client_id="wiki-a") == "already"


def test_line_that_the_database_has_is_not_applied_again(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply
) -> None:
    """What was in the dump, though no seal covered it yet, has had its effect."""
    admin.execute(
        "INSERT INTO vault.events (tag, account_id, detail) VALUES"
        " ('account:password:changed', %s, '{}')",
        [ada],
    )
    [row] = ask(
        admin,
        "SELECT id, vault.microseconds(at) AS at FROM vault.events"
        " WHERE tag = 'account:password:changed'",
    )
    assert reapply("account:password:changed", ada, **row) == "held"
    assert reapply("account:password:changed", ada, id=row["id"], at=row["at"] + 1) == "applied"


def test_line_that_nobody_knows_how_to_apply_is_for_people(reapply: Reapply) -> None:
    """Of a later release, or without a time: it is listed and nothing else."""
    assert reapply("lockout:site:closed") == "by_hand"
    assert reapply("lockout:account:locked", at=None) == "by_hand"


def test_last_word_on_each_thing_is_what_counts() -> None:
    """Locked and unlocked is unlocked; what changes nothing lasting is left out."""
    lost, account = LostLines(), uuid4()
    for number, tag in enumerate(
        (
            "lockout:account:locked",
            "account:email:asked",
            "lockout:account:unlocked",
            "lockout:sessions:ended",
            "site:row:refused",
            "account:password:reset",
            "account:password:changed",
        )
    ):
        lost.add(line(tag, account, id=number))
    lost.add(line("lockout:account:locked", account, id=-1))  # sealed late
    assert [event["tag"] for event in lost.events()] == [
        "lockout:account:unlocked",
        "account:password:reset",
        "account:password:changed",
    ]


def test_event_of_each_kind_that_is_shipped_has_its_place(admin: psycopg.Connection) -> None:
    """A new tag that is handed over is applied, listed or left out on purpose: none by accident."""
    shipped = ask(
        admin,
        "SELECT tag FROM vault.event_tags WHERE vault.is_shipped(tag)"
        " OR tag = 'account:factor:right'",
    )
    assert len(shipped) > 20
    for row in shipped:
        lost = LostLines()
        lost.add(line(row["tag"]))
        by_accident = [key for key in lost._last if key[0] == row["tag"] and len(key) == 2]
        known = {f"account:{tag}" for tag in ("password:reset", "email:changed")}
        known.add("site:signing_key:withdrawn")
        assert not by_accident or row["tag"] in known, row["tag"]


def test_tokens_and_their_letters_end_with_a_restore(
    admin: psycopg.Connection, ada: UUID, playing: Play
) -> None:
    """Mailed tokens, guesses under way, and letters that would carry a dead token."""
    admin.execute(
        "INSERT INTO vault.mailed_tokens (purpose, account_id, account_epoch, site_epoch)"
        " VALUES ('reset', %s, 1, 1)",
        [ada],
    )
    admin.execute(
        "INSERT INTO vault.outbox (kind, payload) VALUES"
        """ ('letter', '{"tokens": ["x"]}'), ('letter', '{}'), ('backchannel_logout', '{}')"""
    )
    with playing("owner"):
        assert restores.begin(epoch=41, newest_event=10**6) == 42
    assert value(admin, "SELECT count(*) FROM vault.mailed_tokens WHERE spent_at IS NULL") == 0
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE buried_at IS NOT NULL") == 1
    assert value(admin, "SELECT nextval('vault.events_id_seq')") == 10**6 + 1


# The command.


@pytest.fixture
def console(vault: None, playing: Play, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


def test_afterrestore_says_what_was_done_in_json_and_in_words(
    console: Console, trail: Trail
) -> None:
    """The same code for people and for scripts; a dry run says so."""
    ada = sign_up("Ada")
    trail.seal()
    trail.hand_over()
    assert console.answer("afterrestore", "--dry-run") == {
        "handled": False,
        "dry_run": True,
        "epoch_before": 1,
        "epoch_after": 2,
        "database_number": 1,
        "store_number": 1,
        "lines": [],
    }
    trail.admin.execute("DELETE FROM vault.event_seals")
    trail.admin.execute("DELETE FROM vault.events")
    trail.admin.execute("TRUNCATE vault.accounts CASCADE")
    trail.admin.execute("UPDATE vault.event_sealing SET number = 0, upto = 0")
    status, out, err = console.run("afterrestore")
    assert (status, err) == (0, "")
    first, second, listed = out.splitlines()
    assert first == "Every session, code and token of before is dead."
    assert second == "Site epoch 1 -> 2; seals: database 0, store 1."
    assert "account:sign_up:success  Ada: make the account again; its name is kept" in listed
    assert console.answer("afterrestore")["handled"] is True
    assert str(ada.account_id) == console.answer("afterrestore")["lines"][0]["account_id"]


def test_afterrestore_without_a_store_is_one_line(console: Console) -> None:
    """It has to be said that the store is lost."""
    assert not SEAL_STORE.exists()
    assert "--without-store" in console.complaint("afterrestore")
    said = console.run("afterrestore", "--without-store", "--dry-run")[1]
    assert "Without the store nothing is known" in said
    assert console.answer("afterrestore", "--without-store")["epoch_after"] > 1_000_000


def test_consent_that_was_withdrawn_since_is_withdrawn(
    admin: psycopg.Connection, ada: UUID, reapply: Reapply
) -> None:
    """A restore tells no wiki what somebody took back; what they agreed to later stays."""
    a_wiki(admin, first_party=False)
    give = (
        "INSERT INTO vault.consents (account_id, client_id, scopes, given_at, mac, mac_key)"
        " VALUES (%s, 'wiki-a', '{openid}', %s, '', '')"
    )
    left = "SELECT count(*) FROM vault.consents"
    assert reapply("account:consent:withdrawn", ada, client_id="wiki-a") == "already"
    admin.execute(give, [ada, LATER // 1_000_000 - 60])
    assert reapply("account:consent:withdrawn", ada, client_id="wiki-a") == "applied"
    assert value(admin, left) == 0
    admin.execute(give, [ada, LATER // 1_000_000 + 60])
    assert reapply("account:consent:withdrawn", ada, client_id="wiki-a") == "already"
    assert value(admin, left) == 1
    assert reapply("account:consent:withdrawn", ada, client_id="wiki-z") == "gone"


def test_registration_that_was_changed_since_is_for_people(
    admin: psycopg.Connection, reapply: Reapply
) -> None:
    """Nobody else knows whether the address or secret that is back had leaked."""
    a_wiki(admin)
    assert reapply("wiki:registration:changed", client_id="wiki-a") == "by_hand"
    assert reapply("wiki:registration:changed", client_id="wiki-z") == "gone"
