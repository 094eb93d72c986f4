"""Words that questions are put together from."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.core.data_categories import DataCategory

#: What a purpose uses, in the words of a notice: itemised, as DPDP r.3 asks.
DATA: dict[str, Any] = {
    DataCategory.NAME: _("Your name"),
    DataCategory.CONTACT: _("Your e-mail address and telephone number"),
    DataCategory.IDENTITY_DOCUMENT: _("Your identity and business documents"),
    DataCategory.FINANCIAL: _("Your bank and payment details"),
    DataCategory.DATE_OF_BIRTH: _("Your date of birth"),
    DataCategory.MESSAGE_CONTENT: _("What is said or written in messages and calls"),
    DataCategory.FREE_TEXT: _("What you write to us"),
    DataCategory.CREDENTIAL: _("What you sign in with"),
    DataCategory.DEVICE: _("Your device and how you use our pages"),
    DataCategory.LOCATION: _("The country or region you are in"),
}
