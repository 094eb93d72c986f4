"""Numbers against each other."""

from kyc.numbers.tax import check_gstin, check_pan


def gstin_contains(gstin: str, pan: str) -> bool | None:
    """Whether a GST number holds this PAN. None when it can hold none (TDS by TAN, foreign registrations) or is wrong."""
    outer, inner = check_gstin(gstin), check_pan(pan)
    if not outer.is_valid or not inner.is_valid or "pan" not in outer.details:
        return None
    return outer.details["pan"] == inner.normal
