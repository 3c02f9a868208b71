"""The errors of this room. A code is short, stable and free of secrets: it is what gets stored."""


class DeliveryFailed(Exception):
    """A job could not be done this time; it is tried again later.

    `code` says why, `max_tries` buries the job after so many tries instead of the usual schedule.
    """

    def __init__(self, code: str, *, max_tries: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.max_tries = max_tries


class Undeliverable(DeliveryFailed):
    """A job can never be done, however often it is tried: it is buried at once."""

    def __init__(self, code: str) -> None:
        super().__init__(code, max_tries=1)


class NotOurs(Undeliverable):
    """A job that the vault did not write: it is buried, and reported. `code` names what is odd."""

    def __init__(self, field: str) -> None:
        super().__init__(f"not_ours:{field}")


class FetchFailed(Exception):
    """An outgoing request got no answer that may be used. `code` is fit for storing."""

    code = "fetch_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UrlRefused(FetchFailed):
    """The URL itself is not one that this site calls."""

    code = "url_refused"


class AddressRefused(FetchFailed):
    """The host leads to an address that this site must not call."""

    code = "address_refused"


class NameUnresolved(FetchFailed):
    """The host's name has no address."""

    code = "name_unresolved"


class ConnectionFailed(FetchFailed):
    """No connection to any of the checked addresses, or it broke off."""

    code = "connection_failed"


class TlsFailed(FetchFailed):
    """The TLS handshake failed, or the certificate is not that host's."""

    code = "tls_failed"


class TimedOut(FetchFailed):
    """The time for connecting, for one answer, or for all of it is over."""

    code = "timed_out"


class BadResponse(FetchFailed):
    """What came back is not HTTP."""

    code = "bad_response"


class ResponseTooLarge(FetchFailed):
    """The body is longer than the caller wants; `status` is what the answer began with."""

    code = "response_too_large"

    def __init__(self, reason: str, *, status: int) -> None:
        super().__init__(reason)
        self.status = status
