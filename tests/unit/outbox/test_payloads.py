"""Forged jobs: a writer of the outbox's table puts no words of its own into our letters."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from django.conf import settings

from outbox.errors import NotOurs
from outbox.letters import write_letter
from outbox.payloads import SignIn, letter_templates, read_letter
from outbox.token_letters import TOKEN_LETTERS
from tests.unit.outbox.jobs import WRITTEN
from tests.unit.outbox.test_letters import ADDRESS, letter_job
from vault.outbox import Job

AT: Final = int(WRITTEN.timestamp())
TOKEN: Final = "01890a5d-ac96-774b-bcce-b302099a8057"

SIGN_IN: Final[dict[str, Any]] = {
    "template": "new_sign_in",
    "tokens": [TOKEN],
    "why": "device",
    "agent": "Firefox on Linux",
    "network": "192.0.2.0/24",
}
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
    "token no token": {"tokens": ["https://evil.example"]},
    "token otherwise written": {"tokens": [TOKEN.upper()]},
    "token nothing": {"tokens": [None]},
    "tokens no list": {"tokens": TOKEN},
    "tokens an object": {"tokens": {TOKEN: TOKEN}},
    "tokens nothing": {"tokens": None},
    "tokens too many": {"tokens": [TOKEN] * 11},
    "tokens within tokens": {"tokens": [[TOKEN]]},
    "token as it was called": {"token": TOKEN},
    "sign-in in another letter": {"why": "device"},
    "browser in another letter": {"agent": "Firefox"},
    "network in another letter": {"network": "192.0.2.0/24"},
    "sign-in without a reason": {**SIGN_IN, "why": None},
    "sign-in with a reason in words": {**SIGN_IN, "why": "Call 0900 now"},
    "sign-in with a reason in a list": {**SIGN_IN, "why": ["device"]},
    "network in words": {**SIGN_IN, "network": "Call 0900 now"},
    "network empty": {**SIGN_IN, "network": ""},
    "network a number": {**SIGN_IN, "network": 7},
    "network otherwise written": {**SIGN_IN, "network": "2001:DB8::/48"},
    "network with an address in it": {**SIGN_IN, "network": "192.0.2.7/24"},
    "another field": {"issuer": "https://evil.example"},
    "a reason": {"reason": "Call 0900 now"},
}


@pytest.mark.parametrize("case", FORGED)
def test_letter_with_a_forged_field_is_not_written(case: str) -> None:
    """Each field has a narrow shape, and there is no field for words."""
    with pytest.raises(NotOurs) as caught:
        write_letter(letter_job(7, **FORGED[case]), ADDRESS)
    assert re.fullmatch(r"not_ours:[a-z_]+", caught.value.code)


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
    odd = [letter_job(tokens=[TOKEN])]
    odd += [letter_job(**{**SIGN_IN, "tokens": tokens}) for tokens in ([], [TOKEN] * 2)]
    for template in TOKEN_LETTERS - {"new_sign_in"}:
        odd.append(letter_job(template=template))
        if template != "password_reset_link":
            odd.append(letter_job(template=template, tokens=[TOKEN] * 2))
    for job in odd:
        with pytest.raises(NotOurs, match="tokens"):
            write_letter(job, ADDRESS)


@pytest.mark.parametrize("label", ["Call 0900 now", "", None, 7, ["Firefox"], "Firefox on Mars"])
def test_letter_about_a_sign_in_of_a_browser_that_we_have_no_word_for_is_written(
    label: object,
) -> None:
    """Web names the browser: it puts no words of its own into a letter by that, nor stops it."""
    told = read_letter(letter_job(**{**SIGN_IN, "agent": label})).sign_in
    assert told == SignIn("device", "", "", "192.0.2.0/24")


def test_letter_about_a_sign_in_has_browser_system_and_network_apart() -> None:
    """For the reader's own words; what is not known is empty."""
    for why in ("device", "network", "failures"):
        letter = read_letter(letter_job(**{**SIGN_IN, "why": why}))
        assert letter.sign_in == SignIn(why, "Firefox", "Linux", "192.0.2.0/24")
        assert letter.tokens == (UUID(TOKEN),)
    for network in ("2001:db8:1::/48", "::/48", "10.0.0.0/8"):
        told = read_letter(letter_job(**{**SIGN_IN, "network": network})).sign_in
        assert told == SignIn("device", "Firefox", "Linux", network)
    nowhere = {name: value for name, value in SIGN_IN.items() if name != "network"}
    for missing in ({**SIGN_IN, "network": None}, nowhere):
        told = read_letter(letter_job(**missing)).sign_in
        assert told == SignIn("device", "Firefox", "Linux", "")
    assert read_letter(letter_job()).sign_in is None


def test_letters_that_the_vault_writes_are_those_that_there_are_templates_for() -> None:
    """A letter that is queued can be written: its template is here, subject and body."""
    folder = Path(settings.BASE_DIR)
    sql = "".join(
        file.read_text(encoding="utf-8")
        for file in (folder / "vault" / "sql" / "functions").glob("*.sql")
    )
    plain = set(re.findall(r"PERFORM vault\.write_letter\(\s*[^,]+,\s*'([a-z_]+)'", sql))
    plain |= set(re.findall(r"vault\.letter_payload\([^,]+,\s*'([a-z_]+)'", sql))
    sending = r"PERFORM vault\.(?:write_token_letter|offer_undo)\((.*?)\)(?:;|\s+FROM)"
    calls = re.findall(sending, sql, re.DOTALL)
    with_tokens = {name for call in calls for name in re.findall(r"'([a-z_]+)'", call)}
    assert with_tokens >= TOKEN_LETTERS
    assert plain | TOKEN_LETTERS <= letter_templates()
    assert "address_undone" in plain
    for name in letter_templates():
        assert (folder / "templates" / "emails" / f"{name}.txt").exists()
