"""Which of the site's doors is closed, as people are told."""

from vault import doors
from vault.doors import ClosedDoor


def closed_door(*, is_sign_up: bool) -> ClosedDoor:
    """The door that somebody stands before who could not sign up, or in; the wider one first.

    One that has opened again meanwhile is named without an end. Raises ``VaultUnavailable``.
    """
    closed = {door.name: door for door in doors.closed()}
    wanted = ("sign_up",) if is_sign_up else ("sign_in", "unknown_devices")
    found = [closed[name] for name in wanted if name in closed]
    return found[0] if found else ClosedDoor(wanted[0], None)
