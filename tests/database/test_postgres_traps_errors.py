"""PostgreSQL's trap 5: an error of a constraint prints the row. No role can provoke one."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database import ceremony_arguments, factor_arguments, mail_arguments, operator_arguments
from tests.database.asking import (
    CHALLENGE,
    NETWORK,
    REDIRECT,
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    issue,
    propose,
    prove,
    random_32,
    session_parameters,
    sha256,
    value,
    whose,
)

HUGE = 9_000_000_000_000_000_000
HOSTILE: dict[str, list[Any]] = {
    "uuid": [None, uuid4()],
    "bytea": [None, b"", b"x", bytes(32), b"x" * 20_000],
    "uuid[]": [None, [], [None], [uuid4()] * 2, [uuid4()] * 1_000],
    "integer[]": [None, [], [None], [-1], [2**31 - 1] * 2, [0] * 1_000],
    "bytea[]": [None, [], [None], [[b"x"], [b"y"]], [b"x" * 32], [b"y" * 32] * 1_000],
    "inet": [None, "::", "192.0.2.1/24"],
    "text": [None, "", "x", "Ada", "\u0410da", "x" * 20_000],
    "text[]": [None, [], [None], ["Ada", None], [["x"], ["y"]], ["x" * 9_000], ["y"] * 1_000],
    "integer": [None, 0, -1, 2**31 - 1],
    "bigint": [None, 0, -1, 253402300800, HUGE],
    "boolean": [None, True, False],
    "timestamp with time zone": [None, "-infinity", "infinity", "4000-01-01", "2000-01-01"],
    "jsonb": [None, "{}", "[]", "7", '{"unjudged": "3"}', '{"unjudged": 1e9}', '{"x": {}}'],
}
Setting = tuple[psycopg.Connection, dict[str, list[Any]]]


def _functions(admin: psycopg.Connection, role: str) -> dict[str, list[str]]:
    """The functions that this role may call, with the types of their arguments."""
    return {
        row["name"]: row["types"]
        for row in ask(
            admin,
            "SELECT p.oid::regproc::text AS name, ARRAY(SELECT format_type(t, NULL)"
            " FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) ORDER BY n) AS types"
            " FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace AND p.prokind = 'f'"
            " AND has_function_privilege(%s, p.oid, 'EXECUTE')",
            f"authsite_{role}",
        )
    }


def _web_arguments(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Arguments with which each of web's functions does its work."""
    ada = a_person(web)
    a_wiki(admin)
    session = a_session(web, ada)
    password = [random_32()[:16], 19457, 2, 1, "t1", random_32(), random_32()]
    origin = [NETWORK, "Firefox"]
    fresh = prove(web, ada, purpose="reauthenticate", session=session)
    known: dict[str, list[Any]] = {
        "prepare_account": [uuid4()],
        "lock_notice": ["Ada", None],
        "closed_doors": [],
        "register_account": [
            *(uuid4(), "Bob", random_32(), "t1", ["bob"], *password),
            *(uuid4(), b"s" * 60, random_32(), "t1", random_32(), "en", random_32()),
        ],
        "password_challenge": ["Ada"],
        "propose_password": ["Ada", ada.tag, "sign_in", random_32(), None],
        "judge_password": [propose(web, "Ada", ada.tag)["proposal"]],
        "upgrade_password": [prove(web, ada).secret, *password],
        "change_password": [
            *(session, fresh.secret, *password),
            *(random_32(), fresh.verdict["account_epoch"] + 1, random_32(), "t1", "en"),
        ],
        "open_session": list(session_parameters(prove(web, ada), random_32(), uuid4()).values()),
        "issue_grant": [
            *(session, uuid4(), "wiki-a", random_32(), REDIRECT, CHALLENGE, "n", ["openid"]),
            *(*whose(web, session).values(), random_32(), "t1", ["aal2"], ["userinfo.name"]),
        ],
        "redeem_code": [issue(web, session)["code"], "wiki-a", REDIRECT, CHALLENGE],
        "describe_grant": [uuid4()],
        "spend_assertion": ["wiki-a", random_32(), int(time.time()) + 60],
        "find_wiki": ["wiki-a"],
        "list_wikis": [],
        "signing_keys": [],
        "past_signing_keys": [],
        "report_row": ["session", "7"],
        "own_events": [session, 10, 10, NETWORK, ["account:session:opened"]],
        "own_letters": [session],
        "end_own_session": [session, uuid4()],
        "end_session": [a_session(web, ada)],
        "end_all_own_sessions": [a_session(web, a_person(web, "Everywhere")), *origin],
        "logout_progress": [[uuid4()]],
        "own_logouts": [session],
        **{
            name: [session]
            for name in ("resume_session", "list_sessions", "list_addresses", "own_account")
        },
    }
    for name in ("register_account", "propose_password", "change_password"):
        known[name] += origin
    for name in ("end_own_session", "end_session"):
        known[name] += origin
    for name in ("propose_password", "open_session", "change_password"):
        known[name].append(random_32())  # the device
    # What its proof cookie shall hold; the language; whether the network is kept.
    known["open_session"] += [random_32(), "fr", False]
    return {
        **mail_arguments.web_arguments(admin, web),
        **factor_arguments.web_arguments(admin, web),
        **ceremony_arguments.web_arguments(admin, web),
        **known,
    }


def _worker_arguments(admin: psycopg.Connection) -> dict[str, list[Any]]:
    """Arguments with which each of the worker's functions does its work."""
    job = value(
        admin,
        "INSERT INTO vault.outbox (kind, payload, sealed_address)"
        " VALUES ('letter', '{}', 'sealed') RETURNING id",
    )
    admin.execute("SELECT api.report_row_v1('line', 'to be sealed')")
    [batch] = ask(admin, "SELECT * FROM api.unsealed_events_v1(10)")
    return {
        "unsealed_events": [10],
        "add_event_seal": [
            *(batch["number"], batch["ids"], batch["lines"], batch["digest"]),
            *(random_32(), "t1", batch["sealed_at"], batch["number"] - 1),
        ],
        "event_sealing": [],
        "check_event_seals": [1, 10],
        "shipped_events": [1, 10],
        "claim_outbox": [10, 60],
        "retry_outbox": [job, 5, "timeout"],
        "finish_outbox": [job],
        "bury_outbox": [job, "gone"],
        "prune": [],
        "lift_due": [],
        "watch": ['{"unjudged": 3}'],
        "report_row": ["session", "7"],
        "signing_keys": [],
        "due_signing_keys": [],
        "rotate_signing_key": ["k" * 43, "ES256", "{}", b"s" * 60],
        "find_wiki": ["wiki-a"],
    }


@pytest.fixture
def setting(
    admin: psycopg.Connection, login: Login
) -> Iterator[Callable[[str], tuple[psycopg.Connection, dict[str, list[Any]]]]]:
    """A role's connection, and the arguments that its functions take on a good day."""
    with login("web") as web, login("operator") as operator, login("worker") as worker:

        def prepare(role: str) -> Setting:
            if role == "web":
                return web, _web_arguments(admin, web)
            if role == "operator":
                return operator, operator_arguments.operator_arguments(admin, web, operator)
            mail = mail_arguments.worker_arguments(admin, web)
            return worker, {**_worker_arguments(admin), **mail}

        yield prepare


def _try(connection: psycopg.Connection, name: str, arguments: list[Any]) -> psycopg.Error | None:
    """Calls a function, checks what is deferred, and undoes it; gives the error."""
    marks = ", ".join(["%s"] * len(arguments))
    connection.execute("BEGIN")
    try:
        connection.execute(f"SELECT * FROM {name}({marks})", arguments)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        return error
    finally:
        connection.execute("ROLLBACK")
    return None


def _verify_says_nothing(error: psycopg.Error | None, name: str, arguments: list[Any]) -> None:
    if error is not None:
        said = (name, arguments, error.diag.message_primary, error.diag.message_detail)
        assert not isinstance(error, psycopg.IntegrityError), said
        assert error.diag.message_detail is None, said
        assert error.diag.column_name is None, said


@pytest.mark.parametrize("role", ["web", "operator", "worker"])
def test_argument_that_is_hostile_breaks_no_constraint_and_prints_no_row(
    admin: psycopg.Connection, setting: Callable[[str], Setting], role: str
) -> None:
    """Each argument of each function, missing, empty, huge, repeated: no row in any error."""
    connection, good = setting(role)
    functions = _functions(admin, role)
    assert {f"api.{name}_v1" for name in good} == set(functions), "a function is not tried here"
    tried = 0
    for function, types in functions.items():
        arguments = good[function.removeprefix("api.").removesuffix("_v1")]
        assert len(arguments) == len(types), function
        for position, kind in enumerate(types):
            for hostile in HOSTILE[kind]:
                changed = [*arguments[:position], hostile, *arguments[position + 1 :]]
                _verify_says_nothing(_try(connection, function, changed), function, changed)
                tried += 1
        error = _try(connection, function, [None] * len(types))
        _verify_says_nothing(error, function, [])
    assert tried > 30


@pytest.mark.parametrize("role", ["web", "operator", "worker"])
def test_value_that_is_taken_already_breaks_no_constraint_and_prints_no_row(
    admin: psycopg.Connection, setting: Callable[[str], Setting], role: str
) -> None:
    """Ids, secrets and digests that other rows have, in every place: no unique key is printed."""
    connection, good = setting(role)
    taken: dict[str, list[Any]] = {
        "uuid": _all(
            admin,
            "SELECT id FROM vault.accounts UNION SELECT sid FROM vault.sessions"
            " UNION SELECT id FROM vault.grants",
        ),
        "bytea": _all(
            admin,
            "SELECT secret_hash FROM vault.sessions UNION SELECT secret_hash"
            " FROM vault.attempts UNION SELECT code_hash FROM vault.grants",
        ),
        "text": _all(
            admin, "SELECT username FROM vault.accounts UNION SELECT client_id FROM vault.wikis"
        ),
    }
    for function, types in _functions(admin, role).items():
        arguments = good[function.removeprefix("api.").removesuffix("_v1")]
        for position, kind in enumerate(types):
            for other in taken.get(kind, []):
                changed = [*arguments[:position], other, *arguments[position + 1 :]]
                _verify_says_nothing(_try(connection, function, changed), function, changed)


def _all(admin: psycopg.Connection, statement: str) -> list[Any]:
    return [next(iter(row.values())) for row in ask(admin, statement)]


def test_function_called_a_second_time_breaks_no_constraint(
    admin: psycopg.Connection, setting: Callable[[str], Setting]
) -> None:
    """Everything that web may do, done twice with the very same arguments."""
    web, good = setting("web")
    for name, arguments in good.items():
        marks = ", ".join(["%s"] * len(arguments))
        for _ in range(2):
            web.execute(f"SELECT * FROM api.{name}_v1({marks})", arguments)


def test_verifier_beside_a_refused_statement_is_in_no_error(
    admin: psycopg.Connection, login: Login
) -> None:
    """Nothing that any role is told contains the verifier, its salt or the site's secret."""
    with login("web") as web:
        ada = a_person(web)
        session = a_session(web, ada)
        [secrets] = ask(
            admin, "SELECT digest_salt, digest, secret FROM vault.password_verifiers, vault.site"
        )
        heard = ""
        for statement in (
            "SELECT * FROM vault.password_verifiers",
            "SELECT vault.keyed('x', 'y', 'z')",
            "SELECT * FROM api.judge_password_v1('x')",
            "SELECT api.open_session_v1(1)",
        ):
            with pytest.raises(psycopg.Error) as refused:
                web.execute(statement)
            heard += str(refused.value) + str(refused.value.diag.message_detail)
        for answer in (
            ask(web, "SELECT * FROM api.password_challenge_v1('Ada')"),
            ask(web, "SELECT * FROM api.resume_session_v1(%s)", session),
            ask(web, "SELECT * FROM api.list_sessions_v1(%s)", session),
        ):
            heard += str(answer)
    for secret in secrets.values():
        assert secret.hex() not in heard
        assert str(secret) not in heard
    assert sha256(session).hex() not in heard
