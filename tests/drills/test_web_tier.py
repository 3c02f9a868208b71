"""The thief runs code inside the web process: its database login, and every key that it holds."""

import time
from collections import Counter
from uuid import uuid4

import psycopg
import pytest
from joserfc import jwt

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    ask,
    call,
    guess,
    is_live,
    open_session,
    prove,
    random_32,
    session_parameters,
    sha256,
    value,
)
from tests.database.asking import Proof as OpenAttempt
from tests.database.operating import an_operator
from tests.database.people import sign_up
from tests.database.racing import raced
from tests.drills.loot import Loot
from tests.environment import ISSUER
from tests.web.people import claims_of
from vault import seals, signing_keys
from vault.errors import KeyUnknown, SealBroken


def test_web_tier_reads_no_verifier_and_lists_nobody(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """Every function that it may call, with nothing known: not one row about anybody."""
    with login("web") as web, login("operator") as operator:
        a_person(web)
        a_session(web, a_person(web, "Bob"))
        an_operator(admin, web, operator)
        reading = {
            "api.list_sessions_v1": (random_32(),),
            "api.list_addresses_v1": (random_32(),),
            "api.own_account_v1": (random_32(),),
            "api.resume_session_v1": (random_32(),),
            "api.describe_grant_v1": (uuid4(),),
            "api.find_wiki_v1": ("guessed",),
        }
        for function, arguments in reading.items():
            marks = ", ".join(["%s"] * len(arguments))
            assert ask(web, f"SELECT * FROM {function}({marks})", *arguments) == []
        loot.refused("lists of accounts, sessions, addresses, operators, grants")
        for statement in (
            "SELECT * FROM vault.password_verifiers",
            "SELECT * FROM views.accounts",
            "SELECT * FROM vault.events",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(statement)
        loot.refused("verifiers, the operators' views, the audit trail")
        columns = set(ask(web, "SELECT * FROM api.password_challenge_v1('Ada')")[0])
        assert not columns & {"digest", "digest_salt", "account_id"}
        loot.gained("salt and cost for a name it already knows, as for any name")


def test_web_tier_gets_no_more_verdicts_than_the_budget(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """Forty guesses in parallel, and forty rolled back: ten verdicts, all written down."""
    with login("web") as web:
        a_person(web)
    heard = Counter(raced(40, login, lambda c: guess(c, "Ada", random_32())["status"]))
    assert heard["wrong"] == 10
    events = "SELECT count(*) FROM vault.events WHERE tag = %s"
    assert value(admin, events, "account:password:wrong") == 10
    assert value(admin, events, "account:password:throttled") == 30
    loot.gained("10 guesses at once, then one a quarter of an hour, 100 a day, each recorded")


def test_web_tier_sets_no_password_without_the_old_one(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """A live session is not enough, a made-up attempt is nothing, an old proof is stale."""
    with login("web") as web:
        ada, mallory = a_person(web), a_person(web, "Mallory")
        session = a_session(web, ada)
        mine = a_session(web, mallory)
        foreign = prove(web, mallory, purpose="reauthenticate", session=mine)
        stored = ask(admin, "SELECT * FROM vault.password_verifiers ORDER BY account_id")
        password = (random_32()[:16], 32768, 2, 1, "t1", random_32(), random_32())
        for attempt in (random_32(), foreign.secret):
            answer = call(
                web,
                "api.change_password_v1",
                *(session, attempt, *password, random_32(), 2, random_32(), "t1"),
                *("en", "", ""),
            )
            assert answer["status"] == "gone"
        assert call(web, "api.upgrade_password_v1", random_32(), *password)["status"] == "gone"
        assert ask(admin, "SELECT * FROM vault.password_verifiers ORDER BY account_id") == stored
    loot.refused("setting Ada's password by Ada's session, or by a proof of its own password")


def test_web_tier_with_the_session_keys_makes_no_session(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """The ring signs MACs, yet a row comes only from an attempt, and an attempt from a proof."""
    with login("web") as web:
        ada = a_person(web)
        made_up = OpenAttempt(
            random_32(),
            {"amr": ["pwd"], "authenticated_at": int(time.time()), "account_epoch": 1}
            | {"site_epoch": 1},
        )
        assert open_session(web, made_up) == "gone"
        theirs = OpenAttempt(random_32(), prove(web, ada).verdict)
        assert open_session(web, theirs) == "gone"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("INSERT INTO vault.attempts DEFAULT VALUES")
        assert value(admin, "SELECT count(*) FROM vault.sessions") == 0
        loot.refused("a session for somebody who proved nothing")
        session = a_session(web, ada)
        assert is_live(web, session)
        loot.gained("the sessions and passwords of those who pass through while it is there")


def test_web_tier_has_no_operators_rights(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """Not even with an operator's password, or the secret of an operator's session."""
    with login("web") as web, login("operator") as operator:
        secret = an_operator(admin, web, operator)
        victim = a_person(web, "Victim")
        for statement, arguments in (
            ("SELECT api.lock_account_v1(%s, %s, 'x')", (secret, victim.account_id)),
            ("SELECT api.resume_operator_session_v1(%s)", (secret,)),
            ("SELECT api.console_lock_account_v1(%s, 'x')", (victim.account_id,)),
            ("SELECT api.grant_operator_v1(%s, 'chief', 1, 'x', 't1')", (victim.account_id,)),
            ("SELECT * FROM api.claim_outbox_v1(10, 60)", ()),
            ("SELECT api.add_signing_key_v1('k', 'ES256', 'active', '{}', 'x')", ()),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(statement, arguments)
        proof = prove(web, victim)
        parameters = session_parameters(proof, random_32(), uuid4(), secret_hash=sha256(b"x"))
        del parameters["kept"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            call(web, "api.open_operator_session_v1", *parameters.values())
    loot.refused("locks, grants of operators, signing keys of its own, letters in the outbox")


def test_web_tier_hides_nothing_that_it_asked(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """Events are appended by what it does; it neither changes nor deletes one."""
    with login("web") as web:
        a_person(web)
        guess(web, "Ada", random_32())
        for statement in (
            "DELETE FROM vault.events",
            "UPDATE vault.events SET tag = 'account:password:right'",
            "TRUNCATE vault.events",
            "INSERT INTO vault.events (tag) VALUES ('account:password:right')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(statement)
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag = 'account:password:wrong'")
    loot.refused("removing or rewriting an event")


def test_web_tier_mints_assertions_while_it_holds_the_signing_keys(vault: None, loot: Loot) -> None:
    """Said plainly in design and threat model: until the keys are rotated, wikis believe it."""
    ada = sign_up("Ada")
    key = signing_keys.signing_key("RS256")
    token = jwt.encode(
        {"alg": "RS256", "kid": key.kid},
        {"iss": ISSUER, "aud": "any-wiki", "sub": str(ada.account_id)},
        key.key,
        algorithms=["RS256"],
    )
    assert claims_of(token)["sub"] == str(ada.account_id)
    loot.gained("assertions about anybody to any wiki, until rotatekeys and a new site epoch")


def test_web_tier_opens_no_seal_that_is_moved_to_another_place(loot: Loot) -> None:
    """A seal is bound to its purpose and its owner: copied elsewhere it does not open."""
    mine, other = uuid4(), uuid4()
    sealed = seals.seal_address("ada@example.org", mine)
    with pytest.raises((SealBroken, KeyUnknown)):
        seals.open_address(sealed, other)
    assert seals.open_address(sealed, mine) == "ada@example.org"
    loot.gained("the address of whoever's own page it serves")
