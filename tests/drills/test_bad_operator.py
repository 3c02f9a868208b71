"""The thief is one operator: a good session on the operator's site, and ill will."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest
from django.conf import settings

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    an_operator,
    ask,
    call,
    is_live,
    random_32,
    value,
)
from tests.drills.loot import Loot

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
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                operator.execute(statement, arguments)
        sign_in = call(
            operator,
            "api.propose_password_v1",
            *("Victim", victim.tag, "sign_in", random_32(), None, "", ""),
        )
        assert sign_in["status"] == "bad_request"
        assert is_live(web, session)
    loot.refused("sessions, assertions, verifiers, addresses, letters, signing keys")
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
        locked = call(operator, "api.lock_account_v1", locker, ids["Cleo"], "ill will")
        assert locked["status"] == "forbidden"
        ended = call(operator, "api.end_account_sessions_v1", locker, ids["Cleo"], "ill will")
        assert ended["status"] == "forbidden"
        suspended = call(operator, "api.set_wiki_state_v1", locker, "w", "suspended", "ill will")
        assert suspended["status"] == "forbidden"
    loot.refused("operators of its own, locks on a higher level, measures above its own level")


def test_bad_operator_hides_nothing(admin: psycopg.Connection, login: Login, loot: Loot) -> None:
    """What it locks stands in the trail with its name and reason, and the trail is not its own."""
    with login("web") as web, login("operator") as operator:
        chief = an_operator(admin, web, operator)
        victim = a_person(web, "Victim")
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
        for name in ("SESSION_KEYS", "SIGNING_KEYS", "FLOW_KEYS", "ADDRESS_KEYS", "MAIL_KEYS"):
            with pytest.raises(Exception, match="not for the role operator"):
                str(getattr(settings, name))
    loot.refused("the keys of web sessions, assertions, addresses and mailed tokens")
