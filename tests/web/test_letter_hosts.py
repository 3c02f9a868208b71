"""No header changes a byte of a letter: its links begin with the configured address (V-host).

On every request that causes one, in each spelling that has misled a site somewhere.
"""

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlencode

import psycopg
import pytest

from demo.postgres import Server
from tests.database.asking import value
from tests.database.outbox_jobs import until
from tests.environment import ISSUER, subprocess_environment
from tests.mail_reader import Letter
from tests.served import ROOT
from tests.web.letters import ADD, EMAIL, RESET, Mail, confirmed, sign_up_with
from tests.web.passkeys import prove_password
from tests.web.people import NEW_PASSWORD, PASSWORD, Answer, Browser, hidden_fields

pytestmark = pytest.mark.usefixtures("unlimited")

NAME: Final = ISSUER.partition("://")[2]
EVIL: Final = "evil.example"
# What a request can say of the site's name besides, or instead of, the plain truth.
LIES: Final[dict[str, dict[str, str]]] = {
    "another host": {"HTTP_HOST": EVIL},
    "another host below ours": {"HTTP_HOST": f"{EVIL}.{NAME}"},
    "ours below another": {"HTTP_HOST": f"{NAME}.{EVIL}"},
    "upper case": {"HTTP_HOST": NAME.upper()},
    "a dot at the end": {"HTTP_HOST": f"{NAME}."},
    "the usual port": {"HTTP_HOST": f"{NAME}:443"},
    "another port": {"HTTP_HOST": f"{NAME}:8443"},
    "a port that is none": {"HTTP_HOST": f"{NAME}:@{EVIL}"},
    "a port and more": {"HTTP_HOST": f"{NAME}:443.{EVIL}"},
    "userinfo": {"HTTP_HOST": f"{NAME}@{EVIL}"},
    "userinfo of another": {"HTTP_HOST": f"{EVIL}@{NAME}"},
    "two hosts": {"HTTP_HOST": f"{NAME}, {EVIL}"},
    "a space": {"HTTP_HOST": f"{NAME} {EVIL}"},
    "a path": {"HTTP_HOST": f"{NAME}/{EVIL}"},
    "a query": {"HTTP_HOST": f"{NAME}?.{EVIL}"},
    "a fragment": {"HTTP_HOST": f"{NAME}#.{EVIL}"},
    "a backslash": {"HTTP_HOST": f"{NAME}\\.{EVIL}"},
    "markup": {"HTTP_HOST": f'{NAME}"><a href="https://{EVIL}'},
    "letters that look alike": {"HTTP_HOST": NAME.replace("a", "\u0430")},
    "those in their ASCII form": {"HTTP_HOST": "xn--uth-5cd.example.org"},
    "full-width letters": {"HTTP_HOST": NAME.replace("a", "\uff41")},
    "an address": {"HTTP_HOST": "[::1]"},
    "nothing": {"HTTP_HOST": ""},
    "X-Forwarded-Host": {"HTTP_X_FORWARDED_HOST": EVIL},
    "X-Forwarded-Host after ours": {"HTTP_X_FORWARDED_HOST": f"{NAME}, {EVIL}"},
    "X-Forwarded-Proto": {"HTTP_X_FORWARDED_PROTO": "http"},
    "X-Forwarded-Port": {"HTTP_X_FORWARDED_PORT": "8443"},
    "X-Forwarded-Prefix": {"HTTP_X_FORWARDED_PREFIX": f"//{EVIL}"},
    "X-Forwarded-Server": {"HTTP_X_FORWARDED_SERVER": EVIL},
    "X-Original-Host": {"HTTP_X_ORIGINAL_HOST": EVIL},
    "X-Original-URL": {"HTTP_X_ORIGINAL_URL": f"https://{EVIL}/"},
    "X-Host": {"HTTP_X_HOST": EVIL},
    "Forwarded": {"HTTP_FORWARDED": f"host={EVIL};proto=http"},
    "Script-Name": {"HTTP_SCRIPT_NAME": f"//{EVIL}"},
    "the server's own name": {"SERVER_NAME": EVIL, "SERVER_PORT": "8443"},
    "the request's target": {"RAW_URI": f"https://{EVIL}/", "REQUEST_URI": f"https://{EVIL}/"},
}
Send = Callable[..., Answer]


def plain(letter: Letter) -> tuple[str, ...]:
    """A letter without what differs from one to the next: token, code, reference, time, name."""

    def normal(text: str) -> str:
        text = re.sub(r"(?<=#token=)[\w-]{43}", "…", text)
        text = re.sub(r"\b(?:[0-9A-Z]{4}-)+[0-9A-Z]{4}\b|Grace\d*", "…", text)
        return re.sub(r"When: [^<\n]+", "…", text)

    return letter.to, letter.subject, normal(letter.text), normal(letter.html)


def leads_elsewhere(letter: Letter) -> list[str]:
    """The addresses in a letter that do not begin with ours."""
    found = re.findall(r"[a-z]+://[^\s\"<]+", letter.text + letter.html)
    assert found
    return [url for url in found if not re.match(re.escape(ISSUER) + r"(/|$)", url)]


@pytest.fixture
def causes(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> dict[str, Callable[..., Any]]:
    """Each request that causes letters, by somebody whose address is confirmed."""
    confirmed(browser, mail)
    prove_password(browser, "email-add")
    with_address = Browser()
    sign_up_with(with_address, "Ursula", "ursula@example.org")
    unconfirmed = "SELECT id FROM vault.email_addresses WHERE verified_at IS NULL"
    numbers = iter(range(1000))
    passwords = [PASSWORD, NEW_PASSWORD]

    def sign_up(send: Send) -> Answer:
        visitor, name = Browser(), f"Grace{next(numbers)}"
        return send(
            visitor, "/signup", "/signup", username=name, password=PASSWORD, email="new@example.org"
        )

    def reset(send: Send) -> Answer:
        return send(Browser(), RESET, RESET, account="Grace")

    def add(send: Send) -> Answer:
        admin.execute("DELETE FROM vault.email_addresses WHERE verified_at IS NULL")
        return send(browser, ADD, ADD, email="second@example.org")

    def resend(send: Send) -> Answer:
        return send(with_address, EMAIL, EMAIL, factor=str(value(admin, unconfirmed)))

    def sign_in(send: Send) -> Answer:
        return send(Browser(), "/login", "/login", username="Grace", password=passwords[0])

    def change(send: Send) -> Answer:
        form = {"current_password": passwords[0], "new_password": passwords[1]}
        answer = send(browser, "/account/password", "/account/password", **form)
        if answer.status_code == 200:
            passwords.reverse()
        return answer

    return {
        "sign-up": sign_up,
        "reset": reset,
        "another address": add,
        "letter again": resend,
        "sign-in": sign_in,
        "password": change,
    }


def sending(lie: dict[str, str]) -> Send:
    """Sends the form of a page as if the site had another name, and as its own pages would."""
    origin = f"https://{lie.get('HTTP_HOST') or NAME}"

    def send(browser: Browser, page: str, action: str, **fields: str) -> Answer:
        hidden = hidden_fields(browser.get(page))
        form = {name: hidden[name] for name in ("flow", "csrfmiddlewaretoken") if name in hidden}
        return browser.post(action, {**form, **fields}, headers={"origin": origin}, **lie)

    return send


@pytest.mark.parametrize(
    "cause", ["sign-up", "reset", "another address", "letter again", "sign-in", "password"]
)
def test_letter_is_the_same_whatever_the_request_says_of_our_name(
    causes: dict[str, Callable[..., Any]],
    mail: Mail,
    admin: psycopg.Connection,
    settings: Any,
    cause: str,
) -> None:
    """Refused, and nothing queued; or not one byte differs from the letter to an honest request."""
    settings.ARGON2_MEMORY_KIB, settings.ARGON2_TIME_COST = 8, 1
    mail.deliver()
    honest: list[tuple[str, ...]] = []
    served = []
    for name, lie in {"the truth": {}, **LIES}.items():
        for file in mail.folder.iterdir():
            file.unlink()
        admin.execute("DELETE FROM vault.address_letters")
        admin.execute("DELETE FROM vault.mailed_tokens")
        admin.execute("DELETE FROM vault.outbox")
        answer = causes[cause](sending(lie))
        if answer.status_code in (400, 403):
            assert value(admin, "SELECT count(*) FROM vault.outbox") == 0, name
            continue
        letters = mail.letters()
        found = sorted(plain(letter) for letter in letters)
        honest = honest or found
        assert found == honest, name
        assert [leads_elsewhere(letter) for letter in letters] == [[] for _ in honest]
        served.append(name)
    assert honest
    assert served == [
        *("the truth", "upper case", "a dot at the end", "the usual port"),
        *(name for name, lie in LIES.items() if "HTTP_HOST" not in lie),
    ]


@pytest.fixture
def granian(server: Server) -> Iterator[int]:
    """The port of the site in the server that it is run by, behind a proxy on this machine."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "authsite.wsgi:application"]
    environment = {**subprocess_environment("web"), "AUTHSITE_TRUSTED_PROXIES": "127.0.0.1/32"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: is_listening(port), seconds=60)
        yield port
        process.terminate()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_letter_is_the_same_for_a_request_whose_target_names_a_host(
    granian: int, mail: Mail, admin: psycopg.Connection
) -> None:
    """RFC 9112 section 3.2.2: the target in absolute form, with our Host beside it, or without."""
    mail.a_member()
    honest: list[tuple[str, ...]] = []
    answers = {}
    for target in (RESET, f"{ISSUER}{RESET}", f"https://{EVIL}{RESET}", f"//{EVIL}{RESET}"):
        for host in (NAME, EVIL):
            admin.execute("DELETE FROM vault.address_letters")
            admin.execute("DELETE FROM vault.mailed_tokens")
            visitor = Browser()
            page = hidden_fields(visitor.get(RESET))
            connection = HTTPConnection("127.0.0.1", granian, timeout=60)
            form = urlencode({"flow": page["flow"], "account": "Grace"})
            connection.putrequest("POST", target, skip_host=True)
            for name, said in {
                "Host": host,
                "Origin": f"https://{host}",
                "X-Forwarded-Proto": "https",
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": str(len(form)),
                "Cookie": "; ".join(f"{one.key}={one.value}" for one in visitor.cookies.values()),
            }.items():
                connection.putheader(name, said)
            connection.endheaders(form.encode())
            answers[target, host] = connection.getresponse().status
            connection.close()
            for letter in mail.letters(subject="A new password for your account"):
                honest = honest or [plain(letter)]
                assert [plain(letter)] == honest, (target, host)
                assert leads_elsewhere(letter) == []
            for file in mail.folder.glob("*"):
                file.unlink()
    assert answers[RESET, NAME] == 200
    assert {status for (_, host), status in answers.items() if host == EVIL} == {400}
    assert set(answers.values()) <= {200, 400, 404}
