"""Addresses of staff that take more than a file of a person: registered in ``ports.larger_requests``."""

from typing import Final

LISTS: Final = "/admin/consent/consentlist/add/"
SCRUB: Final = "/admin/consent/answerset/scrub/"
#: The largest list (``consent.consent_imports.services.file_reader.MOST_BYTES``), and what a form puts around it.
LARGEST_LIST: Final = 513 * 1024 * 1024
