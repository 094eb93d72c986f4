"""Words of the registers that people read on their own pages."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import DataCategory

#: What each kind of data is called on the pages that people read.
CATEGORIES: tuple[tuple[str, Any], ...] = (
    (DataCategory.NAME, _("Names")),
    (DataCategory.CONTACT, _("E-mail addresses and telephone numbers")),
    (DataCategory.IDENTITY_DOCUMENT, _("Identity documents")),
    (DataCategory.FINANCIAL, _("Bank and payment data")),
    (DataCategory.DATE_OF_BIRTH, _("Dates of birth")),
    (DataCategory.MESSAGE_CONTENT, _("Contents of messages")),
    (DataCategory.FREE_TEXT, _("What people wrote")),
    (DataCategory.CREDENTIAL, _("Credentials")),
    (DataCategory.DEVICE, _("Devices and browsers")),
    (DataCategory.LOCATION, _("Places")),
)
