"""A text as plain words: one case, no accents, no punctuation. Scripts of India keep their vowel signs."""

import unicodedata

#: Apostrophes join (D'Souza), as do the marks that only shape letters (category Cf).
_JOINED = frozenset("'’‘ʼ`´")
_ACCENTS = range(0x0300, 0x0370)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in order; "&" is the word "and"."""
    return tuple("".join(_plain(character) for character in _folded(text)).split())


def scripts_of(words: tuple[str, ...]) -> frozenset[str]:
    """The scripts of the letters, by their names in Unicode: LATIN, DEVANAGARI."""
    letters = (character for word in words for character in word if unicodedata.category(character).startswith("L"))
    return frozenset(unicodedata.name(letter, "UNKNOWN").split()[0] for letter in letters)


def _folded(text: str) -> str:
    """Compatible letters as one, without case (Unicode, definition D146)."""
    for _ in range(2):
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold())
    return text


def _plain(character: str) -> str:
    if character in _JOINED or ord(character) in _ACCENTS:
        return ""
    if character == "&":
        return " and "
    kind = unicodedata.category(character)
    if kind == "Cf":
        return ""
    return character if kind[0] in "LMN" else " "
