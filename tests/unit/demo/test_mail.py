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
    message["Date"] = "Mon, 23 Nov 2026 07:20:00 +0100"
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
    mailbox_page = browser.get(f"{wiki.origin}/mail").text
    for expected in ("Votre mot de passe a été changé", "Connexion", "alice@example.org"):
        assert expected in mailbox_page
    page = browser.get(f"{wiki.origin}/mail/1.eml~0").text
    for expected in (
        "Votre mot de passe a été changé",
        "Connexion &lt;noreply@auth.localhost&gt;",
        "alice@example.org",
        "Nov. 23, 2026, 6:20 a.m. UTC",
        '<a href="/mail/1.eml~0/text"',
        'sandbox="allow-popups allow-popups-to-escape-sandbox" src="/mail/1.eml~0/html"',
    ):
        assert expected in page
    assert "Était-ce" not in page
    plain = browser.get(f"{wiki.origin}/mail/1.eml~0/text").text
    assert "Était-ce vous ?" in plain
    assert 'href="http://auth.localhost:8000/account/?a=1&amp;b=2"' in plain
    assert "&lt;b&gt;gras" in plain
    assert "<iframe" not in plain
    html = browser.get(f"{wiki.origin}/mail/1.eml~0/html")
    policy = html.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert html.text.startswith('<!doctype html><base target="_blank">')


def test_letter_without_html_is_shown_as_text_and_one_without_words_says_so(
    wiki: WikiProcess, browser: Browser
) -> None:
    """No empty frame, and no choice where there is none."""
    (wiki.mail / "text.eml").write_bytes(b"Subject: one\n\nhttps://example.org/ <i>")
    (wiki.mail / "empty.eml").write_bytes(b"To: alice@example.org\n\n")
    page = browser.get(f"{wiki.origin}/mail/text.eml~0").text
    assert '<a href="https://example.org/"' in page
    assert "&lt;i&gt;" in page
    assert "<iframe" not in page
    assert "Plain text" not in page
    page = browser.get(f"{wiki.origin}/mail/empty.eml~0").text
    assert "This letter says nothing." in page
    assert "(no subject)" in page


def test_letter_of_a_stranger_is_shown_as_text_wherever_it_is_named(
    wiki: WikiProcess, browser: Browser
) -> None:
    """Sender, recipient, subject and text of a letter that is not ours are never markup."""
    evil = "</title><script>alert(1)</script>"
    letter = (
        f"From: {evil}\nTo: {evil}\nSubject: {evil}\nDate: {evil}\n\n{evil} javascript:alert(2)"
    )
    (wiki.mail / "evil.eml").write_bytes(letter.encode())
    for path in ("/mail", "/mail/evil.eml~0", "/mail/evil.eml~0/text"):
        page = browser.get(wiki.origin + path).text
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert 'href="javascript' not in page


def test_lines_that_were_full_flow_on_and_others_end_where_they_ended(tmp_path: Path) -> None:
    """A phone shows paragraphs, and what stands on lines of its own keeps them."""
    text = (
        "Write at once to somebody who knows you, and give the reference which\n"
        "stands below.\n\nhttps://auth.example.org/\n\nThe wikis\nReference: ABCD-1234\n"
    )
    (tmp_path / "a.eml").write_bytes(b"Subject: text\n\n" + text.encode())
    [found] = mailbox.letters(tmp_path)
    assert found.text == text
    assert found.flowing_text == text.replace("which\nstands", "which stands").rstrip("\n")


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
        b"From: group: a@b, c;\nTo: a@\nSubject: words\n\nwords",
        b"From: <\nDate: yesterday\n\nwords",
        b'Content-Type: text/plain; charset="a\x00b"\n\nwords',
        b"Date: Mon, 31 Dec 9999 23:59:59 -1200\n\nwords",
    ],
)
def test_broken_letter_is_shown_as_far_as_it_goes(tmp_path: Path, content: bytes) -> None:
    """One broken file does not take the mailbox away."""
    (tmp_path / "broken.eml").write_bytes(content)
    assert len(mailbox.letters(tmp_path)) <= 1
