"""The thief is one operator: a good session on the operator's site, and ill will."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest
from django.conf import settings

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    ask,
    call,
    is_live,
    prove,
    random_32,
    value,
)
from tests.database.factors import a_passkey, prove_passkey
from tests.database.mail import a_member
from tests.database.operating import an_operator, freshly, passkey_of, shown
from tests.drills.loot import Loot
from vault.errors import SealBroken
from vault.keys import KeyRing
from vault.seals import lookup_digests, unseal

Play = Callable[[str], AbstractContextManager[None]]


@pytest.mark.parametrize("level", ["looker", "locker", "chief"])
def test_bad_operator_becomes_nobody_else(
    admin: psycopg.Connection, login: Login, loot: Loot, level: str
) -> None:
    """Its login cannot open a session, read a verifier, set a password or take a letter."""
    with login("web") as web, login("operator") as operator:
        an_operator(admin, web, operator, level=level)
        victim = a_person(web, "Victim")
        session = a_session(web, victim)
        for statement, arguments in (
            ("SELECT * FROM vault.password_verifiers", ()),
            ("SELECT * FROM vault.totp_devices", ()),
            ("SELECT * FROM vault.email_addresses", ()),
            ("SELECT * FROM vault.outbox", ()),
            ("SELECT api.resume_session_v1(%s)", (session,)),
            ("SELECT api.list_sessions_v1(%s)", (session,)),
            ("SELECT api.request_reset_v1('Victim', NULL, %s, 'en', '', '')", (random_32(),)),
            ("SELECT api.token_to_arm_v1(gen_random_uuid())", ()),
            ("SELECT api.claim_outbox_v1(10, 60)", ()),
            ("SELECT * FROM api.signing_keys_v1()", ()),
            ("SELECT * FROM api.password_challenge_v1('Victim')", ()),
            (
                "SELECT api.propose_password_v1('Victim', %s, 'sign_in', %s, NULL, '', '')",
                (victim.tag, random_32()),
            ),
            ("SELECT api.open_totp_v1(gen_random_uuid())", ()),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                operator.execute(statement, arguments)
        # A passkey of the victim's, even one that it has seen, is of another site.
        theirs = a_passkey(admin, victim)
        for purpose, status in (("operator", "unknown"), ("sign_in", "bad_request")):
            assert prove_passkey(operator, theirs, purpose=purpose)["status"] == status
        assert is_live(web, session)
    loot.refused("sessions, assertions, verifiers, guesses, addresses, letters, signing keys")
    loot.gained("names, sessions' times and agents, wikis, the trail: what its views show")


def test_bad_operator_makes_no_operator_and_shuts_out_no_higher_one(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """Rights come from the console alone; whoever could stop it stays able to."""
    with login("web") as web, login("operator") as operator:
        locker = an_operator(admin, web, operator, username="Lou", level="locker")
        an_operator(admin, web, operator, username="Cleo", level="chief")
        ids = {
            row["username"]: row["id"]
            for row in ask(admin, "SELECT id, username FROM vault.accounts")
        }
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            operator.execute(
                "SELECT api.grant_operator_v1(%s, 'chief', 1, %s, 't1')", [ids["Lou"], random_32()]
            )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            operator.execute(
                "SELECT api.invite_operator_v1(%s, %s, 1, %s, 't1')",
                [ids["Lou"], random_32(), random_32()],
            )
        for function, *arguments in (
            ("lock_account", ids["Cleo"], "ill will"),
            ("end_account_sessions", ids["Cleo"], "ill will"),
            ("set_wiki_state", "w", "suspended", "ill will"),
        ):
            answer = call(operator, f"api.{function}_v1", freshly(operator, locker), *arguments)
            assert answer["status"] == "forbidden"
    loot.refused("operators of its own, locks on a higher level, measures above its own level")


def test_thief_of_an_operators_cookie_locks_nobody(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """The session's secret, from the operator's own seat in SQL, without a passkey vouched for.

    What it would have to say that it verified is an operator's credential id, which it can list:
    code inside the operator's process can lie about a signature, a thief of cookies cannot.
    """
    with login("web") as web, login("operator") as operator:
        chief = an_operator(admin, web, operator)
        own = a_person(web, "Thief")
        victim = a_person(web, "Victim")
        lock = ("api.lock_account_v1", chief, victim.account_id, "ill will")
        assert call(operator, *lock)["status"] == "unproven"
        # Proofs of its own, of the victim's, by a password, or none: none is the chief's passkey.
        own_passkey = shown(operator, a_passkey(admin, own, kind="operator")).secret
        by_password = prove(web, victim).secret
        for attempt in (own_passkey, by_password, random_32(), None):
            answer = call(operator, "api.prove_operator_v1", chief, attempt)
            assert answer["status"] == "gone"
            assert call(operator, *lock)["status"] == "unproven"
        untouched = shown(operator, passkey_of(operator, chief), user_verified=False).secret
        assert call(operator, "api.prove_operator_v1", chief, untouched)["status"] == "unfinished"
        assert call(operator, *lock)["status"] == "unproven"
    assert value(admin, "SELECT count(*) FROM vault.accounts WHERE state = 'locked'") == 0
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag LIKE 'lockout:%%'") == 0
    loot.refused("lockouts by a stolen session, or by any proof but its operator's own passkey")
    loot.gained("what the session's level may look at, until it idles out; alerts acknowledged")


def test_bad_operator_hides_nothing(admin: psycopg.Connection, login: Login, loot: Loot) -> None:
    """What it locks stands in the trail with its name and reason, and the trail is not its own."""
    with login("web") as web, login("operator") as operator:
        chief = an_operator(admin, web, operator)
        victim = a_person(web, "Victim")
        freshly(operator, chief)
        done = call(operator, "api.lock_account_v1", chief, victim.account_id, "ill will")
        assert done["status"] == "locked"
        for statement in (
            "DELETE FROM views.events",
            "UPDATE views.events SET detail = '{}'",
            "DELETE FROM vault.events",
        ):
            with pytest.raises(psycopg.Error) as refused:
                operator.execute(statement)
            assert isinstance(
                refused.value,
                psycopg.errors.InsufficientPrivilege
                | psycopg.errors.ObjectNotInPrerequisiteState
                | psycopg.errors.FeatureNotSupported,
            )
    actor = value(
        admin,
        "SELECT a.username FROM vault.events e JOIN vault.accounts a ON a.id = e.actor_id"
        " WHERE e.tag = 'lockout:account:locked' AND e.detail ->> 'reason' = 'ill will'",
    )
    assert actor == "Olga"
    loot.refused("acting without a name, a reason and a line in the trail")
    loot.gained("locks on whom it likes below its level, until another operator undoes them")


def test_operators_process_holds_no_key_of_the_public_site(playing: Play, loot: Loot) -> None:
    """Whoever takes over the whole process cannot make a web session or sign an assertion."""
    with playing("operator"):
        for name in (
            "SESSION_KEYS",
            "SIGNING_KEYS",
            "FLOW_KEYS",
            "ADDRESS_KEYS",
            "MAIL_KEYS",
            "PEPPER_KEYS",
        ):
            with pytest.raises(Exception, match="not for the role operator"):
                str(getattr(settings, name))
    loot.refused("the keys of web sessions, assertions, addresses, mailed tokens; the pepper")


def test_thief_of_the_operators_process_reads_no_address_and_leaves_a_line_for_each_it_tries(
    admin: psycopg.Connection, login: Login, playing: Play, loot: Loot
) -> None:
    """Its look-up keys make the digest of an address that it knows, and open none."""
    ada = a_member(playing)
    sealed = value(admin, "SELECT sealed FROM vault.email_addresses")
    with playing("operator"):
        [digest] = lookup_digests("ada@example.org")
        for key in settings.ADDRESS_LOOKUP_KEYS.given_keys():
            ring = KeyRing.parse("AUTHSITE_ADDRESS_KEYS", f"t1:{urlsafe_b64encode(key).decode()}")
            with pytest.raises(SealBroken):
                unseal(ring, "address", sealed, ada.account_id.bytes)
    with login("web") as web, login("operator") as operator:
        looker = an_operator(admin, web, operator, level="looker")
        for asked in ([digest], [random_32()]):
            call(operator, "api.find_by_address_v1", looker, asked)
    tried = "SELECT count(*) FROM vault.events WHERE tag = 'operator:address:searched'"
    assert value(admin, tried) == 2
    loot.refused("addresses, whatever dump it has beside its keys")
    loot.gained("whether an address that it guesses is somebody's, on the record each time")
