"""What is weak in how a wiki is registered, and what follows from it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sso.services.client_metadata import as_metadata
from sso.services.registration_choices import Choice, choices_of
from sso.services.wiki_checks.findings import Finding, note, ok, wrong
from vault.wikis import Wiki

# Those that have a module of their own, or that only count together with others, are not here.
_CHOICES: Final = {
    Choice.NO_PKCE_NOR_NONCE: (
        "PKCE",
        (
            "neither PKCE nor a nonce is asked of it: a code that somebody else brings is not told"
            " from one's own"
        ),
    ),
    Choice.NONCE_ALONE: (
        "PKCE",
        "not asked of it: what its nonce is worth depends on the client",
    ),
    Choice.PUBLIC: (
        "authentication",
        "none: whoever has a code and its verifier can redeem it",
    ),
    Choice.RS256: (
        "ID tokens",
        (
            "RS256: every client understands it, but ES256 is signed many times faster; choose it"
            " where the client can"
        ),
    ),
    Choice.ID_TOKEN_BY_BROWSER: (
        "answers",
        "an ID token by form_post: a cross-site POST, with which no SameSite=Lax cookie goes",
    ),
    Choice.NOT_FAMILY: (
        "family",
        "not the family's own: people are asked what they share with it",
    ),
}


def of(wiki: Wiki, state_reason: str) -> Iterator[Finding]:
    """Everything about the registration that somebody should know."""
    yield from _service(wiki, state_reason)
    for choice in choices_of(as_metadata(wiki)):
        if choice in _CHOICES:
            yield note(*_CHOICES[choice])
    yield from _secrets(wiki)
    yield from _sessions(wiki)


def _service(wiki: Wiki, state_reason: str) -> Iterator[Finding]:
    if wiki.state != "active":
        yield wrong("state", f"suspended, so nobody can sign in to it: {state_reason}")
    else:
        yield ok("state", "in service")
    if any(uri.startswith("http:") for uri in (wiki.home_uri, *wiki.redirect_uris)):
        yield note("TLS", "none: good for a wiki on this very machine, and for nothing else")
    if wiki.least_acr != "aal1":
        yield ok("least level", f"nobody signs in to it below {wiki.least_acr}")


def _secrets(wiki: Wiki) -> Iterator[Finding]:
    ends_at = wiki.older_secret_ends_at
    if ends_at is not None and ends_at > datetime.now(UTC).timestamp():
        until = datetime.fromtimestamp(ends_at, UTC)
        yield note("secret", f"the older one is still good, until {until:%Y-%m-%d %H:%M} UTC")


def _sessions(wiki: Wiki) -> Iterator[Finding]:
    if wiki.backchannel_logout_uri is None and "offline_access" not in wiki.scopes:
        yield note(
            "sessions",
            "it neither hears of logouts nor can ask whether a session goes on: what it opened"
            " outlives ours for as long as the wiki likes",
        )
    if not wiki.post_logout_redirect_uris:
        yield note("after sign-out", "no address to come back to: people stay on our page")
