"""The safety checks of the vault on an upload, which here also read the PANs, GST and Aadhaar numbers in its text."""

from portal.vault.inspection import process
from portal.vault.inspection.verdict import Verdict

FIND = "kyc.numbers.search.numbers_in"


def inspect(data: bytes, *, extension: str) -> tuple[Verdict, bytes]:
    """The verdict and the bytes to keep; a PDF whose text shows an Aadhaar number is refused."""
    return process.inspect(data, extension=extension, find=FIND)
