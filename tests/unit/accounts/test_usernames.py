"""User names: MediaWiki's rules exactly, this site's stricter ones by name, and look-alikes."""

import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from accounts.errors import UsernameInvalid
from accounts.services.usernames import (
    canonical_username,
    creatable_username,
    mediawiki_creatable_username,
    usable_username,
    username_skeleton,
    username_skeletons,
)
from accounts.services.usernames.lookalikes import confusables

# What a MediaWiki 1.39 with content language English, called Example Wiki, answered.
VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "mediawiki_usernames.json").read_text("utf-8")
)

# What MediaWiki lets newcomers create and this site does not.
STRICTER = {
    "exam\u2060ple": "username_invisible_character",
    "exam\ufeffple": "username_invisible_character",
    "Foo\ufdd0": "username_invisible_character",
    "Foo\U000f0000": "username_invisible_character",
    "\u0301abc": "username_too_many_marks",
    "Zalgo" + "\u0301" * 20: "username_too_many_marks",
    "\uab70bc": "username_mixed_scripts",  # Cherokee with Latin
    "\u1fb3lpha": "username_mixed_scripts",  # Greek with Latin
    "\u0345x": "username_mixed_scripts",
    "\u03c9mega": "username_mixed_scripts",
    "\U00010428deseret": "username_mixed_scripts",
    "Ex\u0430mple One": "username_mixed_scripts",  # a Cyrillic letter in a Latin name
    "~2024-17": "username_looks_temporary",
    "~~": "username_looks_temporary",
    "MediaWiki message delivery": "username_reserved",
}


def typed(vector: dict[str, Any]) -> str:
    return b64decode(vector["input_b64"]).decode("utf-8", "replace")


def outcome(rule: Callable[[str], str], name: str) -> str | None:
    try:
        return rule(name)
    except UsernameInvalid:
        return None


def refusal(rule: Callable[[str], str], name: str) -> str:
    with pytest.raises(UsernameInvalid) as refused:
        rule(name)
    return refused.value.code


@pytest.mark.parametrize(
    ("strength", "rule"),
    [
        ("valid", canonical_username),
        ("usable", usable_username),
        ("creatable", mediawiki_creatable_username),
    ],
)
@pytest.mark.parametrize("vector", VECTORS, ids=[repr(typed(v))[:30] for v in VECTORS])
def test_username_at_each_strength_is_what_mediawiki_says(
    vector: dict[str, Any], strength: str, rule: Callable[[str], str]
) -> None:
    """Each typed name becomes what a real MediaWiki made of it, or is refused as there."""
    with override_settings(USERNAME_PREFIXES=("Example Wiki",)):
        assert outcome(rule, typed(vector)) == vector[strength]


@pytest.mark.parametrize("vector", VECTORS, ids=[repr(typed(v))[:30] for v in VECTORS])
def test_new_username_differs_from_mediawiki_only_where_listed(vector: dict[str, Any]) -> None:
    """A newcomer may have every name that MediaWiki allows, but for the list above."""
    with override_settings(USERNAME_PREFIXES=("Example Wiki",)):
        name = typed(vector)
        if name in STRICTER:
            assert vector["creatable"] is not None
            assert refusal(creatable_username, name) == STRICTER[name]
        else:
            assert outcome(creatable_username, name) == vector["creatable"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "username_empty"),
        ("User:", "username_empty"),
        (" _ ", "username_empty"),
        ("a" * 256, "username_too_long"),
        ("&amp;" * 1000, "username_too_long"),
        ("\u65e5" * 86, "username_too_long"),
        ("Foo#Bar", "username_forbidden_character"),
        ("Foo&num;Bar", "username_forbidden_character"),
        ("Foo&lt;Bar", "username_forbidden_character"),
        ("&amp;amp;", "username_forbidden_character"),
        ("Foo\x00", "username_forbidden_character"),
        ("Foo\x7f", "username_forbidden_character"),
        ("Foo\udcff", "username_forbidden_character"),
        ("Foo/Bar", "username_forbidden_character"),
        ("..", "username_forbidden_character"),
        (":Foo", "username_wiki_prefix"),
        ("User::Foo", "username_wiki_prefix"),
        ("user : user : Foo", "username_wiki_prefix"),
        ("TALK:Foo", "username_wiki_prefix"),
        ("wikipedia:Foo", "username_wiki_prefix"),
        ("192.0.2.1-192.0.2.9", "username_network_address"),
        ("::1", "username_wiki_prefix"),
        ("2001:DB8:0:0:0:0:0:1", "username_network_address"),
    ],
)
def test_username_refused_by_mediawiki_says_why(name: str, code: str) -> None:
    """Each refusal has a stable code."""
    assert refusal(canonical_username, name) == code


def test_username_with_a_project_namespace_is_refused_where_it_is_configured() -> None:
    """A family's own namespaces and interwiki prefixes come from the settings."""
    assert canonical_username("Sandpit:Foo") == "Sandpit:Foo"
    with override_settings(USERNAME_PREFIXES=("Sandpit",)):
        assert refusal(canonical_username, "sandpit:Foo") == "username_wiki_prefix"


def test_username_of_greek_with_two_accents_is_composed() -> None:
    """What capitalising takes apart is put together: the name typed back is the same name."""
    name = canonical_username("\u0390\u03c9")
    assert name == canonical_username(name) == "\u03aa\u0301\u03c9"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Admin", "username_reserved"),
        ("ADMIN", "username_reserved"),
        ("\uff21\uff44\uff4d\uff49\uff4e", "username_reserved"),  # full width
        ("Adrnin", "username_reserved"),  # rn for m
        ("AdmIn", "username_reserved"),
        ("R00t", "username_reserved"),
        ("Ro\u0585t", "username_mixed_scripts"),  # an Armenian letter
        ("Maintenance_script", "username_reserved"),
        ("~anything", "username_looks_temporary"),
        ("Foo\u00adbar", "username_invisible_character"),  # soft hyphen
        ("Foo\u2066bar\u2069", "username_invisible_character"),  # isolates
        ("Foo\u3164bar", "username_invisible_character"),  # Hangul filler
        ("Foo\u2800bar", "username_invisible_character"),  # blank braille
        ("Foo\U000e0041bar", "username_invisible_character"),  # tags
        ("Foo\ufe0fbar", "username_invisible_character"),  # variation selector
        ("Foo\U0001fffe", "username_invisible_character"),  # noncharacter
        ("Foo\u0378", "username_invisible_character"),  # unassigned
        ("Foo \u0301bar", "username_too_many_marks"),
        ("Fo\u0323\u0323o", "username_too_many_marks"),  # the same mark twice
        ("Bob\u0661", "username_mixed_scripts"),  # an Arabic digit
        ("P\u03b1yment", "username_mixed_scripts"),
        ("\u0418\u0432an", "username_mixed_scripts"),
        ("foo@example.org", "username_not_for_new_accounts"),
        ("Foo:Bar", "username_not_for_new_accounts"),
    ],
)
def test_new_username_that_could_mislead_is_refused(name: str, code: str) -> None:
    """Nobody can newly take a name that hides, imitates or speaks for the site."""
    assert refusal(creatable_username, name) == code


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("1234", "1234"),
        ("!?", "!?"),
        ("\U0001f600", "\U0001f600"),
        (
            "\u0434\u043c\u0438\u0442\u0440\u0438\u0439 42",
            "\u0414\u043c\u0438\u0442\u0440\u0438\u0439 42",
        ),
        ("\u5c71\u7530\u30bf\u30ed\u30fc Taro", "\u5c71\u7530\u30bf\u30ed\u30fc Taro"),
        ("\uae40\uc815\uc740 Kim", "\uae40\uc815\uc740 Kim"),
        ("\u0645\u062d\u0645\u062f \u0661\u0662", "\u0645\u062d\u0645\u062f \u0661\u0662"),
        ("\u0928\u092e\u0938\u094d\u0924\u0947", "\u0928\u092e\u0938\u094d\u0924\u0947"),
        ("nguy\u1ec5n v\u0103n \u0111\u1ea1t", "Nguy\u1ec5n v\u0103n \u0111\u1ea1t"),
        ("o'brien-smith jr.", "O'brien-smith jr."),
        ("\U00010332\U0001033f\U00010344", "\U00010332\U0001033f\U00010344"),  # Gothic
    ],
)
def test_new_username_of_any_one_script_is_welcome(name: str, canonical: str) -> None:
    """Writing systems that belong together, digits, punctuation and emoji make good names."""
    assert creatable_username(name) == canonical


def test_v_confuse_name_of_the_site_is_reserved_in_every_spelling() -> None:
    """V-confuse: nobody signs up as the site itself, whatever it is called."""
    with override_settings(SITE_NAME="Marmot", RESERVED_USERNAMES=("The Burrow",)):
        assert refusal(creatable_username, "MARMOT") == "username_reserved"
        assert refusal(creatable_username, "Marrnot") == "username_reserved"
        assert refusal(creatable_username, "the_burrow") == "username_reserved"


@pytest.mark.parametrize("vector", VECTORS, ids=[repr(typed(v))[:30] for v in VECTORS])
def test_v_confuse_name_made_here_is_the_same_at_every_strength(vector: dict[str, Any]) -> None:
    """V-confuse: a name that can be made can sign in and be imported, under the same letters."""
    name = outcome(creatable_username, typed(vector))
    if name is not None:
        assert usable_username(name) == canonical_username(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ex\u0430mple One", "Example One"),
        ("\u0405\u0441\u043e\u0440\u0435", "Scope"),  # wholly Cyrillic
        ("\uff25xample", "Example"),
        ("EXAMPLE ONE", "Example one"),
        ("Bob0", "Bobo"),
        ("Pau1", "Paul"),
        ("Pa|n", "Paln"),
        ("Modern", "Modem"),
        ("Stra\u00dfe", "Strasse"),
        ("Ga\u2060ia", "Gaia"),
        ("\U0001d404xample", "Example"),  # mathematical bold
        ("O\u2019Neil", "O'Neil"),
        ("Le\u0301a", "L\u00e9a"),
        ("\u0131stanbul", "istanbul"),
    ],
)
def test_skeleton_of_names_that_look_alike_is_equal(one: str, other: str) -> None:
    """Script, width, case, invisible characters and UTS 39's likenesses make no difference."""
    assert username_skeleton(one) == username_skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ella", "Elia"),
        ("Nan", "Van"),
        ("L\u00e9a", "Lea"),
        ("Example One", "Example Two"),
        ("\u0418\u0432\u0430\u043d", "\u0418\u0432\u043e\u043d"),
    ],
)
def test_skeleton_of_names_that_look_different_is_different(one: str, other: str) -> None:
    """Ordinary names do not stand in one another's way."""
    assert username_skeletons(one).isdisjoint(username_skeletons(other))


@pytest.mark.parametrize(
    ("newcomer", "taken"),
    [
        ("PaypaI", "Paypal"),  # a capital I
        ("EIla", "Ella"),
        ("\u0422\u041e\u041c", "Tom"),  # Cyrillic capitals
        ("\u039d\u0399\u039a\u039f", "NlKO"),  # Greek capitals
    ],
)
def test_skeletons_of_a_newcomer_reach_what_case_folding_hides(newcomer: str, taken: str) -> None:
    """Letters that look alike only as capitals are found through the second key."""
    assert username_skeleton(taken) in username_skeletons(newcomer)


def test_skeleton_table_has_not_changed_unnoticed() -> None:
    """Skeletons are stored: when the table changes, the stored ones must be made anew.

    If this fails after an update of confusable-homoglyphs, recompute every stored skeleton in
    the release that brings the update, then put the new digest here.
    """
    lines = "".join(f"{a};{b}\n" for a, b in sorted(confusables().items()))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    assert digest[:16] == "a85d25b879d0412a"


def test_username_errors_never_repeat_what_was_typed() -> None:
    """A refusal can be logged: it holds a code and a sentence, not the input."""
    with pytest.raises(UsernameInvalid) as refused:
        canonical_username("S3cret typed into the wrong field #")
    assert "S3cret" not in repr(refused.value) + str(refused.value) + str(refused.value.message)


def test_username_errors_have_codes_of_their_own_and_a_sentence() -> None:
    """Programs can tell refusals apart, and people get one sentence that ends."""
    kinds = UsernameInvalid.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert re.fullmatch(r"username_[a-z_]+", kind.code)
        assert str(kind().message).endswith(".")
