"""What a machine reads in the pictures of a document, held against what was typed. Runs in the confined child process.

A hint, never a proof: the child says of each value whether it was read, another one was, or nothing was. The text itself
never leaves it.
"""

import importlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, Final

from PIL import Image

from kyc import names
from kyc.base.check_outcomes import TextMatch
from kyc.names import Decision
from kyc.numbers.result import ascii_digits
from kyc.numbers.text_search import numbers_in
from portal.kernel.vault.inspection import file_types, page_images
from portal.kernel.vault.inspection.result import Limits

#: As finely as Aadhaar numbers are looked for; and no more pages than a card with its letter has.
PPI: Final = 200.0
MOST_PAGES: Final = 4
#: Days as they are printed on Indian papers: day, month, year, the month in figures or in English.
DAYS: Final = re.compile(r"(?<!\d)(\d{1,2})[./ -](\d{1,2}|[A-Za-z]{3,9})[./ ,-]+(\d{4})(?!\d)")
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: Words beside which a day is the one that is meant: only there another day is a difference.
LABELS: Final = {
    "born_on": re.compile(r"birth|d\.?o\.?b|जन्म", re.IGNORECASE),
    "expires_on": re.compile(r"expir|valid (?:till|until|upto|up to)|validity|वैध", re.IGNORECASE),
}
#: What stands in front of a name on a card.
NAME_LABEL: Final = re.compile(r"^\s*(?:name|नाम|नाव)\b[\s:/.-]*(?:name\b[\s:/.-]*)?", re.IGNORECASE)


def prepare(data: bytes, asked: dict[str, Any], limits: Limits) -> tuple[int, Callable[[], dict[str, Any]]]:
    """Load the models and tables before the limits; how many descriptors stay open, and what answers behind them."""
    reading = importlib.import_module("portal.kernel.vault.inspection.ocr")
    reading.warm()
    compared({"name": "Asha Rao", "number_type": "pan", "number": "", "born_on": "1990-02-01"}, ["Name Asha Rao"])
    if not file_types.begins_as_pdf(data):
        return 0, lambda: compared(asked, _texts([Image.open(io.BytesIO(data))], reading.lines))
    document = page_images.in_memory(data)
    page_images.warm()
    drawn = (_page(document, number) for number in range(1, min(int(asked["pages"]), MOST_PAGES) + 1))
    return document + 2, lambda: compared(asked, _texts(drawn, reading.lines))


def compared(asked: dict[str, Any], texts: Iterable[str]) -> dict[str, Any]:
    """For each value that is asked about, whether the texts hold it: a ``TextMatch`` by its name."""
    lines = list(texts)
    said: dict[str, TextMatch] = {}
    if asked.get("number"):
        said["number"] = _number(str(asked["number_type"]), str(asked["number"]), lines)
    if asked.get("name"):
        said["name"] = _name(str(asked["name"]), lines)
    for which, label in LABELS.items():
        if asked.get(which):
            said[which] = _day(date.fromisoformat(asked[which]), label, lines)
    return {name: str(match) for name, match in said.items()}


def _page(document: int, number: int) -> Image.Image:
    return Image.open(io.BytesIO(page_images.drawn(document, number, ppi=PPI)))


def _texts(pictures: Iterable[Image.Image], read: Callable[[Image.Image], Iterable[Any]]) -> Iterator[str]:
    for picture in pictures:
        yield from (ascii_digits(unicodedata.normalize("NFKC", seen.text)) for seen in read(picture.convert("RGB")))


def _number(number_type: str, number: str, lines: list[str]) -> TextMatch:
    """Another valid number of its type is a difference; types that cannot be told apart in a text are found or not."""
    wanted = _bare(number)
    if any(wanted in _bare(line) for line in lines):
        return TextMatch.MATCH
    return TextMatch.OTHER if numbers_in(lines).get(number_type) else TextMatch.NOT_READ


def _bare(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _name(name: str, lines: list[str]) -> TextMatch:
    """By the rule for names, line by line. A line that holds another name may be anybody's: it says nothing."""
    found = any(names.compare(NAME_LABEL.sub("", line), name).decision is Decision.AUTO for line in lines)
    return TextMatch.MATCH if found else TextMatch.NOT_READ


def _day(wanted: date, label: re.Pattern[str], lines: list[str]) -> TextMatch:
    if any(day == wanted for line in lines for day in _days(line)):
        return TextMatch.MATCH
    labelled = any(True for line in lines if label.search(line) for _one in _days(line))
    return TextMatch.OTHER if labelled else TextMatch.NOT_READ


def _days(line: str) -> Iterator[date]:
    for day, month, year in DAYS.findall(line):
        number = int(month) if month.isdigit() else _month(month)
        try:
            yield date(int(year), number, int(day))
        except ValueError:
            continue


def _month(word: str) -> int:
    start = word[:3].lower()
    return MONTHS.index(start) + 1 if start in MONTHS else 0
