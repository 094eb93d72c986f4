"""What staff write and the portal keeps as it stands, in the clear and for years: no number or address of a person."""

import re
import unicodedata
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.errors import Refused
from portal.kernel.core.ids import without_references
from portal.kernel.core.text import mask_identity_numbers

#: E-mail addresses, Indian mobile numbers, and numbers with the plus sign of their country.
_CONTACT = re.compile(r"\S@\S|(?<!\d)[6-9]\d{4}[ -]?\d{5}(?!\d)|\+\d(?:[ -]?\d){7,}")
#: A PAN in one word, in capitals with gaps, or inside a GSTIN.
_PAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{5}\d{4}[A-Za-z](?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])[A-Z](?:[ -]?[A-Z]){4}(?:[ -]?\d){4}[ -]?[A-Z](?![A-Za-z0-9])"
)
_GSTIN = re.compile(r"(?<!\d)\d{2}[A-Za-z]{5}\d{4}[A-Za-z][A-Za-z0-9]{3}(?![A-Za-z0-9])")
#: Nine to eighteen digits, also in groups of three and more; a date is none. Most accounts have no check digit.
_ACCOUNT = re.compile(r"(?<![\d+])(?:\d{9,18}|(?=(?:[ -]?\d){9,18}(?![ -]?\d))\d{3,}(?:[ -]\d{3,})+)(?!\d)")
_DASH_DOT_OR_SLASH = re.compile(r"[\u2010-\u2015\u2212\u2044./]")

WRITE_INSTEAD: Final = _("Name the record by its reference, a number by its last four digits.")


def names_an_identity_number(text: str) -> bool:
    """Whether the text has an Aadhaar number, a PAN or the number of a card."""
    plain = _plain(text)
    return mask_identity_numbers(plain)[1] > 0 or bool(_PAN.search(plain))


def names_a_number(text: str) -> bool:
    """Whether the text has such a number, a GSTIN, or what may be the number of an account."""
    plain = _plain(text)
    return names_an_identity_number(plain) or bool(_GSTIN.search(plain) or _ACCOUNT.search(plain))


def names_a_person(text: str) -> bool:
    """Whether the text has such a number, an e-mail address or a telephone number. It cannot know names."""
    return bool(_CONTACT.search(text)) or names_a_number(text)


def _plain(text: str) -> str:
    """Wide letters, dashes, dots, slashes and marks without width are no way around."""
    seen = unicodedata.normalize("NFKC", text)
    seen = "".join(character for character in seen if unicodedata.category(character) != "Cf")
    return without_references(_DASH_DOT_OR_SLASH.sub("-", seen))


def require_no_number(*texts: str) -> None:
    """Raises Refused (NUMBER_IN_WORDS) for a text that must not be kept in the clear; see ``names_a_number``."""
    if any(names_a_number(text) for text in texts):
        raise Refused(
            f"{_('The text contains the number of an identity document or of an account.')} {WRITE_INSTEAD}",
            code="NUMBER_IN_WORDS",
        )


def require_name(name: str) -> None:
    """Raises Refused (NUMBER_IN_NAME) for a name that has the number of a paper or of an account in it."""
    if names_a_number(name):
        said = _("A name has no number of an identity document or of an account in it. Take the number out.")
        raise Refused(said, code="NUMBER_IN_NAME")


def require_plain(*texts: str) -> None:
    """Raises Refused (NUMBER_IN_WORDS) for words that would tell who a person is; see ``names_a_person``."""
    if any(names_a_person(text) for text in texts):
        said = _(
            "This contains a phone number, an email address, or the number of a document or an account. Take it out."
        )
        raise Refused(f"{said} {WRITE_INSTEAD}", code="NUMBER_IN_WORDS")


class NameWords(forms.CharField):
    """What somebody is called, shown whole wherever they are named: no number of a paper or of an account (``require_name``)."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        try:
            require_name(value or "")
        except Refused as refused:
            raise forms.ValidationError(str(refused), code=refused.code) from refused


class PublicWords(forms.CharField):
    """A text that many may read, such as a clause or the words of a template: no Aadhaar number, PAN or card number."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if names_an_identity_number(value or ""):
            said = _(
                "This has an Aadhaar number, a PAN or the number of a card. Take it out: it must not be kept here."
            )
            raise forms.ValidationError(said, code="NUMBER_IN_WORDS")


class PlainWords(forms.CharField):
    """Why somebody did something, in a few lines that nobody seals: no number, e-mail address or telephone number."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**kwargs)

    def validate(self, value: Any) -> None:
        super().validate(value)
        try:
            require_plain(value or "")
        except Refused as refused:
            raise forms.ValidationError(str(refused), code=refused.code) from refused
