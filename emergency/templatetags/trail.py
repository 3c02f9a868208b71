"""Events, proofs and letters in words, for the operator's templates."""

from django import template

from accounts.services.letter_titles import title_of
from accounts.services.sign_in_words import how
from emergency.models import Event
from emergency.words import detail_words, level_words, tag_words

register = template.Library()
register.filter("how", how)
register.filter("title_of", title_of)


@register.filter
def what(event: Event) -> str:
    """What an event was."""
    return tag_words(event.tag)


@register.filter
def details(event: Event) -> str:
    """What more it says."""
    return detail_words(event.detail)


@register.filter
def level(value: str) -> str:
    """An operator's level and what it may do."""
    return level_words(value)
