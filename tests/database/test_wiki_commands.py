"""addwiki, changewiki, renewsecret, listwikis: what they do, say, and refuse in one line."""

import json
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from joserfc.jwk import ECKey

from tests.database.console import Console, Playing
from vault import wikis

REDIRECT = ("--redirect-uri", "https://en.wiki.example/callback")


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


@pytest.fixture
def added(console: Console) -> dict[str, Any]:
    """A wiki of the family, registered with a secret."""
    made: dict[str, Any] = console.answer("addwiki", "English", "--first-party", *REDIRECT)
    return made


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    """A file with a public key."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [_public("one")]}))
    return file


def _public(kid: str) -> dict[str, Any]:
    return dict(ECKey.generate_key("P-256", {"kid": kid}).as_dict(private=False))


# --- addwiki ------------------------------------------------------------------------------------


def test_addwiki_takes_each_field_as_an_option(console: Console, jwks: Path) -> None:
    """What a client of any kind needs, without writing JSON."""
    made = console.answer(
        *("addwiki", "Their wiki", *REDIRECT, "--redirect-uri", "https://en.wiki.example/two"),
        *("--auth-method", "private_key_jwt", "--jwks", str(jwks), "--assertion-alg", "ES256"),
        *("--require-par", "--policy-uri", "https://en.wiki.example/privacy", "--no-first-party"),
        *("--default-acr", "aal2", "--id-token-alg", "ES256", "--scope", "openid email"),
        *("--no-pkce", "--no-nonce"),
    )
    assert "client_secret" not in made
    expected = {
        "redirect_uris": ["https://en.wiki.example/callback", "https://en.wiki.example/two"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": json.loads(jwks.read_text()),
        "token_endpoint_auth_signing_alg": "ES256",
        "require_pushed_authorization_requests": True,
        "policy_uri": "https://en.wiki.example/privacy",
        "first_party": False,
        "default_acr_values": ["aal2"],
        "require_pkce": False,
        "require_nonce": False,
        "scope": "openid email",
    }
    assert expected.items() <= made.items()


def test_addwiki_takes_keys_by_address_and_from_standard_input(console: Console) -> None:
    """Either way, and never both."""
    by_key = ("--auth-method", "private_key_jwt")
    address = "https://en.wiki.example/jwks"
    made = console.answer("addwiki", "One", *REDIRECT, *by_key, "--jwks-uri", address)
    assert made["jwks_uri"] == address
    text = json.dumps({"keys": [_public("one")]})
    made = console.answer("addwiki", "Two", *REDIRECT, *by_key, "--jwks", "-", stdin=text)
    assert [key["kid"] for key in made["jwks"]["keys"]] == ["one"]
    both = ("addwiki", "Three", *REDIRECT, *by_key, "--jwks-uri", address, "--jwks", "-")
    assert "not both" in console.complaint(*both, stdin=text)


def test_addwiki_explains_what_a_choice_costs(console: Console) -> None:
    """What is then not defended, before anybody relies on it."""
    _, plain, _ = console.run("addwiki", "Plain", "--first-party", *REDIRECT)
    assert "RS256" in plain
    assert "nonce" not in plain.partition("Note:")[2]
    _, without_pkce, _ = console.run("addwiki", "Old", "--first-party", *REDIRECT, "--no-pkce")
    assert "Note: Without PKCE, a stolen code" in without_pkce
    _, bare, _ = console.run("addwiki", "Bare", *REDIRECT, "--no-pkce", "--no-nonce")
    assert "Note: Without PKCE and without a nonce" in bare
    assert "people are asked" in bare
    _, public, _ = console.run("addwiki", "App", *REDIRECT, "--auth-method", "none")
    assert "Note: A public client proves nothing" in public


@pytest.mark.parametrize(
    ("argv", "stdin", "said"),
    [
        (["--no-nonce"], "", "require_nonce: this can be false only beside require_pkce false"),
        (["--auth-method", "private_key_jwt"], "", "public keys"),
        (["--jwks", "-"], '{"keys": []}', "private_key_jwt only"),
        (["--jwks", "-"], "[]", "must be one JSON object"),
        (["--jwks", "-"], "nonsense", "this is not JSON"),
        (["--jwks", "-", "--metadata", "-"], "{}", "standard input can be read once"),
        (["--jwks", "/nowhere"], "", "No such file"),
        (["--jwks-uri", "http://en.wiki.example/jwks"], "", "jwks_uri: this must be https"),
        (["--auth-method", "tls_client_auth"], "", "must be one of"),
        (["--client-secret", "x"], "", "unrecognized arguments"),
    ],
)
def test_addwiki_that_cannot_be_is_one_line(
    console: Console, argv: list[str], stdin: str, said: str
) -> None:
    """And nothing is registered."""
    assert said in console.complaint("addwiki", "Wiki", *REDIRECT, *argv, stdin=stdin)
    assert console.answer("listwikis") == []


# --- changewiki ---------------------------------------------------------------------------------


def test_changewiki_says_what_changed_from_what_to_what(
    console: Console, added: dict[str, Any]
) -> None:
    """Repeated addresses are the whole new list; what is not named stays, the secret too."""
    new = ["https://en.wiki.example/new", "https://en.wiki.example/newer"]
    options = [word for uri in new for word in ("--redirect-uri", uri)]
    status, out, _ = console.run("changewiki", added["client_id"], *options, "--name", "English 2")
    assert status == 0
    assert out.splitlines() == [
        "client_name: English -> English 2",
        f"redirect_uris: https://en.wiki.example/callback -> {', '.join(new)}",
    ]
    wikis.forget()
    wiki = wikis.find(added["client_id"])
    assert wiki is not None
    assert list(wiki.redirect_uris) == new
    assert wiki.is_secret(added["client_secret"])
    assert wiki.first_party


def test_changewiki_as_json_is_the_registration_and_what_changed(
    console: Console, added: dict[str, Any]
) -> None:
    """For programs: RFC 7592's answer, and ``changed`` besides."""
    answer = console.answer("changewiki", added["client_id"], "--id-token-alg", "ES256")
    assert answer["id_token_signed_response_alg"] == "ES256"
    change = {"id_token_signed_response_alg": {"before": "RS256", "after": "ES256"}}
    assert answer["changed"] == change
    assert "client_secret" not in answer


def test_changewiki_with_an_empty_value_takes_a_field_away(
    console: Console, added: dict[str, Any]
) -> None:
    """One address, and a whole list."""
    client_id = added["client_id"]
    uri = "https://en.wiki.example/x"
    fields = ("--policy-uri", "--backchannel-logout-uri", "--post-logout-redirect-uri")
    console.answer("changewiki", client_id, *[word for name in fields for word in (name, uri)])
    answer = console.answer("changewiki", client_id, *[w for name in fields for w in (name, "")])
    assert not {"policy_uri", "backchannel_logout_uri"} & answer.keys()
    assert answer["post_logout_redirect_uris"] == []
    assert len(answer["changed"]) == 4  # backchannel_logout_session_required goes with its address


def test_changewiki_that_changes_nothing_says_so(console: Console, added: dict[str, Any]) -> None:
    """Registered twice the same way is no error."""
    status, out, _ = console.run("changewiki", added["client_id"], "--first-party")
    assert (status, out.strip()) == (
        0,
        "Nothing changed: that is how it was registered already.",
    )


def test_changewiki_to_a_key_ends_the_secret_and_back_makes_a_new_one(
    console: Console, added: dict[str, Any], jwks: Path
) -> None:
    """A secret that nobody needs is good for nothing; the new one is shown once."""
    client_id = added["client_id"]
    to_key = ("--auth-method", "private_key_jwt", "--jwks", str(jwks))
    status, out, _ = console.run("changewiki", client_id, *to_key)
    assert status == 0
    assert "jwks: nothing -> 1 keys (one)" in out
    assert "aud of its assertions" in out
    wikis.forget()
    wiki = wikis.find(client_id)
    assert wiki is not None
    assert not wiki.is_secret(added["client_secret"])
    back = console.answer("changewiki", client_id, "--auth-method", "client_secret_post")
    assert back["client_secret"] not in ("", added["client_secret"])
    assert "jwks" not in back


@pytest.mark.parametrize("options", [["--no-first-party"], ["--scope", "openid"]])
def test_changewiki_to_less_says_what_is_revoked(
    console: Console, added: dict[str, Any], options: list[str]
) -> None:
    """It is told less from now on, and what it holds is dead."""
    _, out, _ = console.run("changewiki", added["client_id"], *options)
    assert "revoked" in out
    _, out, _ = console.run("changewiki", added["client_id"], "--name", "Another")
    assert "revoked" not in out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["{}"], "say what to change"),
        (["nobody", "--name", "X"], "no wiki is registered as nobody"),
        (["{}", "--redirect-uri", ""], "redirect_uris: this must hold at least one address"),
        (["{}", "--redirect-uri", "https://a.example/", "--redirect-uri", ""], "whole address"),
        (["{}", "--no-nonce"], "require_nonce: this can be false only beside require_pkce false"),
        (["{}", "--auth-method", "none", "--no-pkce"], "a public wiki cannot be excused"),
        (["{}", "--name", ""], "client_name: this must be a name"),
        (["{}", "--state", "active"], "unrecognized arguments"),
    ],
)
def test_changewiki_that_cannot_be_is_one_line_and_changes_nothing(
    console: Console, added: dict[str, Any], argv: list[str], said: str
) -> None:
    """Half a change is none."""
    before = console.answer("listwikis")
    words = [word.format(added["client_id"]) for word in argv]
    assert said in console.complaint("changewiki", *words)
    assert console.answer("listwikis") == before


# --- renewsecret --------------------------------------------------------------------------------


def test_renewsecret_prints_the_new_one_once_and_until_when_the_old_one_is_good(
    console: Console, added: dict[str, Any]
) -> None:
    """A day unless said, so that the wiki's servers change one by one."""
    status, out, err = console.run("renewsecret", added["client_id"])
    assert (status, err) == (0, "")
    [secret] = [line.split()[1] for line in out.splitlines() if line.startswith("client_secret:")]
    assert "The secret before this one is good until " in out
    wikis.forget()
    wiki = wikis.find(added["client_id"])
    assert wiki is not None
    assert wiki.is_secret(secret)
    assert wiki.is_secret(added["client_secret"])
    [listed] = console.answer("listwikis")
    assert abs(listed["older_client_secret_expires_at"] - time.time() - 24 * 3600) < 60
    assert "client_secret" not in listed
    _, out, _ = console.run("listwikis")
    assert "older secret until" in out
    assert secret not in out


@pytest.mark.parametrize("options", [["--at-once"], ["--overlap", "0"]])
def test_renewsecret_at_once_leaves_no_other_secret(
    console: Console, added: dict[str, Any], options: list[str]
) -> None:
    """For a secret that leaked: nor the one that was still good beside it."""
    first = console.answer("renewsecret", added["client_id"], "--overlap", "5")
    second = console.answer("renewsecret", added["client_id"], *options)
    assert "older_client_secret_expires_at" not in second
    wikis.forget()
    wiki = wikis.find(added["client_id"])
    assert wiki is not None
    good = [wiki.is_secret(one["client_secret"]) for one in (added, first, second)]
    assert good == [False, False, True]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["nobody"], "no wiki is registered as nobody"),
        (["{}", "--overlap", "721"], "30 days"),
        (["{}", "--overlap", "-1"], "30 days"),
        (["{}", "--overlap", "long"], "invalid int value"),
        (["{}", "--overlap", "1", "--at-once"], "not allowed with"),
        (["{}", "--secret", "x"], "unrecognized arguments"),
        ([], "required: client_id"),
    ],
)
def test_renewsecret_that_cannot_be_is_one_line_and_renews_nothing(
    console: Console, added: dict[str, Any], argv: list[str], said: str
) -> None:
    """The secret that there is stays the one."""
    words = [word.format(added["client_id"]) for word in argv]
    assert said in console.complaint("renewsecret", *words)
    wikis.forget()
    wiki = wikis.find(added["client_id"])
    assert wiki is not None
    assert wiki.is_secret(added["client_secret"])


def test_renewsecret_of_a_wiki_without_one_is_refused(console: Console) -> None:
    """A public client has none to renew."""
    made = console.answer("addwiki", "App", *REDIRECT, "--auth-method", "none")
    assert "has no secret" in console.complaint("renewsecret", made["client_id"])


# --- listwikis, and all of them -----------------------------------------------------------------


def test_listwikis_names_all_that_are_ours_and_leaves_a_writers_out(
    console: Console, added: dict[str, Any], admin: psycopg.Connection
) -> None:
    """Suspended ones too; a row that a database writer changed is reported, not shown."""
    other = console.answer("addwiki", "Another", *REDIRECT)
    admin.execute("UPDATE vault.wikis SET state = 'suspended' WHERE name = 'Another'")
    listed = {one["client_id"]: one["state"] for one in console.answer("listwikis")}
    assert listed == {added["client_id"]: "active", other["client_id"]: "suspended"}
    admin.execute("UPDATE vault.wikis SET home_uri = 'https://evil/' WHERE name = 'Another'")
    assert [one["client_id"] for one in console.answer("listwikis")] == [added["client_id"]]


@pytest.mark.parametrize("command", ["addwiki", "changewiki", "renewsecret", "listwikis"])
def test_wiki_command_in_another_role_refuses(console: Console, command: str) -> None:
    """The owner's alone."""
    words = {"addwiki": ["A", *REDIRECT], "listwikis": []}.get(command, ["wiki", "--json"])
    status, out, err = console.run(command, *words, role="web")
    assert (status, out) == (1, "")
    assert "this runs as the owner" in err
