"""The thief writes every row that decides who somebody is, and holds no key: it becomes nobody.

Each time the row that it wrote is refused where it is used, and written down as not ours.
"""

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.database.asking import ask, random_32, reported, sha256, value
from tests.database.people import sign_in, sign_up
from tests.drills.loot import Loot
from tests.web.consenting import agree, is_asked
from tests.web.people import Browser, WikiClient, answer_of, claims_of, code_for, tokens_for
from tests.web.people import ask as ask_for_sign_in
from tests.web.refusals import is_refused
from tests.web.test_userinfo import is_invalid_token, userinfo
from vault import email_addresses, signing_keys, wikis
from vault.seals import seal_address

Wikis = Callable[..., WikiClient]


def _id_of(admin: psycopg.Connection, username: str) -> str:
    return str(value(admin, "SELECT id FROM vault.accounts WHERE username = %s", username))


def test_database_writer_signs_in_under_no_other_name(
    admin: psycopg.Connection, loot: Loot, browser: Browser, wiki: WikiClient
) -> None:
    """Its own account renamed to Admin: no session, no sign-in, no code and no token says so."""
    sign_up("Admin")
    browser.sign_up("Mallory")
    mallory = _id_of(admin, "Mallory")
    token = tokens_for(browser, wiki)["access_token"]
    code = code_for(browser, wiki)
    admin.execute("UPDATE vault.accounts SET username = 'Somebody' WHERE username = 'Admin'")
    # The MAC that went with the name does not go with another account.
    admin.execute(
        "UPDATE vault.accounts m SET username = 'Admin', mac = a.mac FROM vault.accounts a"
        " WHERE m.username = 'Mallory' AND a.username = 'Somebody'"
    )
    admin.execute("UPDATE vault.usernames SET account_id = %s", [mallory])
    is_refused(wiki.redeem(code), 400, "invalid_grant")
    assert is_invalid_token(userinfo(token))
    assert ask_for_sign_in(browser, wiki).status_code == 200, "the session is nobody's any more"
    browser.forget_everything()
    for name in ("Mallory", "Admin"):
        answer = browser.sign_in(name)
        assert answer.status_code == 200
        assert "do not go together" in answer.content.decode()
    assert reported(admin) == {("account", mallory)}
    loot.refused("an assertion that calls its own account Admin")
    loot.gained("that the renamed account, and the one renamed for it, cannot sign in")


def test_database_writer_registers_no_wiki_and_moves_none(
    admin: psycopg.Connection, loot: Loot, browser: Browser, wiki: WikiClient
) -> None:
    """A wiki's row of the thief's, or an address of its own in another's: as if there were none."""
    browser.sign_up("Victim")
    admin.execute(
        "INSERT INTO vault.wikis SELECT 'evil', 'Evil', first_party, state, state_reason,"
        " secret_hash, token_endpoint_auth_method, home_uri, redirect_uris,"
        " post_logout_redirect_uris, backchannel_logout_uri, response_types, require_pkce,"
        " id_token_alg, scopes, created_at, mac, mac_key FROM vault.wikis"
    )
    assert ask_for_sign_in(browser, wiki, client_id="evil").status_code == 400
    assert wikis.front_page() == [("English wiki", "https://english.wiki.example/")]
    code = code_for(browser, wiki)
    admin.execute(
        "UPDATE vault.wikis SET redirect_uris = redirect_uris || '{https://evil/}',"
        " secret_hash = %s",
        [sha256(b"the thief's")],
    )
    wikis.forget()
    assert ask_for_sign_in(browser, wiki, redirect_uri="https://evil/").status_code == 400
    wiki.registration["client_secret"] = "the thief's"
    is_refused(wiki.redeem(code), 401, "invalid_client")
    assert wikis.front_page() == []
    assert reported(admin) == {("wiki", "evil"), ("wiki", wiki.client_id)}
    loot.refused("a wiki of its own; at another, an address or a secret of its own")
    loot.gained("that a wiki is out of service, until its row is put right")


def test_database_writer_redeems_no_code_of_its_own_making(
    admin: psycopg.Connection, loot: Loot, browser: Browser, wiki: WikiClient
) -> None:
    """A grant for the victim's live session, with a code that the thief knows, by its own tab."""
    browser.sign_up("Victim")
    victim = value(admin, "SELECT sid FROM vault.sessions")
    browser.forget_everything()
    browser.sign_up("Mallory")
    genuine = code_for(browser, wiki)
    # All but the code's hash is as in a grant of ours, its MAC too.
    admin.execute(
        "INSERT INTO vault.grants SELECT gen_random_uuid(), %s, g.client_id, s.sid, s.account_id,"
        " s.account_epoch, s.site_epoch, g.redirect_uri, g.code_challenge, g.nonce, g.scopes,"
        " g.issued_at, g.expires_at, NULL, NULL, g.mac, g.mac_key"
        " FROM vault.grants g, vault.sessions s WHERE s.sid = %s",
        [sha256(b"m" * 32), victim],
    )
    made_up = "bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0"
    is_refused(wiki.redeem(made_up), 400, "invalid_grant")
    # Its own genuine grant, given to the victim before and after it was redeemed.
    admin.execute(
        "UPDATE vault.grants g SET sid = s.sid, account_id = s.account_id FROM vault.sessions s"
        " WHERE s.sid = %s",
        [victim],
    )
    is_refused(wiki.redeem(genuine), 400, "invalid_grant")
    loot.refused("a code for the victim's session, made or turned over")
    token = tokens_for(browser, wiki)["access_token"]
    assert userinfo(token).json()["preferred_username"] == "Mallory"
    admin.execute(
        "UPDATE vault.grants g SET sid = s.sid, account_id = s.account_id FROM vault.sessions s"
        " WHERE s.sid = %s",
        [victim],
    )
    assert is_invalid_token(userinfo(token))
    refused = {str(row["id"]) for row in ask(admin, "SELECT id FROM vault.grants")}
    assert reported(admin) == {("grant", grant) for grant in refused}
    loot.refused("the victim's claims for its own access token")


def test_database_writer_strengthens_no_session_behind_a_code(
    admin: psycopg.Connection, loot: Loot, browser: Browser, wiki: WikiClient
) -> None:
    """How somebody signed in comes from the session, whose MAC is looked at once more."""
    browser.sign_up("Mallory")
    code = code_for(browser, wiki)
    sid = value(admin, "UPDATE vault.sessions SET amr = '{pwd,hwk,mfa}' RETURNING sid")
    is_refused(wiki.redeem(code), 400, "invalid_grant")
    assert reported(admin) == {("session", str(sid))}
    loot.refused("an assertion that tells of a second factor")


def test_database_writer_consents_to_nothing_for_anybody(
    admin: psycopg.Connection, loot: Loot, browser: Browser, add_wiki: Wikis
) -> None:
    """Its own wiki is let know the victim by rows alone: its own consent copied, moved, widened."""
    wiki = add_wiki("Evil wiki", first_party=False, scope="openid profile email")
    other = add_wiki("Other wiki", first_party=False, scope="openid profile email")
    browser.sign_up("Mallory")
    agree(browser, wiki, scope="openid profile")
    mallory = _id_of(admin, "Mallory")
    browser.forget_everything()
    browser.sign_up("Victim")
    victim = _id_of(admin, "Victim")
    copied = (
        "INSERT INTO vault.consents SELECT %s, client_id, scopes, given_at, mac, mac_key"
        " FROM vault.consents WHERE account_id = %s"
    )
    admin.execute(copied, [victim, mallory])
    assert is_asked(ask_for_sign_in(browser, wiki))
    loot.refused("its own consent copied to the victim")
    assert reported(admin) == {("consent", f"{victim}{wiki.client_id}")}
    # The victim's own word, which mends the row, and then that word for more and for another wiki.
    agree(browser, wiki, scope="openid profile")
    assert "code" in answer_of(ask_for_sign_in(browser, wiki))
    admin.execute("UPDATE vault.consents SET scopes = '{email,openid,profile}'")
    assert is_asked(ask_for_sign_in(browser, wiki, scope="openid email"))
    assert is_asked(ask_for_sign_in(browser, wiki))
    admin.execute(
        "UPDATE vault.consents SET scopes = '{openid,profile}', client_id = %s", [other.client_id]
    )
    assert is_asked(ask_for_sign_in(browser, other))
    assert "Other wiki" not in browser.get("/account/wikis").content.decode()
    assert ("consent", f"{victim}{other.client_id}") in reported(admin)
    loot.refused("the victim's consent to one wiki turned into one to another, or to more")
    loot.gained("that the victim is asked once more")


def test_database_writer_confirms_no_address(
    admin: psycopg.Connection, loot: Loot, browser: Browser, add_wiki: Wikis
) -> None:
    """The victim's address, given at sign-up and never confirmed, is never said to be confirmed."""
    wiki = add_wiki("English wiki", scope="openid email")
    browser.sign_up("Mallory", email="victim@example.org")
    token = tokens_for(browser, wiki, scope="openid email")["access_token"]
    address = str(value(admin, "SELECT id FROM vault.email_addresses"))
    admin.execute(
        "UPDATE vault.email_addresses SET verified_at = now(), mac = %s, mac_key = 't1'",
        [random_32()],
    )
    told = userinfo(token).json()
    assert (told["email"], told["email_verified"]) == ("victim@example.org", False)
    assert "not confirmed" in browser.get("/account/").content.decode()
    assert reported(admin) == {("address", address)}
    loot.refused("a confirmed address that it does not read")


def test_database_writer_moves_no_address_into_a_confirmed_row(
    admin: psycopg.Connection, loot: Loot, manage: Callable[..., str]
) -> None:
    """A seal of the same account and a genuine MAC, brought together: the digest tells."""
    manage("owner", "createaccount", "Mallory", "--email", "mallory@example.org")
    account = value(admin, "SELECT id FROM vault.accounts")
    admin.execute(
        "UPDATE vault.email_addresses SET sealed = %s",
        [seal_address("victim@example.org", account)],
    )
    [row] = ask(
        admin,
        "SELECT id AS address_id, sealed AS sealed_address, true AS address_verified,"
        " lookup_digest, lookup_key, mac AS address_mac, mac_key AS address_mac_key"
        " FROM vault.email_addresses",
    )
    assert email_addresses.read_address(account, row) is None
    assert reported(admin) == {("address", str(row["address_id"]))}
    loot.refused("the victim's address in a row in which its own was confirmed")


@pytest.fixture
def kept_keys(admin: psycopg.Connection) -> Iterator[None]:
    """The signing keys as they were, afterwards: they outlive every test."""
    admin.execute("CREATE TEMP TABLE kept AS TABLE vault.signing_keys")
    yield
    admin.execute("DELETE FROM vault.signing_keys")
    admin.execute("INSERT INTO vault.signing_keys SELECT * FROM kept")
    signing_keys.forget()


@pytest.mark.usefixtures("kept_keys")
def test_database_writer_publishes_no_key_of_its_own(
    admin: psycopg.Connection, loot: Loot, browser: Browser, wiki: WikiClient
) -> None:
    """Beside ours, in place of ours, or under our seal: wikis are never told of the thief's key."""
    browser.sign_up("Victim")
    genuine = tokens_for(browser, wiki)["access_token"]
    ours = browser.get("/.well-known/jwks.json").json()
    mine = signing_keys.signing_key("ES256").kid
    thiefs = ECKey.generate_key("P-256", private=True)
    kid = thiefs.thumbprint()
    for state in ("retired", "next"):
        admin.execute(
            "INSERT INTO vault.signing_keys (kid, alg, state, public_jwk, sealed_private,"
            " retired_at) SELECT %s, alg, %s, %s, sealed_private, now() FROM vault.signing_keys"
            " WHERE alg = 'ES256' AND state = 'active'",
            [f"{kid}{state}", state, json.dumps(thiefs.as_dict(private=False))],
        )
    admin.execute(
        "UPDATE vault.signing_keys SET public_jwk = %s WHERE state = 'active'",
        [json.dumps(thiefs.as_dict(private=False))],
    )
    signing_keys.forget()
    assert browser.get("/.well-known/jwks.json").json() == ours
    claims = claims_of(genuine)
    for header_kid in (kid, f"{kid}next", f"{kid}retired"):
        forged = jwt.encode(
            {"alg": "ES256", "kid": header_kid, "typ": "at+jwt"}, claims, thiefs, ["ES256"]
        )
        assert is_invalid_token(userinfo(forged))
    assert userinfo(genuine).status_code == 200
    assert reported(admin) == {("signing_key", f"{kid}{state}") for state in ("next", "retired")}
    loot.refused("an assertion signed by a key of its own")
    admin.execute(
        "UPDATE vault.signing_keys SET alg = 'RS256', state = 'next' WHERE kid = %s", [mine]
    )
    signing_keys.forget()
    assert mine not in str(browser.get("/.well-known/jwks.json").json())
    assert ("signing_key", mine) in reported(admin)
    loot.gained("that nothing is signed, while its own rows stand in the way of ours")


def test_database_writer_who_deletes_a_name_gets_it_but_nobodys_identity(
    admin: psycopg.Connection, loot: Loot
) -> None:
    """Said plainly: a name whose rows are gone can be signed up for; the `sub` is another one."""
    victim = sign_up("Victim")
    session = sign_in(victim)
    for statement in (
        "UPDATE vault.accounts SET username = 'Gone'",
        "DELETE FROM vault.usernames",
        "DELETE FROM vault.skeletons",
    ):
        admin.execute(statement)
    thief = sign_up("Victim", "the thief's own password")
    assert thief.account_id != victim.account_id
    assert sign_in(thief).sid != session.sid
    loot.gained("a name whose rows it deleted, under another sub: wikis know people by sub")
