"""A token that leaked: whose it is, and that just that is ended. Each kind."""

import base64
from typing import Any

import psycopg
import pytest

from accounts.services.sessions import cookie_value, encoded
from emergency.actions.leaked_tokens import Examination
from emergency.errors import NotAllowed
from sso.services.access_tokens import sign_access_token
from sso.services.id_tokens import sign_id_token
from tests.database import mail, people, programs, refreshing, vouched
from tests.database.arriving import LAPTOP, at
from tests.database.asking import ask, random_32, sha256, value
from tests.database.leaks import Duty, Playing, locker, on_duty, told
from tests.database.operating import enrolled
from tests.database.refreshing import session, wiki
from vault import grants, operator_passkeys, refresh_tokens, sessions
from vault.events import Origin
from vault.sessions import Session
from vault.wikis import Wiki

__all__ = ["locker", "session", "wiki"]


@pytest.mark.parametrize(
    "pasted",
    [
        "{}",
        "  '{}'\n",
        "Cookie: __Host-language=en; __Host-session={}; __Host-device=x",
        "Set-Cookie: __Host-session={}; Secure; HttpOnly; Path=/",
        "curl -b '__Host-session={}' https://auth.example.org/account/",
        '{{"cookies": [{{"name": "__Host-session", "value": "{}"}}]}}',
        "https://evil.example/?c=__Host-session%3D{}&x=1",
        "GET /log#{} HTTP/1.1",
        "It was {}.",
    ],
)
def test_session_cookie_is_known_whatever_stands_around_it(
    locker: Duty, session: Session, pasted: str
) -> None:
    """A header, a line of a log, a piece of code: whose it is, and that it is alive."""
    found = locker.only(pasted.format(cookie_value(session)))
    assert (found.token, found.state) == ("session", "live")
    assert found.thing.account_id == session.account_id
    assert found.thing.username == "Ada"
    assert found.thing.sid == session.sid
    assert found.thing.since is not None


def test_session_cookie_revoked_ends_that_session_and_tells_its_wikis(
    locker: Duty, session: Session, wiki: Wiki, admin: psycopg.Connection
) -> None:
    """The person's other session goes on."""
    other = people.sign_in(people.Member(session.account_id, "Ada", people.PASSWORD))
    refreshing.a_grant(session, wiki)
    admin.execute("UPDATE vault.wikis SET backchannel_logout_uri = 'https://x.example/out'")
    assert locker.revoke(locker.only(cookie_value(session))) == "revoked"
    assert sessions.resume(session.secret) is None
    assert sessions.resume(other.secret) is not None
    assert told(admin) == 1
    assert locker.only(cookie_value(session)).state == "ended"


def test_operators_cookie_is_known_and_ended(locker: Duty, playing: Playing) -> None:
    """Another operator's, of no higher level."""
    colleague = on_duty(playing, "Lars", "locker")
    found = locker.only(f"__Host-operator={cookie_value(colleague.operator.session)}")
    assert (found.token, found.state) == ("operator_session", "live")
    assert locker.revoke(found) == "revoked"
    with pytest.raises(NotAllowed):
        colleague.examine("x")


def test_refresh_token_revoked_takes_all_that_came_of_its_grant(
    locker: Duty, session: Session, wiki: Wiki
) -> None:
    """A used one leads to what lives by it; the session goes on."""
    text = refreshing.a_token(refreshing.a_grant(session, wiki))
    newer = refreshing.successor(text, wiki)
    found = locker.only(f"refresh_token={text}")
    assert (found.token, found.state, found.thing.state) == ("refresh_token", "spent", "live")
    assert found.thing.wiki == "Wiki A" or found.thing.client_id == "wiki-a"
    assert locker.revoke(found) == "revoked"
    assert refresh_tokens.rotate(newer, wiki) == "dead"
    assert sessions.resume(session.secret) is not None


def test_code_revoked_cannot_be_redeemed(locker: Duty, session: Session, wiki: Wiki) -> None:
    """As it stands in an address."""
    code = vouched.a_code(session, wiki)
    found = locker.only(f"https://wiki.example/callback?code={code}&state=abc")
    assert (found.token, found.state) == ("code", "live")
    assert locker.revoke(found) == "revoked"
    assert vouched.redeem(code, wiki) == "dead"


def test_access_token_is_ours_by_its_signature_and_dies_with_its_grant(
    locker: Duty, session: Session, wiki: Wiki
) -> None:
    """Verified with the published keys alone."""
    redeemed = vouched.redeemed(vouched.a_code(session, wiki), wiki)
    token, _seconds = sign_access_token(wiki, redeemed)
    found = locker.only(f"Authorization: Bearer {token}")
    assert (found.token, found.state) == ("access_token", "live")
    assert found.thing.account_id == session.account_id
    assert locker.revoke(found) == "revoked"
    assert grants.describe(redeemed.grant_id) is None


def an_id_token(session: Session, wiki: Wiki, **changes: Any) -> str:
    """An assertion of that session."""
    return sign_id_token(
        wiki,
        sub=session.account_id,
        username="Ada",
        sid=session.sid,
        nonce=None,
        amr=("pwd",),
        auth_time=1,
        **changes,
    )


def test_id_token_leads_to_its_session_also_when_it_is_over(
    locker: Duty, session: Session, wiki: Wiki
) -> None:
    """It says that it has ended; the session that it names is alive and can be ended."""
    assert locker.only(an_id_token(session, wiki)).state == "live"
    found = locker.only(an_id_token(session, wiki, now=1_700_000_000))
    assert (found.token, found.state, found.thing.state) == ("id_token", "expired", "live")
    assert found.expired_at is not None
    assert locker.revoke(found) == "revoked"
    assert sessions.resume(session.secret) is None


def test_signed_token_that_is_not_ours_leads_nowhere(
    locker: Duty, session: Session, wiki: Wiki
) -> None:
    """A changed signature, another key, another issuer: said plainly, and nobody is named."""
    token = an_id_token(session, wiki)
    head, body, signature = token.split(".")
    flipped = ("B" if signature[0] != "B" else "C") + signature[1:]
    unsigned = encoded(b'{"alg":"none","typ":"JWT"}')
    other = encoded(b'{"iss":"https://auth.example.org"}')
    for forged in (
        f"{head}.{body}.{flipped}",
        f"{unsigned}.{body}.{signature}",
        f"{head}.{other}.{signature}",
    ):
        examined = locker.examine(forged)
        assert examined.found == ()
        assert examined.odd == ("not_ours",)


def test_app_password_is_known_however_it_is_grouped_and_ended(
    locker: Duty, playing: Playing, admin: psycopg.Connection
) -> None:
    """As typed, with spaces, in a Basic header. Its owner finds its end among their own events."""
    _session, typed, made = programs.made_by(playing)
    basic = base64.b64encode(f"Ada:{typed}".encode()).decode()
    for pasted in (typed, typed.upper().replace("-", " "), f"Authorization: Basic {basic}"):
        found = locker.only(pasted)
        assert (found.token, found.state, found.thing.label) == ("app_password", "live", "Bot")
    assert locker.revoke(found) == "revoked"
    assert programs.use("Ada", typed).status == "wrong"
    own = "SELECT detail FROM vault.events WHERE tag = 'account:app_password:revoked'"
    assert [row["detail"] for row in ask(admin, own)] == [{"id": str(made)}]


def test_browsers_cookie_revoked_is_forgotten_by_every_account(
    locker: Duty, playing: Playing, admin: psycopg.Connection
) -> None:
    """One secret, two people's computer."""
    for name in ("Ada", "Bob"):
        member = mail.a_member(playing, name, f"{name.lower()}@example.org")
        people.sign_in(member, origin=at())
    examined = locker.examine(f"__Host-device={encoded(LAPTOP)}")
    assert [(one.token, one.thing.username) for one in examined.found] == [
        ("browser", "Ada"),
        ("browser", "Bob"),
    ]
    assert locker.revoke(examined.found[0]) == "revoked"
    assert value(admin, "SELECT count(*) FROM vault.device_credentials") == 0
    tags = "SELECT count(*) FROM vault.events WHERE tag = 'lockout:token:revoked'"
    assert value(admin, tags) == 2


def test_mailed_token_is_known_by_link_and_code_and_spent(
    locker: Duty, playing: Playing, admin: psycopg.Connection
) -> None:
    """A letter for a new password, before its owner has used it."""
    mail.a_member(playing)
    mail.ask_for_reset(playing, admin)
    armed = mail.armed(playing, admin, purpose="reset")
    link = f"https://auth.example.org/reset#token={encoded(armed.secret)}"
    for pasted in (link, encoded(armed.secret)):
        found = locker.only(pasted)
        assert (found.token, found.thing.label, found.state) == ("mailed_token", "reset", "live")
    assert locker.revoke(found) == "revoked"
    assert mail.redeem(armed.secret) == "spent"


def test_operators_link_is_known_and_void_after(locker: Duty, playing: Playing) -> None:
    """The link by which a passkey of the operator's site is enrolled."""
    account = mail.a_member(playing, "Nina", "nina@example.net").account_id
    enrolled(playing, account, "looker")
    with playing("owner"):
        token = operator_passkeys.invite(account)
    assert token is not None
    found = locker.only(f"https://operator.example.org/admin/enrol/#{encoded(token)}")
    assert (found.token, found.state, found.thing.username) == ("invite", "live", "Nina")
    assert locker.revoke(found) == "revoked"
    with playing("operator"):
        assert operator_passkeys.find_invite(token) is None


def test_wikis_secret_is_known_and_only_suspending_ends_it(
    locker: Duty, wiki: Wiki, admin: psycopg.Connection
) -> None:
    """Whose wiki; there is nothing to revoke."""
    secret = encoded(random_32())
    admin.execute(
        "UPDATE vault.wikis SET secret_hash = %s WHERE client_id = 'wiki-a'",
        [sha256(secret.encode())],
    )
    found = locker.only(f"client_secret: {secret}")
    assert (found.token, found.thing.client_id, found.state) == ("wiki_secret", "wiki-a", "live")
    assert not found.thing.can_be_ended


def test_proof_in_a_cookie_is_known_and_ends_by_itself(locker: Duty, session: Session) -> None:
    """Ten minutes at most; there is nothing to revoke."""
    member = people.Member(session.account_id, "Ada", people.PASSWORD)
    proof = mail.fresh(member, session)
    found = locker.only(f"__Host-proof={encoded(proof.secret)}")
    assert (found.token, found.thing.username) == ("proof", "Ada")
    assert not found.thing.can_be_ended


def test_text_without_any_token_of_ours_finds_nothing(locker: Duty, session: Session) -> None:
    """A secret of nobody's, a session's public id, a word."""
    for pasted in (encoded(random_32()), str(session.sid), "hello", "", "." * 5000):
        assert locker.examine(pasted) == Examination((), ())


def test_browser_whose_secret_leaked_becomes_known_to_nobody_again(
    vault: None, admin: psycopg.Connection
) -> None:
    """Also when its owner signs in with it: whoever else has it must gain nothing by that."""
    ada, device = people.sign_up("Ada"), Origin(network="", agent="", device=LAPTOP)
    admin.execute("INSERT INTO vault.refused_devices (secret_hash) VALUES (sha256(%s))", [LAPTOP])
    assert sessions.resume(people.sign_in(ada, origin=device).secret) is not None
    assert value(admin, "SELECT count(*) FROM vault.device_credentials") == 0
