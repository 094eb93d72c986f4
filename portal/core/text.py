"""Text as people type it."""

import unicodedata


def ascii_digits(text: str) -> str:
    """The text with digits of every script (१२३) as 0-9. Other characters stay."""
    return "".join(str(unicodedata.digit(character, character)) for character in text)
