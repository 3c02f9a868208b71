"""The vault's guards of letters and their tokens, one taken away at a time: the probes notice.

As test_guards_removed.py does for those of assurance.
"""

from collections.abc import Callable
from typing import Any, Final

import psycopg
import pytest

from tests.database.asking import a_person, a_session, value
from tests.database.letter_probes import (
    Scene,
    answered_requests,
    letters_left,
    reset_passwords,
    spent_tokens,
    token_statuses,
    undone_changes,
)
from tests.database.mail_arguments import an_address
from tests.database.notice_probes import disowned_sessions, odd_sign_ins

Probe = Callable[[Scene], list[Any]]


@pytest.fixture
def scene(vault: None, admin: psycopg.Connection, login: Any) -> Scene:
    """All of them, with their addresses."""
    with login("web") as web:
        ada, grace, tina = (a_person(web, name) for name in ("Ada", "Grace", "Tina"))
        session = a_session(web, ada)
    homes = [an_address(admin, one) for one in (ada, grace, tina)]
    return Scene(admin, ada, grace, tina, session, *homes)


_YES, _NO = True, False
# What the probes answer as long as every guard is there.
PROBES: Final[dict[Probe, list[Any]]] = {
    letters_left: [
        *(_YES, _YES, _NO, _YES, _NO, _NO, _YES, _YES, _NO),
        *(_YES, _YES, _YES, _NO),
        *(_NO, _YES, _YES),
        _YES,
    ],
    token_statuses: [
        "live live live live",
        "dead dead dead dead",
        "dead dead live live",
        "dead dead live live",
        "dead live dead dead",
        "dead dead live live",
        "dead dead dead dead",
        "spent spent spent spent",
        "expired expired expired expired",
        "expired expired expired expired",
        "live live live live",
        "expired expired expired expired",
    ],
    spent_tokens: [
        *["unknown unknown unknown other_browser other_browser live live live spent"] * 2,
        *["unknown unknown unknown live live live live live spent"] * 2,
    ],
    reset_passwords: ["reset", "weak", "gone", "weak", "weak", "reset", "reset", "weak"],
    answered_requests: [
        *((1, "answered", "gone", 1), (3, "answered", "gone", 1, 2)),
        *((0, "answered", "gone"), (0, "answered", "gone")),
        *((1, "answered", "gone", 1), (0, "answered", "gone")),
        *((1, "answered", "gone"), (3, "answered", "gone")),
        *((0, "gone", "gone"), (0, "gone", "gone")),
        *((0, "gone", "gone"), (0, "gone", "gone")),
        *((1, "answered", "gone"), (3, "answered", "gone")),
        *((1, "answered", "gone"), (3, "answered", "gone")),
    ],
    undone_changes: [
        [("older", _YES)],
        ["disown of older"],
        [("address_undone", _NO)] * 2,
        *(0, 2, "live"),
        [("newer", _YES)],
        [
            *("disown of home", "disown of newer", "disown of older"),
            *("undo of home", "undo of older"),
        ],
        [("address_removed", _YES)] * 2,
        *(0, 2, "live"),
    ],
    disowned_sessions: [
        *("ended", 0, 0, 1, 0, 1),
        *("ended", 1, 0, 1, 0, 1),
        *("ended", 1, 0, 1, 0, 2),
    ],
    odd_sign_ins: [
        *(None, "device", "device", None, "device"),
        *(None, "network", None, None),
        *("failures", "failures", None, None, None, None, None),
        *("192.0.2.0/24", "2001:db8:1::/48", "10.0.0.0/8", None, None),
    ],
}
# Guards: the probe that must miss them and their function; the text, and what stands there without.
GUARDS: Final[dict[tuple[Probe, str], list[tuple[str, str]]]] = {
    (letters_left, "vault.take_letter_to"): [
        ("WHERE cardinality(l.sent) < v_most", "WHERE true"),
        ("cardinality(l.sent) < v_most\n       OR", ""),
        ("l.sent[v_most] <", "l.sent[1] <"),
        ("WHEN 'reset' THEN 3 ELSE 2 END", "WHEN 'reset' THEN 3 ELSE 3 END"),
        ("interval '1 hour'", "interval '2 hours'"),
    ],
    (letters_left, "vault.has_token_left"): [
        ("count(*) < 3", "count(*) < 4"),
        ("t.account_id = p_account AND", ""),
        ("t.purpose = p_purpose", "true"),
        ("- interval '1 hour'", "- interval '2 hours'"),
    ],
    (token_statuses, "vault.token_status"): [
        ("p_token.spent_at IS NOT NULL", "false"),
        ("ELSE p_token.expires_at END", "END"),
        ("p_token.token_hash IS NULL", "false"),
        ("clock_timestamp(), true)", "clock_timestamp(), false)"),
        ("a.state <> 'active'", "false"),
        ("p_token.purpose IN ('reset', 'confirm')", "true"),
        ("a.epoch <> p_token.account_epoch", "false"),
        ("site.epoch <> p_token.site_epoch", "false"),
        ("AND e.account_id = p_token.account_id", ""),
        ("e.verified_at IS NOT NULL OR p_token.purpose = 'confirm'", "true"),
        ("e.removed_at IS NULL OR p_token.purpose IN ('undo', 'disown')", "true"),
        ("OR p_token.purpose IN ('undo', 'disown')", ""),
    ],
    (spent_tokens, "vault.spend_token"): [
        ("AND t.purpose = p_purpose", ""),
        (
            "WHERE t.id = p_id AND sha256(p_token) IN (t.token_hash, t.code_hash)\n      AND",
            "WHERE t.id = p_id AND",
        ),
        ("IN (t.token_hash, t.code_hash)\n      AND", "= t.token_hash AND"),
        ("p_purpose IN ('reset', 'confirm')", "false"),
        ("AND p_purpose IN ('reset', 'confirm')", ""),
        ("token.browser_hash IS DISTINCT FROM sha256(p_browser)", "true"),
        ("n.username = p_username AND", ""),
        ("AND n.account_id = token.account_id", ""),
        ("SET spent_at = clock_timestamp()", "SET spent_at = NULL"),
    ],
    (reset_passwords, "api.reset_password_v1"): [
        ("'letter' <> ALL (v_attempt.proofs)", "false"),
        ("AND NOT v_attempt.proofs && '{totp,recovery_code,hwk,swk}'", "AND false"),
        ("vault.factors_of(v_attempt.account_id) && '{passkey,totp}'", "true"),
        ("t WHERE t.purpose = 'recover'", "t"),
    ],
    (answered_requests, "vault.addresses_meant"): [
        ("AND e.is_primary", ""),
        ("e.is_primary AND e.verified_at IS NOT NULL", "e.is_primary"),
        ("AND e.verified_at IS NOT NULL AND e.removed_at", "AND e.removed_at"),
        ("AND e.removed_at IS NULL", ""),
    ],
    (answered_requests, "api.reset_request_v1"): [
        ("AND o.kind = 'reset_request'", ""),
        ("AND o.done_at IS NULL", ""),
    ],
    (answered_requests, "api.answer_reset_v1"): [
        ("AND o.kind = 'reset_request'", ""),
        ("AND o.done_at IS NULL", ""),
        ("g.address = m.id", "true"),
        ("AND a.state = 'active'", ""),
        ("GROUP BY g.number ORDER BY 3", "GROUP BY g.number, m.id ORDER BY 3"),
        ("v_may AND vault.has_token_left", "true OR vault.has_token_left"),
    ],
    (undone_changes, "api.restore_address_v1"): [
        ("v_other.verified_at < v_since", "false"),
        ("v_other.verified_at < v_since", "true"),
        ("AND e.verified_at >= v_since", ""),
        ("AND e.verified_at >= v_since", "AND false"),
        ("t.account_id = v_account AND", ""),
        ("OR (t.purpose = 'disown' AND t.address_id <> v_address)", ""),
        ("AND t.address_id <> v_address", ""),
        ("PERFORM vault.take_address(v_other)", "NULL"),
        ("removed_at = NULL", "removed_at = removed_at"),
        ("SET epoch = epoch + 1", "SET epoch = epoch"),
        ("vault.end_sessions_of(v_account", "vault.end_sessions_of(p_id"),
    ],
    (disowned_sessions, "api.disown_session_v1"): [
        ("AND account_id = v_account", ""),
        ("(sid = v_sid OR sid = ANY (v_since)) AND", ""),
        (
            "DELETE FROM vault.device_credentials WHERE account_id = v_account",
            "DELETE FROM vault.device_credentials",
        ),
        ("DELETE FROM vault.known_networks WHERE account_id = v_account", "NULL"),
    ],
    (odd_sign_ins, "vault.oddity_of"): [
        ("IF p_is_new_device THEN", "IF false THEN"),
        ("d.account_id = p_account", "true"),
        ("interval '1 hour'\n                          FROM", "interval '9 years' FROM"),
        ("WHERE e.account_id = p_account\n                    AND", "WHERE"),
        ("vault.first_event_since(clock_timestamp() - interval '1 hour')", "0"),
        ("AND l.id > coalesce", "AND 0 <= coalesce"),
        (">= 5", ">= 4"),
        (", 'account:factor:wrong'", ""),
    ],
    (odd_sign_ins, "vault.note_network"): [
        ("IF p_coarse IS NULL THEN", "IF false THEN"),
        ("n.account_id = p_account)", "true)"),
    ],
    (odd_sign_ins, "vault.coarse_network"): [
        ("THEN 24", "THEN 32"),
        ("ELSE 48", "ELSE 64"),
    ],
}


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_probes_of_letters_are_answered_as_they_must_be(scene: Scene, probe: Probe) -> None:
    """With every guard in place."""
    with scene.admin.transaction(force_rollback=True):
        assert probe(scene) == PROBES[probe]


@pytest.mark.parametrize(
    ("probe", "function", "guard", "instead"),
    [(*where, *pair) for where, pairs in GUARDS.items() for pair in pairs],
    ids=lambda text: " ".join(text.split())[:60] if isinstance(text, str) else text.__name__,
)
def test_guard_of_letters_that_is_removed_is_missed(
    scene: Scene, probe: Probe, function: str, guard: str, instead: str
) -> None:
    """Its probe is then answered otherwise."""
    admin = scene.admin
    definition = "SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.oid::regproc::text = %s"
    before = value(admin, definition, function)
    assert guard in before
    with admin.transaction(force_rollback=True):
        admin.execute(before.replace(guard, instead))
        try:
            said = probe(scene)
        except psycopg.Error:
            return  # which is noticed as well
        assert said != PROBES[probe]
