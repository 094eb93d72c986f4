"""A browser as its owner knows it, in the reader's language."""

from django import template

from portal.fronts.signin.browser_devices import in_words

register = template.Library()
register.filter("browser_words", in_words)
