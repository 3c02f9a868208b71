"""What a registration comes to, and what a change of one does, in sentences to agree to."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from emergency.actions.register_wiki import Wiki, has_secret, metadata_of
from emergency.wiki_forms import RegistrationForm, initial_of
from sso.services.clients import host_of

_LISTS: Final = ("redirect_uris", "post_logout_redirect_uris")


def registration_words(wiki: Wiki) -> list[str]:
    """What follows from registering a wiki so."""
    said = [
        _("People are sent to it with a code: %(uris)s") % {"uris": ", ".join(wiki.redirect_uris)},
        _("People can sign in to it at once, and are asked nothing: it is the family's own.")
        if wiki.first_party
        else _("People can sign in to it at once, and are asked first what they share with it."),
        _("It learns: %(what)s") % {"what": ", ".join(wiki.scopes)},
    ]
    if wiki.backchannel_logout_uri:
        told = _("It is told of logouts at %(uri)s")
        said.append(told % {"uri": wiki.backchannel_logout_uri})
    else:
        said.append(_("It is not told when somebody's session ends."))
    said += _weak(wiki)
    if has_secret(wiki):
        said.append(_("The next page shows its secret, once."))
    return said


def change_words(old: Wiki, new: Wiki) -> list[str]:
    """What becomes different; nothing where nothing does."""
    before, after = metadata_of(old), metadata_of(new)
    was, will = initial_of(before), initial_of(after)
    said = []
    for name, field in RegistrationForm.base_fields.items():
        if was[name] == will[name]:
            continue
        if name in _LISTS:
            said += _list_words(str(field.label), before.get(name) or (), after.get(name) or ())
        else:
            said.append(
                _("%(what)s: %(old)s becomes %(new)s")
                % {"what": field.label, "old": _value(was[name]), "new": _value(will[name])}
            )
    if not said:
        return []
    return [*said, *_consequences(old, new), *_weak(new)]


def _list_words(label: str, was: Sequence[str], will: Sequence[str]) -> list[str]:
    new = [_("%(what)s: %(uri)s is new") % {"what": label, "uri": u} for u in will if u not in was]
    gone = [_("%(what)s: %(uri)s goes") % {"what": label, "uri": u} for u in was if u not in will]
    return [*new, *gone] or [_("%(what)s: in another order") % {"what": label}]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value or _("nothing"))


def _consequences(old: Wiki, new: Wiki) -> list[str]:
    said = [_("What its client is set to has to agree, or nobody can sign in to it.")]
    if not set(old.scopes) <= set(new.scopes) or (old.first_party and not new.first_party):
        said.append(_("What it was given and may not have any more is dead at once."))
    if not new.first_party and not old.first_party and _asks_anew(old, new):
        said.append(_("Whoever let it know who they are is asked anew."))
    if has_secret(new) and not has_secret(old):
        said.append(_("The next page shows its new secret, once."))
    if has_secret(old) and not has_secret(new):
        said.append(_("Its secret ends."))
    return said


def _asks_anew(old: Wiki, new: Wiki) -> bool:
    hosts = [{host_of(uri) for uri in wiki.redirect_uris} for wiki in (old, new)]
    return not set(old.scopes) <= set(new.scopes) or not hosts[1] <= hosts[0]


def _weak(wiki: Wiki) -> list[str]:
    if wiki.require_pkce:
        return []
    if wiki.require_nonce:
        return [_("Without PKCE, what protects a code on its way is the client's nonce alone.")]
    return [_("With neither PKCE nor a nonce, nothing tells a code that somebody else brings.")]
