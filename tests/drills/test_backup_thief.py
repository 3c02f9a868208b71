"""The thief has last night's dump of both databases, and none of the keys: they are kept apart."""

import hashlib
import hmac
import re

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

from demo.databases import SITE_DATABASE, VAULT_DATABASE
from demo.postgres import Server
from tests.database.asking import ask, value
from tests.database.dumping import dump_of
from tests.database.people import CHEAP, PASSWORD, Member, sign_in, sign_up
from tests.drills.loot import Loot
from vault import accounts, passwords
from vault.attempts import Attempt, secret_hash
from vault.events import NOWHERE
from vault.hashing import Cost, argon2id
from vault.keys import KeyRing, new_key

WEAK = "password1234567"


@pytest.fixture
def victim(vault: None) -> Member:
    """Somebody whose password every cracking list has."""
    return sign_up("Victim", WEAK)


def _cracked(dump: psycopg.Connection, ring: KeyRing) -> bool:
    """Tries the one password of the thief's list with all that the dump holds, and a pepper."""
    [row] = ask(
        dump,
        "SELECT v.digest_salt, v.digest, p.salt, p.memory_kib, p.time_cost, p.parallelism,"
        " p.pepper_id FROM vault.password_verifiers v JOIN vault.password_parameters p"
        " USING (account_id) JOIN vault.accounts a ON a.id = account_id"
        " WHERE a.username = 'Victim'",
    )
    subject = value(
        dump, "SELECT vault.password_subject(id) FROM vault.accounts WHERE username = 'Victim'"
    )
    key = ring.key(row["pepper_id"], "password")
    peppered = hmac.digest(key, subject + WEAK.encode(), "sha256")
    tag = argon2id(
        peppered, row["salt"], Cost(row["memory_kib"], row["time_cost"], row["parallelism"])
    )
    return hmac.compare_digest(
        hashlib.sha256(row["digest_salt"] + tag).digest(), bytes(row["digest"])
    )


def test_backup_thief_cracks_no_weak_password_without_the_pepper(
    victim: Member, admin: psycopg.Connection, loot: Loot
) -> None:
    """Tried with the right password and wrong peppers it fails; with the pepper it works.

    The second half shows that the first is the pepper's doing (V-secretread, seed row A18).
    """
    # All that the dump has stands in these tables: reading them is reading the dump.
    for _ in range(5):
        stranger = KeyRing.parse("AUTHSITE_PEPPER_KEYS", new_key("t1"))
        assert not _cracked(admin, stranger)
    loot.refused("a weak password, although it stands first on the list")
    assert _cracked(admin, settings.PEPPER_KEYS)
    loot.gained("weak passwords, once it has the pepper as well: keep the two apart")


def _sign_up_with_address(address: str) -> None:
    """Somebody who gives an address."""
    with override_settings(**CHEAP):
        preparation = accounts.prepare()
        made = accounts.register(
            preparation,
            username="Addressee",
            skeletons=frozenset({"addressee"}),
            password=passwords.new_password(PASSWORD, preparation.subject),
            address=accounts.EmailAddress(address, address),
            origin=NOWHERE,
        )
    assert isinstance(made, Attempt)


def test_backup_thief_finds_no_secret_in_the_dump(
    server: Server, victim: Member, loot: Loot
) -> None:
    """A real dump of each database, searched for everything that would act as a login."""
    session = sign_in(victim)
    address = "victim@example.org"
    _sign_up_with_address(address)
    text = dump_of(server, VAULT_DATABASE) + dump_of(server, SITE_DATABASE)
    assert "Victim" in text, "the drill dumped what it means to search"
    assert secret_hash(session.secret).hex() in text, "and digests stand there in this form"
    for secret in (session.secret.hex(), WEAK, PASSWORD, address, "example.org"):
        assert secret not in text
    for name in ("PEPPER", "SESSION", "SIGNING", "ADDRESS", "CREDENTIAL", "PASSKEY", "WIKI"):
        ring: KeyRing = getattr(settings, f"{name}_KEYS")
        for key_id in ring.key_ids():
            assert ring._keys[key_id].hex() not in text
    assert not re.search(r"-----BEGIN|\"d\": ?\"", text), "no private key stands in the open"
    loot.refused("cookies, passwords, addresses, private keys")
    loot.gained("user names, times, which wikis somebody visits, salts and sealed boxes")
