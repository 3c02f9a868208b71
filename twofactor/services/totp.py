"""Adding, renaming and removing one's own authenticator apps (RFC 6238)."""

import base64
import secrets
from urllib.parse import quote, urlencode
from uuid import UUID

import segno
from django.conf import settings

from accounts.errors import ProofGone
from accounts.services.attempts import Attempt
from accounts.services.sessions import Origin, Session
from twofactor.errors import NoSuchFactor, TooManyApps, WrongCode
from vault import totp
from vault.totp_codes import NEW_SECRET_BYTES, WINDOW, matching, step_at


def new_secret() -> bytes:
    """A secret for a new app."""
    return secrets.token_bytes(NEW_SECRET_BYTES)


def in_base32(secret: bytes) -> str:
    """A secret as apps take it."""
    return base64.b32encode(secret).decode().rstrip("=")


def in_groups(secret: bytes) -> str:
    """A secret as people type it: base32 in groups of four."""
    text = in_base32(secret)
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def qr_code(secret: bytes, username: str) -> str:
    """The picture that an app reads, as SVG: dark on white, with the quiet zone that readers want.

    Its address is the one of the Key Uri Format that apps agree on.
    """
    label = quote(f"{settings.SITE_NAME}:{username}", safe="")
    query = urlencode({"secret": in_base32(secret), "issuer": settings.SITE_NAME}, quote_via=quote)
    code = segno.make(f"otpauth://totp/{label}?{query}", error="m", micro=False)
    return code.svg_inline(
        border=4, omitsize=True, svgclass=None, lineclass=None, dark="#000", light="#fff"
    )


def add_app(
    session: Session,
    proof: Attempt,
    *,
    name: str,
    secret: bytes,
    code: str,
    language: str,
    origin: Origin,
) -> None:
    """Adds an app that has just shown a code of its secret; the code is spent with it.

    Raises ``WrongCode``, ``TooManyApps``, ``ProofGone``, ``VaultUnavailable``.
    """
    found = matching(code, [(None, secret, WINDOW)], step=step_at())
    if found is None:
        raise WrongCode
    status = totp.add(
        session,
        proof,
        name=name,
        secret=secret,
        step=found[1],
        language=language,
        origin=origin,
    )
    if status == "full":
        raise TooManyApps
    # That this very app is there already is fine: the form was sent twice.
    if status not in ("added", "exists"):
        raise ProofGone


def rename_app(session: Session, app_id: UUID, name: str) -> None:
    """Gives one of one's own apps another name. Raises ``NoSuchFactor``, ``ProofGone``."""
    _expect(totp.rename(session, app_id, name), "renamed")


def remove_app(
    session: Session, proof: Attempt, app_id: UUID, *, language: str, origin: Origin
) -> None:
    """Takes one of one's own apps away. Raises ``NoSuchFactor``, ``ProofGone``."""
    _expect(totp.remove(session, proof, app_id, language=language, origin=origin), "removed")


def _expect(status: str, expected: str) -> None:
    if status == "unknown":
        raise NoSuchFactor
    if status != expected:
        raise ProofGone
