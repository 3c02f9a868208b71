"""Request parameters as the protocol wants them: each at most once, empty as if not sent."""

from collections.abc import Iterable

# A posted request goes on as an address and comes back in one; authsite.limits takes no more.
MAX_QUERY = 8000


def single_values(pairs: Iterable[tuple[str, list[str]]]) -> tuple[dict[str, str], list[str]]:
    """The parameters that were sent once, and the names of those that were repeated.

    Parameters without a value count as omitted (RFC 6749 sections 3.1 and 3.2).
    """
    values: dict[str, str] = {}
    repeated: list[str] = []
    for name, sent in pairs:
        if len(sent) > 1:
            repeated.append(name)
        elif sent and sent[0]:
            values[name] = sent[0]
    return values, repeated
