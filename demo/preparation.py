"""Brings the databases to the state that this code wants, and remembers what is done already.

The work itself happens in `demo/prepare.py`, a process of its own, because only the owner's may
hold what it needs.
"""

import hashlib
import json
import subprocess
import sys
from typing import Any

from demo.environment import ROOT, WIKIS, Demo, Place, write_private
from demo.processes import tail

Registrations = dict[str, dict[str, str]]


class PreparationFailed(Exception):
    """The databases could not be prepared; the message ends with the log's tail."""


def prepare(demo: Demo) -> Registrations:
    """Migrate, and make keys, wikis and accounts; skip everything when nothing changed.

    Gives the registration of each wiki by its origin. Raises PreparationFailed.
    """
    done_file = demo.state.folder / "prepared.json"
    done = json.loads(done_file.read_text(encoding="utf-8")) if done_file.exists() else {}
    registered: Registrations = done.get("wikis", {})
    wanted = _digest()
    missing = {
        demo.place.wiki(index): _metadata(demo.place, index)
        for index in range(len(WIKIS))
        if demo.place.wiki(index) not in registered
    }
    if done.get("digest") == wanted and not missing:
        return registered
    print("Preparing the databases...", flush=True)
    registered |= _prepare_as_owner(demo, missing)
    write_private(done_file, {"digest": wanted, "wikis": registered})
    return registered


def _prepare_as_owner(demo: Demo, wikis: dict[str, dict[str, Any]]) -> Registrations:
    log = demo.state.log / "prepare.log"
    with log.open("wb") as errors:
        prepared = subprocess.run(
            [sys.executable, "-m", "demo.prepare"],
            input=json.dumps({"accounts": _accounts(demo), "wikis": wikis}).encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            # A demo of an earlier release has rows without a MAC, and nobody but us writes here.
            env=demo.role_environment("owner") | {"AUTHSITE_VOUCH_FOR_ROWS": "yes"},
            cwd=ROOT,
            check=False,
        )
    if prepared.returncode != 0:
        raise PreparationFailed(f"The databases could not be prepared; {log} ends:\n{tail(log)}")
    registered: Registrations = json.loads(prepared.stdout)
    return registered


def invite_operators(demo: Demo) -> dict[str, str]:
    """Make a new link for each operator of the demo, by their names; older ones are void.

    Raises PreparationFailed.
    """
    return {
        account["username"]: _link(demo, account["username"])
        for account in demo.secrets["accounts"]
        if account["operator"]
    }


def _link(demo: Demo, username: str) -> str:
    log = demo.state.log / "prepare.log"
    with log.open("ab") as errors:
        made = subprocess.run(
            [sys.executable, "manage.py", "inviteoperator", username, "--json"],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=demo.role_environment("owner"),
            cwd=ROOT,
            check=False,
        )
    if made.returncode != 0:
        raise PreparationFailed(f"No link for {username}; {log} ends:\n{tail(log)}")
    link: str = json.loads(made.stdout)["operator_enrolment_url"]
    return link


def _accounts(demo: Demo) -> list[dict[str, Any]]:
    # With addresses, so that the site's letters to them can be read in the demo.
    return [
        {**account, "email": f"{account['username'].lower()}@example.org"}
        for account in demo.secrets["accounts"]
    ]


def _digest() -> str:
    """Give a digest of everything that the preparation applies."""
    digest = hashlib.sha256()
    files = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/sql/**/*.sql")]
    files += [path for path in ROOT.glob("static/**/*") if path.is_file()]
    files.append(ROOT / "demo" / "prepare.py")
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _metadata(place: Place, index: int) -> dict[str, Any]:
    """Give the client metadata (RFC 7591) under which a demo wiki is registered."""
    origin = place.wiki(index)
    return {
        "client_name": WIKIS[index].title,
        "client_uri": f"{origin}/",
        "redirect_uris": [f"{origin}/auth/callback"],
        "post_logout_redirect_uris": [f"{origin}/auth/logged-out"],
        "backchannel_logout_uri": f"{origin}/auth/backchannel",
        "backchannel_logout_session_required": True,
        "token_endpoint_auth_method": "client_secret_basic",
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile offline_access",
        "first_party": True,
    }
