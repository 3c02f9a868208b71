"""Starts demo wikis as processes, as `make run` does, and visits them as a scriptless browser."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx

from demo.environment import CLIENT

_ROOT = Path(__file__).parents[3]


class WikiProcess:
    """One wiki served by granian on a loopback port."""

    def __init__(
        self, *, client_id: str, issuer: str, folder: Path, workers: int = 1, **extra: str
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.origin = f"http://{client_id}.wiki.localhost:{self.port}"
        self.client_id = client_id
        self.database = folder / f"{client_id}.sqlite3"
        self.mail = folder / "mail"
        self.mail.mkdir(exist_ok=True)
        self._workers = workers
        self._log = folder / f"{client_id}.log"
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(CLIENT),
            "DEMO_WIKI_NAME": "English Wiki" if client_id == "en" else "Wiki français",
            "DEMO_WIKI_ORIGIN": self.origin,
            "DEMO_WIKI_ISSUER": issuer,
            "DEMO_WIKI_CLIENT_ID": client_id,
            "DEMO_WIKI_CLIENT_SECRET": f"secret of/{client_id}",
            "DEMO_WIKI_DB": str(self.database),
            "DEMO_WIKI_MAIL_DIR": str(self.mail),
            "DEMO_WIKI_LANG": client_id,
            "DEMO_WIKI_SECRET_KEY": "a key for these tests alone",
            **extra,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", str(self._workers), "--blocking-threads", "2"),
            "demo.wiki.wsgi:application",
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=_ROOT, env=self._environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 90
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the wiki did not start:\n{self.log()}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Looks into the wiki's database, or changes it, behind its back."""
        with sqlite3.connect(self.database, timeout=60) as connection:
            found = connection.execute(sql, parameters).fetchall()
        connection.close()
        return found

    def post_logout_token(self, token: str) -> httpx.Response:
        """What the provider's worker does for back-channel logout."""
        return httpx.post(
            f"{self.origin}/auth/backchannel",
            data={"logout_token": token},
            trust_env=False,
            timeout=60,
        )

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.origin}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


class Browser:
    """Cookies, redirects and forms; counts as one browser session."""

    def __init__(self) -> None:
        # httpx's own jar keeps Secure cookies from http, where browsers make *.localhost an
        # exception; and every cookie of these sites is bound to its host, with the path `/`.
        self._cookies: dict[tuple[str, str], str] = {}
        self._client = httpx.Client(
            headers={"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"},
            event_hooks={"request": [self._send_cookies], "response": [self._keep_cookies]},
            follow_redirects=True,
            max_redirects=8,
            trust_env=False,
            timeout=60,
        )

    def get(self, url: str, **kwargs: Any) -> httpx.Response:
        return self._client.get(url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> httpx.Response:
        return self._client.post(url, **kwargs)

    def submit(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """Sends the form of `page` with this action, its hidden fields and text included."""
        form = re.search(
            rf'<form[^>]*action="({re.escape(action)}[^"]*)".*?</form>', page.text, re.DOTALL
        )
        assert form is not None, f"no form to {action} in:\n{page.text}"
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        text = re.search(r'name="text"[^>]*>\n(.*?)</textarea>', form[0], re.DOTALL)
        sent = {name: unescape(value) for name, value in hidden.items()}
        if text is not None:
            sent["text"] = unescape(text[1])
        return self.post(str(page.url.join(unescape(form[1]))), data=sent | fields)

    def cookie_names(self, host: str) -> set[str]:
        return {name for kept_host, name in self._cookies if kept_host == host}

    def cookies_of(self, host: str) -> dict[str, str]:
        return {
            name: kept for (kept_host, name), kept in self._cookies.items() if kept_host == host
        }

    def _send_cookies(self, request: httpx.Request) -> None:
        sent = [
            f"{name}={value}"
            for (host, name), value in self._cookies.items()
            if host == request.url.host
        ]
        request.headers["Cookie"] = "; ".join(sent)

    def _keep_cookies(self, response: httpx.Response) -> None:
        for line in response.headers.get_list("set-cookie"):
            for name, cookie in SimpleCookie(line).items():
                key = (response.request.url.host, name)
                if cookie["max-age"] == "0":
                    self._cookies.pop(key, None)
                else:
                    self._cookies[key] = cookie.value
