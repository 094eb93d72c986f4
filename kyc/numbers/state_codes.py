"""States by their GST codes, by the letters of other registers, and by the first digits of postal codes."""

from typing import Final

#: GST state codes. 25 was merged into 26 in 2020, 28 became 37 in 2014: old numbers with both are still met.
GST_STATES: Final = frozenset({*(f"{code:02d}" for code in range(1, 39)), "96", "97", "99"})
#: Foreign, other territory, centre: these codes are no state.
NO_STATE: Final = frozenset({"96", "97", "99"})
#: What an old code is called today.
RENAMED: Final = {"25": "26", "28": "37"}

#: Letters of CINs, driving licences and Udyam numbers, former and alternative ones too, with the GST code. TZ is the
#: register of companies at Coimbatore.
LETTERS: Final = {
    "AN": "35",
    "AP": "37",
    "AR": "12",
    "AS": "18",
    "BR": "10",
    "CG": "22",
    "CH": "04",
    "CT": "22",
    "DD": "26",
    "DL": "07",
    "DN": "26",
    "GA": "30",
    "GJ": "24",
    "HP": "02",
    "HR": "06",
    "JH": "20",
    "JK": "01",
    "KA": "29",
    "KL": "32",
    "LA": "38",
    "LD": "31",
    "MH": "27",
    "ML": "17",
    "MN": "14",
    "MP": "23",
    "MZ": "15",
    "NL": "13",
    "OD": "21",
    "OR": "21",
    "PB": "03",
    "PY": "34",
    "RJ": "08",
    "SK": "11",
    "TG": "36",
    "TN": "33",
    "TR": "16",
    "TS": "36",
    "TZ": "33",
    "UA": "05",
    "UK": "05",
    "UP": "09",
    "UR": "05",
    "UT": "05",
    "WB": "19",
}
STATE_LETTERS: Final = frozenset(LETTERS)
#: Udyam certificates of Karnataka are issued with KR; other registers use KA. Both are read.
UDYAM_LETTERS: Final = {**LETTERS, "KR": "29"}


def _circles() -> dict[str, frozenset[str]]:
    rows = {
        "11": "07",
        "12 13": "06",
        "14 15": "03",
        "16": "03 04",
        "17": "02",
        "18": "01",
        "19": "01 38",
        "20 21 22 23 27 28": "09",
        "24 25 26": "05 09",
        "30 31 32 33 34": "08",
        "36 37 38 39": "24 26",
        "40": "27 30",
        "41 42 43 44": "27",
        "45 46 47 48": "23",
        "49": "22",
        "50": "36 37",
        "51 52": "37",
        "53": "34 37",
        "56 57 58 59": "29",
        "60": "33 34",
        "61 62 63 64": "33",
        "67": "32 34",
        "68": "31 32",
        "69": "32",
        "70 71 72": "19",
        "73": "11 19",
        "74": "19 35",
        "75 76 77": "21",
        "78": "18",
        "79": "12 13 14 15 16 17",
        "80 84 85": "10",
        "81 82": "10 20",
        "83": "20",
    }
    return {circle: frozenset(states.split()) for circles, states in rows.items() for circle in circles.split()}


#: The first two digits of a PIN code and the states that post offices with them lie in. Borders are crossed here and
#: there, so this is never more than a hint.
CIRCLES: Final = _circles()
ARMY_POST: Final = "9"


def today_called(code: str) -> str:
    """The present GST code of a state; empty for a code that is no state."""
    return "" if code in NO_STATE else RENAMED.get(code, code)
