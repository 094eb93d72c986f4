"""Addresses that take more than a file: registered in ``ports.larger_requests``."""

from typing import Final

INBOUND_MAIL: Final = "/api/v1/inbound-mail"
#: Signed mail comes whole, and 25 MB are a third longer in transfer.
LONGEST_MAIL: Final = 36 * 1024 * 1024
