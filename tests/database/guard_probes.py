"""What the vault answers to proofs of all kinds: probes for test_guards_removed.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

import psycopg

from tests.database.asking import (
    AGENT,
    NETWORK,
    Person,
    ask,
    call,
    open_session,
    random_32,
    sha256,
    value,
)
from tests.database.factors import a_passkey, an_attempt, passkey_arguments, some_codes
from tests.properties.next_step_promises import PROOFS, possible, subsets

ORIGIN: Final = [NETWORK, AGENT]


@dataclass
class Scene:
    """Ada has an app and a passkey, Grace a password alone, Nora not even that; and two more."""

    admin: psycopg.Connection
    ada: Person
    grace: Person
    nora: Person
    tina: Person  # with an app
    petra: Person  # with a passkey
    passkey: bytes
    session: bytes  # Ada's
    other: bytes  # another one of hers
    grace_session: bytes
    device: bytes = field(default_factory=random_32)

    def sid(self, session: bytes) -> Any:
        """A session's public id."""
        found = "SELECT sid FROM vault.sessions WHERE secret_hash = sha256(%s)"
        return value(self.admin, found, session)

    @contextmanager
    def as_web(self) -> Iterator[psycopg.Connection]:
        """The web role, in the transaction in which a guard is missing."""
        self.admin.execute("SET LOCAL SESSION AUTHORIZATION authsite_web")
        try:
            yield self.admin
        finally:
            self.admin.execute("SET LOCAL SESSION AUTHORIZATION DEFAULT")

    def attempt(self, person: Person, proofs: list[str], change: str = "", **more: Any) -> bytes:
        """An attempt that holds these proofs, changed behind the vault's back by ``change``."""
        secret = an_attempt(self.admin, person, proofs, **more).secret
        if change:
            where = "WHERE secret_hash = sha256(%s)"
            self.admin.execute(f"UPDATE vault.attempts SET {change} {where}", [secret])  # type: ignore[arg-type]
        return secret


def fresh_proofs(scene: Scene) -> list[Any]:
    """What proofs of all kinds amount to within Ada's session."""
    here = {"purpose": "reauthenticate", "sid": scene.sid(scene.session)}
    strong, long_ago = ["password", "hwk"], "authenticated_at = now() - interval '301 seconds'"
    attempts = [
        scene.attempt(scene.ada, strong, **here),
        scene.attempt(scene.ada, ["password", "totp"], **here),
        scene.attempt(scene.ada, ["password", "recovery_code"], **here),
        scene.attempt(scene.ada, ["password"], **here),
        scene.attempt(scene.ada, strong, **{**here, "purpose": "sign_in"}),
        scene.attempt(scene.ada, strong, **{**here, "sid": scene.sid(scene.other)}),
        scene.attempt(scene.grace, strong, **here),
        scene.attempt(scene.ada, strong, long_ago, **here),
        scene.attempt(scene.ada, strong, "consumed_at = now()", **here),
        scene.attempt(scene.ada, strong, "expires_at = now() - interval '1 second'", **here),
        scene.attempt(scene.ada, strong, "account_epoch = account_epoch - 1", **here),
        scene.attempt(scene.ada, strong, "site_epoch = site_epoch - 1", **here),
    ]
    statement = "SELECT status FROM vault.fresh_proof(%s, %s)"
    return [value(scene.admin, statement, scene.session, attempt) for attempt in attempts]


def what_is_enough(scene: Scene) -> list[Any]:
    """What every set of proofs is enough for, for each of them."""
    people = (scene.ada, scene.grace, scene.nora, scene.tina, scene.petra)
    given = [(p.account_id, sorted(s)) for p, s in product(people, subsets(PROOFS)) if possible(s)]
    statement = (
        "SELECT vault.is_enough(%s, %s::text[]) AS come_in,"
        " vault.is_highest(%s, %s::text[]) AS change"
    )
    return [tuple(ask(scene.admin, statement, *one, *one)[0].values()) for one in given]


def spared_codes(scene: Scene) -> list[Any]:
    """Whom a browser that Ada trusted spares a code, and whom one does whose trust is over."""
    until = "vault.epoch_seconds(clock_timestamp())"
    for device, end in ((scene.device, f"{until} + 60"), (b"o" * 32, until), (b"n" * 32, "NULL")):
        scene.admin.execute(
            "INSERT INTO vault.device_credentials (secret_hash, account_id, trusted_until)"
            f" VALUES (sha256(%s), %s, {end})",  # type: ignore[arg-type]
            [device, scene.ada.account_id],
        )
    tries = [
        (scene.attempt(scene.ada, ["password"]), scene.device),
        (scene.attempt(scene.ada, ["password"]), b"o" * 32),
        (scene.attempt(scene.ada, ["password"]), b"n" * 32),
        (scene.attempt(scene.ada, ["password"]), random_32()),
        (scene.attempt(scene.ada, ["letter"]), scene.device),
        (scene.attempt(scene.ada, ["password"], purpose="reauthenticate"), scene.device),
        (scene.attempt(scene.grace, ["password"]), scene.device),
    ]
    with scene.as_web() as web:
        return [call(web, "api.spare_code_v1", *given, *ORIGIN)["status"] for given in tries]


def shown_passkeys(scene: Scene) -> list[Any]:
    """What comes of Ada's passkey, whoever shows it, with whatever counter, to whatever end."""
    password = ["password"]
    again = {"purpose": "reauthenticate", "sid": scene.sid(scene.session)}
    elsewhere = scene.attempt(scene.ada, password, **{**again, "sid": scene.sid(scene.other)})
    here, graces = scene.attempt(scene.ada, password, **again), scene.attempt(scene.grace, password)
    operators = a_passkey(scene.admin, scene.ada, kind="operator", sign_count=1)
    tries: list[tuple[bytes, int, str, bytes | None, bytes | None]] = [
        (scene.passkey, 5, "sign_in", None, None),
        (scene.passkey, 4, "sign_in", None, None),
        (scene.passkey, 0, "sign_in", None, None),
        (operators, 2, "sign_in", None, None),
        (scene.passkey, 6, "reauthenticate", None, None),
        (scene.passkey, 6, "reauthenticate", None, scene.grace_session),
        (scene.passkey, 6, "sign_in", graces, None),
        (scene.passkey, 6, "sign_in", here, None),
        (scene.passkey, 6, "reauthenticate", elsewhere, scene.session),
        (scene.passkey, 6, "reauthenticate", here, scene.session),
    ]
    statuses = []
    for passkey, count, purpose, attempt, session in tries:
        proof = [attempt, sha256(random_32()), session]
        with scene.as_web() as web, web.transaction(force_rollback=True):
            given = [passkey, count, True, True, purpose, *proof, *ORIGIN]
            statuses.append(call(web, "api.prove_passkey_v1", *given)["status"])
    for closed in (
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.site SET sign_in_open = false",
    ):
        with scene.admin.transaction(force_rollback=True):
            scene.admin.execute(closed)
            with scene.as_web() as web:
                given = [scene.passkey, 6, True, True, "sign_in", None, random_32(), None, *ORIGIN]
                statuses.append(call(web, "api.prove_passkey_v1", *given)["status"])
    return statuses


def opened_sessions(scene: Scene) -> list[Any]:
    """Which attempts of Ada's become a session."""
    proofs = [
        an_attempt(scene.admin, scene.ada, proofs, purpose=purpose)
        for proofs, purpose in (
            (["password", "totp"], "sign_in"),
            (["hwk", "uv"], "sign_in"),
            (["password"], "sign_in"),
            (["hwk"], "sign_in"),
            (["letter", "totp"], "sign_in"),
            (["password", "totp"], "recover"),
        )
    ]
    with scene.as_web() as web:
        return [open_session(web, proof) for proof in proofs]


def mended_accounts(scene: Scene) -> list[Any]:
    """Which attempts to recover add a passkey, and who loses the password by less than enough."""
    tries = [
        scene.attempt(scene.nora, ["recovery_code"], purpose="recover"),
        scene.attempt(scene.nora, ["letter"], purpose="recover"),
        scene.attempt(scene.nora, ["recovery_code"], purpose="sign_in"),
        scene.attempt(scene.grace, ["recovery_code"], purpose="recover"),
        scene.attempt(scene.grace, ["letter"], purpose="recover"),
        scene.attempt(scene.grace, ["letter", "totp"], purpose="recover"),
    ]
    statuses = []
    for attempt in tries:
        with scene.as_web() as web, web.transaction(force_rollback=True):
            given = [attempt, *passkey_arguments().values(), "en", *ORIGIN]
            marks = ", ".join(["%s"] * len(given))
            statuses.append(value(web, f"SELECT api.mend_with_passkey_v1({marks})", *given))
    return statuses


def removed_passwords(scene: Scene) -> list[Any]:
    """Whether Ada may do without a password, as she gets what that takes, one after the other."""
    admin, ada = scene.admin, scene.ada
    here = {"purpose": "reauthenticate", "sid": scene.sid(scene.session)}
    proof = scene.attempt(ada, ["password", "hwk"], **here)
    statement = "SELECT api.remove_password_v1(%s, %s, 'en', %s, %s)"
    given = [scene.session, proof, *ORIGIN]
    statuses = []

    def ask_again(*, really: bool = False) -> None:
        with scene.as_web() as web, web.transaction(force_rollback=not really):
            statuses.append(value(web, statement, *given))

    some_codes(admin, ada)
    ask_again()
    a_passkey(admin, ada)
    ask_again()
    a_passkey(admin, ada, knows_user=True)
    a_passkey(admin, ada, knows_user=True, kind="operator")
    ask_again()
    a_passkey(admin, ada, knows_user=True)
    with admin.transaction(force_rollback=True):
        admin.execute("DELETE FROM vault.recovery_codes")
        ask_again()
    ask_again(really=True)
    ask_again()
    return statuses
