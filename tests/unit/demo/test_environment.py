"""What the demo's processes get to know, and what it refuses before it starts anything."""

import datetime
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from authsite import roles
from demo.environment import Demo, Place, State, load_secrets
from demo.postgres import Server
from demo.tls import CertificateUnusable, usable_key

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    """A demo that was never started: its environments need no server."""
    state = State(tmp_path / "var")
    state.make()
    server = Server(port=5432, pid=1, data=tmp_path, socket_folder=None, password="superuser's")
    return Demo(Place(), state, server, load_secrets(state))


@pytest.mark.parametrize("role", roles.ROLES)
def test_role_holds_every_secret_it_needs_and_no_other(demo: Demo, role: str) -> None:
    """A process is handed what authsite/roles.py says, to the letter."""
    environment = demo.role_environment(role)
    needed = {name for name, holders in roles.SECRETS.items() if role in holders} - roles.OPTIONAL
    assert needed <= environment.keys()
    assert roles.excess(role, environment) == []


@pytest.mark.parametrize("role", roles.ROLES)
def test_role_never_learns_a_secret_of_another(demo: Demo, role: str) -> None:
    """No login, key or password of another role, nor the superuser's, is anywhere in it."""
    held = "\n".join(demo.role_environment(role).values())
    for other in roles.ROLES:
        if other != role:
            assert demo.secrets["database_passwords"][other] not in held
            assert demo.secrets["secret_keys"][other] not in held
    assert demo.server.password not in held


def test_wiki_learns_nothing_of_the_auth_site(demo: Demo) -> None:
    """A wiki holds its own client secret and key, and not one variable of the site's."""
    registered = {"client_id": "en", "client_secret": "its own"}
    environment = demo.wiki_environment(0, registered)
    assert not [name for name in environment if name.startswith(("AUTHSITE_", "VAULT", "DATABASE"))]
    secrets = [*demo.secrets["rings"].values(), *demo.secrets["database_passwords"].values()]
    assert not [value for value in environment.values() if value in secrets]


def test_shell_secrets_are_not_handed_on(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the shell holds stays there, except the limits that a load run may widen."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-shell")
    monkeypatch.setenv("AUTHSITE_RATE_SIGN_IN", "1000/s")
    web = demo.role_environment("web")
    assert "AWS_SECRET_ACCESS_KEY" not in web
    assert web["AUTHSITE_RATE_SIGN_IN"] == "1000/s"
    assert "AUTHSITE_RATE_SIGN_IN" not in demo.role_environment("worker")


def test_secrets_are_made_once_and_private(demo: Demo) -> None:
    """A restart keeps every secret; only their owner can read the file; no repr shows them."""
    assert load_secrets(demo.state) == demo.secrets
    assert stat.S_IMODE(demo.state.secrets_file.stat().st_mode) == 0o600
    assert demo.secrets["accounts"][0]["password"] not in repr(demo)


def test_place_has_four_origins_on_four_ports() -> None:
    """PORT and HOST move all four sites."""
    place = Place("example.test", 9100)
    assert place.issuer == "http://auth.example.test:9100"
    assert place.wiki(0) == "http://en.wiki.example.test:9101"
    assert place.wiki(1) == "http://fr.wiki.example.test:9102"
    assert place.operator == "http://operator.example.test:9103"
    assert list(place.ports) == [9100, 9101, 9102, 9103]


def test_origin_on_the_default_port_leaves_it_out() -> None:
    """An origin is written as browsers write it."""
    assert Place("example.test", 443, Path("c"), Path("k")).issuer == "https://auth.example.test"


def _run(var: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo.run", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "AUTHSITE_VAR": str(var), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    """A port in use is named before anything is started, with a way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = _run(tmp_path / "var", "--port", str(port))
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert f"Port {port} is taken" in ran.stderr
    assert not (tmp_path / "var" / "postgres").exists()


def test_certificate_without_key_is_one_clear_line(tmp_path: Path) -> None:
    """Half of a TLS configuration is refused, not half used."""
    ran = _run(tmp_path / "var", TLS_CERT="/nowhere.pem")
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "TLS_CERT and TLS_KEY belong together: set both, or neither."
    ]


def test_public_host_without_https_is_one_clear_line(tmp_path: Path) -> None:
    """Passwords never travel in the clear beyond loopback, demo or not."""
    ran = _run(tmp_path / "var", "--host", "wiki.example")
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "HOST=wiki.example needs TLS_CERT and TLS_KEY" in ran.stderr


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.crt", folder / f"{name}.key"
    certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    # As `openssl ecparam` writes it: not what granian reads.
    key_file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return certificate_file, key_file


def test_key_in_an_older_format_is_made_usable(tmp_path: Path) -> None:
    """A key as openssl writes it serves as well; the copy is private and the same key."""
    certificate, key = _certificate(tmp_path, "auth")
    usable = usable_key(certificate, key, tmp_path)
    assert usable.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert stat.S_IMODE(usable.stat().st_mode) == 0o600
    again = load_pem_private_key(usable.read_bytes(), None).public_key()
    assert again == load_pem_private_key(key.read_bytes(), None).public_key()


def test_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    """A mix-up is named at start, instead of by every browser later."""
    certificate, _ = _certificate(tmp_path, "auth")
    _, key = _certificate(tmp_path, "other")
    with pytest.raises(CertificateUnusable, match="not the key of the certificate"):
        usable_key(certificate, key, tmp_path)


def test_unreadable_certificate_is_refused(tmp_path: Path) -> None:
    """A file that is no certificate is named as such."""
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text(json.dumps({}))
    with pytest.raises(CertificateUnusable, match="cannot be read"):
        usable_key(nonsense, nonsense, tmp_path)
