"""Names that are offered for new passkeys: by model, or by where they live."""

import json
import re
import unicodedata
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.utils.translation import override

import twofactor
from twofactor.services.makers import MAX_NAME, name_of

TEXT = (Path(twofactor.__file__).parent / "data" / "aaguids.json").read_text(encoding="utf-8")
LISTED: list[tuple[str, str]] = json.loads(TEXT, object_pairs_hook=list)
UNLISTED = UUID("a07e57ed-50f7-4a4e-8a11-000000000001")
# Letters that are read, digits, and what product names have between them.
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .+()-]*")


def test_models_are_listed_in_order_and_once() -> None:
    """So that a change to the file shows what it changes."""
    ids = [aaguid for aaguid, _ in LISTED]
    assert ids == sorted(set(ids))
    assert ids == [str(UUID(aaguid)) for aaguid in ids]
    assert str(UUID(int=0)) not in ids
    assert 60 <= len(ids) <= 200


@pytest.mark.parametrize(("aaguid", "name"), LISTED)
def test_name_of_a_model_can_be_read_by_everybody(aaguid: str, name: str) -> None:
    """One short line, in letters that look like no others."""
    assert 1 <= len(name) <= 60
    assert name == name.strip() == " ".join(name.split())
    assert PLAIN.fullmatch(name)
    assert unicodedata.normalize("NFKC", name) == name
    assert name_of(UUID(aaguid), ["usb"]) == name


@pytest.mark.parametrize(
    ("aaguid", "name"),
    [
        ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "iCloud Keychain"),
        ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
        ("08987058-cadc-4b81-b6e1-30de50dcbe96", "Windows Hello"),
        ("bada5566-a7aa-401f-bd96-45619a55120d", "1Password"),
        ("d548826e-79b4-db40-a3d8-11116f7e8349", "Bitwarden"),
        ("2fc0579f-8113-47ea-b116-bb5a8db9202a", "YubiKey 5 NFC"),
    ],
)
def test_name_of_a_known_model_is_the_one_that_people_use(aaguid: str, name: str) -> None:
    """Whatever ways it can be reached by."""
    for transports in ([], ["internal"], ["hybrid", "internal"], ["usb", "nfc"]):
        assert name_of(UUID(aaguid), transports) == name


@pytest.mark.parametrize(
    "aaguid", [UNLISTED, UUID(int=0), uuid4()], ids=["unlisted", "zero", "any"]
)
@pytest.mark.parametrize(
    ("transports", "name"),
    [
        (["usb"], "Security key"),
        (["nfc"], "Security key"),
        (["ble", "hybrid"], "Security key"),
        (["smart-card"], "Security key"),
        (["internal"], "Passkey on this device"),
        (["hybrid", "internal"], "Passkey on this device"),
        (["internal", "usb"], "Passkey on this device"),
        (["hybrid"], "Passkey"),
        (["pigeon"], "Passkey"),
        ([], "Passkey"),
    ],
)
def test_name_of_an_unknown_model_is_by_where_it_lives(
    aaguid: UUID, transports: list[str], name: str
) -> None:
    """In the reader's language, and short enough to be kept."""
    with override("en"):
        offered = name_of(aaguid, iter(transports))
    assert offered == name
    assert len(offered) <= MAX_NAME
