"""The tables: as the history makes them, the owner's, and nothing acts by itself."""

from collections.abc import Iterator

from django.db.migrations.loader import MigrationLoader

from vault.doctor.blueprint import SCHEMAS, differences
from vault.doctor.checks import check
from vault.doctor.patient import OWNER, Patient

# Whose rows would open something if an error printed them.
VERIFIERS = ("vault.password_verifiers", "vault.recovery_codes")
_SOMEBODY = "Nothing of this project does that: find out who did, and undo it as a superuser."


def _of_verifiers(name: str) -> bool:
    return name.startswith(tuple(f"{table}." for table in VERIFIERS))


@check(f"Migrate, if something is missing. {_SOMEBODY}")
def tables_as_files(patient: Patient) -> Iterator[str]:
    """Every table, column, constraint and index is as the history makes it; there is no other."""
    for kind in ("table", "column", "constraint", "index", "sequence"):
        wanted, found = patient.wanted.kind(kind), patient.found.kind(kind)
        if kind in ("constraint", "index"):  # the next check's
            wanted = {name: text for name, text in wanted.items() if not _of_verifiers(name)}
            found = {name: text for name, text in found.items() if not _of_verifiers(name)}
        yield from differences(wanted, found, kind)


@check(f"DROP the constraint or index, or write a file of history that does. {_SOMEBODY}")
def verifiers_stand_alone(patient: Patient) -> Iterator[str]:
    """No constraint or index but the primary key touches a verifier: an error of one prints it."""
    for kind in ("constraint", "index"):
        wanted, found = (
            {name: text for name, text in schema.kind(kind).items() if _of_verifiers(name)}
            for schema in (patient.wanted, patient.found)
        )
        yield from differences(wanted, found, kind)
        for name in sorted(wanted.keys() & found.keys()):
            if not name.endswith("_pkey") or "digest" in found[name] or "proof" in found[name]:
                yield f"{kind} {name} could print a verifier"


@check(_SOMEBODY)
def nothing_acts_by_itself(patient: Patient) -> Iterator[str]:
    """There is no trigger, rule or row policy but those of the files, and foreign keys are on."""
    for kind in ("trigger", "rule", "policy"):
        yield from differences(patient.wanted.kind(kind), patient.found.kind(kind), kind)


@check(f"ALTER ... OWNER TO {OWNER}, as a superuser; then migrate.")
def all_owned_by_owner(patient: Patient) -> Iterator[str]:
    """Every schema, table, view and function belongs to authsite_owner, who cannot log in."""
    for name, owner in patient.vault.execute(
        "SELECT 'schema ' || nspname, nspowner::regrole::text FROM pg_namespace"
        " WHERE nspname = ANY (%(schemas)s) UNION ALL"
        " SELECT oid::regclass::text, relowner::regrole::text FROM pg_class"
        " WHERE relnamespace::regnamespace::text = ANY (%(schemas)s) AND relkind <> 'i' UNION ALL"
        " SELECT oid::regproc::text, proowner::regrole::text FROM pg_proc"
        " WHERE pronamespace::regnamespace::text = ANY (%(schemas)s) ORDER BY 1",
        {"schemas": list(SCHEMAS)},
    ):
        if owner != OWNER:
            yield f"{name} belongs to {owner}"


@check(_SOMEBODY)
def nothing_beside_the_schemas(patient: Patient) -> Iterator[str]:
    """The vault's database has the schemas vault, api and views, Django's list of migrations, and
    nothing else.
    """
    for (name,) in patient.vault.execute(
        "SELECT 'the schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
        " AND nspname <> ALL (%s) AND nspname NOT IN ('public', 'information_schema') UNION ALL"
        " SELECT c.oid::regclass::text FROM pg_class c"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'f', 'p')"
        " AND relname <> 'django_migrations' UNION ALL"
        " SELECT p.oid::regprocedure::text FROM pg_proc p"
        " WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
        [list(SCHEMAS)],
    ):
        yield f"{name} is there"


@check("Run manage.py migrate --database vault with the release that is in service.")
def migrations_applied(patient: Patient) -> Iterator[str]:
    """Every numbered file of this release's history has been applied, and none of a later one."""
    applied = {
        name
        for (name,) in patient.vault.execute(
            "SELECT name FROM public.django_migrations WHERE app = 'vault'"
        )
    }
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == "vault"}
    yield from (f"{name} is not applied" for name in sorted(known - applied))
    yield from (f"{name} is of another release" for name in sorted(applied - known))


CHECKS = (
    tables_as_files,
    verifiers_stand_alone,
    nothing_acts_by_itself,
    all_owned_by_owner,
    nothing_beside_the_schemas,
    migrations_applied,
)
