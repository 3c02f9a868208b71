"""Changing one's e-mail addresses: by fresh proof, confirmed and undone by letter alone."""

from typing import Literal
from uuid import UUID, uuid4

from vault import connection
from vault.attempts import Attempt, fresh_secret, secret_hash
from vault.email_addresses import confirmed_mac, normal_form, own_addresses
from vault.errors import VaultRefused
from vault.events import Origin
from vault.mailed_tokens import MailedToken, RedeemRefusal, find
from vault.seals import address_digest, address_digests, seal_address
from vault.sessions import Session

AddRefusal = Literal["exists", "full", "wait", "gone", "weak"]
Asked = Literal["asked", "wait", "confirmed", "unknown", "gone"]
Primary = Literal["changed", "kept", "unknown", "gone", "weak"]
RestoreRefusal = Literal["unknown", "spent", "expired", "dead"]
Removed = Literal["removed", "unknown", "primary", "gone", "weak"]


def add_address(
    session: Session,
    attempt: Attempt,
    address: str,
    *,
    browser: bytes,
    language: str,
    origin: Origin,
) -> UUID | AddRefusal:
    """Adds an address (as typed, checked by the caller) by fresh proof, and asks to confirm it.

    Until then no other letter goes there. Gives its id; ``wait``: three such letters an hour,
    ``gone``: session or proof, ``weak``: a second factor is held and was not proven. One statement.
    Raises ``VaultUnavailable``.
    """
    address_id = uuid4()
    normal = normal_form(address)
    digest, digest_key = address_digest(normal)
    status = connection.row(
        "SELECT api.add_address_v1(%(session)s, %(attempt)s, %(address)s, %(sealed)s, %(digest)s,"
        " %(digest_key)s, %(digests)s, %(browser_hash)s, %(language)s, %(network)s, %(agent)s)"
        " AS status",
        {
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            "address": address_id,
            "sealed": seal_address(address, session.account_id),
            "digest": digest,
            "digest_key": digest_key,
            "digests": address_digests(normal),
            "browser_hash": secret_hash(browser),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status == "added":
        return address_id
    if status not in ("exists", "full", "wait", "gone", "weak"):
        raise VaultRefused("add_address", status)
    refusal: AddRefusal = status
    return refusal


def request_confirmation(
    session: Session, address_id: UUID, *, browser: bytes, language: str, origin: Origin
) -> Asked:
    """Asks again for the letter that confirms one of one's own addresses.

    ``wait``: three such letters an hour; ``confirmed``: it is already; ``gone``: the session. One
    statement. Raises ``VaultUnavailable``.
    """
    status = connection.row(
        "SELECT api.request_confirmation_v1(%(session)s, %(address)s, %(browser_hash)s,"
        " %(language)s, %(network)s, %(agent)s) AS status",
        {
            "session": session.secret,
            "address": address_id,
            "browser_hash": secret_hash(browser),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in ("asked", "wait", "confirmed", "unknown", "gone"):
        raise VaultRefused("request_confirmation", status)
    asked: Asked = status
    return asked


def confirm(
    secret: bytes, *, browser: bytes | None, username: str | None, origin: Origin
) -> MailedToken | RedeemRefusal:
    """Confirms the address that a token was mailed to, and gives the token that did.

    ``username``, the canonical one, is needed in another browser than the one that asked
    (``other_browser``). Its row is checked first; the MAC that makes the address a confirmed one is
    over what was found then. Two statements. Raises ``VaultUnavailable``.
    """
    token = find(secret, "confirm", browser=browser)
    if not isinstance(token, MailedToken):
        return token
    vouched, key = confirmed_mac(token.address_id, token.account_id, token.lookup_digest)
    status = connection.row(
        "SELECT api.confirm_address_v1(%(id)s, %(token)s, %(browser)s, %(username)s, %(mac)s,"
        " %(mac_key)s, %(network)s, %(agent)s) AS status",
        {
            "id": token.id,
            "token": secret,
            "browser": browser,
            "username": username,
            "mac": vouched,
            "mac_key": key,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status == "confirmed":
        return token
    if status not in ("unknown", "spent", "expired", "dead", "other_browser"):
        raise VaultRefused("confirm_address", status)
    refusal: RedeemRefusal = status
    return refusal


def set_primary(
    session: Session, attempt: Attempt, address_id: UUID, *, language: str, origin: Origin
) -> Primary:
    """Makes a confirmed address the one that letters go to, by fresh proof; the one before is told.

    Ends every other session. ``unknown``: not one's own, or not confirmed under a MAC of ours;
    ``kept``: it is the primary one already. Two statements. Raises ``VaultUnavailable``.
    """
    vouched_for = {one.id for one in own_addresses(session) if one.is_confirmed}
    if address_id not in vouched_for:
        address_id = uuid4()  # nobody's: what is wrong with session or proof is said all the same
    status = connection.row(
        "SELECT api.set_primary_address_v1(%(session)s, %(attempt)s, %(address)s, %(language)s,"
        " %(network)s, %(agent)s, %(device)s) AS status",
        _change(session, attempt, address_id, language, origin),
    )["status"]
    if status not in ("changed", "kept", "unknown", "gone", "weak"):
        raise VaultRefused("set_primary_address", status)
    primary: Primary = status
    return primary


def remove_address(
    session: Session, attempt: Attempt, address_id: UUID, *, language: str, origin: Origin
) -> Removed:
    """Takes an address away by fresh proof, and with it what was mailed there.

    A confirmed one is told, and every other session ends. ``primary``: make another the primary one
    first. One statement. Raises ``VaultUnavailable``.
    """
    status = connection.row(
        "SELECT api.remove_address_v1(%(session)s, %(attempt)s, %(address)s, %(language)s,"
        " %(network)s, %(agent)s, %(device)s) AS status",
        _change(session, attempt, address_id, language, origin),
    )["status"]
    if status not in ("removed", "unknown", "primary", "gone", "weak"):
        raise VaultRefused("remove_address", status)
    removed: Removed = status
    return removed


def restore(secret: bytes, *, language: str, origin: Origin) -> MailedToken | RestoreRefusal:
    """Undoes a change of addresses by the token that was mailed to the old one; gives that token.

    That address is the primary and only one again, and everybody is signed out. Its row is checked
    first. Two statements. Raises ``VaultUnavailable``.
    """
    token = find(secret, "undo", browser=None)
    if not isinstance(token, MailedToken):
        return token
    status = connection.row(
        "SELECT api.restore_address_v1(%(id)s, %(token)s, %(language)s, %(network)s, %(agent)s)"
        " AS status",
        {
            "id": token.id,
            "token": secret,
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status == "restored":
        return token
    if status not in ("unknown", "spent", "expired", "dead"):
        raise VaultRefused("restore_address", status)
    refusal: RestoreRefusal = status
    return refusal


def _change(
    session: Session, attempt: Attempt, address_id: UUID, language: str, origin: Origin
) -> dict[str, object]:
    return {
        "session": session.secret,
        "attempt": fresh_secret(attempt, session.account_id),
        "address": address_id,
        "language": language,
        "network": origin.network,
        "agent": origin.agent,
        "device": origin.device,
    }
