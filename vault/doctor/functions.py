"""The functions and views: as the files make them, closed against tricks of the caller."""

from collections.abc import Iterator

from vault.doctor.blueprint import differences
from vault.doctor.checks import check
from vault.doctor.patient import LIMITED, Patient
from vault.events import Tag

_MIGRATE = "Run manage.py migrate --database vault: it drops all functions and makes them anew."
_SEARCH_PATH = "search_path=pg_catalog, pg_temp"
_LONGEST_WAIT = "3s"


@check(f"{_MIGRATE} If nobody deployed anything, somebody else changed it: find out who.")
def functions_as_files(patient: Patient) -> Iterator[str]:
    """Every function and view is what the files of this release make, and there is no other."""
    wanted, found = patient.wanted, patient.found
    for kind in ("function", "view"):
        yield from differences(wanted.kind(kind), found.kind(kind), kind)


@check(_MIGRATE)
def function_settings(patient: Patient) -> Iterator[str]:
    """Functions look in pg_catalog and pg_temp alone, as definers where the files say so, and those
    that write wait for a lock for three seconds at most.
    """
    wanted, found = patient.wanted.kind("setting"), patient.found.kind("setting")
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name] != found[name]:
            yield f"{name.partition('(')[0]} has other settings than its file says"
    for name, definer, settings, writes in patient.vault.execute(
        "SELECT p.oid::regproc::text, p.prosecdef, coalesce(p.proconfig, '{}'),"
        " p.provolatile = 'v' AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = ANY (%s)"
        " AND NOT r.rolsuper AND has_function_privilege(r.oid, p.oid, 'EXECUTE'))"
        " FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('vault', 'api')"
        " AND p.prokind = 'f' ORDER BY 1",
        [list(LIMITED.values())],
    ).fetchall():
        if _SEARCH_PATH not in settings:
            yield f"{name} has no fixed search_path"
        if definer and writes and f"lock_timeout={_LONGEST_WAIT}" not in settings:
            yield f"{name} may wait for a lock for longer than {_LONGEST_WAIT}"


@check("Take it out of the file, replace what it opened, and migrate.")
def functions_hold_no_secret(patient: Patient) -> Iterator[str]:
    """Anybody may read a function's text, so that no key, salt or long literal stands in one."""
    for (name,) in patient.vault.execute(
        "SELECT p.oid::regproc::text FROM pg_proc p"
        " WHERE p.pronamespace::regnamespace::text IN ('vault', 'api')"
        " AND (p.prosrc ~ '[0-9a-fA-F]{16,}|[A-Za-z0-9+/_-]{40,}'"
        " OR EXISTS (SELECT FROM vault.site"
        " WHERE strpos(lower(p.prosrc), encode(secret, 'hex')) > 0)) ORDER BY 1"
    ):
        yield f"{name} holds what looks like a secret"


@check(_MIGRATE)
def event_tags_as_files(patient: Patient) -> Iterator[str]:
    """The audit trail's vocabulary is the one that this release knows."""
    found = {tag for (tag,) in patient.vault.execute("SELECT tag FROM vault.event_tags")}
    wanted = {str(tag) for tag in Tag}
    yield from (f"{tag} is missing" for tag in sorted(wanted - found))
    yield from (f"{tag} is in no file" for tag in sorted(found - wanted))


CHECKS = (functions_as_files, function_settings, functions_hold_no_secret, event_tags_as_files)
