"""Every type of number by its name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from kyc.numbers import aadhaar, bank, company, person, tax
from kyc.numbers.result import NumberResult

TYPES: Mapping[str, Callable[[str], NumberResult]] = MappingProxyType(
    {
        "aadhaar": aadhaar.check_aadhaar,
        "bank_account": bank.check_bank_account,
        "cin": company.check_cin,
        "din": company.check_din,
        "driving_licence": person.check_driving_licence,
        "epic": person.check_epic,
        "fssai": company.check_fssai,
        "gstin": tax.check_gstin,
        "iec": company.check_iec,
        "ifsc": bank.check_ifsc,
        "llpin": company.check_llpin,
        "micr": bank.check_micr,
        "mobile": person.check_mobile,
        "pan": tax.check_pan,
        "passport": person.check_passport,
        "pin": person.check_pin,
        "tan": tax.check_tan,
        "udyam": company.check_udyam,
        "vid": aadhaar.check_vid,
        "vpa": bank.check_vpa,
    }
)


def check(number_type: str, text: str) -> NumberResult:
    """What ``text`` is as a number of this type. Raises KeyError for an unknown type."""
    return TYPES[number_type](text)
