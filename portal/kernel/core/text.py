"""Text as people type it."""

import re
import unicodedata

from stdnum import luhn, verhoeff


def ascii_digits(text: str) -> str:
    """The text with digits of every script (१२३) as 0-9. Other characters stay."""
    return "".join(str(unicodedata.digit(character, character)) for character in text)


#: Controls that no text needs (tabs and line ends stay), and marks that turn the direction of what follows them. Joiners
#: (U+200C, U+200D) stay: Hindi and Marathi are written with them; so do the marks of Urdu (U+200E, U+200F, U+061C), which
#: turn no other letter.
_HIDING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


#: Line and page breaks that word processors put between words: a blank keeps the words apart.
_SOFT_BREAKS = str.maketrans("\x0b\x0c\x85", "   ")


def without_hiding_marks(text: str) -> str:
    """The text without control characters and without marks that make a reader see other words than were written."""
    return _HIDING.sub("", text.translate(_SOFT_BREAKS))


#: Runs of digits as people write them: single spaces, hyphens, dots or slashes between, a plus sign only before a
#: telephone number.
_DIGIT_RUN = re.compile(r"(?<![\d+])\d(?:[ \u00a0./\-]?\d){11,18}(?![\d])")
#: Days written one after the other, as 01/04/2025 31/03/2026, are no number.
_DAYS = re.compile(r"(?:(?:[0-2]?\d|3[01])/(?:0?\d|1[0-2])/(?:19|20)\d\d[ \-]?)+")


def mask_identity_numbers(text: str) -> tuple[str, int]:
    """The text with every Aadhaar and card number cut to its last four digits, and how many were cut.

    A number counts when its check digit is right (Aadhaar: 12 digits, Verhoeff; cards: 13 to 19 digits, Luhn), in any
    script and with spaces, hyphens, dots or slashes. Such numbers are never stored; a telephone number with ``+`` stays whole.
    """
    cut = 0

    def masked(match: re.Match[str]) -> str:
        nonlocal cut
        digits = ascii_digits("".join(character for character in match.group() if character.isdigit()))
        aadhaar = len(digits) == 12 and digits[0] not in "01" and verhoeff.is_valid(digits)
        card = len(digits) >= 13 and luhn.is_valid(digits)
        if (not aadhaar and not card) or _DAYS.fullmatch(ascii_digits(match.group())):
            return match.group()
        cut += 1
        return "X" * (len(digits) - 4) + digits[-4:]

    return _DIGIT_RUN.sub(masked, text), cut


def short_name(full_name: str) -> str:
    """The first name whole and the first letter of the last: "Harsh D."; a name of one word as it is.

    A letter of Devanagari keeps its vowel sign.
    """
    words = full_name.split()
    if len(words) < 2:
        return full_name.strip()
    last = words[-1]
    signs = 1
    while signs < len(last) and unicodedata.category(last[signs])[0] == "M":
        signs += 1
    return f"{words[0]} {last[:signs]}."


def sorted_words(text: str) -> str:
    """The words of a name in small letters and in order, so that "Rao, Asha" and "asha rao" meet; marks between them go."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Vowel signs and other marks belong to the letters of Devanagari.
    plain = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    return " ".join(sorted(plain.split()))
