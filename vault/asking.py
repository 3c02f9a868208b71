"""How a connection asks the vault: one prepared statement, its values bound on the server.

psycopg's types and errors without its cursors: to make one takes longer than most questions take
to answer. A statement is prepared at its first use, once for each set of types of its values.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString, cast

import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.rows import dict_row

Row = dict[str, Any]
_Key = tuple[str, tuple[int, ...]]  # a statement, and the types of its values

_PARAMETER: Final = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement as PostgreSQL reads it: parameters are numbered, in the order of ``names``."""

    text: bytes
    names: tuple[str, ...]
    formats: tuple[PyFormat, ...]

    @classmethod
    def read(cls, written: str) -> "_Statement":
        """From the way in which statements are written here: parameters by name."""
        names = tuple(dict.fromkeys(_PARAMETER.findall(written)))
        text = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", written)
        return cls(text.encode(), names, (PyFormat.AUTO,) * len(names))


def _is_outdated(error: psycopg.Error) -> bool:
    """Whether a prepared statement is refused for what it was prepared as, before it ran.

    Its columns are others by now (`migrate` has made the functions anew), or a proxy lost it.
    """
    return isinstance(error, InvalidSqlStatementName) or (
        isinstance(error, FeatureNotSupported)
        and error.diag.source_function == "RevalidateCachedQuery"
    )


class VaultConnection(psycopg.Connection[Row]):
    """A connection that remembers what it has prepared. One thread has it at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read: dict[str, _Statement] = {}
        # By text and types: the name on the server, and the columns of the answer once known.
        self._ready: dict[_Key, tuple[bytes, list[str]]] = {}
        self._names_made = 0
        self._transformer = Transformer(self)

    def ask(self, written: LiteralString, parameters: Mapping[str, Any]) -> list[Row]:
        """All rows of the answer. Raises ``psycopg.Error``."""
        statement = self._read.get(written)
        if statement is None:
            statement = self._read[written] = _Statement.read(written)
        transformer = self._transformer
        values = transformer.dump_sequence(
            [parameters[name] for name in statement.names], statement.formats
        )
        key = (written, transformer.types or ())
        try:
            result, columns = self._answer(statement, key, values)
        except psycopg.Error as error:
            if not _is_outdated(error):
                raise
            # Nothing has run: what is prepared is of before an upgrade.
            del self._ready[key]
            result, columns = self._answer(statement, key, values)
        if not columns:
            columns += [(result.fname(n) or b"").decode() for n in range(result.nfields)]
        transformer.set_pgresult(result)
        found = transformer.load_rows(0, result.ntuples, tuple)
        return [dict(zip(columns, values, strict=True)) for values in found]

    def _answer(
        self, statement: _Statement, key: _Key, values: Sequence[Any]
    ) -> tuple[pq.abc.PGresult, list[str]]:
        name, columns = self._ready.get(key) or self._prepare(statement, key)
        # The protocol forgets that a value may be NULL, which the implementations know.
        sent = cast("list[bytes]", values)
        answer = self.pgconn.exec_prepared(name, sent, self._transformer.formats)
        return self._checked(answer), columns

    def _prepare(self, statement: _Statement, key: _Key) -> tuple[bytes, list[str]]:
        self._names_made += 1
        name = b"vault_%d" % self._names_made
        self._checked(self.pgconn.prepare(name, statement.text, key[1]))
        ready = self._ready[key] = (name, [])
        return ready

    def _checked(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            return result
        error = error_from_result(result, self.info.encoding)
        # A connection that was cut has no SQLSTATE to say so.
        raise psycopg.OperationalError(str(error)) if self.broken else error


class ConsoleConnection(VaultConnection):
    """The same for a command, where somebody waits: libpq alone would not hear their Ctrl-C."""

    def ask(self, written: LiteralString, parameters: Mapping[str, Any]) -> list[Row]:
        """All rows of the answer. Raises ``psycopg.Error``."""
        with self.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(written, parameters, prepare=True).fetchall()
