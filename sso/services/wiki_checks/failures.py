"""Why a wiki's address gave no answer, in words that say where to look."""

from outbox.errors import (
    AddressRefused,
    BadResponse,
    ConnectionFailed,
    FetchFailed,
    NameUnresolved,
    ResponseTooLarge,
    TimedOut,
    TlsFailed,
    UrlRefused,
)

_WORDS: dict[type[FetchFailed], str] = {
    NameUnresolved: "the name has no address: is it spelled right, and in DNS?",
    ConnectionFailed: "nothing takes connections there: does the server run, is the port open?",
    TlsFailed: "TLS fails: the certificate is over, of another host, or by nobody who is trusted",
    TimedOut: "no answer in time: does a firewall swallow it?",
    BadResponse: "what answers there is not HTTP",
    ResponseTooLarge: "the answer is larger than a megabyte",
}


def words(failure: FetchFailed) -> str:
    """What failed, and where to look."""
    if isinstance(failure, AddressRefused):
        return f"{failure.reason} AUTHSITE_OUTBOUND_ALLOW names the networks that may be called"
    return _WORDS.get(type(failure), failure.reason)


def is_only_from_here(failure: FetchFailed) -> bool:
    """Whether this site may not go there, which says nothing about people's browsers."""
    return isinstance(failure, AddressRefused | UrlRefused)
