"""What is wrong, on the operator's site: alerts to acknowledge, dead letters to decide about."""

import psycopg
import pytest

from tests.web.operator_site.place import Place, events, forged_agreement

ALERT = "one_network_many_names"


def an_alert(admin: psycopg.Connection, kind: str = ALERT, **columns: object) -> int:
    """An alert as the vault would have raised it."""
    row = {
        "kind": kind,
        "subject": "ab" * 16,
        "count": 523,
        "detail": '{"names": 200}',
        **columns,
    }
    [found] = admin.execute(
        f"INSERT INTO vault.alerts ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})"
        " RETURNING id",
        list(row.values()),
    ).fetchone() or [None]
    return int(found)


def a_dead_job(admin: psycopg.Connection, kind: str = "letter") -> int:
    """A job that the worker gave up."""
    [found] = admin.execute(
        "INSERT INTO vault.outbox (kind, payload, sealed_address, tries, buried_at, last_error)"
        " VALUES (%s, '{\"username\": \"Zoe\"}', 'sealed', 4, now(), 'recipient_refused')"
        " RETURNING id",
        [kind],
    ).fetchone() or [None]
    return int(found)


def test_alert_is_on_the_first_page_until_an_operator_acknowledges_it(
    place: Place, admin: psycopg.Connection
) -> None:
    """Seen, looked at, acknowledged with a note or without: then the first page is quiet."""
    alert = an_alert(admin)
    browser = place.signed_in("Locker")
    assert "523 passwords failed at 200 user names" in browser.get("/admin/").words
    page = browser.get(f"/admin/alerts/{alert}/").words
    assert "One network fails at many accounts" in page
    assert "What to do" in page
    assert "abababab…" in page
    assert "ab" * 5 not in page
    done = browser.submit(f"/admin/alerts/{alert}/acknowledge/", reason="")
    assert "The alert is acknowledged" in done.words
    assert "no alert waits for anybody" in browser.get("/admin/").words
    assert "Acknowledged Locker" in browser.get("/admin/alerts/").words
    assert events(admin, "lockout:alert:acknowledged") == [{"alert": alert, "kind": ALERT}]


def test_alert_of_the_night_stays_on_the_first_page_until_somebody_looks(
    place: Place, admin: psycopg.Connection
) -> None:
    """What was over before anybody came is not overlooked."""
    alert = an_alert(admin)
    admin.execute("UPDATE vault.alerts SET closed_at = now()")
    browser = place.signed_in("Locker")
    assert "many accounts over" in browser.get("/admin/").words
    browser.submit(f"/admin/alerts/{alert}/acknowledge/", reason="read in the morning")
    assert "no alert waits for anybody" in browser.get("/admin/").words
    again = browser.get(f"/admin/alerts/{alert}/acknowledge/")
    assert again.status == 409
    assert "acknowledged already" in again.words


def test_alert_about_an_account_leads_to_it(place: Place, admin: psycopg.Connection) -> None:
    """Whom it is about is said here, where operators may look, and nowhere else."""
    alert = an_alert(admin, "sign_count_back", subject=place.ids["Ada"], count=1, detail="{}")
    page = place.signed_in("Looker").get(f"/admin/alerts/{alert}/")
    assert f"/admin/accounts/{place.ids['Ada']}/" in page.text
    assert f"/admin/events/?q={place.ids['Ada']}" in page.text
    assert "Ada" in page.words


def test_alert_about_a_wiki_leads_to_it(place: Place, admin: psycopg.Connection) -> None:
    """By its client id; where many share one alert there is none to lead to."""
    kind = "assertions_replayed"
    alert = an_alert(admin, kind, subject="english", count=1, detail="{}")
    browser = place.signed_in("Looker")
    page = browser.get(f"/admin/alerts/{alert}/")
    assert 'href="/admin/wikis/english/"' in page.text
    assert "a wiki had shown the same client assertion before: 1." in page.words
    assert "until they have found and closed that leak" in page.words
    many = an_alert(admin, kind, subject="more", count=7, detail="{}")
    assert "/admin/wikis/more/" not in browser.get(f"/admin/alerts/{many}/").text


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (ALERT, "/admin/events/?kind=account%3Apassword%3A"),
        ("failures_over_accounts", "/admin/events/?kind=account%3Apassword%3A"),
        ("right_password_wrong_factor", "/admin/events/?kind=account%3Afactor%3A"),
        ("unjudged", "/admin/events/?kind=account%3Apassword%3A"),
        ("factor_openings", "/admin/events/?kind=account%3Afactor%3A"),
        ("token_requests", "/admin/events/?kind=account%3Atoken%3A"),
        ("assertions_replayed", "/admin/events/?kind=wiki%3A"),
        ("rows_refused", "/admin/events/?kind=site%3A"),
        ("dead_letters", "/admin/outbox/?state=dead"),
        ("outbox_behind", "/admin/outbox/?state=due"),
    ],
)
def test_alert_leads_to_the_list_that_says_more(
    place: Place, admin: psycopg.Connection, kind: str, where: str
) -> None:
    """What to look at is one step away, and is there."""
    alert = an_alert(admin, kind)
    browser = place.signed_in("Looker")
    assert f'href="{where}"' in browser.get(f"/admin/alerts/{alert}/").text
    assert browser.get(where).status == 200


@pytest.mark.parametrize(
    "subject", ["more", "'); DROP TABLE x", "00000000-0000-7000-8000-00000000000"]
)
def test_alert_with_a_subject_of_any_kind_breaks_no_page(
    place: Place, admin: psycopg.Connection, subject: str
) -> None:
    """Whatever somebody wrote into the table, operators still see what is wrong."""
    alert = an_alert(admin, "right_password_wrong_factor", subject=subject)
    an_alert(admin, "kind_of_tomorrow", subject="", detail="{}")
    browser = place.signed_in("Looker")
    for path in ("", "alerts/", "alerts/?state=open", "alerts/?state=unseen", f"alerts/{alert}/"):
        assert browser.get(f"/admin/{path}").status == 200
    assert "kind_of_tomorrow" in browser.get("/admin/").words


def test_dead_letter_is_counted_on_the_first_page_and_tried_again(
    place: Place, admin: psycopg.Connection
) -> None:
    """Why it was given up is shown; to whom it goes and what it says is not."""
    job = a_dead_job(admin)
    browser = place.signed_in("Locker")
    assert "1 letter or logout was given up" in browser.get("/admin/").words
    listed = browser.get("/admin/outbox/?state=dead")
    assert "recipient_refused" in listed.words
    page = browser.get(f"/admin/outbox/{job}/")
    for shown in (listed, page):
        assert "Zoe" not in shown.text
        assert "sealed" not in shown.text
    done = browser.submit(f"/admin/outbox/{job}/revive/", reason="the mail server is back")
    assert "It is tried again" in done.words
    assert "nothing was given up" in browser.get("/admin/").words
    [(state,)] = admin.execute("SELECT state FROM views.outbox WHERE id = %s", [job])
    assert state == "due"
    assert events(admin, "lockout:outbox:revived")[0]["reason"] == "the mail server is back"


def test_dead_letter_is_dropped_for_good(place: Place, admin: psycopg.Connection) -> None:
    """It is gone, and who did it stands in the trail; a second time there is nothing to drop."""
    job = a_dead_job(admin, "backchannel_logout")
    browser = place.signed_in("Locker")
    path = f"/admin/outbox/{job}/drop/"
    assert "The wiki never learns of this logout" in browser.get(path).words
    done = browser.submit(path, reason="")
    assert "It is dropped" in done.words
    assert '"/admin/outbox/?state=dead"' in done.text
    assert browser.get(path).status == 404
    assert admin.execute("SELECT count(*) FROM vault.outbox").fetchone() == (0,)
    assert events(admin, "lockout:outbox:dropped") == [
        {"job": job, "kind": "backchannel_logout", "why": "recipient_refused"}
    ]
    assert "Dead letter dropped" in browser.get("/admin/").words


def test_job_that_is_not_dead_is_left_alone(place: Place, admin: psycopg.Connection) -> None:
    """What waits or went is the worker's: there is no button, and no form does anything."""
    job = a_dead_job(admin)
    browser = place.signed_in("Locker")
    agreed = browser.get(f"/admin/outbox/{job}/drop/").value("agreed")
    admin.execute("UPDATE vault.outbox SET buried_at = NULL")
    page = browser.get(f"/admin/outbox/{job}/")
    assert "/drop/" not in page.text
    assert browser.get(f"/admin/outbox/{job}/drop/").status == 409
    answer = browser.post(f"/admin/outbox/{job}/drop/", reason="", agreed=agreed)
    assert "Nothing was done" in answer.words
    assert events(admin, "lockout:outbox:dropped") == []


def test_looker_sees_what_is_wrong_and_changes_nothing(
    place: Place, admin: psycopg.Connection
) -> None:
    """No button, and the very form that a locker would send is refused in the database."""
    alert, job = an_alert(admin), a_dead_job(admin)
    browser = place.signed_in("Looker")
    assert "523 passwords" in browser.get("/admin/").words
    for page in (f"alerts/{alert}/", f"outbox/{job}/"):
        assert "Your level is looker" in browser.get(f"/admin/{page}").words
    for path, what in (
        (f"alerts/{alert}/acknowledge/", ("acknowledge", str(alert), ALERT)),
        (f"outbox/{job}/revive/", ("revive", str(job), "dead", "4")),
        (f"outbox/{job}/drop/", ("drop", str(job), "dead", "4")),
    ):
        assert browser.get(f"/admin/{path}").status == 403
        agreed = forged_agreement(admin, *what)
        answer = browser.post(f"/admin/{path}", reason="", agreed=agreed)
        assert answer.status == 403
    for tag in ("alert:acknowledged", "outbox:revived", "outbox:dropped"):
        assert events(admin, f"lockout:{tag}") == []


def test_trouble_of_nobody_is_not_found(place: Place) -> None:
    """Numbers that stand for nothing, and what is no number."""
    browser = place.signed_in("Looker")
    for path in ("alerts/7/", "alerts/x/", "outbox/7/", "outbox/7/drop/", "alerts/7/acknowledge/"):
        assert browser.get(f"/admin/{path}").status == 404
    assert browser.get(f"/admin/alerts/{10**30}/").status == 404
