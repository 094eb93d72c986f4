"""Words of the registers that people read on their own pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import DataCategory

#: What each kind of data is called on the pages that people read.
CATEGORIES: tuple[tuple[str, Any], ...] = (
    (DataCategory.NAME, _("Names")),
    (DataCategory.CONTACT, _("Email addresses and phone numbers")),
    (DataCategory.IDENTITY_DOCUMENT, _("Identity documents")),
    (DataCategory.FINANCIAL, _("Bank and payment data")),
    (DataCategory.DATE_OF_BIRTH, _("Dates of birth")),
    (DataCategory.MESSAGE_CONTENT, _("Contents of messages")),
    (DataCategory.FREE_TEXT, _("What people wrote")),
    (DataCategory.CREDENTIAL, _("Credentials")),
    (DataCategory.DEVICE, _("Devices and browsers")),
    (DataCategory.LOCATION, _("Places")),
)


#: The kinds of values that a disclosure names.
VALUES: Mapping[str, Any] = {
    "bank_account": _("Account number"),
    "date_of_birth": _("Date of birth"),
    "gstin": _("GST number"),
    "ifsc": _("IFSC"),
    "name": _("Name"),
    "pan": _("PAN"),
    "provider_reference": _("Number of an earlier request"),
}


#: Which kind of data each kind of value is. One that is not named counts as an identity document: the strictest papers.
_CATEGORY_OF: Mapping[str, DataCategory] = {
    "bank_account": DataCategory.FINANCIAL,
    "date_of_birth": DataCategory.DATE_OF_BIRTH,
    "ifsc": DataCategory.FINANCIAL,
    "name": DataCategory.NAME,
    "provider_reference": DataCategory.NONE,
    **{category: category for category in DataCategory},
}


def categories_of(kinds: Iterable[str]) -> set[str]:
    """The kinds of data that these kinds of values are."""
    found = {str(_CATEGORY_OF.get(kind, DataCategory.IDENTITY_DOCUMENT)) for kind in kinds}
    return found - {str(DataCategory.NONE)}


def values(kinds: Iterable[str]) -> str:
    """Kinds of values in the reader's words."""
    names = {**dict(CATEGORIES), **VALUES}
    return ", ".join(str(names.get(kind, kind)) for kind in kinds)


class CategoryNames:
    """Says kinds of data, one code or a list of them: a speaker of the admin (``core.admin.labels``)."""

    def __call__(self, value: Any) -> str:
        known = dict(CATEGORIES)
        codes = value if isinstance(value, list | tuple) else [value]
        return ", ".join(str(known.get(code, code)) for code in codes)
