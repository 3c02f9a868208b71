"""Browsers in words, for templates."""

from django import template

from accounts.services.agents import agent_words

register = template.Library()
register.filter("agent_words", agent_words)
