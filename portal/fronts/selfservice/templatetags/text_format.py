"""How addresses, numbers and texts of others are written on a page."""

import phonenumbers
from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_GROUP = 4


@register.filter
def at_break(address: str) -> SafeString:
    """An e-mail address that breaks after its @ where a line is too short for it."""
    local, at, domain = address.partition("@")
    return format_html("{}{}<wbr>{}", local, at, domain) if at else format_html("{}", address)


@register.filter
def spaced(number: str) -> str:
    """A telephone number in groups, +91 98765 43210; as it stands where it is none."""
    try:
        parsed = phonenumbers.parse(number, "IN")
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


@register.filter
def in_groups(digits: str) -> str:
    """A long key in groups of four, as on a bank card. Who types it in again may leave the spaces out."""
    return " ".join(digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP))


@register.filter
def parts(text: str) -> list[str]:
    """A plain text as its paragraphs."""
    return [part for part in text.split("\n\n") if part.strip()]


@register.filter
def paragraph(text: str) -> SafeString:
    """A paragraph of a plain text; lines that begin with a hyphen become a list."""
    parts: list[SafeString] = []
    lines: list[str] = []
    items: list[str] = []

    def finish() -> None:
        if lines:
            joined = format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))
            parts.append(format_html("<p>{}</p>", joined))
        if items:
            parts.append(format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((item,) for item in items))))
        lines.clear()
        items.clear()

    for line in text.split("\n"):
        is_item = line.startswith("- ")
        if bool(items) != is_item and (items or lines):
            finish()
        (items if is_item else lines).append(line.removeprefix("- "))
    finish()
    return format_html_join("", "{}", ((part,) for part in parts))
