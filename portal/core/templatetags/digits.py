"""Long runs of digits as people can read and copy them."""

from django import template

register = template.Library()

#: As on a bank card: what is read out or written down by hand.
GROUP = 4


@register.filter
def in_groups(digits: str) -> str:
    """``1234567890123456`` as ``1234 5678 9012 3456``. Who types it in again may leave the spaces out."""
    return " ".join(digits[start : start + GROUP] for start in range(0, len(digits), GROUP))
