"""Times as people say them ("3 minutes ago"), with the exact one in `title`.

Owns the wording only; which times a page shows is for its view.
"""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


def spoken_time(moment: datetime, *, now: datetime) -> str:
    """Give the time since `moment` in words, or its date when a week or more has gone by."""
    seconds = int((now - moment) / timedelta(seconds=1))
    if seconds < MINUTE:
        return gettext("just now")
    if seconds < HOUR:
        minutes = seconds // MINUTE
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {
            "count": minutes
        }
    if seconds < DAY:
        hours = seconds // HOUR
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    if seconds < 7 * DAY:
        days = seconds // DAY
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    return gettext("on %(date)s") % {"date": date_format(timezone.localtime(moment), "DATE_FORMAT")}


def spoken_wait(seconds: int) -> str:
    """Give a wait in words, rounded up, so that whoever waits that long has waited enough."""
    if seconds < MINUTE:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    if seconds < 90 * MINUTE:
        minutes = -(-seconds // MINUTE)
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if seconds < 2 * DAY:
        hours = -(-seconds // HOUR)
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = -(-seconds // DAY)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def exact_time(moment: datetime) -> str:
    """Give date, time and the name of the time zone, in the reader's language."""
    local = timezone.localtime(moment)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"


def clock_time(moment: datetime, *, now: datetime) -> str:
    """Give the exact time, and the date too unless it is today's."""
    local = timezone.localtime(moment)
    if local.date() != timezone.localtime(now).date():
        return exact_time(moment)
    return f"{date_format(local, 'TIME_FORMAT')} {local.tzname()}"


def _time_element(moment: datetime, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact_time(moment), words
    )


@register.simple_tag
def time_ago(moment: datetime) -> SafeString:
    """Render how long ago `moment` was."""
    return _time_element(moment, spoken_time(moment, now=timezone.now()))


@register.simple_tag
def time_exact(moment: datetime) -> SafeString:
    """Render `moment` with its time zone, without the date if that is today's."""
    return _time_element(moment, clock_time(moment, now=timezone.now()))


@register.filter
def wait(seconds: int) -> str:
    """Say a number of seconds in words."""
    return spoken_wait(int(seconds))
