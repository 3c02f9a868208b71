"""The vault's guards of assurance, one taken away at a time: the answers of the probes change.

So that none of them is there without being tried: what the probes answer with all of them in place
is what must hold. As ``test_next_step.py`` for the flow's own guards.
"""

from collections.abc import Callable
from typing import Any, Final

import psycopg
import pytest

from tests.database.asking import a_person, a_session, value
from tests.database.factors import a_passkey, an_app
from tests.database.guard_probes import (
    Scene,
    fresh_proofs,
    mended_accounts,
    opened_sessions,
    removed_passwords,
    shown_passkeys,
    spared_codes,
    what_is_enough,
)


@pytest.fixture
def scene(vault: None, admin: psycopg.Connection, login: Any) -> Scene:
    """All of them, and what they hold."""
    with login("web") as web:
        ada, grace, nora, tina, petra = (
            a_person(web, name) for name in ("Ada", "Grace", "Nora", "Tina", "Petra")
        )
        session, other = a_session(web, ada), a_session(web, ada)
        grace_session = a_session(web, grace)
    admin.execute("DELETE FROM vault.password_verifiers WHERE account_id = %s", [nora.account_id])
    passkey = a_passkey(admin, ada, sign_count=5)
    for person in (ada, tina):
        an_app(admin, person)
    a_passkey(admin, petra)
    return Scene(admin, ada, grace, nora, tina, petra, passkey, session, other, grace_session)


# What the probes answer as long as every guard is there.
PROBES: Final[dict[Callable[[Scene], list[Any]], list[Any] | None]] = {
    fresh_proofs: ["fresh", "weak", "fresh", "weak", *["gone"] * 8],
    what_is_enough: None,  # test_enough.py
    spared_codes: ["spared", *["unknown"] * 3, "gone", "gone", "unknown"],
    shown_passkeys: [
        *("counter", "counter", "counter", "unknown", "gone", "gone", "gone", "gone", "gone"),
        *("right", "locked", "closed"),
    ],
    opened_sessions: ["opened", "opened", *["unfinished"] * 3, "gone"],
    mended_accounts: ["added", "weak", "gone", "weak", "weak", "added"],
    removed_passwords: ["few", "few", "few", "few", "removed", "none"],
}
# A guard: its function, its text, and what stands there when it is gone.
GUARDS: Final = (
    ("vault.fresh_proof", "v_attempt.purpose IS DISTINCT FROM 'reauthenticate'", "false"),
    ("vault.fresh_proof", "v_attempt.sid IS DISTINCT FROM v_session.sid", "false"),
    ("vault.fresh_proof", "v_attempt.account_id IS DISTINCT FROM v_session.account_id", "false"),
    (
        "vault.fresh_proof",
        "v_attempt.authenticated_at < clock_timestamp()",
        "false AND NULL <> now()",
    ),
    (
        "vault.fresh_proof",
        "NOT vault.is_highest(v_session.account_id, v_attempt.proofs)",
        "false",
    ),
    ("vault.live_attempt", "t.consumed_at IS NULL", "true"),
    ("vault.live_attempt", "t.expires_at > clock_timestamp()", "true"),
    ("vault.live_attempt", "t.account_epoch = a.epoch", "true"),
    ("vault.live_attempt", "t.site_epoch = site.epoch", "true"),
    ("vault.is_highest", "p_proofs && '{hwk,swk,recovery_code}'", "true"),
    ("vault.is_highest", "'mfa' = ANY (v_amr) AND", ""),
    ("vault.is_highest", "THEN 'mfa' = ANY (v_amr)\n        ELSE", "THEN true\n        ELSE"),
    ("vault.is_highest", "v_amr && '{pwd,mfa}'", "true"),
    ("vault.is_enough", "'password' = ANY (p_proofs) AND", ""),
    (
        "vault.is_enough",
        "NOT vault.factors_of(p_account)\n                && CASE",
        "NOT '{}' && CASE",
    ),
    ("vault.is_enough", "'{passkey}'::text[]", "'{}'::text[]"),
    ("vault.is_enough", "'{passkey,totp}'", "'{passkey}'"),
    ("vault.is_enough", "'{passkey,totp}'", "'{totp}'"),
    ("vault.amr_of", "'password' = ANY (p_proofs) AND p_proofs && '{totp", "p_proofs && '{totp"),
    ("vault.amr_of", "AND p_proofs && '{totp,recovery_code,hwk,swk}'", ""),
    ("vault.amr_of", "'uv' = ANY (p_proofs)", "p_proofs && '{hwk,swk}'"),
    ("api.spare_code_v1", "t.purpose = 'sign_in' AND", ""),
    ("api.spare_code_v1", "AND 'password' = ANY (t.proofs)", ""),
    ("api.spare_code_v1", "AND d.account_id = v_attempt.account_id", ""),
    (
        "api.spare_code_v1",
        "AND d.trusted_until > vault.epoch_seconds(clock_timestamp())",
        "",
    ),
    ("api.prove_passkey_v1", "AND k.kind = vault.own_kind()", ""),
    ("api.prove_passkey_v1", "WHERE s.account_id = v_key.account_id AND", "WHERE"),
    ("api.prove_passkey_v1", "v_account.state = 'locked'", "false"),
    ("api.prove_passkey_v1", "NOT v_site.sign_in_open AND", "false AND"),
    ("api.prove_passkey_v1", "p_purpose = 'reauthenticate' AND v_sid IS NULL", "false"),
    ("api.prove_passkey_v1", "p_sign_count <= v_key.sign_count AND", "false AND"),
    ("api.prove_passkey_v1", "p_sign_count <= v_key.sign_count", "p_sign_count < v_key.sign_count"),
    ("api.prove_passkey_v1", "(p_sign_count, v_key.sign_count) <> (0, 0)", "p_sign_count <> 0"),
    ("api.prove_passkey_v1", "t.account_id = v_key.account_id AND", ""),
    ("api.prove_passkey_v1", "AND t.purpose = p_purpose", ""),
    ("api.prove_passkey_v1", "AND (p_purpose <> 'reauthenticate' OR t.sid = v_sid)", ""),
    ("vault.open_session", "AND NOT vault.is_enough(t.account_id, t.proofs)", "AND false"),
    ("vault.open_session", "AND consumed_at IS NULL AND purpose = v_purpose", ""),
    ("api.mend_with_passkey_v1", "v_attempt.proofs && '{totp,recovery_code,hwk,swk}'", "true"),
    ("api.mend_with_passkey_v1", "vault.is_passwordless(v_attempt.account_id)", "true"),
    ("api.mend_with_passkey_v1", "'letter' = ANY (v_attempt.proofs)", "true"),
    ("api.mend_with_passkey_v1", "t WHERE t.purpose = 'recover'", "t"),
    ("api.remove_password_v1", "AND k.kind = 'web'", ""),
    ("api.remove_password_v1", "AND k.knows_user", ""),
    ("api.remove_password_v1", ") < 2", ") < 1"),
    ("api.remove_password_v1", "OR NOT EXISTS", "OR false AND NOT EXISTS"),
)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_probes_are_answered_as_they_must_be(
    scene: Scene, probe: Callable[[Scene], list[Any]]
) -> None:
    """With every guard in place."""
    expected = PROBES[probe]
    with scene.admin.transaction(force_rollback=True):
        assert expected is None or probe(scene) == expected


@pytest.mark.parametrize(
    ("function", "guard", "instead"), GUARDS, ids=lambda text: " ".join(text.split())[:60]
)
def test_guard_that_is_removed_is_missed(
    scene: Scene, function: str, guard: str, instead: str
) -> None:
    """Some probe is then answered otherwise."""
    admin = scene.admin
    definition = (
        "SELECT pg_get_functiondef(p.oid) FROM pg_proc p"
        " WHERE p.oid::regproc::text = %s AND p.prokind = 'f'"
    )
    before = value(admin, definition, function)
    assert guard in before
    missed = []
    for probe, expected in PROBES.items():
        with admin.transaction(force_rollback=True):
            whole = probe(scene) if expected is None else expected
        with admin.transaction(force_rollback=True):
            admin.execute(before.replace(guard, instead))
            if probe(scene) != whole:
                missed.append(probe.__name__)
    assert missed
