"""State codes of GST registrations and of vehicle and company registers."""

from typing import Final

#: GST state codes. 25 was merged into 26 in 2020, 28 became 37 in 2014: old numbers with both are still met.
GST_STATES: Final = frozenset({*(f"{code:02d}" for code in range(1, 39)), "96", "97", "99"})

#: ISO 3166-2:IN letters as used in CINs, driving licences and Udyam numbers, with former and alternative ones.
STATE_LETTERS: Final = frozenset(
    [
        "AN",
        "AP",
        "AR",
        "AS",
        "BR",
        "CG",
        "CH",
        "CT",
        "DD",
        "DL",
        "DN",
        "GA",
        "GJ",
        "HP",
        "HR",
        "JH",
        "JK",
        "KA",
        "KL",
        "LA",
        "LD",
        "MH",
        "ML",
        "MN",
        "MP",
        "MZ",
        "NL",
        "OD",
        "OR",
        "PB",
        "PY",
        "RJ",
        "SK",
        "TG",
        "TN",
        "TR",
        "TS",
        "UK",
        "UP",
        "UT",
        "WB",
    ]
)
