"""The safety checks of the vault on an upload, which here also read PANs and GST numbers and cover Aadhaar numbers."""

from portal.vault.inspection import process
from portal.vault.inspection.verdict import Verdict

FIND = "kyc.numbers.search.numbers_in"
HIDE = "kyc.numbers.hiding.to_hide"


def inspect(data: bytes, *, extension: str) -> tuple[Verdict, bytes]:
    """The verdict and the bytes to keep, in which Aadhaar numbers and virtual IDs are covered."""
    return process.inspect(data, extension=extension, find=FIND, hide=HIDE)
