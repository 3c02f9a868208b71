"""Alerts in words: what was seen and what to do about it, for letters and the operator's site.

`docs/operating.md` says what each kind counts, `docs/runbook.md` what to do at length.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class AlertWords:
    """One kind of alert. `seen` has places for the alert's numbers, of which it needs `numbers`."""

    title: Text
    seen: Text
    advice: Text
    numbers: frozenset[str] = frozenset()


WORDS: Final[Mapping[str, AlertWords]] = {
    "failures_over_accounts": AlertWords(
        title=_("Wrong passwords at many accounts"),
        seen=_("%(count)s passwords failed at %(names)s user names, from many networks."),
        advice=_(
            "Somebody may be trying passwords that leaked elsewhere. Each account's budget of "
            "guesses holds. Look whether any of them was right, and lock those accounts."
        ),
        numbers=frozenset({"names"}),
    ),
    "one_network_many_names": AlertWords(
        title=_("One network fails at many accounts"),
        seen=_("%(count)s passwords failed at %(names)s user names, from one network."),
        advice=_(
            "Find the network in the proxy's log of these minutes and shut it out there. Look "
            "whether any of the passwords was right, and lock those accounts."
        ),
        numbers=frozenset({"names"}),
    ),
    "right_password_wrong_factor": AlertWords(
        title=_("Right password, wrong second factor"),
        seen=_(
            "%(count)s wrong second factors came after %(passwords)s right passwords, at one "
            "account."
        ),
        advice=_(
            "Somebody else may know this password. The second factor holds. Ask the owner to "
            "change the password; lock the account if they cannot be reached."
        ),
        numbers=frozenset({"passwords"}),
    ),
    "factor_openings": AlertWords(
        title=_("More second factors than usual"),
        seen=_("%(count)s second factors were tried; in ten minutes %(usual)s are usual."),
        advice=_(
            "Look whether they are spread over many accounts. If nobody has made it so, code "
            "inside the web process may be opening secrets: see the runbook."
        ),
        numbers=frozenset({"usual"}),
    ),
    "token_requests": AlertWords(
        title=_("More letters with a link than usual"),
        seen=_("%(count)s were asked for; in ten minutes %(usual)s are usual."),
        advice=_(
            "Somebody may be filling people's mailboxes. Each account's limit holds. Narrow the "
            "limits by network if it goes on."
        ),
        numbers=frozenset({"usual"}),
    ),
    "sign_count_back": AlertWords(
        title=_("The counter of a passkey went back"),
        seen=_("Refused at one account, for that: %(count)s. Nobody was signed in by it."),
        advice=_(
            "There may be a copy of that passkey. Ask the owner to remove it and to add a new "
            "one; lock the account if they do not know of any reason."
        ),
    ),
    "assertions_replayed": AlertWords(
        title=_("A client assertion was shown again"),
        seen=_("Refused, since a wiki had shown the same client assertion before: %(count)s."),
        advice=_(
            "Nothing was given for it. Either the wiki sends a request again that it got no answer "
            "to, or somebody reads what it sends here, and codes and refresh tokens with it. Ask "
            "who runs the wiki. If they do not know of any reason, suspend it, which ends what it "
            "was given, until they have found and closed that leak: see the runbook."
        ),
    ),
    "unjudged": AlertWords(
        title=_("Guesses that nobody waited to have judged"),
        seen=_("Handed to the vault without asking for the verdict: %(count)s."),
        advice=_(
            "The site itself always asks. Unless web processes were just killed, somebody else "
            "may be using the web role's login: see the runbook, “The web process was "
            "compromised”."
        ),
    ),
    "rows_refused": AlertWords(
        title=_("Rows of the database are not ours"),
        seen=_("Refused because their MAC or seal is not ours: %(count)s."),
        advice=_(
            "Nothing was believed of it. Unless a key was just taken out of its ring, somebody "
            "writes to the database: see the runbook."
        ),
    ),
    "dead_letters": AlertWords(
        title=_("Letters or logouts were given up"),
        seen=_("Jobs of the outbox that will not be tried again: %(count)s."),
        advice=_(
            "The operator's site says why. Put right what stopped them, then try them again or "
            "drop them there."
        ),
    ),
    "outbox_behind": AlertWords(
        title=_("Letters or logouts are late"),
        seen=_("Jobs of the outbox that wait for more than five minutes: %(count)s."),
        advice=_(
            "Nothing is lost. See whether the mail server and the wikis answer, and whether the "
            "worker keeps up; the operator's site says what the last error was."
        ),
    ),
}
MORE: Final = _(
    "There are too many of this kind at once for one alert each: these are counted together."
)


def seen_words(kind: str, count: int, detail: Mapping[str, Any]) -> str:
    """What was seen, with its numbers; the kind itself where it is newer than these words."""
    words = WORDS.get(kind)
    if words is None:
        return f"{kind}: {count}"
    numbers = {name: detail.get(name, 0) for name in words.numbers}
    return str(words.seen) % {**numbers, "count": count}
