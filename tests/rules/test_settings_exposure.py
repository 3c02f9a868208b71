"""No start with a secret that everybody could guess, nor with one that would cross a network bare.

The class V-default (Kratos GHSA-hgx2-28f8-6g2r: a known default key): there are no default keys
here, and a process that is given one says so instead of serving.
"""

import base64
import re
from typing import Final

import pytest

from authsite import roles
from authsite.settings.exposure import is_this_machine
from demo.environment import Place
from tests.environment import environment_for
from tests.rules.starting import ROOT, faults
from vault.keys import new_key

_LOGIN: Final = "postgresql://authsite_web:x7-Qm2"
_SECRET: Final = "9fK2-hQz8_Lw4vTn6bRx1cJm5dSg7pYe3aUi0oXkEVBHNZWtqCsGfD"


def _ring(key: bytes) -> str:
    return "k1:" + base64.urlsafe_b64encode(key).decode()


# --- Databases and caches over a network ---------------------------------------------------------


@pytest.mark.parametrize("name", ["VAULT_URL", "DATABASE_URL"])
@pytest.mark.parametrize(
    "address",
    [
        "@db.example.org/vault",
        "@db.example.org/vault?sslmode=require",
        "@db.example.org/vault?sslmode=verify-ca",
        "@db.example.org/vault?sslmode=prefer&sslrootcert=system",
        "@10.0.0.7/vault",
        "@[2001:db8::7]/vault",
        "@localhost,db.example.org/vault",
        "@localhost:5432,10.0.0.7:5433/vault?target_session_attrs=read-write",
        "@localhost/vault?hostaddr=10.0.0.7",
        "@/vault?host=db.example.org",
        "@db.localhost/vault",
        "@localhost.example.org/vault",
    ],
)
def test_database_that_leaves_this_machine_without_full_tls_stops_the_start(
    name: str, address: str
) -> None:
    """Any one of several hosts is enough; only verify-full knows whom it talks to."""
    assert faults("web", **{name: _LOGIN + address}) == [
        f"{name} leaves this machine, so it must have sslmode=verify-full"
    ]


@pytest.mark.parametrize(
    "address",
    [
        "@db.example.org/vault?sslmode=verify-full",
        "@one.example.org,two.example.org/vault?sslmode=verify-full",
        "@db.example.org/vault?sslrootcert=system",
        "@localhost/vault",
        "@127.0.0.1,[::1]/vault",
        "@/vault",
        "@/vault?host=/var/run/postgresql",
        "@%2Fvar%2Frun%2Fpostgresql/vault",
        "@localhost/vault?hostaddr=127.0.0.1",
    ],
)
def test_database_on_this_machine_or_with_full_tls_starts(address: str) -> None:
    """Loopback and sockets need no TLS."""
    assert faults("web", VAULT_URL=_LOGIN + address) == []


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PGHOST", "db.example.org", "verify-full"),
        ("PGHOSTADDR", "10.0.0.7", "verify-full"),
        ("PGSERVICE", "vault", "not a service"),
        ("PGPASSWORD", "x7-Qm2", "PGPASSWORD is set"),
    ],
)
def test_variable_of_libpq_that_leads_elsewhere_stops_the_start(
    variable: str, value: str, said: str
) -> None:
    """What an address leaves out comes from the environment, where nobody looks."""
    lines = faults("web", VAULT_URL=f"{_LOGIN}@/vault", **{variable: value})
    assert lines
    assert all(said in line and value not in line for line in lines)


@pytest.mark.parametrize(
    "address",
    [
        "redis://:x7-Qm2@cache.example.org:6379/0",
        "redis://10.0.0.7",
        "redis://localhost:6379/0,redis://10.0.0.7:6379/0",
        "redis://localhost:6379/0?host=10.0.0.7",
        "rediss://cache.example.org/0?ssl_cert_reqs=none",
        "rediss://cache.example.org/0?ssl_check_hostname=false",
        "http://localhost:6379",
        "cache.example.org:6379",
    ],
)
def test_redis_that_could_be_read_on_its_way_stops_the_start(address: str) -> None:
    """No plain Redis beyond this machine, no TLS that trusts anybody."""
    (line,) = faults("web", REDIS_URL=address)
    assert line.startswith("REDIS_URL ")
    assert "x7-Qm2" not in line


@pytest.mark.parametrize(
    "address",
    [
        "rediss://:x7-Qm2@cache.example.org:6379/0",
        "rediss://one.example.org/0?ssl_ca_certs=/etc/ca.pem,rediss://two.example.org/0",
        "redis://localhost:6379/0",
        "redis://127.0.0.1",
        "unix:///run/redis.sock",
    ],
)
def test_redis_with_tls_or_on_this_machine_starts(address: str) -> None:
    """As .env.example says."""
    assert faults("web", REDIS_URL=address) == []


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("/run", True),
        ("@abstract", True),
        ("", True),
        ("192.168.0.1", False),
        ("::ffff:10.0.0.7", False),
        ("127.0.0.1.example.org", False),
        ("127.1", False),
        ("db.localhost", False),
    ],
)
def test_host_is_this_machine_only_where_nobody_else_decides(host: str, is_here: bool) -> None:
    """What has to be looked up counts as elsewhere."""
    assert is_this_machine(host) is is_here


# --- Secrets that are none -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "changeme" * 8,
        "change-me-" + _SECRET,
        "django-insecure-" + _SECRET,
        "x" * 64,
        "0123456789" * 6,
        "ab" * 30 + "c",
    ],
)
def test_secret_key_that_everybody_knows_stops_the_start(key: str) -> None:
    """Long is not enough (V-default)."""
    assert faults("web", AUTHSITE_SECRET_KEY=key) == ["AUTHSITE_SECRET_KEY is not random"]
    assert faults("web", AUTHSITE_SECRET_KEY=_SECRET) == []


@pytest.mark.parametrize(
    "key",
    [
        bytes(32),
        b"\xff" * 32,
        bytes(range(32)),
        bytes(range(64, 0, -2)),
        b"changeme" * 4,
        b"correct horse battery staple, 32",
        b"0123456789abcdef" * 2,
    ],
)
def test_key_that_somebody_typed_stops_the_start(key: bytes) -> None:
    """A ring takes random bytes only: no zeros, no counting, no text (V-default)."""
    (line,) = faults("web", AUTHSITE_FLOW_KEYS=_ring(key))
    assert line == "AUTHSITE_FLOW_KEYS: the key k1 is not random"


@pytest.mark.parametrize(
    ("role", "name", "address"),
    [
        ("web", "VAULT_URL", "postgresql://authsite_web:PASSWORD@localhost/vault"),
        ("web", "VAULT_URL", "postgresql://authsite_web:authsite_web@localhost/vault"),
        ("owner", "DATABASE_URL", "postgresql://authsite_migrate:changeme@localhost/site"),
        ("web", "VAULT_URL", "postgresql://authsite_web:changeme123@localhost/vault"),
        ("web", "REDIS_URL", "redis://:password@localhost/0"),
        ("worker", "AUTHSITE_MAIL_URL", "smtp://user:PASSWORD@mail.example.org:587"),
        ("worker", "AUTHSITE_MAIL_URL", "smtp://user:user@mail.example.org:587"),
    ],
)
def test_password_that_everybody_would_try_stops_the_start(
    role: str, name: str, address: str
) -> None:
    """Those of examples and guides are no passwords (V-default)."""
    assert faults(role, **{name: address}) == [
        f"{name} has a password that everybody would try first"
    ]


def test_example_file_copied_as_it_is_does_not_start() -> None:
    """Everything in .env.example that must be replaced is refused until it is (V-default)."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, flags=re.MULTILINE))
    refused = {line.split()[0] for line in faults("web", **example)}
    needed = {name for name, holders in roles.SECRETS.items() if "web" in holders}
    assert needed & set(example) <= refused


def test_secret_key_that_is_also_a_ring_s_stops_the_start() -> None:
    """One key, one purpose: Django's own is none of the rings', in whatever way it is written."""
    ring = new_key("k1")
    key = ring.partition(":")[2]
    raw = base64.urlsafe_b64decode(key)
    for written in (f"{key}{_SECRET}", f"{_SECRET}{base64.b64encode(raw).decode()}", raw.hex()):
        (line,) = faults("web", AUTHSITE_FLOW_KEYS=ring, AUTHSITE_SECRET_KEY=written)
        assert line == (
            "AUTHSITE_SECRET_KEY repeats a key of AUTHSITE_FLOW_KEYS: one key, one purpose"
        )


@pytest.mark.parametrize(
    "name", ["AUTHSITE_PEPER_KEYS", "AUTHSITE_PEPPER_KEYS_OLD", "AUTHSITE_VAULT_KEY"]
)
def test_key_that_nothing_reads_stops_the_start(name: str) -> None:
    """A forgotten or misspelt ring is a secret in a process that does not need it."""
    assert faults("web", **{name: new_key("k1")}) == [f"{name} is set, but nothing reads it"]


# --- Settings of playgrounds ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "issuer"),
    [
        ("authsite.settings.dev", "https://auth.example.org"),
        ("authsite.settings.dev", "https://auth.localhost.example.com"),
        ("authsite.settings.dev", "https://notlocalhost"),
        ("authsite.settings.test", "https://auth.example.com"),
    ],
)
def test_settings_for_a_playground_serve_no_real_name(module: str, issuer: str) -> None:
    """What dev and test loosen is loosened for names that are nobody's."""
    (line,) = faults("web", DJANGO_SETTINGS_MODULE=module, AUTHSITE_ISSUER=issuer)
    assert line.startswith("AUTHSITE_ISSUER must be *.localhost")


def test_settings_for_a_playground_serve_its_operators_nowhere_else() -> None:
    """The operator's site as well."""
    (line,) = faults(
        "operator",
        DJANGO_SETTINGS_MODULE="authsite.settings.dev",
        AUTHSITE_ISSUER="http://auth.localhost:8000",
        AUTHSITE_OPERATOR_URL="https://operator.example.com",
    )
    assert line.startswith("AUTHSITE_OPERATOR_URL must be *.localhost")


def test_demo_under_a_real_name_runs_with_production_s_settings() -> None:
    """`make run HOST=...` with a certificate is served as production would be."""
    assert Place("localhost").settings == "authsite.settings.dev"
    assert Place("two.localhost").settings == "authsite.settings.dev"
    assert Place("wikis.example.com").settings == "authsite.settings.base"


def test_debug_outside_localhost_stops_the_start(settings: pytest.FixtureRequest) -> None:
    """Whatever settings module turned it on."""
    from django.apps import apps
    from django.core.exceptions import ImproperlyConfigured

    config = apps.get_app_config("authsite")
    settings.DEBUG = True
    with pytest.raises(ImproperlyConfigured, match="DEBUG must be off"):
        config.ready()
    settings.ISSUER = "http://auth.localhost:8000"
    config.ready()


def test_environment_of_the_tests_starts_everywhere() -> None:
    """What the suite runs with is what these rules take."""
    for role in ("web", "operator", "worker", "owner"):
        assert faults(role, **environment_for(role)) == []
