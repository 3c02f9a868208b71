"""`{% say "key" name=value %}`: the wiki's words in a template, escaped like any variable."""

from django import template

from demo.wiki.words import say as _say

register = template.Library()


@register.simple_tag
def say(key: str, **values: object) -> str:
    """The sentence in the wiki's language."""
    return _say(key, **values)
