"""Who may do what: schemas, tables, functions, databases, languages, and what everybody gets.

A superuser may do everything: that one of ours is none is for ``roles.py`` to say.
"""

from collections.abc import Iterator
from typing import Any

import psycopg

from vault.doctor.checks import check
from vault.doctor.patient import LIMITED, LOGINS, MIGRATE, OWNER, Patient

_MIGRATE = "Run manage.py migrate --database vault: it drops and makes all grants anew."
_DATABASE = "As a superuser, run vault/sql/database.sql in that database once more."


def _databases(patient: Patient) -> Iterator[tuple[str, psycopg.Connection[Any]]]:
    yield "the vault", patient.vault
    yield "the site database", patient.site


@check(f"{_MIGRATE} A grant to a role of your own must be revoked by hand.")
def grants_as_files(patient: Patient) -> Iterator[str]:
    """Schemas, tables, views and functions are open to exactly those whom privileges.sql names."""
    wanted, found = patient.wanted.grants, patient.found.grants
    for thing, who, privilege in sorted(found - wanted):
        yield f"{who} has {privilege} on {thing.partition('(')[0]}"
    for thing, who, privilege in sorted(wanted - found):
        yield f"{who} lacks {privilege} on {thing.partition('(')[0]}"


@check(
    "As a superuser: REVOKE CONNECT, TEMPORARY ON DATABASE ... FROM PUBLIC (vault/sql/roles.sql,"
    " vault/sql/database.sql)."
)
def databases_closed(patient: Patient) -> Iterator[str]:
    """Our logins enter the two databases of the site and no other, and make nothing there."""
    ours = [connection.info.dbname for _, connection in _databases(patient)]
    faults: set[str] = set()
    for _, connection in _databases(patient):  # which may be on servers of their own
        faults |= {
            f"{who} has {privilege} on the database {name}"
            for who, privilege, name in connection.execute(
                "SELECT r.rolname, privilege, d.datname FROM pg_database d, pg_roles r,"
                " unnest(ARRAY['CONNECT', 'TEMPORARY', 'CREATE']) AS privilege"
                " WHERE d.datallowconn AND r.rolname = ANY (%(logins)s) AND NOT r.rolsuper"
                " AND has_database_privilege(r.oid, d.oid, privilege)"
                " AND NOT (privilege = 'CONNECT' AND d.datname = ANY (%(ours)s)) UNION ALL"
                " SELECT 'PUBLIC', a.privilege_type, d.datname FROM pg_database d,"
                " aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
                " WHERE a.grantee = 0 AND d.datname = ANY (%(ours)s)",
                {"logins": list(LOGINS.values()), "ours": ours},
            )
        }
    yield from sorted(faults)


@check(_DATABASE)
def languages_closed(patient: Patient) -> Iterator[str]:
    """Only the owner writes code: no other role has USAGE on a language."""
    for where, connection in _databases(patient):
        for role, language in connection.execute(
            "SELECT r.rolname, l.lanname FROM pg_language l, pg_roles r WHERE l.lanpltrusted"
            " AND r.rolname = ANY (%s) AND NOT r.rolsuper"
            " AND has_language_privilege(r.oid, l.oid, 'USAGE')"
            " ORDER BY 1, 2",
            [list(LOGINS.values())],
        ):
            yield f"{role} may write {language} in {where}"


@check(_DATABASE)
def default_privileges(patient: Patient) -> Iterator[str]:
    """What is newly made is open to nobody until it is granted."""
    for where, connection in _databases(patient):
        rows = connection.execute(
            "SELECT d.defaclrole::regrole::text, d.defaclnamespace = 0 AND d.defaclobjtype = 'f',"
            " ARRAY(SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END"
            " FROM aclexplode(d.defaclacl) a WHERE a.grantee <> d.defaclrole)"
            " FROM pg_default_acl d"
        ).fetchall()
        closed = {maker for maker, is_global, others in rows if is_global and not others}
        for maker in (OWNER, MIGRATE):
            if maker not in closed:
                yield f"in {where}, what {maker} newly makes is executable by everybody"
        for maker, _, others in rows:
            for other in others:
                yield f"in {where}, what {maker} newly makes is granted to {other} by itself"


@check(_DATABASE)
def large_objects_closed(patient: Patient) -> Iterator[str]:
    """No limited role makes large objects, and there are none."""
    yield from _closed_functions(patient, "^(lo_|lowrite|loread|be_lo)")
    for where, connection in _databases(patient):
        if _holds(connection, "EXISTS (SELECT FROM pg_largeobject_metadata)"):
            yield f"there are large objects in {where}"


@check(_DATABASE)
def advisory_locks_closed(patient: Patient) -> Iterator[str]:
    """No limited role takes advisory locks, with which it could block others."""
    yield from _closed_functions(patient, "^pg_(try_)?advisory_")


def _closed_functions(patient: Patient, pattern: str) -> Iterator[str]:
    for where, connection in _databases(patient):
        for role, function in connection.execute(
            "SELECT r.rolname, p.oid::regprocedure::text FROM pg_proc p, pg_roles r"
            " WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ %s"
            " AND r.rolname = ANY (%s) AND NOT r.rolsuper"
            " AND has_function_privilege(r.oid, p.oid, 'EXECUTE')"
            " ORDER BY 1, 2",
            [pattern, list(LIMITED.values())],
        ):
            yield f"{role} may call {function} in {where}"


@check(_DATABASE)
def public_schema_closed(patient: Patient) -> Iterator[str]:
    """Nobody but the owner makes anything in the schema public; PUBLIC has no right to it."""
    for where, connection in _databases(patient):
        for (who,) in connection.execute(
            "SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END"
            " FROM pg_namespace n,"
            " aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a"
            " WHERE n.nspname = 'public' AND a.grantee NOT IN (n.nspowner, %s::regrole)"
            " AND (a.grantee = 0 OR a.privilege_type = 'CREATE') ORDER BY 1",
            [OWNER],
        ):
            yield f"{who} has rights on the schema public of {where}"


@check("REVOKE it. What web and operator need there is granted by authsite/sql/counters.sql alone.")
def site_database_closed(patient: Patient) -> Iterator[str]:
    """In the site database, web and operator have the counters and nothing else; worker nothing."""
    for role, thing in patient.site.execute(
        "SELECT r.rolname, c.oid::regclass::text FROM pg_class c, pg_roles r"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND r.rolname = ANY (%s)"
        " AND NOT r.rolsuper"
        " AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
        " AND (has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE,"
        " REFERENCES, TRIGGER') OR has_any_column_privilege(r.oid, c.oid,"
        " 'SELECT, INSERT, UPDATE, REFERENCES'))"
        " AND NOT (c.relname = 'authsite_counter' AND r.rolname <> 'authsite_worker')"
        " ORDER BY 1, 2",
        [list(LOGINS.values())],
    ):
        yield f"{role} has rights on {thing}"


def _holds(connection: psycopg.Connection[Any], condition: str, *parameters: object) -> bool:
    row = connection.execute(f"SELECT {condition}".encode(), parameters).fetchone()
    return row is not None and row[0] is True


CHECKS = (
    grants_as_files,
    databases_closed,
    languages_closed,
    default_privileges,
    large_objects_closed,
    advisory_locks_closed,
    public_schema_closed,
    site_database_closed,
)
