"""The demo's mail reader: letters as people see them, and nothing else of the folder."""

import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from demo.wiki import mailbox

from .wiki_process import Browser, WikiProcess


@pytest.fixture
def letter() -> EmailMessage:
    """A letter with encoded headers, quoted-printable text and an HTML alternative."""
    message = EmailMessage()
    message["From"] = "Connexion <noreply@auth.localhost>"
    message["To"] = "alice@example.org"
    message["Subject"] = "Votre mot de passe a été changé"
    message.set_content(
        "Était-ce vous ?\nhttp://auth.localhost:8000/account/?a=1&b=2\n<b>gras</b>\n" + "é" * 100,
        cte="quoted-printable",
    )
    message.add_alternative("<p>Était-ce <b>vous</b> ?</p><script>1</script>", subtype="html")
    return message


def test_letter_is_shown_decoded_with_links_and_its_html_in_a_sandbox(
    wiki: WikiProcess, browser: Browser, letter: EmailMessage
) -> None:
    """Subject and text are readable, links can be followed, HTML cannot run or load anything."""
    (wiki.mail / "1.eml").write_bytes(letter.as_bytes())
    assert "Votre mot de passe a été changé" in browser.get(f"{wiki.origin}/mail").text
    page = browser.get(f"{wiki.origin}/mail/1.eml~0")
    assert "Était-ce vous ?" in page.text
    assert 'href="http://auth.localhost:8000/account/?a=1&amp;b=2"' in page.text
    assert "&lt;b&gt;gras" in page.text
    assert "<iframe" in page.text
    html = browser.get(f"{wiki.origin}/mail/1.eml~0/html")
    policy = html.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy


def test_letters_come_newest_first_and_half_written_files_not_at_all(
    tmp_path: Path, letter: EmailMessage
) -> None:
    """The newest letter is on top; files still being written are no letters."""
    for name in ("a.eml", "b.eml", ".hidden", "c.tmp"):
        (tmp_path / name).write_bytes(letter.as_bytes())
    os.utime(tmp_path / "a.eml", (2_000_000_000, 2_000_000_000))
    assert [found.key for found in mailbox.letters(tmp_path)] == ["a.eml~0", "b.eml~0"]


def test_file_with_several_letters_gives_each_of_them(tmp_path: Path, letter: EmailMessage) -> None:
    """Django's file backend appends letters to one file, each ended by a line of dashes."""
    one = letter.as_bytes() + b"\n" + b"-" * 79 + b"\n"
    (tmp_path / "session.log").write_bytes(one * 2)
    found = mailbox.letters(tmp_path)
    assert [item.key for item in found] == ["session.log~1", "session.log~0"]
    assert {item.subject for item in found} == {"Votre mot de passe a été changé"}


def test_letter_outside_the_folder_is_not_found(tmp_path: Path, letter: EmailMessage) -> None:
    """A key is looked up among the letters, never opened as a path."""
    (tmp_path / "secret.eml").write_bytes(letter.as_bytes())
    (tmp_path / "mail").mkdir()
    assert mailbox.find(tmp_path / "mail", key="../secret.eml~0") is None
    assert mailbox.letters(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"Subject: =?utf-8?b?////?=\n\n\xff",
        b"Content-Type: text/plain; charset=nonsense\n\nwords",
        b"Content-Type: multipart/mixed\n\n--",
    ],
)
def test_broken_letter_is_shown_as_far_as_it_goes(tmp_path: Path, content: bytes) -> None:
    """One broken file does not take the mailbox away."""
    (tmp_path / "broken.eml").write_bytes(content)
    assert len(mailbox.letters(tmp_path)) <= 1
