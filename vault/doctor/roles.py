"""The cluster's roles: what each is, who may become whom, and what they are set to."""

from collections.abc import Iterator, Mapping

from vault.doctor.checks import check
from vault.doctor.patient import LOGINS, OWNER, Patient

_AGAIN = "As a superuser, run vault/sql/roles.sql once more: it is safe to repeat."

# Who may become whom; nobody else may.
_MEMBERSHIPS = {
    ("authsite_migrate", "authsite_owner"),
    ("authsite_migrate", "authsite_web"),
    ("authsite_migrate", "authsite_operator"),
    ("authsite_migrate", "authsite_worker"),
    ("authsite_owner", "pg_signal_backend"),
}
# Roles of PostgreSQL's own whose members read or write every table, or run programs.
_ABOVE_ALL = (
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_read_server_files",
    "pg_write_server_files",
    "pg_execute_server_program",
)
_TIMEOUTS: Mapping[str, tuple[str, ...]] = {
    "authsite_web": ("statement_timeout", "idle_in_transaction_session_timeout"),
    "authsite_operator": ("idle_in_transaction_session_timeout",),
    "authsite_worker": ("idle_in_transaction_session_timeout",),
}
# What would print bound values, load code, or make a session somebody else's.
_NEVER_SET = ("log_", "auto_explain.", "session_preload", "local_preload", "role", "session_repl")


@check(_AGAIN)
def role_attributes(patient: Patient) -> Iterator[str]:
    """authsite_owner cannot log in, and no role of this site is more than an ordinary one."""
    rows = patient.vault.execute(
        "SELECT rolname, rolcanlogin, rolinherit, ARRAY_REMOVE(ARRAY["
        " CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,"
        " CASE WHEN rolcreaterole THEN 'CREATEROLE' END,"
        " CASE WHEN rolreplication THEN 'REPLICATION' END,"
        " CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL)"
        " FROM pg_roles WHERE rolname = ANY (%s)",
        [[OWNER, *LOGINS.values()]],
    ).fetchall()
    for name in sorted({OWNER, *LOGINS.values()} - {row[0] for row in rows}):
        yield f"the role {name} is missing"
    for name, can_login, inherits, too_much in rows:
        yield from (f"{name} is {attribute}" for attribute in too_much)
        if can_login != (name != OWNER):
            yield f"{name} {'can' if can_login else 'cannot'} log in"
        if inherits and name != OWNER:
            yield f"{name} inherits the rights of what it may become (INHERIT)"


@check(f"REVOKE what is too much; for what is missing: {_AGAIN}")
def role_memberships(patient: Patient) -> Iterator[str]:
    """Only the owner process may become another role, and nobody stands above all tables."""
    found = {
        (member, role)
        for member, role in patient.vault.execute(
            "SELECT member.rolname, role.rolname FROM pg_auth_members m"
            " JOIN pg_roles member ON member.oid = m.member"
            " JOIN pg_roles role ON role.oid = m.roleid"
            " WHERE member.rolname = ANY (%(ours)s) OR role.rolname = ANY (%(ours)s)"
            " OR (role.rolname = ANY (%(above)s) AND NOT member.rolsuper)",
            {"ours": [OWNER, *LOGINS.values()], "above": list(_ABOVE_ALL)},
        )
    }
    yield from (f"{member} is a member of {role}" for member, role in sorted(found - _MEMBERSHIPS))
    yield from (f"{member} cannot become {role}" for member, role in sorted(_MEMBERSHIPS - found))


@check(f"ALTER ROLE ... RESET what is too much; for a missing timeout: {_AGAIN}")
def role_settings(patient: Patient) -> Iterator[str]:
    """The limited roles wait for nobody for ever, and nothing is set for them that opens a door."""
    found: dict[str, dict[str, str]] = {}
    for name, settings in patient.vault.execute(
        "SELECT coalesce(r.rolname, 'the database'), s.setconfig FROM pg_db_role_setting s"
        " LEFT JOIN pg_roles r ON r.oid = s.setrole"
        " LEFT JOIN pg_database d ON d.oid = s.setdatabase"
        " WHERE r.rolname = ANY (%s) OR d.datname = current_database()",
        [[OWNER, *LOGINS.values()]],
    ):
        found.setdefault(name, {}).update(one.split("=", 1) for one in settings)
    for name, settings in sorted(found.items()):
        for setting in sorted(settings):
            if setting.startswith(_NEVER_SET):
                yield f"{setting} is set for {name}"
    for name, timeouts in _TIMEOUTS.items():
        for timeout in timeouts:
            if found.get(name, {}).get(timeout, "0").rstrip("msinhd") in ("", "0"):
                yield f"{name} has no {timeout}"


CHECKS = (role_attributes, role_memberships, role_settings)
