"""The thief has the environment of a process, all its keys among it, and no way to the database."""

import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from joserfc import jwt
from joserfc.jwk import ECKey

from accounts.flow.seal import Flow, seal
from authsite import roles
from demo.databases import SITE_DATABASE
from tests.database.people import sign_up
from tests.drills.loot import Loot
from tests.environment import ISSUER, dsn, environment_for
from tests.web.forgeries import forgeries
from tests.web.people import Browser, WikiClient, answer_of
from vault import seals
from vault.errors import KeyUnknown, SealBroken

Play = Callable[[str], AbstractContextManager[None]]


def test_environment_thief_opens_no_session(browser: Browser, loot: Loot) -> None:
    """The session ring makes MACs, and a MAC is nothing without the row that the vault made."""
    browser.sign_up("Victim")
    for made_up in (secrets.token_urlsafe(32), "A" * 43, ""):
        thief = Browser()
        thief.cookies["__Host-session"] = made_up
        assert thief.get("/account/").status_code == 303
    loot.refused("a cookie that opens the victim's session")


def test_environment_thief_with_the_flow_ring_skips_no_step(browser: Browser, loot: Loot) -> None:
    """A flow of its own making, for its own browser, still begins with a password."""
    browser.sign_up("Victim")
    thief = Browser()
    thief.get("/login")
    binding = thief.cookies["__Host-browser"].value
    forged = seal(Flow(destination="own", request={"page": "account"}, username="Victim"), binding)
    answer = thief.post(
        "/login",
        {"flow": forged, "username": "Victim", "password": "not the victim's password"},
        headers={"origin": ISSUER},
    )
    assert answer.status_code == 200
    assert "__Host-session" not in thief.cookies
    assert thief.get("/account/").status_code == 303
    loot.refused("getting past a step by a flow that says it was done")


def test_environment_thief_makes_no_assertion(
    browser: Browser, wiki: WikiClient, loot: Loot
) -> None:
    """The signing ring opens private keys; those are in the vault, and nothing else is believed."""
    browser.sign_up("Victim")
    code = answer_of(browser.get("/oauth/authorize", wiki.request()))["code"]
    genuine = wiki.redeem(code).json()["access_token"]
    # The ring's own bytes, taken for a key: what a hasty design would have done.
    ring = settings.SIGNING_KEYS
    derived = ECKey.derive_key(ring.key(ring.active_id, "signing-key"), "P-256")
    forged = jwt.encode(
        {"alg": "ES256", "typ": "at+jwt", "kid": derived.thumbprint()},
        {"iss": ISSUER, "aud": ISSUER, "sub": str(uuid4()), "exp": int(time.time()) + 600},
        derived,
        algorithms=["ES256"],
    )
    for token in [forged, *forgeries(genuine, browser).values()]:
        asked = Browser().get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
        assert asked.status_code == 401
    loot.refused("assertions and access tokens, as long as it has no copy of the vault")


def test_environment_thief_gets_into_no_database_with_another_roles_login(
    vault: None, loot: Loot
) -> None:
    """Each process has one login; it opens what that role needs, and the others' not at all."""
    for role in roles.ROLES:
        held = environment_for(role)
        others = {dsn(other, SITE_DATABASE) for other in roles.ROLES if other != role}
        assert not others & set(held.values())
        passwords = [dsn(other, "x").split(":")[2].split("@")[0] for other in roles.ROLES]
        assert sum(any(p in value for value in held.values()) for p in passwords) == 1
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn("worker", "postgres"), connect_timeout=60)
    loot.refused("the logins of other roles, and databases that are not the site's")
    loot.gained("its own role's login: with a way to the database it is the web tier's drill")


def test_environment_of_one_process_opens_no_seal_of_anothers(
    vault: None, playing: Play, loot: Loot
) -> None:
    """The worker's keys do not open a TOTP secret, the operator's neither an address."""
    ada = sign_up("Ada")
    sealed = seals.seal(settings.CREDENTIAL_KEYS, "totp", b"secret", ada.account_id.bytes)
    address = seals.seal_address("ada@example.org", ada.account_id)
    for role, box, purpose in (
        ("worker", sealed, "totp"),
        ("operator", sealed, "totp"),
        ("operator", address, "address"),
    ):
        with playing(role):
            held = [
                getattr(settings, name.removeprefix("AUTHSITE_"))
                for name, holders in roles.SECRETS.items()
                if name.endswith("_KEYS") and role in holders
            ]
            assert held
            for ring in held:
                with pytest.raises((SealBroken, KeyUnknown)):
                    seals.unseal(ring, purpose, box, ada.account_id.bytes)
    loot.refused("what another process has sealed, copied out of a dump")
