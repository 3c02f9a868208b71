"""What operators did, in words: for the letters that tell the others."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

# By the tag of its event.
WORDS: Final[Mapping[str, str | Promise]] = {
    "lockout:account:locked": gettext_lazy("An account was locked"),
    "lockout:account:unlocked": gettext_lazy("An account was unlocked"),
    "lockout:accounts:locked": gettext_lazy("A list of accounts was locked"),
    "lockout:accounts:unlocked": gettext_lazy("A list of accounts was unlocked"),
    "lockout:backends:ended": gettext_lazy("Database connections were ended"),
    "lockout:sessions:ended": gettext_lazy("An account's sessions were ended"),
    "lockout:signing_keys:restored": gettext_lazy("The signing keys were put back"),
    "lockout:signing_keys:withdrawn": gettext_lazy("The signing keys were taken out of service"),
    "lockout:site:closed": gettext_lazy("A door of the site was closed"),
    "lockout:site:opened": gettext_lazy("A door of the site was opened again"),
    "lockout:site:sessions_ended": gettext_lazy("Every session of the site was ended"),
    "lockout:token:revoked": gettext_lazy("A leaked token was revoked"),
    "lockout:wiki:resumed": gettext_lazy("A wiki was put back into service"),
    "lockout:wiki:suspended": gettext_lazy("A wiki was suspended"),
    "wiki:register:operator": gettext_lazy("A wiki was registered"),
    "wiki:registration:changed": gettext_lazy("The registration of a wiki was changed"),
}
_OF_ACCOUNTS: Final = {"lockout:accounts:locked", "lockout:accounts:unlocked"}


def did_words(tag: str, by: str | None, count: int) -> str:
    """Who did what, in a sentence or two; ``by`` is None for the console and for what ends by
    itself, and empty for a name that is not fit to be written."""
    if by is None:
        who = _("It was done at the console, or its time was over.")
    elif by:
        who = _("%(name)s did it on the operator's site.") % {"name": by}
    else:
        who = _("An operator did it on the operator's site.")
    if tag in _OF_ACCOUNTS:
        many = ngettext("%(count)d account.", "%(count)d accounts.", count) % {"count": count}
        return f"{WORDS[tag]}: {many} {who}"
    return f"{WORDS[tag]}. {who}"
