"""E-mail addresses and telephone numbers: one normal form, one keyed hash, one mask."""

import re
from collections.abc import Callable
from uuid import UUID

import phonenumbers
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import ciphers
from portal.kernel.core.errors import Refused
from portal.kernel.core.text import ascii_digits

EMAIL = "email"
PHONE = "phone"
_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]]+@[^@\s.][^@\s]*\.[^@\s.]{2,}")
#: An Indian mobile number as most people write it: ten digits from 6-9, with or without +91, 91 or 0.
_INDIAN_MOBILE = re.compile(r"(?:\+?91|0)?([6-9][0-9]{9})")


def kind_of(text: str) -> str:
    """Which kind is meant by what somebody typed into a box that takes either."""
    return EMAIL if "@" in text else PHONE


def normalise(kind: str, text: str) -> str:
    """The normal form: lower-case e-mail, or E.164. Spaces, hyphens, brackets and Devanagari digits are forgiven.

    Raises Refused, with words for the person, when it is no address of that kind.
    """
    if kind == EMAIL:
        plain = text.strip().lower()
        if len(plain) > 254 or not plain.isprintable() or not _EMAIL.fullmatch(plain):
            raise Refused(_("Enter an email address in full, like name@example.com."), code="EMAIL_FORMAT")
        return plain
    if kind == PHONE:
        quick = _INDIAN_MOBILE.fullmatch(text)
        if quick:
            return "+91" + quick.group(1)
        plain = re.sub(r"[\s\-().]", "", ascii_digits(text))
        quick = _INDIAN_MOBILE.fullmatch(plain)
        if quick:
            return "+91" + quick.group(1)
        try:
            number = phonenumbers.parse(plain, "IN")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise Refused(_("Enter a phone number with its country code, like +91 98765 43210."), code="PHONE_FORMAT")
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    raise ValueError(f"There is no kind of address {kind!r}.")


def address_key(normalised: str) -> bytes:
    """The keyed hash that stands for an address wherever the address itself must not: 33 bytes with a version byte."""
    return ciphers.blind_index(normalised, domain="address")


def address_keys(normalised: str) -> list[bytes]:
    """The hash under every lookup key that was ever in use, newest first."""
    return ciphers.blind_indexes(normalised, domain="address")


def subject_text(subject_ref: UUID) -> str:
    """What is hashed in the place of an address where the person stands for one."""
    return f"subject:{subject_ref}"


def hasher() -> Callable[[str], tuple[bytes, ...]]:
    """``address_keys`` for many addresses: what does not change between two of them is looked up once."""
    return ciphers.blind_indexer(domain="address")


def mask(kind: str, normalised: str) -> str:
    """``r••••@acme.example`` or ``+91 •••• ••0320``: enough to recognise one's own."""
    if not normalised:
        return ""
    if kind == EMAIL:
        local, _at, domain = normalised.partition("@")
        return f"{local[:1]}••••@{domain}"
    return f"{normalised[:3]} •••• ••{normalised[-4:]}"


def ending(kind: str, normalised: str) -> str:
    """``a••@x.in`` or ``+91 ••0019``: what a line of a list has room for."""
    if not normalised:
        return ""
    if kind == EMAIL:
        local, _at, domain = normalised.partition("@")
        return f"{local[:1]}••@{domain}"
    return f"{normalised[:3]} ••{normalised[-4:]}"
