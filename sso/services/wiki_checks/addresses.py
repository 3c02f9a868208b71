"""The addresses to which people's browsers are sent: do they answer, over TLS, and there?"""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from outbox.errors import FetchFailed
from sso.services.wiki_checks import failures
from sso.services.wiki_checks.findings import Finding, note, ok, wrong
from sso.services.wiki_checks.probe import Answer, Probe
from vault.wikis import Wiki

_GONE = (404, 410)


def front_page(wiki: Wiki, probe: Probe) -> Iterator[Finding]:
    """Where our pages lead people back to."""
    about = f"front page {wiki.home_uri}"
    yield _page(about, wiki.home_uri, probe)


def redirect_uris(wiki: Wiki, probe: Probe) -> Iterator[Finding]:
    """Where codes and assertions go. Called bare, a good one complains of what is missing."""
    for uri in wiki.redirect_uris:
        about = f"redirect URI {uri}"
        answer = probe.ask("GET", uri)
        found = _broken(about, answer) or _refuses_get(about, wiki, answer)
        if found is None and not _asks_us(answer):
            found = _led_elsewhere(about, uri, answer, is_wrong=True)
        yield found or ok(about, f"{_status(answer)}, called without a code, as it may")
        if urlsplit(uri).netloc != urlsplit(wiki.home_uri).netloc:
            yield note(about, f"it is on another host than the front page {wiki.home_uri}")


def post_logout_redirect_uris(wiki: Wiki, probe: Probe) -> Iterator[Finding]:
    """Where people come back to after signing out."""
    for uri in wiki.post_logout_redirect_uris:
        yield _page(f"after sign-out {uri}", uri, probe)


def _page(about: str, uri: str, probe: Probe) -> Finding:
    """What is so of an address at which people read something."""
    answer = probe.ask("GET", uri)
    found = _broken(about, answer) or _led_elsewhere(about, uri, answer)
    if found is None and isinstance(answer, Answer) and answer.response.status >= 400:
        return note(about, f"{answer.response.status}: people who come back there read that")
    return found or ok(about, _status(answer))


def _broken(about: str, answer: Answer | FetchFailed) -> Finding | None:
    """What is wrong with any address, whatever it is for."""
    if isinstance(answer, FetchFailed):
        if failures.is_only_from_here(answer):
            return note(
                about,
                f"not tried: {answer.reason} People's browsers may reach it; to try it from here,"
                " name its network in AUTHSITE_OUTBOUND_ALLOW",
            )
        return wrong(about, failures.words(answer))
    status = answer.response.status
    if status in _GONE:
        return wrong(about, f"{status}: there is no such page; is the address spelled right?")
    if status >= 500:
        return wrong(about, f"{status}: the wiki fails there; its own log says why")
    return None


def _refuses_get(about: str, wiki: Wiki, answer: Answer | FetchFailed) -> Finding | None:
    if not isinstance(answer, Answer) or answer.response.status != 405:
        return None
    if "code" in wiki.response_types:
        return wrong(about, "405: it takes no GET, by which browsers bring a code")
    return ok(about, "405 to a GET, as it may: an ID token is posted to it")


def _led_elsewhere(
    about: str, uri: str, answer: Answer | FetchFailed, *, is_wrong: bool = False
) -> Finding | None:
    """Whether it sends browsers away, to another host or out of TLS."""
    location = _location(uri, answer)
    if location is None:
        return None
    here, there = urlsplit(uri), urlsplit(location)
    if here.scheme == "https" and there.scheme == "http":
        return wrong(about, f"it leads out of https, to {there.scheme}://{there.netloc}/")
    if there.netloc != here.netloc:
        says = f"it leads to another host, {there.netloc}: register the address that is meant"
        return wrong(about, says) if is_wrong else note(about, says)
    return None


def _location(uri: str, answer: Answer | FetchFailed) -> str | None:
    if not isinstance(answer, Answer) or answer.response.status not in (301, 302, 303, 307, 308):
        return None
    try:
        return urljoin(uri, answer.response.headers.get("location", ""))
    except ValueError:
        return None


def _asks_us(answer: Answer | FetchFailed) -> bool:
    """Whether it sends browsers here, as clients do who begin a sign-in wherever one is missing."""
    location = _location("", answer)
    return location is not None and location.startswith(f"{settings.ISSUER}/")


def _status(answer: Answer | FetchFailed) -> str:
    return str(answer.response.status) if isinstance(answer, Answer) else ""
