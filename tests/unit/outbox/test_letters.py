"""Letters: the same bytes each time, one recipient, links from one origin (V-host).

What a payload may say is in test_payloads.py.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from outbox.errors import Undeliverable
from outbox.letters import address_of, write_letter
from outbox.mail import connection_to
from outbox.payloads import letter_templates
from outbox.token_letters import TOKEN_LETTERS
from tests.mail_reader import received, text_of
from tests.unit.outbox.jobs import WRITTEN, job
from vault.outbox import Job
from vault.seals import seal_address

ADDRESS = "anna@example.org"


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.ISSUER = "https://auth.example.org"
    settings.SITE_NAME = "Wiki accounts"
    settings.SUPPORT = "support@example.org"
    settings.DEFAULT_FROM_EMAIL = "no-reply@example.org"


def letter_job(number: int = 7, /, **changes: Any) -> Job:
    """A letter about a changed password."""
    payload = {
        "template": "password_changed",
        "language": "en",
        "username": "Anna & Bob",
        "at": int(WRITTEN.timestamp()),
        "reference": "ABCD-1234",
        **changes,
    }
    return job(number, **payload)


def test_letter_says_who_what_when_and_where_to_turn() -> None:
    """A letter has all that its reader needs, as plain text without HTML's escapes."""
    letter = write_letter(letter_job(), ADDRESS).message().as_bytes()
    message, body = received(letter), text_of(letter)
    assert message["To"] == ADDRESS
    assert message["From"] == "no-reply@example.org"
    assert message["Subject"] == "Your password was changed on Wiki accounts"
    assert message["Auto-Submitted"] == "auto-generated"
    for expected in (
        "Hello Anna & Bob,",
        "support@example.org",
        "https://auth.example.org",
        "ABCD-1234",
        "Nov. 23, 2026, 6:20 a.m. UTC",
    ):
        assert expected in body


def test_letter_written_twice_is_the_same_bytes() -> None:
    """A resend can be recognised: not one byte differs, whenever it is made."""
    first, second = (write_letter(letter_job(), ADDRESS).message().as_bytes() for _ in range(2))
    assert first == second
    message = received(first)
    assert message["Date"].datetime == datetime(2026, 11, 23, 6, 20, tzinfo=UTC)
    assert message["Message-ID"].endswith("@auth.example.org>")


def test_letters_of_two_jobs_have_message_ids_that_count_nothing() -> None:
    """Two letters never share an id, and an id doesn't tell how many were sent."""
    ids = [
        str(write_letter(letter_job(n), ADDRESS).message()["Message-ID"]) for n in (123456, 123457)
    ]
    assert ids[0] != ids[1]
    assert not any("123456" in each or "123457" in each for each in ids)


def test_letter_whose_subject_has_line_breaks_keeps_it_on_one_line(settings: Any) -> None:
    """A subject is folded to one line before it becomes a header."""
    settings.SITE_NAME = "Wiki\r\nBcc: evil@example.net"
    message = received(write_letter(letter_job(), ADDRESS).message().as_bytes())
    assert message["Bcc"] is None
    assert "Bcc: evil@example.net" in message["Subject"]


@pytest.mark.parametrize("language", ["xx", "", None, 7, "../../etc/passwd", "en-GB"])
def test_letter_in_an_unknown_language_is_written_in_the_sites(language: object) -> None:
    """A language that isn't there never stops a letter."""
    assert "password was changed" in write_letter(letter_job(language=language), ADDRESS).subject


def test_letter_to_a_name_that_could_read_as_an_address_calls_nobody_by_name() -> None:
    """Names of before may have what letters must not: the letter comes without the name."""
    letter = write_letter(letter_job(username="Help at evil@example.net"), ADDRESS)
    assert letter.body.startswith("Hello,\n")
    assert "evil" not in letter.body


@pytest.mark.parametrize("name", sorted(letter_templates() - TOKEN_LETTERS))
def test_letter_of_every_template_can_be_written(name: str) -> None:
    """Each letter has a subject, a body, and no unfilled or escaped place."""
    letter = write_letter(letter_job(template=name), ADDRESS)
    assert letter.subject
    assert "{{" not in letter.body
    assert "&amp;" not in letter.body
    assert "ABCD-1234" in letter.body


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "@example.org",
        "anna@",
        "anna@example.org\r\nBcc: evil@example.net",
        "anna@example.org, evil@example.net",
        "anna@example.org;evil@example.net",
        "Anna <anna@example.org>",
        "<anna@example.org>",
        "anna@evil@example.org",
        '"anna evil"@example.org',
        "anna@example.org\x00",
        "anna @example.org",
        "anna@münchen.example",
        "anna@[127.0.0.1]",
        "anna\u202egro@example.org",
        "anna\u2028@example.org",
        "anna\u3000@example.org",
        "a" * 65 + "@example.org",
        "ж" * 33 + "@example.org",
    ],
)
def test_letter_to_an_address_of_another_form_is_undeliverable(address: str, playing: Any) -> None:
    """An address is one plain recipient or nothing."""
    with playing("worker"):
        good, account = sealed_letter(ADDRESS)
        assert address_of(good) == ADDRESS
        bad = Job(**{**vars(good), "sealed_address": seal_address(address, account)})
        with pytest.raises(Undeliverable):
            address_of(bad)


@pytest.mark.parametrize("local", ["änna", "δοκιμή", "用户", "o'neil+wiki", "ж" * 32])
def test_letter_to_an_address_beyond_ascii_names_it_as_it_is(local: str, playing: Any) -> None:
    """RFC 6532: the header has the very address, and its bytes are the same each time."""
    address = f"{local}@xn--mnchen-3ya.example"
    with playing("worker"):
        assert address_of(sealed_letter(address)[0]) == address
    first, second = (write_letter(letter_job(), address).message().as_bytes() for _ in range(2))
    assert first == second
    assert f"\nTo: {address}\n".encode() in first
    assert received(first)["To"] == address


def sealed_letter(address: str) -> tuple[Job, Any]:
    """A letter with its address sealed, and the account it belongs to."""
    plain = letter_job()
    assert plain.account_id is not None
    sealed = seal_address(address, plain.account_id)
    return Job(**{**vars(plain), "sealed_address": sealed}), plain.account_id


def test_letter_with_somebody_elses_address_is_undeliverable(playing: Any) -> None:
    """An address moved to another account's letter doesn't open."""
    with playing("worker"):
        good, _ = sealed_letter(ADDRESS)
        with pytest.raises(Undeliverable):
            address_of(Job(**{**vars(good), "account_id": uuid4()}))


def test_letter_sent_twice_to_files_is_one_file(tmp_path: Path) -> None:
    """A resend replaces the same file; a second letter has a file of its own; no draft stays."""
    mailbox = tmp_path / "mail"
    for number in (1, 2, 1):
        letter = write_letter(letter_job(number), ADDRESS)
        letter.connection = connection_to(f"file://{mailbox}")
        letter.send()
    files = sorted(mailbox.iterdir())
    assert len(files) == 2
    assert all(file.name.startswith("20261123T062000Z-") for file in files)
    assert all(file.suffix == ".eml" for file in files)
    assert received(files[0].read_bytes())["To"] == ADDRESS
