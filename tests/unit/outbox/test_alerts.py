"""Letters to operators: numbers and our own words, the same bytes each time."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings as site
from django.test import override_settings

from outbox.alert_words import WORDS, seen_words
from outbox.alerts import _read, send_alert, write_alert
from outbox.errors import NotOurs
from tests.mail_reader import received, text_of
from tests.unit.outbox.jobs import WRITTEN, job
from vault.alerts import KINDS
from vault.outbox import Job

AT: Final = int(WRITTEN.timestamp())


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.ISSUER = "https://auth.example.org"
    settings.OPERATOR_URL = "https://operator.example.org"
    settings.SITE_NAME = "Wiki accounts"
    settings.DEFAULT_FROM_EMAIL = "no-reply@example.org"
    settings.ALERT_MAIL = ["ops@example.org", "night@example.org"]


def alert_job(**changes: Any) -> Job:
    """An alert about one network."""
    payload = {
        "alert": 7,
        "kind": "one_network_many_names",
        "count": 523,
        "names": 200,
        "since": AT - 300,
        "at": AT,
        **changes,
    }
    return Job(**{**vars(job(3, kind="alert")), "payload": payload})


def test_letter_of_an_alert_says_what_how_many_since_when_and_what_to_do() -> None:
    """All that one needs at three in the morning, with the way to the operator's site."""
    letter = write_alert(alert_job(), _read(alert_job())).message().as_bytes()
    message, body = received(letter), " ".join(text_of(letter).split())
    assert message["To"] == "ops@example.org, night@example.org"
    assert message["Subject"] == "Wiki accounts: One network fails at many accounts"
    for expected in (
        "523 passwords failed at 200 user names, from one network.",
        "Since: Nov. 23, 2026, 6:15 a.m. UTC",
        "https://operator.example.org/admin/alerts/7/",
        "docs/runbook.md",
        "shut it out there",
    ):
        assert expected in body


def test_letter_of_an_alert_written_twice_is_the_same_bytes() -> None:
    """A resend can be recognised."""
    first, second = (
        write_alert(alert_job(), _read(alert_job())).message().as_bytes() for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("kind", KINDS)
def test_alert_of_every_kind_has_words_and_a_letter_with_short_lines(kind: str) -> None:
    """No place stays unfilled, whatever numbers a kind has."""
    every = {"names": 4, "usual": 5, "passwords": 6}
    numbers = {name: every[name] for name in WORDS[kind].numbers}
    payload = {"alert": 1, "kind": kind, "count": 3, "since": AT, "at": AT, **numbers}
    queued = Job(**{**vars(job(3, kind="alert")), "payload": payload})
    letter = write_alert(queued, _read(queued))
    assert "%(" not in letter.body
    assert "{{" not in letter.body
    assert max(map(len, letter.body.splitlines())) <= 72
    for number in (3, *numbers.values()):
        assert re.search(rf"\b{number}\b", letter.body)


def test_kinds_in_words_are_the_kinds_that_there_are() -> None:
    """A new kind needs its words, and no words outlive their kind."""
    assert set(WORDS) == set(KINDS)
    assert "moon: 7" in seen_words("moon", 7, {})


def test_rows_that_are_reported_are_told_apart_by_the_vault() -> None:
    """What our code calls a refused row is a kind that alerts know, none is merely other."""
    base = Path(site.BASE_DIR)
    sql = (base / "vault" / "sql" / "functions" / "odd_patterns.sql").read_text()
    known = set(re.findall(r"'([a-z_]+)'", sql.partition("p_what IN (")[2].partition(")")[0]))
    reported = {
        what
        for room in ("vault", "outbox", "accounts", "twofactor", "sso", "emergency")
        for file in (base / room).rglob("*.py")
        for what in re.findall(r'report_row\(\s*"([a-z_]+)"', file.read_text(encoding="utf-8"))
    }
    assert reported
    assert reported <= known


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "you_have_won"},
        {"kind": None},
        {"kind": ["unjudged"]},
        {"count": "Call 0900"},
        {"count": -1},
        {"count": True},
        {"names": "200"},
        {"names": 10**13},
        {"since": AT + 1},
        {"since": None},
        {"alert": "7/../../x"},
        {"at": AT + 3600},
        {"at": 10**400},
        {"title": "Call 0900"},
        {"seen": 3},
    ],
)
def test_alert_with_a_forged_field_is_not_written(changes: dict[str, Any]) -> None:
    """Only numbers and a kind that there is: nobody's words."""
    with pytest.raises(NotOurs):
        _read(alert_job(**changes))


def test_alert_without_anybody_to_write_to_is_a_warning_in_the_log(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """No address set: the job is done, and whoever collects the logs sees it."""
    with override_settings(ALERT_MAIL=[], MAIL_URL="file:///nonexistent/authsite"):
        send_alert(alert_job())
    said = capsys.readouterr().out + caplog.text
    assert "operator_alert" in said
    assert "one_network_many_names" in said


def test_thresholds_that_are_set_are_named_as_the_vault_names_them() -> None:
    """Every kind has its threshold, with the same default and bound in settings and vault."""
    sql = (Path(site.BASE_DIR) / "vault" / "sql" / "functions" / "alerts.sql").read_text()
    body = sql.partition("vault.alert_thresholds()")[2].partition("$$;")[0]
    known = {
        name: (int(usual), int(most))
        for name, usual, most in re.findall(r"\('([a-z_]+)', (\d+), (\d+)\)", body)
    }
    assert {name: usual for name, (usual, _) in known.items()} == site.ALERT_THRESHOLDS
    assert set(known) == {*KINDS, "usual_times"}
    settings_text = (Path(site.BASE_DIR) / "authsite" / "settings" / "base.py").read_text()
    for name, (usual, most) in known.items():
        variable = f"AUTHSITE_ALERT_{name.upper()}"
        assert re.search(rf'"{variable}", {usual}, most={most}\b', settings_text), variable
