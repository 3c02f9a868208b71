"""How the token endpoint says no, held to RFC 6749 section 5.2."""

from typing import Any


def is_refused(response: Any, status: int, error: str) -> None:
    """Holds an error to RFC 6749 section 5.2: JSON, never stored, never cached."""
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers.get("WWW-Authenticate", "").startswith("Basic realm=") == (
        status == 401
    )
    assert not response.cookies
