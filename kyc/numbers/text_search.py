"""Numbers in a document's text. The inspection's child process loads it by its name."""

import re
import unicodedata
from collections.abc import Iterable

from kyc.numbers.catalogue import check
from kyc.numbers.result import ascii_digits

_WORDS = {
    "gstin": re.compile(r"(?<![A-Z0-9])\d{2}[A-Z0-9]{13}(?![A-Z0-9])"),
    "pan": re.compile(r"(?<![A-Z0-9])[A-Z]{5}\d{4}[A-Z](?![A-Z0-9])"),
}


def numbers_in(texts: Iterable[str]) -> dict[str, list[str]]:
    """Valid PANs and GST numbers, each once. Aadhaar numbers are never given back: see ``hiding``."""
    found: dict[str, list[str]] = {name: [] for name in _WORDS}
    for text in texts:
        plain = ascii_digits(unicodedata.normalize("NFKC", text))
        for name, form in _WORDS.items():
            for word in form.findall(plain.upper()):
                result = check(name, word)
                if result.is_valid and result.normal not in found[name]:
                    found[name].append(result.normal)
    return {name: words for name, words in found.items() if words}
