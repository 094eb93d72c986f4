"""Where the rule of each type of number comes from, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Source:
    """``is_confirmed``: read in the issuer's own text or measured on published examples; else common knowledge."""

    text: str
    is_confirmed: bool


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "aadhaar": Source("UIDAI: 12 digits, the first 2-9, the last a Verhoeff digit", True),
        "bank_account": Source(
            "Practice of the banks: 9 to 18 digits; payment networks carry 6 to 40 characters", False
        ),
        "cin": Source("Ministry of Corporate Affairs: 21 characters", True),
        "din": Source("Ministry of Corporate Affairs: 8 digits", False),
        "driving_licence": Source("Ministry of Road Transport: state, office, year, serial; older forms differ", False),
        "epic": Source("Election Commission: three letters, seven digits, the last a Luhn digit", False),
        "fssai": Source("FSSAI: 14 digits; sources contradict each other on the first", False),
        "gstin": Source("GSTN developer pages: forms by kind of registration; Luhn modulo 36", True),
        "iec": Source("Directorate General of Foreign Trade: the PAN; ten digits before 2019", False),
        "ifsc": Source("Reserve Bank of India: four letters, a zero, six characters; dated list of branches", True),
        "llpin": Source("Ministry of Corporate Affairs: three letters, four digits", False),
        "micr": Source("Reserve Bank of India: city, bank, branch, three digits each", False),
        "mobile": Source("National Numbering Plan: ten digits, the first 6-9", True),
        "pan": Source("Income-tax Department: the fourth letter is the holder, the fifth an initial", True),
        "passport": Source("ICAO Doc 9303 for the machine-readable zone; a letter and seven digits beside it", True),
        "pin": Source("India Post: six digits, the first two the circle; 9 the army's post", False),
        "tan": Source("Income-tax Department: four letters, five digits, a letter", False),
        "udyam": Source("Ministry of Micro, Small and Medium Enterprises: UDYAM, state, district, serial", True),
        "vid": Source("UIDAI: 16 digits, the last a Verhoeff digit", True),
        "vpa": Source("National Payments Corporation: name@handle", False),
    }
)
