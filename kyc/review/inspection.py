"""The safety checks of the vault on an upload, which here also read PANs and GST numbers and cover Aadhaar numbers."""

from dataclasses import replace

from kyc.cases import check_plans
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.result import Notice, Verdict

FIND = "kyc.numbers.text_search.numbers_in"
HIDE = "kyc.numbers.aadhaar_positions.to_hide"


def number_finder() -> str:
    """Fills ``answers.number_finder``: what covers numbers in documents covers them in every other upload too."""
    return HIDE


def keeps_codes_only(kind: str) -> bool:
    """Whether a picture of this document cannot be kept here, because nothing can look for a number in it."""
    return check_plans.is_of_aadhaar(kind) and not client.can_read_pictures()


def inspect(data: bytes, *, extension: str, kind: str = "") -> tuple[Verdict, bytes]:
    """The verdict and the bytes to keep, in which Aadhaar numbers and virtual IDs are covered.

    ``kind`` is the document's: of an Aadhaar document whose pictures cannot be searched only the QR codes are kept, and a
    kind with two sides is looked at for a second one.
    """
    verdict, kept = client.inspect(
        data, extension=extension, find=FIND, hide=HIDE, codes_only=bool(kind) and keeps_codes_only(kind)
    )
    return with_sides(verdict, kind), kept


def with_sides(verdict: Verdict, kind: str) -> Verdict:
    """The verdict, with a notice where a document of two sides came as one page: the other side may be missing."""
    if verdict.is_accepted and kind and verdict.pages < check_plans.sides(kind) and not keeps_codes_only(kind):
        return replace(verdict, notices=(*verdict.notices, Notice.SIDE_MISSING))
    return verdict
