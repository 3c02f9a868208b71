"""Forged jobs: a writer of the outbox's table puts no words of its own into our letters."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings

from outbox.errors import NotOurs
from outbox.letters import write_letter
from outbox.payloads import letter_templates, read_letter
from tests.unit.outbox.jobs import WRITTEN
from tests.unit.outbox.test_letters import ADDRESS, letter_job
from vault.outbox import Job

AT: Final = int(WRITTEN.timestamp())
TOKEN: Final = "01890a5d-ac96-774b-bcce-b302099a8057"

FORGED: Final[dict[str, dict[str, Any]]] = {
    "template unknown": {"template": "you_have_won"},
    "template elsewhere": {"template": "../accounts/sign_in"},
    "template of the frame": {"template": "base"},
    "template for operators": {"template": "operator_alert"},
    "template missing": {"template": None},
    "template no text": {"template": ["password_changed"]},
    "name missing": {"username": None},
    "name empty": {"username": ""},
    "name a number": {"username": 7},
    "name with a line": {"username": "Anna\nCall 0900 now"},
    "name with a header": {"username": "x\r\nBcc: evil@example.net\r\n\r\nbody"},
    "name with a link": {"username": "Anna, see https://evil.example"},
    "name with markup": {"username": "<b>Anna</b>"},
    "name with a section": {"username": "Anna#x"},
    "name with brackets": {"username": "[Anna]"},
    "name with a template": {"username": "{{ issuer }}"},
    "name with a bar": {"username": "A|B"},
    "name with a tab": {"username": "Anna\tBob"},
    "name with NUL": {"username": "Anna\x00"},
    "name turned round": {"username": "Anna\u202eboB"},
    "name in two paragraphs": {"username": "Anna\u2029Call 0900"},
    "name with spaces outside": {"username": " Anna"},
    "name with underscores": {"username": "Anna_B"},
    "name with a run of spaces": {"username": "Anna" + " " * 60 + "Call 0900"},
    "name not composed": {"username": "A\u0308nna"},
    "name in pieces": {"username": "\ud83d"},
    "name private": {"username": "Anna\ue000"},
    "name too long": {"username": "A" * 256},
    "time missing": {"at": None},
    "time a text": {"at": str(AT)},
    "time true": {"at": True},
    "time a fraction": {"at": AT + 0.5},
    "time later": {"at": AT + 3600},
    "time earlier": {"at": AT - 3600},
    "time beyond numbers": {"at": 10**400},
    "reference missing": {"reference": None},
    "reference in words": {"reference": "Call 0900 now"},
    "reference with a line": {"reference": "ABCD-1234\n"},
    "reference longer": {"reference": "ABCD-12345"},
    "token no token": {"token": "https://evil.example"},
    "token otherwise written": {"token": TOKEN.upper()},
    "token nothing": {"token": None},
    "another field": {"issuer": "https://evil.example"},
    "a reason": {"reason": "Call 0900 now"},
}


@pytest.mark.parametrize("case", FORGED)
def test_letter_with_a_forged_field_is_not_written(case: str) -> None:
    """Each field has a narrow shape, and there is no field for words."""
    with pytest.raises(NotOurs) as caught:
        write_letter(letter_job(7, **FORGED[case]), ADDRESS)
    assert re.fullmatch(r"not_ours:[a-z]+", caught.value.code)


def test_letter_of_a_payload_that_is_no_object_is_not_written() -> None:
    """Nor anything else that JSON can say."""
    for payload in ([], "x", 7, None):
        forged: Any = payload
        with pytest.raises(NotOurs):
            read_letter(Job(**{**vars(letter_job()), "payload": forged}))


def test_letter_of_a_real_name_in_any_script_is_written() -> None:
    """What may be a user name may stand in a letter."""
    names = (
        "Ωμέγα",
        "Анна Б.",
        "李雷",
        "O'Brien & Co.",
        "Ben (WMF)",
        "50% off!",
        "A*B+C=D",
        "Ça va?",
    )
    for name in names:
        assert read_letter(letter_job(username=name)).username == name


def test_letter_written_a_moment_before_its_row_is_ours() -> None:
    """Whole seconds are rounded down, and a statement takes its time."""
    late = Job(**{**vars(letter_job()), "created_at": WRITTEN + timedelta(seconds=2.5)})
    assert read_letter(late).at == AT


def test_letter_with_a_token_too_many_or_too_few_is_not_ours() -> None:
    """A token goes into the letters that are made for one, and no such letter goes without."""
    for odd in (letter_job(token=TOKEN), letter_job(template="password_reset_link")):
        with pytest.raises(NotOurs, match="token"):
            write_letter(odd, ADDRESS)


def test_letters_that_the_vault_writes_are_those_that_there_are_templates_for() -> None:
    """A letter that is queued can be written: its template is here, subject and body."""
    folder = Path(settings.BASE_DIR)
    sql = "".join(
        file.read_text(encoding="utf-8")
        for file in (folder / "vault" / "sql" / "functions").glob("*.sql")
    )
    written = set(re.findall(r"PERFORM vault\.write_letter\(\s*[^,]+,\s*'([a-z_]+)'", sql))
    assert len(written) >= 4
    assert written <= letter_templates()
    for name in letter_templates():
        assert (folder / "templates" / "emails" / f"{name}.txt").exists()
