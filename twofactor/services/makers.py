"""What a new passkey is called until its owner says otherwise: by its model, or by where it lives.

The model is its AAGUID (WebAuthn section 6.5.2). Nobody vouches for that: it is good for a name.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

MAX_NAME: Final = 100  # characters, as the vault keeps them
_FILE: Final = Path(__file__).parents[1] / "data" / "aaguids.json"
_KEYS: Final = frozenset({"ble", "nfc", "smart-card", "usb"})


@cache
def _models() -> dict[UUID, str]:
    """The names of models, read once."""
    listed: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return {UUID(aaguid): name for aaguid, name in listed.items()}


def name_of(aaguid: UUID, transports: Iterable[str]) -> str:
    """The name that is offered for a passkey of that model, in the reader's language."""
    ways = set(transports)
    name = _models().get(aaguid)
    if name is None:
        if "internal" in ways:
            name = _("Passkey on this device")
        elif ways & _KEYS:
            name = _("Security key")
        else:
            name = _("Passkey")
    return name[:MAX_NAME]
