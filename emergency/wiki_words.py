"""What a wiki hears of logouts, in a few words for the list of wikis."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.templatetags.times import time_ago
from emergency.lists import tag
from emergency.models import Wiki


def logouts_label(wiki: Wiki) -> SafeString | str:
    """What has not reached it, else when it was last told; nothing where it is never told."""
    calls = wiki.calls
    late = []
    if calls.given_up:
        words = ngettext("%(count)d logout given up", "%(count)d logouts given up", calls.given_up)
        late.append(tag(words % {"count": calls.given_up}, is_bad=True))
    if calls.waiting:
        words = ngettext("%(count)d logout waits", "%(count)d logouts wait", calls.waiting)
        late.append(tag(words % {"count": calls.waiting}, is_bad=calls.last_error is not None))
    if late:
        return format_html_join("", "<div>{}</div>", ((one,) for one in late))
    if calls.told_at is not None:
        return format_html("{} {}", _("told of one"), time_ago(calls.told_at))
    return "" if wiki.backchannel_logout_uri else _("asks for none")
