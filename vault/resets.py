"""Getting back in by letter: asked for by name or address, and what the letter's token opens.

Whom a request means is found by the worker (``reset_requests``): asking is the same work for
everybody.
"""

from typing import Literal

from vault import connection
from vault.attempts import Attempt, new_secret, secret_hash
from vault.email_addresses import normal_form
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.mailed_tokens import MailedToken, RedeemRefusal, find
from vault.names import is_named
from vault.passwords import new_password
from vault.seals import address_digests


def request_reset(
    *,
    username: str | None = None,
    address: str | None = None,
    browser: bytes,
    language: str,
    origin: Origin,
) -> None:
    """Asks for a letter that lets the owner of an account set a new password.

    By canonical user name, or by an address, which may have several accounts. ``browser`` is a
    secret of the browser that asks. One statement, the same rows and no answer, whoever it means:
    nobody learns whether there is such an account, or whether it has had its three letters of this
    hour. Raises ``VaultUnavailable``.
    """
    row = connection.row(
        "SELECT api.request_reset_v1(%(username)s, %(digests)s, %(browser_hash)s, %(language)s,"
        " %(network)s, %(agent)s) AS status",
        {
            "username": username,
            "digests": address_digests(normal_form(address)) if address is not None else None,
            "browser_hash": secret_hash(browser),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    if row["status"] != "asked":
        raise VaultRefused("request_reset", row["status"])


def redeem_reset(
    secret: bytes, *, browser: bytes | None, username: str | None, origin: Origin
) -> Attempt | RedeemRefusal:
    """Spends a reset token, for an attempt to recover: it sets a password and opens no session.

    ``username``, the canonical one, is needed in another browser than the one that asked
    (``other_browser``). Its row is checked first, and again as it was spent. Raises
    ``VaultUnavailable``.
    """
    token = find(secret, "reset", browser=browser)
    if not isinstance(token, MailedToken):
        return token
    attempt_secret = new_secret()
    row = connection.row(
        "SELECT * FROM api.redeem_reset_v1(%(id)s, %(token)s, %(browser)s, %(username)s,"
        " %(attempt_hash)s, %(network)s, %(agent)s)",
        {
            "id": token.id,
            "token": secret,
            "browser": browser,
            "username": username,
            "attempt_hash": secret_hash(attempt_secret),
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    if row["status"] == "bad_request":
        raise VaultRefused("redeem_reset", row["status"])
    if row["status"] != "right":
        refusal: RedeemRefusal = row["status"]
        return refusal
    found = (token.account_id, token.account_epoch, token.site_epoch)
    if (row["account_id"], row["account_epoch"], row["site_epoch"]) != found:
        report_row("mailed_token", token.id)
        return "unknown"
    if not is_named(row):
        return "unknown"
    return Attempt.from_row(attempt_secret, "recover", row, ("letter",))


def reset_password(
    attempt: Attempt, password: str, *, language: str, origin: Origin
) -> Literal["reset", "gone", "weak"]:
    """Sets a new password by an attempt to recover, and ends all that the account had open.

    Every session, code, token, other attempt and app password; its owner signs in with the new
    password. ``weak``: a second factor is held and was not proven; ``gone``: the attempt was used,
    expired or overtaken. Two statements. Raises ``VaultUnavailable``, ``HashingBusy``.
    """
    subject = connection.row(
        "SELECT api.recovery_subject_v1(%(attempt)s) AS subject", {"attempt": attempt.secret}
    )["subject"]
    if subject is None:
        return "gone"
    row = connection.row(
        "SELECT api.reset_password_v1(%(attempt)s, %(salt)s, %(memory_kib)s, %(time_cost)s,"
        " %(parallelism)s, %(pepper_id)s, %(tag)s, %(proof)s, %(language)s, %(network)s,"
        " %(agent)s) AS status",
        {
            "attempt": attempt.secret,
            **new_password(password, subject).parameters(attempt.account_id),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    if row["status"] not in ("reset", "gone", "weak"):
        raise VaultRefused("reset_password", row["status"])
    status: Literal["reset", "gone", "weak"] = row["status"]
    return status
