"""What the files of this release make of a vault, to compare with what stands there.

The files are run once more under other schema names, inside a transaction that is rolled back:
PostgreSQL itself says what they mean, and no list has to be kept beside them. Nothing of the real
schemas is touched.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from vault.schema import SQL, function_files

SCHEMAS = ("vault", "api", "views")
_HERE = Path(__file__).parent
# One function, procedure or view, as the function files write them.
_MADE = re.compile(
    r"^CREATE (?:OR REPLACE )?(?:(?:FUNCTION|PROCEDURE) .*?AS \$\$.*?\$\$|VIEW .*?);$",
    re.MULTILINE | re.DOTALL,
)
_BEGINNING = re.compile(r"^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE|VIEW) ", re.MULTILINE)


class FilesUnread(Exception):
    """A function file is written in a way that is not understood here."""


@dataclass(frozen=True)
class Schema:
    """Definitions by kind and name, who may do what with which thing, and the policy's seconds."""

    shapes: dict[tuple[str, str], str]
    grants: frozenset[tuple[str, str, str]]
    policy: dict[str, int]

    def kind(self, kind: str) -> dict[str, str]:
        """The definitions of one kind, by name."""
        return {name: text for (its, name), text in self.shapes.items() if its == kind}

    def may(self, role: str, thing: str, privilege: str) -> bool:
        """Whether a role was granted that."""
        return (thing, role, privilege) in self.grants


def standing(connection: psycopg.Connection[Any]) -> Schema:
    """What stands in the vault."""
    return _read(connection, "")


def made_from_files(connection: psycopg.Connection[Any]) -> Schema:
    """What the files would make. Raises ``FilesUnread``."""
    prefix = f"doctor_{secrets.token_hex(4)}_"
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL check_function_bodies = off")
        connection.execute("SET LOCAL client_min_messages = error")
        for statements in _files(prefix):
            connection.execute(statements.encode())
        return _read(connection, prefix)


def _files(prefix: str) -> Iterator[str]:
    """History, functions and privileges under the other names, in the order of a migration."""
    for file in sorted((SQL / "history").glob("*.sql")):
        text = re.sub(r"\b(vault|api|views)\.", rf"{prefix}\1.", file.read_text(encoding="utf-8"))
        yield re.sub(r"(?m)^CREATE SCHEMA (vault|api|views)\b", rf"CREATE SCHEMA {prefix}\1", text)
    for file in function_files():
        yield "\n".join(_renamed(made, prefix) for made in made_by(file))
    privileges = (SQL / "privileges.sql").read_text(encoding="utf-8")
    yield re.sub(r"\b(vault|api|views)\b", rf"{prefix}\1", privileges)


def made_by(file: Path) -> list[str]:
    """The statements of a file that make something. Raises ``FilesUnread``."""
    text = file.read_text(encoding="utf-8")
    made = _MADE.findall(text)
    if any(len(_BEGINNING.findall(one)) != 1 for one in made) or len(made) != len(
        _BEGINNING.findall(text)
    ):
        raise FilesUnread(f"{file.name}: write CREATE ... AS $$ ... $$; or CREATE VIEW ...;")
    return made


def _renamed(made: str, prefix: str) -> str:
    # Its name alone: the text inside is compared as it stands.
    return re.sub(r"\b(vault|api|views)\.", rf"{prefix}\1.", made, count=1)


def _read(connection: psycopg.Connection[Any], prefix: str) -> Schema:
    names = {"schemas": [f"{prefix}{name}" for name in SCHEMAS], "prefix": prefix}
    shapes = connection.execute((_HERE / "shape.sql").read_bytes(), names).fetchall()
    grants = connection.execute((_HERE / "grants.sql").read_bytes(), names).fetchall()
    policy = connection.execute(
        f"SELECT name, seconds FROM {prefix}vault.policy".encode()  # noqa: S608 - a name of ours
    ).fetchall()
    return Schema(
        {(kind, name): text for kind, name, text in shapes},
        frozenset((thing, who, what) for thing, who, what in grants),
        dict(policy),
    )


def differences(wanted: dict[str, str], found: dict[str, str], what: str) -> Iterator[str]:
    """One line for each name that is missing, too many, or not what it should be."""
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"{what} {name} is missing"
        elif name not in wanted:
            yield f"{what} {name} is in no file"
        elif wanted[name] != found[name]:
            yield f"{what} {name} is not what the files make of it"
