"""The example of the README does what it says."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from authsite_client import TokenRefused
from authsite_client.testing import FakeProvider

README = Path(__file__).parents[1] / "README.md"
WIKIS = Path(__file__).parents[3] / "docs" / "wikis.md"


def example(document: Path) -> str:
    """The one piece of Python in a document."""
    [code] = re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    return str(code)


def test_example_signs_in_recognises_and_signs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a wiki would run it, but for the network."""
    fake = FakeProvider(now=int(time.time()))
    monkeypatch.setattr("authsite_client.provider.StandardTransport", lambda: fake)
    names: dict[str, Any] = {
        "ISSUER": fake.issuer,
        "CLIENT_ID": fake.client_id,
        "CLIENT_SECRET": fake.client_secret,
    }
    exec(example(README), names)  # noqa: S102
    whose, leave = names["whose_request"], names["backchannel_logout"]
    cookie = names["arrive"](fake.sign_in(nonce="n"), "n")
    assert whose(cookie, writes=True) == "sub-1"
    assert whose(None, writes=False) is None
    with pytest.raises(PermissionError):
        whose("another", writes=False)
    with pytest.raises(TokenRefused):
        leave(fake.id_token())
    leave(fake.logout_token())
    with pytest.raises(PermissionError):
        whose(cookie, writes=True)


@pytest.mark.skipif(not WIKIS.exists(), reason="the library alone was checked out")
def test_example_is_the_same_in_both_documents() -> None:
    """docs/wikis.md shows it too."""
    assert example(WIKIS) == example(README)
