"""Leaked tokens in words, for the operator's templates."""

from django import template
from django.utils.functional import Promise

from emergency.actions.leaked_tokens import Thing
from emergency.token_words import INSTEAD, LETTERS, state_words, thing_words, token_words

register = template.Library()


@register.filter
def token(value: str) -> str:
    """What kind of token it is."""
    return token_words(value)


@register.filter
def state(value: str) -> str:
    """What has become of it."""
    return state_words(value)


@register.filter
def thing(value: Thing) -> str:
    """What can be ended."""
    return thing_words(value.kind)


@register.filter
def label(value: Thing) -> str | Promise:
    """What tells it from others of its kind: a browser, a name, what a letter is for."""
    return LETTERS.get(value.label, value.label)


@register.filter
def instead(value: str) -> str | Promise:
    """What to do where nothing can be ended here; nothing where something can."""
    return INSTEAD.get(value, "")
