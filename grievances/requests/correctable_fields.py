"""The details of a person's record that a correction may write, each in the one form in which the record holds it."""

import unicodedata
from collections.abc import Mapping
from typing import Final
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from portal.kernel.core import addresses, pii_guard
from portal.kernel.core.errors import Refused

NAME, LANGUAGE, ZONE = "name", "language", "zone"
#: An address is confirmed by a code that comes to it: the person changes it, nobody in their place.
ADDRESSES: Final = (addresses.EMAIL, addresses.PHONE)

#: What people who write one of our languages call each of them.
CALLED: Final[Mapping[str, frozenset[str]]] = {
    "en": frozenset({"en", "english", "अंग्रेज़ी", "अंग्रेजी", "इंग्रजी"}),
    "hi": frozenset({"hi", "hindi", "हिन्दी", "हिंदी"}),
    "mr": frozenset({"mr", "marathi", "मराठी"}),
}


def normal(field: str, value: str) -> str:
    """The value as the record would hold it; of a detail without a form of its own, as it was written.

    A language may be called by its own name, by its English one or by its code. Raises Refused, with words for whoever
    wrote it, for what is no language of these pages (LANGUAGE), no zone (ZONE), no address (EMAIL_FORMAT, PHONE_FORMAT)
    or a name with a number in it (NUMBER_IN_NAME).
    """
    plain = value.strip()
    if field == NAME:
        pii_guard.require_name(plain)
    elif field == LANGUAGE:
        return _language(plain)
    elif field == ZONE:
        return _zone(plain)
    elif field in ADDRESSES:
        return addresses.normalise(field, plain)
    return plain


def _language(called: str) -> str:
    for code, names in CALLED.items():
        if unicodedata.normalize("NFC", called.casefold()) in {unicodedata.normalize("NFC", name) for name in names}:
            return code
    raise Refused(_("Write one of these languages: English, Hindi or Marathi."), code="LANGUAGE")


def _zone(called: str) -> str:
    zones = {zone.casefold(): zone for zone in available_timezones()}
    found = zones.get(called.replace(" ", "_").casefold())
    if found is None:
        raise Refused(_("Write the zone as continent and city, for example Asia/Kolkata."), code="ZONE")
    return found
