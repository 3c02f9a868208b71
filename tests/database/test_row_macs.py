"""Rows under a MAC: every field that is trusted counts, each refused row is reported, and web and
the owner alone make them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import (
    CHALLENGE,
    REDIRECT,
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    issue,
    random_32,
    register,
    reported,
    value,
)
from tests.database.people import Member, attempt_of, prove, sign_in, sign_up
from vault import accounts, email_addresses, grants, sessions, signing_keys, wikis
from vault.errors import VaultRefused
from vault.events import NOWHERE
from vault.grants import AuthorizationAnswer, Redeemed
from vault.keys import KeyRing, new_key
from vault.sessions import Session
from vault.wikis import Wiki

Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


@pytest.fixture
def wiki(admin: psycopg.Connection) -> Wiki:
    """A registered wiki, as web finds it."""
    found = wikis.find(a_wiki(admin, scopes=["openid", "profile", "email"]))
    assert found is not None
    return found


# --- Names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "username = 'Countess'",
        "username = 'ADA'",
        "mac = ''",
        "mac = sha256('x')",
        "mac = (SELECT mac FROM vault.accounts WHERE username = 'Other')",
        "mac_key = ''",
        "mac_key = 'other'",
    ],
)
def test_name_that_a_database_writer_changed_is_used_nowhere(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, change: str
) -> None:
    """Not by a session, a password, a code or an access token; and each says so in the trail."""
    sign_up("Other")
    session = sign_in(ada)
    code, spent = _code(session, wiki), _code(session, wiki)
    token = _redeemed(spent, wiki).grant_id
    admin.execute(f"UPDATE vault.accounts SET {change} WHERE username = 'Ada'")
    for use in (
        lambda: sessions.resume(session.secret) is None,
        lambda: prove(ada).status == "wrong",
        lambda: _redeem(code, wiki) == "dead",
        lambda: grants.describe(token) is None,
    ):
        admin.execute("DELETE FROM vault.events WHERE tag = 'site:row:refused'")
        assert use()
        assert reported(admin) == {("account", str(ada.account_id))}


def test_name_is_shown_to_an_operator_without_the_ring(
    admin: psycopg.Connection, ada: Member, playing: Playing
) -> None:
    """The operator's process decides nothing by a name, and so has no key to check one."""
    from vault import operators

    with playing("owner"):
        operators.grant(ada.account_id, "looker")
    admin.execute("UPDATE vault.accounts SET mac = ''")
    with playing("operator"):
        attempt = attempt_of(ada, purpose="operator")
        session = operators.sign_in(attempt, agent_label="", origin=NOWHERE)
        assert session is not None
        found = operators.resume(session.secret)
    assert found is not None
    assert found.session.username == "Ada"


@pytest.mark.parametrize(
    ("mac", "key"),
    [(None, "t1"), (b"", "t1"), (b"x" * 31, "t1"), (b"x" * 32, ""), (b"x" * 32, None)],
)
def test_account_without_a_mac_is_not_made(
    admin: psycopg.Connection, login: Login, mac: bytes | None, key: str | None
) -> None:
    """Neither at the public door nor at the console, and nothing is left of the name."""
    with login("web") as web:
        assert register(web, "Ada", name_mac=mac, name_mac_key=key)["status"] == "bad_request"
    made = call(
        admin,
        "api.create_account_v1",
        *(uuid4(), "Ada", mac, key, ["ada"], True, *([None] * 7), *([None] * 6)),
    )
    assert made["status"] == "bad_request"
    for table in ("accounts", "usernames", "skeletons"):
        assert value(admin, f"SELECT count(*) FROM vault.{table}") == 0


# --- Wikis -------------------------------------------------------------------------------------

# The last address of one list as the first of the next.
MOVED = "redirect_uris = redirect_uris[1:1], post_logout_redirect_uris = redirect_uris[2:2]"
MOVED += " || post_logout_redirect_uris"


@pytest.mark.parametrize(
    "change",
    [
        "name = 'Evil'",
        "first_party = false",
        "secret_hash = sha256('the writer''s')",
        "secret_hash = NULL",
        "token_endpoint_auth_method = 'none'",
        "home_uri = 'https://evil/'",
        "redirect_uris = redirect_uris || '{https://evil/}'",
        "redirect_uris = '{https://evil/}'",
        MOVED,
        "redirect_uris = ARRAY[array_to_string(redirect_uris, '')]",
        "post_logout_redirect_uris = '{https://evil/}'",
        "backchannel_logout_uri = 'https://evil/'",
        "backchannel_logout_uri = ''",
        "backchannel_logout_uri = NULL",
        "response_types = '{code,id_token}'",
        "require_pkce = false",
        "id_token_alg = 'ES256'",
        "scopes = scopes || '{offline_access}'",
        "client_id = 'wiki-b'",
        "mac = ''",
        "mac = sha256('x')",
        "mac_key = 'other'",
    ],
)
def test_wiki_that_a_database_writer_changed_is_as_if_it_did_not_exist(
    admin: psycopg.Connection, playing: Playing, change: str
) -> None:
    """To web and to the worker, on the front page too; and it is written down."""
    a_wiki(admin, secret_hash=random_32(), post_logout_redirect_uris=["https://wiki.example/bye"])
    admin.execute(f"UPDATE vault.wikis SET {change}")
    client_id = value(admin, "SELECT client_id FROM vault.wikis")
    for role in ("web", "worker"):
        admin.execute("DELETE FROM vault.events")
        wikis.forget()
        with playing(role):
            assert wikis.find(client_id) is None
        assert reported(admin) == {("wiki", client_id)}
    assert wikis.front_page() == []


def test_wiki_out_of_service_is_still_the_one_that_was_registered(
    admin: psycopg.Connection,
) -> None:
    """Its state changes by lockouts, outside the MAC; so does what is said of it."""
    a_wiki(admin)
    admin.execute("UPDATE vault.wikis SET state = 'suspended', state_reason = 'taken over'")
    found = wikis.find("wiki-a")
    assert found is not None
    assert found.state == "suspended"
    assert reported(admin) == set()


def test_wiki_of_a_key_that_was_taken_out_is_refused(wiki: Wiki) -> None:
    """Until it is vouched for under a key of today."""
    wikis.forget()
    ring = KeyRing.parse("AUTHSITE_WIKI_KEYS", new_key("t2"))
    with override_settings(WIKI_KEYS=ring):
        assert wikis.find(wiki.client_id) is None
    wikis.forget()
    assert wikis.find(wiki.client_id) == wiki


def test_wiki_without_a_mac_is_not_registered(admin: psycopg.Connection, wiki: Wiki) -> None:
    """Not even by the owner: its row would be nobody's."""
    fields = [value for name, value in vars(wiki).items() if name not in ("client_id", "state")]
    fields = [list(field) if isinstance(field, tuple) else field for field in fields]
    for mac in (None, b"", b"x" * 31):
        answer = call(admin, "api.register_wiki_v1", "wiki-b", *fields, mac, "t1")
        assert answer["status"] == "bad_request"
    assert call(admin, "api.register_wiki_v1", "wiki-b", *fields, b"x" * 32, "t1")["status"] == (
        "registered"
    )


def test_wiki_with_a_very_long_name_is_reported_all_the_same(admin: psycopg.Connection) -> None:
    """A writer does not hide a row by an id that is too long to be written down."""
    a_wiki(admin, "w" * 150)
    admin.execute("UPDATE vault.wikis SET name = 'Evil'")
    assert wikis.find("w" * 150) is None
    assert reported(admin) == {("wiki", "w" * 100)}


# --- Grants ------------------------------------------------------------------------------------


def _answer(session: Session, wiki: Wiki, **changes: Any) -> AuthorizationAnswer:
    asked: dict[str, Any] = {
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "code_challenge": CHALLENGE,
        "nonce": "n",
        "scopes": ("openid",),
        **changes,
    }
    answer = grants.issue(session, wiki, **asked)
    assert isinstance(answer, AuthorizationAnswer)
    return answer


def _code(session: Session, wiki: Wiki, **changes: Any) -> str:
    code = _answer(session, wiki, **changes).code
    assert code is not None
    return code


def _redeem(code: str, wiki: Wiki, **changes: Any) -> Redeemed | str:
    return grants.redeem(
        code, wiki, **{"redirect_uri": REDIRECT, "code_challenge": CHALLENGE, **changes}
    )


def _redeemed(code: str, wiki: Wiki) -> Redeemed:
    redeemed = _redeem(code, wiki)
    assert isinstance(redeemed, Redeemed)
    return redeemed


VICTIM = "(SELECT %s FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id"
VICTIM += " WHERE a.username = 'Victim')"
ELSEWHERE = "https://wiki.example/other"
GRANT_CHANGES: list[tuple[str, dict[str, Any]]] = [
    (f"account_id = {VICTIM % 's.account_id'}", {}),
    (f"sid = {VICTIM % 's.sid'}, account_id = {VICTIM % 's.account_id'}", {}),
    (f"sid = {VICTIM % 's.sid'}", {}),
    ("id = gen_random_uuid()", {}),
    ("nonce = 'other'", {}),
    ("nonce = NULL", {}),
    ("scopes = '{openid,profile}'", {}),
    ("scopes = '{}'", {}),
    (f"redirect_uri = '{ELSEWHERE}'", {"redirect_uri": ELSEWHERE}),
    (f"code_challenge = '{'d' * 43}'", {"code_challenge": "d" * 43}),
    ("code_challenge = NULL", {"code_challenge": None}),
    ("mac = ''", {}),
    ("mac = sha256('x')", {}),
    ("mac_key = 'other'", {}),
]


@pytest.mark.parametrize(("change", "presented"), GRANT_CHANGES)
def test_grant_that_a_database_writer_changed_is_refused_at_the_code(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, change: str, presented: dict[str, Any]
) -> None:
    """Even when the vault's own checks find all as presented."""
    sign_in(sign_up("Victim"))
    code = _code(sign_in(ada), wiki)
    admin.execute(f"UPDATE vault.grants SET {change}")
    grant = str(value(admin, "SELECT id FROM vault.grants"))
    assert _redeem(code, wiki, **presented) == "unknown"
    assert reported(admin) == {("grant", grant)}
    assert value(admin, "SELECT redeemed_at IS NOT NULL FROM vault.grants"), "it is spent"


@pytest.mark.parametrize(("change", "presented"), GRANT_CHANGES)
def test_grant_that_a_database_writer_changed_is_refused_at_userinfo(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, change: str, presented: dict[str, Any]
) -> None:
    """An access token that was given out says nothing of anybody else, and nothing more."""
    sign_in(sign_up("Victim"))
    _redeemed(_code(sign_in(ada), wiki), wiki)
    admin.execute(f"UPDATE vault.grants SET {change}")
    grant: UUID = value(admin, "SELECT id FROM vault.grants")
    assert grants.describe(grant) is None
    assert reported(admin) == {("grant", str(grant))}


def test_code_that_a_database_writer_chose_is_refused(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """Its digest in a genuine grant, redeemed with the secret that goes with it."""
    _code(sign_in(ada), wiki)
    admin.execute("UPDATE vault.grants SET code_hash = sha256(%s)", [bytes(32)])
    assert _redeem("A" * 43, wiki) == "unknown"
    assert len(reported(admin)) == 1


def test_code_moved_to_another_wiki_is_refused(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """A wiki that writes rows gets no code that was given to another."""
    other = wikis.find(a_wiki(admin, "wiki-b"))
    assert other is not None
    code = _code(sign_in(ada), wiki)
    admin.execute("UPDATE vault.grants SET client_id = 'wiki-b'")
    assert _redeem(code, other) == "unknown"
    assert len(reported(admin)) == 1


@pytest.mark.parametrize(
    "change",
    [
        "amr = '{pwd,hwk}'",
        "authenticated_at = now() + interval '1 minute'",
        "expires_at = expires_at + interval '1 year'",
        "kept = true",
        "idle_seconds = idle_seconds + 1",
        "created_at = created_at + interval '1 second'",
        "secret_hash = sha256('known to the writer')",
        "mac = ''",
    ],
)
def test_session_changed_between_a_code_and_its_redemption_gives_nothing(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, change: str
) -> None:
    """What the ID token says of the sign-in stands under the session's MAC.

    Whose session it is, and of which kind, comes from the grant.
    """
    session = sign_in(ada)
    code = _code(session, wiki)
    admin.execute(f"UPDATE vault.sessions SET {change}")
    assert _redeem(code, wiki) == "dead"
    assert reported(admin) == {("session", str(session.sid))}


def test_grant_that_nobody_touched_says_what_was_asked(ada: Member, wiki: Wiki) -> None:
    """All the checks pass for what is ours: the claims, the nonce, the time of the sign-in."""
    session = sign_in(ada)
    code = _code(session, wiki, scopes=("openid", "profile"), nonce=None)
    redeemed = _redeemed(code, wiki)
    assert (redeemed.sid, redeemed.nonce) == (session.sid, None)
    assert (redeemed.amr, redeemed.auth_time) == (session.amr, session.auth_time)
    assert redeemed.session_expires_at == session.expires_at
    assert grants.describe(redeemed.grant_id) == (wiki.client_id, redeemed.claims)
    assert redeemed.claims.username == "Ada"
    assert redeemed.claims.scopes == ("openid", "profile")


@pytest.mark.parametrize("name", ["sid", "account_id", "account_epoch", "site_epoch"])
def test_grant_for_another_session_than_the_one_at_hand_is_not_issued(
    admin: psycopg.Connection, login: Login, name: str
) -> None:
    """Web names what its MAC covers, and is refused where the vault knows otherwise."""
    a_wiki(admin)
    with login("web") as web:
        session, other = a_session(web, a_person(web)), a_person(web, "Other")
        wrong = {"account_id": other.account_id, "sid": uuid4()}.get(name, 7)
        for claimed in (wrong, None):
            assert issue(web, session, **{name: claimed})["status"] == "changed"
    assert value(admin, "SELECT count(*) FROM vault.grants") == 0


def test_grant_whose_session_changed_under_web_is_an_error(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """It can only be a fault or an intruder: nothing is answered."""
    session = sign_in(ada)
    admin.execute("UPDATE vault.sessions SET sid = gen_random_uuid()")
    with pytest.raises(VaultRefused, match="changed"):
        _answer(session, wiki)


@pytest.mark.parametrize("mac", [None, b"", b"x" * 31])
def test_grant_without_a_mac_is_not_issued(
    admin: psycopg.Connection, login: Login, mac: bytes | None
) -> None:
    """It would be worth nothing."""
    a_wiki(admin)
    with login("web") as web:
        session = a_session(web, a_person(web))
        assert issue(web, session, mac=mac)["status"] == "bad_request"


# --- E-mail addresses --------------------------------------------------------------------------


@pytest.fixture
def addressed(
    admin: psycopg.Connection, ada: Member, playing: Playing
) -> Callable[..., list[email_addresses.OwnAddress]]:
    """Somebody with a confirmed address; gives what they see of it."""
    session = sign_in(ada)
    address = accounts.EmailAddress("Ada@example.org", "ada@example.org")
    parameters = accounts._address_parameters(address, ada.account_id, confirmed=True)
    admin.execute(
        "SELECT vault.add_address(%(account)s, %(address)s, %(sealed)s, %(digest)s,"
        " %(digest_key)s, %(address_mac)s, %(address_mac_key)s)",
        {"account": ada.account_id, **parameters},
    )
    return lambda: email_addresses.own_addresses(session)


def test_address_confirmed_by_the_owner_is_confirmed(
    admin: psycopg.Connection, addressed: Callable[..., list[email_addresses.OwnAddress]]
) -> None:
    """As typed, whatever its case; and nothing is reported."""
    [address] = addressed()
    assert (address.address, address.is_confirmed, address.is_primary) == (
        "Ada@example.org",
        True,
        True,
    )
    assert reported(admin) == set()


@pytest.mark.parametrize(
    "change", ["mac = ''", "mac = sha256('x')", "mac_key = 'other'", "id = gen_random_uuid()"]
)
def test_address_whose_confirmation_is_not_ours_counts_as_unconfirmed(
    admin: psycopg.Connection,
    addressed: Callable[..., list[email_addresses.OwnAddress]],
    change: str,
) -> None:
    """The row says that it was confirmed; the MAC does not."""
    admin.execute(f"UPDATE vault.email_addresses SET {change}")
    [address] = addressed()
    assert not address.is_confirmed
    assert reported(admin) == {("address", str(address.id))}


@pytest.mark.parametrize(
    "change",
    ["sealed = sha256('x')", "sealed = ''", "lookup_digest = sha256('x')", "lookup_key = 'x'"],
)
def test_address_that_is_not_the_accounts_own_is_left_out(
    admin: psycopg.Connection,
    addressed: Callable[..., list[email_addresses.OwnAddress]],
    change: str,
) -> None:
    """What does not open, or stands beside another's digest, is nobody's: the page goes without."""
    admin.execute(f"UPDATE vault.email_addresses SET {change}")
    assert addressed() == []
    assert len(reported(admin)) == 1


def test_address_of_somebody_else_is_left_out(
    admin: psycopg.Connection, addressed: Callable[..., list[email_addresses.OwnAddress]]
) -> None:
    """A confirmed row with its MAC, moved to another account as it is."""
    thief = sign_up("Mallory")
    session = sign_in(thief)
    admin.execute("UPDATE vault.email_addresses SET account_id = %s", [thief.account_id])
    assert email_addresses.own_addresses(session) == []
    assert len(reported(admin)) == 1


@pytest.mark.parametrize("missing", range(4))
def test_address_of_which_a_part_is_missing_makes_no_account(
    admin: psycopg.Connection, login: Login, missing: int
) -> None:
    """All of an address or nothing of it."""
    parts: list[Any] = [uuid4(), random_32() * 2, random_32(), "t1"]
    with login("web") as web:
        whole = list(parts)
        parts[missing] = None
        assert register(web, "Ada", address=parts)["status"] == "bad_request"
        assert register(web, "Ada", address=whole)["status"] == "created"
    assert value(
        admin,
        "SELECT (verified_at, mac, mac_key) = (NULL, '', '') IS NULL FROM vault.email_addresses",
    )


# --- Signing keys ------------------------------------------------------------------------------


def test_signing_keys_are_published_from_under_their_seals(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Every published key is the public half of what is sealed, with its thumbprint for an id."""
    from joserfc import jwk

    signing_keys.forget()
    published = signing_keys.key_set().published
    assert {row["kid"] for row in ask(admin, "SELECT kid FROM vault.signing_keys")} == {
        key["kid"] for key in published
    }
    for key in published:
        assert jwk.import_key(dict(key)).thumbprint() == key["kid"]
        assert "d" not in key
        assert key["use"] == "sig"
