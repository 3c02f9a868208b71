"""A leaked token is pasted, its owner named, and it is ended; nothing of it is left anywhere."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from accounts.services.sessions import cookie_value, encoded
from tests.database import mail, people, programs
from tests.environment import subprocess_environment
from tests.served import serving
from tests.web.operator_site.place import Place, events
from tests.web.operators import Answer
from vault import sessions
from vault.sessions import Session

PATH = "/admin/leaked-token/"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def session(place: Place, playing: mail.Playing) -> Session:
    """Zoe, signed in."""
    return people.sign_in(mail.a_member(playing, "Zoe", "zoe@example.org"))


def way(answer: Answer) -> str:
    """The link to the page that ends what was found."""
    return answer.text.partition('class="button danger" href="')[2].partition('"')[0]


def test_session_cookie_pasted_is_named_and_ended_by_passkey(
    place: Place, session: Session, admin: psycopg.Connection
) -> None:
    """Whose, since when, alive; then the measure as all measures are taken."""
    browser = place.signed_in("Locker")
    answer = browser.post(PATH, token=f"Cookie: __Host-session={cookie_value(session)}")
    assert answer.status == 200
    assert "Cookie of a session alive" in answer.words
    assert "Whose Zoe" in answer.words
    assert f'href="/admin/accounts/{session.account_id}/"' in answer.text
    asked = browser.get(way(answer))
    assert "the session of Zoe" in asked.words
    assert "This one session ends, here and on every wiki." in asked.words
    assert asked.asks_for_a_passkey
    done = browser.submit(way(answer), reason="in a public log")
    assert "It is revoked" in done.words
    assert sessions.resume(session.secret) is None
    assert events(admin, "lockout:token:revoked") == [
        {"reason": "in a public log", "kind": "session"}
    ]
    again = browser.post(PATH, token=cookie_value(session))
    assert "ended" in again.words
    assert way(again) == ""
    assert browser.get(way(answer)).status == 409


def test_page_that_ends_a_session_says_which_wikis_are_told(
    place: Place, session: Session, wiki: str, admin: psycopg.Connection
) -> None:
    """Before it is done."""
    admin.execute(
        "INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, %s)", [session.sid, wiki]
    )
    browser = place.signed_in("Locker")
    page = browser.get(f"{PATH}session/{session.account_id}/{session.sid}/revoke/")
    assert "These wikis are told: English" in page.words


def test_wikis_secret_leads_to_suspending_it(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """There is nothing to revoke: whose wiki it is, and the way to take it out of service."""
    secret = encoded(b"s" * 32)
    admin.execute("UPDATE vault.wikis SET secret_hash = sha256(%s)", [secret.encode()])
    answer = place.signed_in("Chief").post(PATH, token=f"client_secret={secret}")
    assert "Client secret of a wiki" in answer.words
    assert way(answer) == f"/admin/wikis/{wiki}/suspend/"
    assert secret not in answer.text


def test_token_is_in_no_page_address_and_form(place: Place, session: Session) -> None:
    """Not even in the field that it was pasted into, also where the form complains."""
    browser = place.signed_in("Locker")
    value = cookie_value(session)
    for pasted in (value, value + "x" * 20_000, f"{value} {value}"):
        answer = browser.post(PATH, token=pasted)
        assert answer.status == 200
        assert value not in answer.text
        assert value not in answer.location
        assert 'autocomplete="off"' in answer.text
    found = browser.post(PATH, token=value)
    assert value not in way(found)
    assert value not in browser.get(way(found)).text
    # A token in an address is not looked at.
    assert "Zoe" not in browser.get(f"{PATH}?token={value}").words


def test_looker_is_refused_before_anything_is_looked_at(
    place: Place, session: Session, admin: psycopg.Connection
) -> None:
    """By page, by post, and at the page that ends it."""
    browser = place.signed_in("Looker")
    answers = [browser.get(PATH), browser.post(PATH, token=cookie_value(session))]
    answers.append(
        browser.get(f"{PATH}session/{session.account_id}/{session.sid}/revoke/"),
    )
    for answer in answers:
        assert answer.status == 403
        assert "Zoe" not in answer.words
    assert events(admin, "operator:token:examined") == []
    assert "leaked-token" not in browser.get("/admin/").text


def test_way_to_end_something_leads_nowhere_for_what_there_is_not(
    place: Place, session: Session
) -> None:
    """Another kind, another account, another id: 404."""
    browser = place.signed_in("Locker")
    account, sid = session.account_id, session.sid
    for path in (
        f"operator_session/{account}/{sid}",
        f"grant/{account}/{sid}",
        f"proof/{account}/{account}",
        f"wiki_secret/{account}/{sid}",
        f"session/{place.ids['Ada']}/{sid}",
        f"session/{account}/{account}",
    ):
        assert browser.get(f"{PATH}{path}/revoke/").status == 404, path


def test_measure_on_one_thing_is_no_agreement_to_another(place: Place, session: Session) -> None:
    """The form of one session does not end the next one."""
    other = people.sign_in(people.Member(session.account_id, "Zoe", people.PASSWORD))
    browser = place.signed_in("Locker")
    page = browser.get(f"{PATH}session/{session.account_id}/{session.sid}/revoke/")
    credential = browser.authenticator.get(page.options)
    answer = browser.post(
        f"{PATH}session/{session.account_id}/{other.sid}/revoke/",
        agreed=page.value("agreed"),
        credential=credential,
        reason="x",
    )
    assert "Nothing was done" in answer.words
    assert sessions.resume(other.secret) is not None
    assert sessions.resume(session.secret) is not None


def test_text_that_is_no_token_and_one_that_is_not_ours_are_told_apart(
    place: Place, session: Session
) -> None:
    """Nothing here; a signature that is not ours."""
    browser = place.signed_in("Locker")
    assert "This is no token of this site" in browser.post(PATH, token="hello").words
    forged = "eyJhbGciOiJSUzI1NiJ9.eyJzaWQiOiJ4In0.c2lnbmF0dXJl"
    assert "A signed token is not ours" in browser.post(PATH, token=forged).words
    assert "Paste what was found." in browser.post(PATH, token=" ").words


@pytest.mark.parametrize("secret_kind", ["session", "app_password"])
def test_token_is_in_no_log_of_the_process(
    place: Place, playing: mail.Playing, secret_kind: str, tmp_path: Path
) -> None:
    """A process that says all it can: found, refused, malformed, or without its token for forms."""
    if secret_kind == "session":
        value = cookie_value(people.sign_in(mail.a_member(playing, "Zoe", "zoe@example.org")))
    else:
        _session, value, _made = programs.made_by(playing, username="Zoe")
    address = "quentin.secretive@example.org"
    log = tmp_path / "log"
    environment = {**subprocess_environment("operator"), "AUTHSITE_TRUSTED_PROXIES": "127.0.0.1/32"}
    with serving(environment, log=log) as port:
        browser = Place(port, place.ids, place.links).signed_in("Locker")
        answer = browser.post(PATH, token=f"Bearer {value}")
        assert way(answer)
        browser.submit(way(answer), reason="leaked")
        browser.post(PATH, token=value + "\x00")
        browser.post(PATH, csrfmiddlewaretoken="x" * 32, token=value)
        browser.post("/admin/find-address/", address=address)
        browser.cookies.pop("__Host-operator")
        browser.post(PATH, token=value)
    said = log.read_text(encoding="utf-8")
    assert "/admin/leaked-token/" in said  # the requests themselves are there
    assert value not in said
    assert "quentin" not in said


def test_database_sees_no_token_in_its_statements(
    place: Place, session: Session, admin: psycopg.Connection
) -> None:
    """Not even as text of the statement that it is looked up by: digests are bound beside it."""
    value = cookie_value(session)
    place.signed_in("Locker").post(PATH, token=value)
    [[texts]] = admin.execute(
        "SELECT string_agg(query, ' ') FROM pg_stat_activity WHERE usename = 'authsite_operator'"
    ).fetchall()
    assert "find_leaked_v1($1" in texts
    assert value not in texts
    assert session.secret.hex() not in texts


# --- The console ---------------------------------------------------------------------------------


def console(*argv: str, stdin: str) -> "subprocess.CompletedProcess[str]":
    """A command as the owner types it."""
    return subprocess.run(
        [sys.executable, "manage.py", *argv],
        cwd=ROOT,
        env=subprocess_environment("owner"),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_console_says_whose_and_ends_it(
    place: Place, session: Session, manage: Callable[..., str]
) -> None:
    """From standard input alone; with a reason; and it never says the token again."""
    value = cookie_value(session)
    looked = console("leakedtoken", stdin=f"Cookie: __Host-session={value}\n")
    assert looked.returncode == 0
    assert "Cookie of a session, alive: of Zoe" in looked.stdout
    assert sessions.resume(session.secret) is not None
    refused = console("leakedtoken", "--revoke", stdin=value)
    assert (refused.returncode, refused.stdout) == (1, "")
    done = console("leakedtoken", "--revoke", "--reason", "ticket 4711", stdin=value)
    assert "revoked: the session" in done.stdout
    assert sessions.resume(session.secret) is None
    for one in (looked, refused, done):
        assert value not in one.stdout + one.stderr
    nothing = console("leakedtoken", "--json", stdin=encoded(b"x" * 32))
    assert nothing.stdout.strip() == '{"found": [], "odd": []}'


def test_console_asks_for_the_token_and_does_not_show_it(place: Place, session: Session) -> None:
    """Typed at a terminal it does not appear there."""
    value = cookie_value(session)
    ours, theirs = os.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "manage.py", "leakedtoken"],
            cwd=ROOT,
            env=subprocess_environment("owner"),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            start_new_session=True,
        ) as running:
            shown = ""
            while "not shown" not in shown:
                shown += os.read(ours, 1000).decode()
            os.write(ours, f"{value}\n".encode())
            said, _ = running.communicate(timeout=60)
            shown += os.read(ours, 1000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "of Zoe" in said
    assert value not in shown + said


def test_console_finds_an_account_by_name_id_and_address(
    place: Place, session: Session, manage: Callable[..., str]
) -> None:
    """An address from standard input alone."""
    for argv, stdin in (
        (["Zoe"], ""),
        (["zoe"], ""),
        ([str(session.account_id)], ""),
        (["--address-stdin"], "ZOE@example.org\n"),
    ):
        done = console("findaccount", *argv, stdin=stdin)
        assert done.returncode == 0, done.stderr
        assert str(session.account_id) in done.stdout
    assert "confirmed" in done.stdout
    assert "Nobody" in console("findaccount", "--address-stdin", stdin="n@example.org").stdout
    for argv, stdin in (([], ""), (["Zoe", "--address-stdin"], ""), (["Nobody at all"], "")):
        assert console("findaccount", *argv, stdin=stdin).returncode == 1
    assert console("findaccount", "--address-stdin", stdin="zoe").returncode == 1
