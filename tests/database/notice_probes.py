"""What the vault says of sign-ins that are told of: probes for test_letter_guards_removed.py."""

from typing import Any
from uuid import uuid4

from tests.database.asking import NETWORK, call, random_32, value
from tests.database.letter_probes import ORIGIN, Scene


def disowned_sessions(scene: Scene) -> list[Any]:
    """What ends with a letter's answer, and what it leaves alone."""
    admin = scene.admin
    for person in (scene.ada, scene.grace):
        for table, columns in (
            ("device_credentials", "secret_hash, account_id"),
            ("known_networks", "network, account_id"),
        ):
            admin.execute(
                f"INSERT INTO vault.{table} ({columns}) VALUES ('x', %s)",  # type: ignore[arg-type]
                [person.account_id],
            )
    seen: list[Any] = []
    for person, sid in ((scene.ada, scene.sid()), (scene.ada, uuid4()), (scene.grace, scene.sid())):
        with scene.undone():
            secret = random_32()
            given = (scene.token("disown", secret, person, sid=sid), secret, *ORIGIN)
            seen.append(call(admin, "api.disown_session_v1", *given)["status"])
            seen.append(value(admin, "SELECT count(*) FROM vault.sessions WHERE ended_at IS NULL"))
            for table in ("device_credentials", "known_networks"):
                counted = f"SELECT count(*) FILTER (WHERE account_id = %s) FROM vault.{table}"
                seen.append(value(admin, counted, person.account_id))
                seen.append(value(admin, f"SELECT count(*) FROM vault.{table}"))
    return seen


def odd_sign_ins(scene: Scene) -> list[Any]:
    """What is unlike before about a sign-in of Ada's, as time, browsers and guesses are."""
    admin, seen = scene.admin, []
    admin.execute("DELETE FROM vault.known_networks")
    wrong = (
        "INSERT INTO vault.events (tag, account_id, at) SELECT '{}', id, now() - interval '{}'"
        " FROM vault.accounts, generate_series(1, {})"
    )
    tag = "account:password:wrong"
    opened = "; " + wrong.format("account:session:opened", "1 minute", 1)
    long_ago = "UPDATE vault.accounts SET created_at = now() - interval '1 year'"
    known = "INSERT INTO vault.device_credentials (secret_hash, account_id) SELECT '{}', id"
    known += " FROM vault.accounts"
    network = "INSERT INTO vault.known_networks (account_id, network) SELECT id, '{}'"
    network += " FROM vault.accounts"
    for change, is_new, where in (
        ("", True, NETWORK),
        (long_ago, True, NETWORK),
        (known.format("another"), True, NETWORK),
        (f"{known.format('another')} WHERE username = 'Grace'", True, NETWORK),
        (f"{long_ago}; {network.format('x')}", True, None),
        ("", False, NETWORK),
        (network.format("another"), False, NETWORK),
        (f"{network.format('another')} WHERE username = 'Grace'", False, NETWORK),
        (network.format("another"), False, None),
        (wrong.format(tag, "59 minutes", 5), False, None),
        (wrong.format("account:factor:wrong", "59 minutes", 5), False, None),
        (wrong.format(tag, "61 minutes", 5), False, None),
        (wrong.format(tag, "1 minute", 4), False, None),
        (wrong.format("account:password:right", "1 minute", 5), False, None),
        (wrong.format(tag, "2 minutes", 5) + opened, False, None),
        (f"{wrong.format(tag, '1 minute', 5)} WHERE username = 'Grace'", False, None),
    ):
        with scene.undone():
            if change:
                admin.execute(change)  # type: ignore[arg-type]
            given = (scene.ada.account_id, random_32(), is_new, where)
            seen.append(value(admin, "SELECT vault.oddity_of(%s, %s, %s, %s)", *given))
    coarse = "SELECT vault.coarse_network(%s)"
    texts = ("192.0.2.7", "2001:db8:1:2::/64", "10.0.0.0/8", "x", "")
    return [*seen, *(value(admin, coarse, text) for text in texts)]
