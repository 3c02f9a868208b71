"""The server: its version, how one logs in to it, what it writes down, and what else runs in it."""

import ipaddress
from collections.abc import Iterator

import psycopg

from vault.doctor.checks import Note, Skipped, check
from vault.doctor.patient import LIMITED, Patient

_OLDEST = 150000
_QUEUE = 0.1
# A value of bytes, or a text that looks like a token, in a statement.
_VALUE = r"'\\x[0-9a-f]{16,}'|'[A-Za-z0-9_-]{27,}'"
# Extensions that reach other databases, files or programs.
_REACHING = ("dblink", "postgres_fdw", "file_fdw", "adminpack", "lo", "plpython3u", "plperlu")


def _setting(patient: Patient, name: str) -> str:
    row = patient.vault.execute("SELECT current_setting(%s, true)", [name]).fetchone()
    return (row[0] if row else None) or ""


@check("Upgrade PostgreSQL.")
def server_version(patient: Patient) -> Iterator[str]:
    """The server is PostgreSQL 15 or later."""
    version = patient.vault.info.server_version
    if version < _OLDEST:
        yield f"it is {version // 10000}"
    yield Note(f"PostgreSQL {_setting(patient, 'server_version')}")


@check("Run this at the primary: a standby cannot be examined. Else look who made it read-only.")
def vault_takes_writes(patient: Patient) -> Iterator[str]:
    """The vault can be written to, so that what must fail can be tried."""
    if _setting(patient, "transaction_read_only") != "off":
        yield "it is read-only: what follows says little"


@check("In postgresql.conf: password_encryption = scram-sha-256; then set the passwords anew.")
def passwords_by_scram(patient: Patient) -> Iterator[str]:
    """Passwords of logins are stored as SCRAM verifiers."""
    value = _setting(patient, "password_encryption")
    if value != "scram-sha-256":
        yield f"password_encryption is {value}"


@check("In pg_hba.conf: scram-sha-256 (or certificates) in every rule, hostssl for other machines.")
def login_rules(patient: Patient) -> Iterator[str]:
    """No rule of pg_hba.conf trusts anybody, or takes a password that can be overheard."""
    try:
        with patient.vault.transaction():
            rules = patient.vault.execute(
                "SELECT line_number, type, coalesce(address, ''), coalesce(auth_method, ''),"
                " error IS NOT NULL FROM pg_hba_file_rules"
            ).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        raise Skipped(
            "authsite_owner may not read the rules; a superuser can let it: GRANT SELECT ON"
            " pg_hba_file_rules TO authsite_owner; GRANT EXECUTE ON FUNCTION pg_hba_file_rules()"
            " TO authsite_owner"
        ) from None
    for line, kind, address, method, is_faulty in rules:
        if is_faulty:
            yield f"line {line} cannot be read"
        elif method in ("trust", "password", "md5", "ident"):
            yield f"line {line} lets in by {method}"
        elif kind in ("host", "hostnossl") and method != "reject" and not _is_near(address):
            yield f"line {line} lets other machines in without TLS"


def _is_near(address: str) -> bool:
    """Whether an address of pg_hba.conf is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address in ("localhost", "samehost")


@check("Put sslmode=verify-full and sslrootcert into VAULT_URL, and ssl = on into postgresql.conf.")
def connection_by_tls(patient: Patient) -> Iterator[str]:
    """A connection that leaves this machine is by TLS."""
    row = patient.vault.execute(
        "SELECT inet_client_addr(), inet_client_addr() = inet_server_addr(),"
        " (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())"
    ).fetchone()
    if row is not None and row[0] is not None and not row[1] and not row[2]:
        yield "this very connection is not encrypted"


@check("In postgresql.conf: log_parameter_max_length = 0, log_parameter_max_length_on_error = 0.")
def bound_values_unlogged(patient: Patient) -> Iterator[str]:
    """The server's log never gets a bound value: tags and secrets of sessions pass through them."""
    if _setting(patient, "log_parameter_max_length_on_error") != "0":
        yield "log_parameter_max_length_on_error is not 0: errors print what was bound"
    loud = [
        f"{name} = {value}"
        for name, quiet in (
            ("log_statement", ("none", "ddl")),
            ("log_min_duration_statement", ("-1",)),
            ("log_min_duration_sample", ("-1",)),
            ("log_transaction_sample_rate", ("0",)),
            ("auto_explain.log_min_duration", ("", "-1")),
        )
        if (value := _setting(patient, name)) not in quiet
    ]
    if _setting(patient, "log_parameter_max_length") != "0":
        yield from (f"{one}, and log_parameter_max_length is not 0" for one in loud)
        if not loud:
            yield Note("set log_parameter_max_length = 0 before you log any statement")


@check("Bind on the server (psycopg's ordinary cursors); look which process it is.")
def values_bound_apart(patient: Patient) -> Iterator[str]:
    """No process of ours puts values into a statement's text, which others of its role can see."""
    for role, database_role in LIMITED.items():
        try:
            with patient.playing(role) as connection:
                found = connection.execute(
                    "SELECT DISTINCT coalesce(application_name, '') FROM pg_stat_activity"
                    " WHERE usename = current_user AND query ~* %s",
                    [_VALUE],
                ).fetchall()
        except psycopg.errors.InsufficientPrivilege:
            raise Skipped(f"authsite_migrate cannot become {database_role}") from None
        yield from (f"{database_role}, by {name or 'an unnamed program'}" for (name,) in found)


@check("End the sessions that listen and do not read: SELECT pg_terminate_backend(pid).")
def notifications_read(patient: Patient) -> Iterator[str]:
    """The server's queue of notifications is all but empty: PostgreSQL can refuse NOTIFY to nobody,
    and a full queue stops all who use it.
    """
    row = patient.vault.execute("SELECT pg_notification_queue_usage()").fetchone()
    if row is not None and row[0] > _QUEUE:
        yield f"it is {row[0]:.0%} full"


@check("In postgresql.conf: max_prepared_transactions = 0; ROLLBACK PREPARED what there is.")
def no_prepared_transactions(patient: Patient) -> Iterator[str]:
    """No transaction can be prepared: it would keep its locks without any connection to end."""
    if _setting(patient, "max_prepared_transactions") != "0":
        yield "max_prepared_transactions is not 0"
    for (count,) in patient.vault.execute("SELECT count(*) FROM pg_prepared_xacts"):
        if count:
            yield f"{count} prepared transactions are waiting"


@check(
    "DROP what nobody of yours made. Replicate the vault as a whole (streaming), never by table."
)
def rows_go_nowhere_else(patient: Patient) -> Iterator[str]:
    """No publication, subscription or logical slot carries rows of the vault away."""
    for line in patient.vault.execute(
        "SELECT 'publication ' || pubname FROM pg_publication UNION ALL"
        " SELECT 'subscription ' || subname FROM pg_subscription s JOIN pg_database d"
        " ON d.oid = s.subdbid AND d.datname = current_database() UNION ALL"
        " SELECT 'logical slot ' || slot_name FROM pg_replication_slots"
        " WHERE database = current_database() ORDER BY 1"
    ):
        yield str(line[0])


@check("DROP it, as a superuser, unless you know what it is for.")
def no_code_of_others(patient: Patient) -> Iterator[str]:
    """No event trigger, foreign server, or extension that reaches files, programs or databases."""
    for line in patient.vault.execute(
        "SELECT 'event trigger ' || evtname FROM pg_event_trigger UNION ALL"
        " SELECT 'foreign server ' || srvname FROM pg_foreign_server UNION ALL"
        " SELECT 'extension ' || extname FROM pg_extension WHERE extname = ANY (%s) UNION ALL"
        " SELECT 'language ' || lanname FROM pg_language WHERE NOT lanpltrusted"
        " AND lanname NOT IN ('internal', 'c') ORDER BY 1",
        [list(_REACHING)],
    ):
        yield str(line[0])


CHECKS = (
    server_version,
    vault_takes_writes,
    passwords_by_scram,
    login_rules,
    connection_by_tls,
    bound_values_unlogged,
    values_bound_apart,
    notifications_read,
    no_prepared_transactions,
    rows_go_nowhere_else,
    no_code_of_others,
)
