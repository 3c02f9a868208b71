"""Each table of the vault has an answer to: what if somebody without a key writes its rows?

A new table fails here until it has a line: what tries that its rows are refused and reported, or
why nobody needs to vouch for them. What a writer gains nevertheless is in docs/threat-model.md, and
in ``tests/drills/test_database_writer_rollbacks.py``.
"""

import re
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
DRILLS = "tests/drills/test_database_writer"

# Under a MAC or seal of a process's: the file that has the drill, and the kind that is reported.
VOUCHED = {
    "accounts": (f"{DRILLS}_identities.py", "account"),
    "app_passwords": (f"{DRILLS}_factors.py", "app_password"),
    "consents": (f"{DRILLS}_identities.py", "consent"),
    "device_credentials": (f"{DRILLS}_trust.py", "trusted_browser"),
    "email_addresses": (f"{DRILLS}_identities.py", "address"),
    "event_seals": ("tests/database/test_event_seals.py", "event_seal"),
    "grants": (f"{DRILLS}_identities.py", "grant"),
    "mailed_tokens": ("tests/database/test_mailed_tokens_forged.py", "mailed_token"),
    "operator_invites": (f"{DRILLS}.py", "operator_invite"),
    "operators": (f"{DRILLS}.py", "operator"),
    "passkeys": (f"{DRILLS}_factors.py", "passkey"),
    "refresh_tokens": ("tests/database/test_refresh_token_refusals.py", "refresh_token"),
    "sessions": (f"{DRILLS}.py", "session"),
    "signing_keys": (f"{DRILLS}_identities.py", "signing_key"),
    "totp_devices": (f"{DRILLS}_factors.py", "totp_device"),
    "wikis": (f"{DRILLS}_identities.py", "wiki"),
    # By the proof beside it, under the pepper, over what was typed.
    "password_parameters": (f"{DRILLS}.py", "password"),
    "password_verifiers": (f"{DRILLS}.py", "password"),
    "recovery_codes": (f"{DRILLS}_factors.py", "recovery_code"),
    # By what the process itself has heard.
    "attempts": (f"{DRILLS}_factors.py", "attempt"),
    # By the narrow shape of each field, the seal of the address, and the wiki's MAC.
    "outbox": ("tests/database/test_outbox_letters.py", "letter"),
}
# No row of these makes anybody somebody: why, and what a writer can still do with them.
NOT_VOUCHED = {
    "account_locks": "why and by whom: accounts.state decides, which can be rolled back",
    "address_letters": "when an address got letters: a writer has as many as it likes",
    "alerts": "what operators are shown; a writer can hide it, as it can the trail's newest line",
    "event_salts": "what tells networks in the trail apart; nothing is decided by them",
    "event_sealing": "how far sealing has come: the seals and the seal store say if it lies",
    "event_tags": "the vocabulary; checkvault compares it with the files",
    "events": "under the seals; a line can be added, or removed before it is sealed",
    "factor_proposals": "guesses on their way: what comes of one is checked against its own row",
    "guess_budgets": "how many guesses are left: a writer has as many as it likes",
    "lockouts": "why and by whom: the rows that a lockout changes decide, which can be rolled back",
    "known_networks": "what is no news to an account: a writer can keep a letter from its owner",
    "password_proposals": "as factor_proposals; the proof beside the parameters decides",
    "policy": "upper bounds in seconds: checkvault compares them; web keeps its own for proofs",
    "recovery_code_sets": "how to compute a tag: another way makes no proof of ours",
    "sign_in_counts": "what the first page of operators shows of a day; nothing is decided by it",
    "refused_devices": "secrets that leaked: a writer can let one be known again",
    "session_wikis": "whom to tell when a session ends: a writer can keep word from them",
    "site": "epoch, switches, and the secret of decoys: an older epoch revives what it ended",
    "skeletons": "which names are taken: the threat model says what deleting them gives",
    "spent_assertions": "which were shown: without its line one is good once more, while it lasts",
    "spent_challenges": "which were presented: without its line one answer is good once more",
    "usernames": "whose name leads to which account; the account's own MAC says what it is called",
    "usual_rates": "what alerts compare with: thresholds below which nothing is usual stay",
}


def test_each_table_of_the_vault_is_accounted_for(admin: psycopg.Connection) -> None:
    """A new one gets a MAC and a drill, or a sentence that says why it needs none."""
    tables = {
        name
        for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'vault'")
    }
    assert not VOUCHED.keys() & NOT_VOUCHED.keys()
    assert tables == VOUCHED.keys() | NOT_VOUCHED.keys()


@pytest.mark.parametrize("table", VOUCHED)
def test_each_vouched_table_has_its_drill(table: str) -> None:
    """The file that is named writes rows of that table, and wants them reported by that name."""
    file, what = VOUCHED[table]
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"vault\.(\{{table\}}|{table})\b", text) or f'"{table}"' in text
    assert f'"{what}"' in text


def test_each_table_with_a_mac_is_vouched_for(admin: psycopg.Connection) -> None:
    """A column for a MAC or a seal is there to be checked by somebody."""
    rows = admin.execute(
        "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'vault'"
        " AND (column_name IN ('mac', 'proof') OR column_name LIKE 'sealed%')"
    )
    assert {name for (name,) in rows} <= VOUCHED.keys()
