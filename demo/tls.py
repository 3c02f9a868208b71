"""Checks the certificate that the demo is to serve, and gives granian its key as it wants it."""

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class CertificateUnusable(Exception):
    """The certificate or the key cannot be used; the message says which and why."""


def usable_key(certificate: Path, key: Path, folder: Path) -> Path:
    """Give a file with `key` as PKCS #8, which is all that granian reads, made in `folder`.

    Raises CertificateUnusable when a file is unreadable or the two do not belong together.
    """
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise CertificateUnusable(f"TLS_CERT or TLS_KEY cannot be read: {error}") from error
    if chain[0].public_key() != private.public_key():
        raise CertificateUnusable("TLS_KEY is not the key of the certificate in TLS_CERT.")
    readable = folder / "tls-key.pem"
    readable.unlink(missing_ok=True)
    handle = os.open(readable, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return readable
