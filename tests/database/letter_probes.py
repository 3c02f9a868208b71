"""What the vault answers about letters and their tokens: probes for test_letter_guards_removed.py.

Each runs in a transaction of the superuser's, in which a guard may be missing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg

from tests.database.asking import AGENT, NETWORK, Person, ask, call, random_32, sha256, value
from tests.database.factors import an_app, an_attempt
from tests.database.mail_arguments import BROWSER, a_token, an_address

ORIGIN: Final = (NETWORK, AGENT)
PURPOSES: Final = ("reset", "confirm", "undo", "disown")


@dataclass
class Scene:
    """Ada and Grace have an address each; Tina has an app as well. Ada has a session."""

    admin: psycopg.Connection
    ada: Person
    grace: Person
    tina: Person
    session: bytes
    home: UUID  # Ada's address
    graces: UUID
    tinas: UUID

    def sid(self) -> UUID:
        """The public id of Ada's session."""
        found = "SELECT sid FROM vault.sessions WHERE secret_hash = sha256(%s)"
        sid: UUID = value(self.admin, found, self.session)
        return sid

    def token(self, purpose: str, secret: bytes, person: Person | None = None, **more: Any) -> UUID:
        """A token that was mailed: Ada's, to her address."""
        person = person or self.ada
        home = {self.grace: self.graces, self.tina: self.tinas}.get(person, self.home)
        return a_token(self.admin, person, more.pop("address", home), purpose, secret, **more)

    @contextmanager
    def undone(self, change: str = "") -> Iterator[None]:
        """For as long as something is otherwise."""
        with self.admin.transaction(force_rollback=True):
            if change:
                self.admin.execute(change)  # type: ignore[arg-type]
            yield


def an_address_of(scene: Scene, person: Person, *, primary: bool = False, days: int = 0) -> UUID:
    """Another address, confirmed so many days after the first."""
    address = an_address(scene.admin, person)
    scene.admin.execute(
        "UPDATE vault.email_addresses SET is_primary = %s,"
        " verified_at = clock_timestamp() + make_interval(days => %s) WHERE id = %s",
        [primary, days, address],
    )
    return address


def letters_left(scene: Scene) -> list[Any]:
    """To an address, as the hour goes by; and of an account's tokens, by purpose and by hour."""
    digest, taken = random_32(), []
    steps = ((0, "confirm"), (0, "confirm"), (20, "confirm"), (0, "reset"), (20, "reset"))
    for minutes, purpose in (*steps, (19, "reset"), (2, "confirm"), (0, "reset"), (0, "reset")):
        scene.admin.execute(
            "UPDATE vault.address_letters l SET sent = ARRAY("
            " SELECT at - make_interval(mins => %s) FROM unnest(l.sent) AS at)",
            [minutes],
        )
        taken.append(value(scene.admin, "SELECT vault.take_letter_to(%s, %s)", digest, purpose))
    left = "SELECT vault.has_token_left(%s, %s)"
    for purpose in ("reset", "reset", "reset", "confirm"):
        taken.append(value(scene.admin, left, scene.ada.account_id, "reset"))
        scene.token(purpose, random_32())
    for person, purpose in ((scene.ada, "reset"), (scene.ada, "confirm"), (scene.grace, "reset")):
        taken.append(value(scene.admin, left, person.account_id, purpose))
    scene.admin.execute(
        "UPDATE vault.mailed_tokens SET requested_at = requested_at - interval '1 hour'"
    )
    taken.append(value(scene.admin, left, scene.ada.account_id, "reset"))
    return taken


_CHANGES: Final = (
    "SELECT 1",
    "UPDATE vault.accounts SET state = 'locked'",
    "UPDATE vault.accounts SET epoch = epoch + 1",
    "UPDATE vault.site SET epoch = epoch + 1",
    "UPDATE vault.email_addresses SET verified_at = NULL",
    "UPDATE vault.email_addresses SET removed_at = clock_timestamp()",
    "UPDATE vault.email_addresses SET account_id = gen_random_uuid()",
    "UPDATE vault.mailed_tokens SET spent_at = clock_timestamp()",
    "UPDATE vault.mailed_tokens SET expires_at = clock_timestamp()",
    "UPDATE vault.mailed_tokens SET expires_at = NULL",
    "UPDATE vault.mailed_tokens SET token_hash = NULL, expires_at = NULL",
    (
        "UPDATE vault.mailed_tokens SET token_hash = NULL, expires_at = NULL,"
        " requested_at = requested_at - interval '1 day'"
    ),
)


def token_statuses(scene: Scene) -> list[Any]:
    """What each thing that happens does to a token of each purpose."""
    scene.admin.execute("SET LOCAL session_replication_role = replica")  # addresses of nobody
    for purpose in PURPOSES:
        scene.token(purpose, random_32())
    statuses = []
    for change in _CHANGES:
        with scene.undone(change):
            rows = ask(
                scene.admin,
                "SELECT vault.token_status(t) AS status FROM vault.mailed_tokens t"
                " ORDER BY array_position(%s, t.purpose)",
                list(PURPOSES),
            )
            statuses.append(" ".join(row["status"] for row in rows))
    return statuses


def spent_tokens(scene: Scene) -> list[Any]:
    """Whose hands, which browser and which name spend a token, and for what."""
    admin, statuses = scene.admin, []
    spend = "SELECT status FROM vault.spend_token(%s, %s, %s, %s, %s, '', '')"
    for purpose in PURPOSES:
        secret, code = random_32(), random_32()[:10]
        token = scene.token(purpose, secret, code=code)
        other = scene.token(purpose, random_32())
        wrong = PURPOSES[PURPOSES.index(purpose) - 1]
        said = []
        for given in (
            (token, random_32(), purpose, BROWSER, None),
            (other, secret, purpose, BROWSER, None),
            (token, secret, wrong, BROWSER, None),
            (token, secret, purpose, random_32(), None),
            (token, secret, purpose, None, "Grace"),
            (token, secret, purpose, None, "Ada"),
            (token, code, purpose, BROWSER, None),
        ):
            with scene.undone():
                said.append(value(admin, spend, *given))
        said += [
            value(admin, spend, token, again, purpose, BROWSER, None) for again in (secret, code)
        ]
        statuses.append(" ".join(said))
    return statuses


def reset_passwords(scene: Scene) -> list[Any]:
    """Which proofs set a new password, with a second factor and without."""
    statuses = []
    password = (random_32()[:16], 19456, 2, 1, "t1", random_32(), random_32(), "en", *ORIGIN)
    for person, proofs, purpose in (
        (scene.ada, ["letter"], "recover"),
        (scene.ada, ["recovery_code"], "recover"),
        (scene.ada, ["letter"], "sign_in"),
        (scene.tina, ["letter"], "recover"),
        (scene.tina, ["recovery_code"], "recover"),
        (scene.tina, ["letter", "totp"], "recover"),
        (scene.tina, ["letter", "recovery_code"], "recover"),
        (scene.tina, ["totp"], "recover"),
    ):
        with scene.undone():
            an_app(scene.admin, scene.tina)
            attempt = an_attempt(scene.admin, person, proofs, purpose=purpose)
            given = (attempt.secret, *password)
            statuses.append(call(scene.admin, "api.reset_password_v1", *given)["status"])
    return statuses


def answered_requests(scene: Scene) -> list[Any]:
    """Whom a request means, and which letters answer it; as accounts and addresses are."""
    admin = scene.admin
    second = an_address_of(scene, scene.ada)
    admin.execute(
        "UPDATE vault.email_addresses SET lookup_digest = %s WHERE id IN (%s, %s, %s)",
        [b"d" * 32, second, scene.graces, scene.tinas],
    )
    addresses = [scene.home, second, scene.graces, scene.tinas]
    seen = []
    for change in (
        "",
        "UPDATE vault.email_addresses SET verified_at = NULL",
        "UPDATE vault.email_addresses SET removed_at = now()",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.outbox SET done_at = now()",
        "UPDATE vault.outbox SET kind = 'letter'",
        (
            "INSERT INTO vault.mailed_tokens (purpose, account_id, account_epoch, site_epoch)"
            " SELECT 'reset', id, 1, 1 FROM vault.accounts, generate_series(1, 3)"
        ),
        (
            "INSERT INTO vault.address_letters SELECT lookup_digest, ARRAY[now(), now(), now()]"
            " FROM vault.email_addresses GROUP BY 1"
        ),
    ):
        for name, digests in (("Ada", None), (None, [b"d" * 32])):
            with scene.undone():
                asked = (name, digests, sha256(BROWSER), "en", *ORIGIN)
                assert call(admin, "api.request_reset_v1", *asked)["status"] == "asked"
                if change:
                    admin.execute(change)  # type: ignore[arg-type]
                job = value(admin, "SELECT max(id) FROM vault.outbox")
                meant = ask(admin, "SELECT * FROM api.reset_request_v1(%s)", job)
                given = (job, addresses, [1, 1, 1, 2])
                said = [call(admin, "api.answer_reset_v1", *given)["status"] for _ in range(2)]
                letters = ask(
                    admin,
                    "SELECT jsonb_array_length(payload -> 'tokens') AS tokens FROM vault.outbox"
                    " WHERE payload ->> 'template' = 'password_reset_link' ORDER BY 1",
                )
                seen.append((len(meant), *said, *(row["tokens"] for row in letters)))
    return seen


def undone_changes(scene: Scene) -> list[Any]:
    """What an undo leaves: addresses, letters, tokens of others, sessions; by whoever undoes."""
    admin, seen = scene.admin, []
    for is_older in (True, False):
        with scene.undone():
            older = an_address_of(scene, scene.ada, days=-30)
            newer = an_address_of(scene, scene.ada, days=30)
            an_address(admin, scene.ada, confirmed=False)
            mine, secret = (older if is_older else newer), random_32()
            admin.execute(
                "UPDATE vault.email_addresses SET removed_at = now(), is_primary = false"
                " WHERE id = %s",
                [mine],
            )
            places = {older: "older", scene.home: "home", newer: "newer"}
            others = {
                scene.token(purpose, random_32(), address=address): f"{purpose} of {place}"
                for address, place in places.items()
                for purpose in ("undo", "disown", "reset")
            }
            scene.token("undo", random_32(), scene.grace)
            given = (scene.token("undo", secret, address=mine), secret, "en", *ORIGIN)
            assert call(admin, "api.restore_address_v1", *given)["status"] == "restored"
            left = ask(
                admin,
                "SELECT id, is_primary FROM vault.email_addresses"
                " WHERE account_id = %s AND removed_at IS NULL",
                scene.ada.account_id,
            )
            alive = ask(
                admin,
                "SELECT t.id FROM vault.mailed_tokens t WHERE vault.token_status(t) = 'live'"
                " AND t.account_id = %s",
                scene.ada.account_id,
            )
            told = ask(
                admin,
                "SELECT payload ->> 'template' AS template, payload ? 'tokens' AS has_token"
                " FROM vault.outbox WHERE kind = 'letter' ORDER BY 1, 2",
            )
            seen += [
                [(places.get(row["id"]), row["is_primary"]) for row in left],
                sorted(others[row["id"]] for row in alive if row["id"] in others),
                [tuple(row.values()) for row in told],
                value(admin, "SELECT count(*) FROM vault.sessions WHERE ended_at IS NULL"),
                value(
                    admin, "SELECT epoch FROM vault.accounts WHERE id = %s", scene.ada.account_id
                ),
                value(
                    admin,
                    "SELECT vault.token_status(t) FROM vault.mailed_tokens t"
                    " WHERE account_id = %s AND purpose = 'undo'",
                    scene.grace.account_id,
                ),
            ]
    return seen
