"""What a reply to a message means: STOP and its kin in English, Hindi and Marathi, in Devanagari and Latin letters.

Plain text in, no database. A word counts as the whole message or as its first word, with at most one letter wrong; in Hindi
and Marathi, where the verb comes last, also as what ends the sentence. Where it is not clear how much is to stop, everything promotional is. A sentence that is no such word is somebody's trouble and
becomes a grievance; a short word that we do not know ("ok") is nothing.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Effect(StrEnum):
    """What follows from a message."""

    STOP = "stop"
    #: A stop in a long sentence: it stops, and somebody reads the rest.
    STOP_AND_GRIEVANCE = "stop_and_grievance"
    #: The person wants messages: lifts nothing, and brings the question with its notice.
    START = "start"
    GRIEVANCE = "grievance"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Meaning:
    """``word`` is the word of our list that was meant, ``language`` the reader's as far as the word tells.

    ``only_here``: the person named the sender that was written to, and nothing else.
    """

    effect: Effect
    word: str = ""
    language: str = ""
    only_here: bool = False


#: Words that stop at the head of whatever follows.
_STOP: Final[Mapping[str, str]] = {
    "stop": "en",
    "stopall": "en",
    "stopp": "en",
    "unsubscribe": "en",
    "optout": "en",
    "revoke": "en",
    "unsub": "en",
    "बंद": "hi",
    "बन्द": "hi",
    "रोको": "hi",
    "रोकें": "hi",
    "रोकिए": "hi",
    "roko": "hi",
    "rokiye": "hi",
    "रुको": "hi",
    "स्टॉप": "hi",  # how telephones write a spoken STOP
    "स्टाप": "hi",
    "थांबा": "mr",
    "थांबवा": "mr",
    "थांब": "mr",
    "thamba": "mr",
    "thambva": "mr",
    "thambwa": "mr",
    "नको": "mr",
    "nako": "mr",
}
#: Words with another meaning at the head of a sentence ("end of month", "cancel my order"): alone, or with fillers only.
_STOP_ALONE: Final[Mapping[str, str]] = {
    "end": "en",
    "dnd": "en",
    "quit": "en",
    "cancel": "en",
    "band": "hi",
    "bandh": "hi",
    "bund": "hi",
    "ruko": "hi",
    "rok": "hi",
    "रोक": "hi",
}
#: Several words that belong together, at the head of the message.
_STOP_PHRASES: Final[Mapping[tuple[str, ...], str]] = {
    ("opt", "out"): "en",
    ("remove", "me"): "en",
    ("no", "more"): "en",
    ("dont", "send"): "en",
    ("do", "not", "send"): "en",
    ("dont", "message"): "en",
    ("do", "not", "message"): "en",
    ("dont", "text"): "en",
    ("do", "not", "text"): "en",
    ("dont", "call"): "en",
    ("do", "not", "call"): "en",
    ("do", "not", "disturb"): "en",
    ("मत", "भेजो"): "hi",
    ("मत", "भेजिए"): "hi",
    ("नहीं", "चाहिए"): "hi",
    ("mat", "bhejo"): "hi",
    ("nahi", "chahiye"): "hi",
    ("nahin", "chahiye"): "hi",
    ("पाठवू", "नका"): "mr",
    ("pathvu", "naka"): "mr",
    ("pathavu", "naka"): "mr",
    ("बंद", "करा"): "mr",
    ("band", "kara"): "mr",
    ("bandh", "kara"): "mr",
}
#: Hindi and Marathi put the verb last: these end a sentence that asks to stop, whatever it names before them.
_STOP_AT_THE_END: Final[Mapping[tuple[str, ...], str]] = {
    **{("बंद", *verb): "hi" for verb in (("करो",), ("करें",), ("करे",), ("कीजिए",), ("कर", "दो"), ("कर", "दीजिए"))},
    **{("रोक", *verb): "hi" for verb in (("दो",), ("दीजिए",), ("दें",))},
    ("मत", "भेजो"): "hi",
    ("मत", "भेजें"): "hi",
    ("मत", "भेजिए"): "hi",
    ("मत", "भेजना"): "hi",
    **{
        (word, *verb): "hi"
        for word in ("band", "bandh", "bund")
        for verb in (("karo",), ("kare",), ("karen",), ("kijiye",), ("kar", "do"))
    },
    ("mat", "bhejo"): "hi",
    ("mat", "bhejna"): "hi",
    ("बंद", "करा"): "mr",
    ("बंद", "करावे"): "mr",
    ("band", "kara"): "mr",
    ("bandh", "kara"): "mr",
    ("पाठवू", "नका"): "mr",
    ("pathvu", "naka"): "mr",
    ("pathavu", "naka"): "mr",
    ("थांबवा",): "mr",
    ("थांबवावे",): "mr",
    ("thambva",): "mr",
    ("thambwa",): "mr",
}
_START: Final[Mapping[str, str]] = {
    "start": "en",
    "unstop": "en",
    "subscribe": "en",
    "resume": "en",
    "शुरू": "hi",
    "शुरु": "hi",
    "चालू": "hi",
    "shuru": "hi",
    "सुरू": "mr",
    "suru": "mr",
    "chalu": "mr",
}
#: Said before the word, and not meant.
_POLITE: Final = frozenset({"please", "pls", "plz", "kindly", "hi", "hello", "कृपया", "kripya", "krupaya", "प्लीज", "जी"})
#: Said in English before the word: "I want to stop", "can you unsubscribe me".
_WISHING: Final = _POLITE | frozenset(
    {"i", "id", "im", "we", "you", "want", "wish", "need", "would", "like", "to", "can", "could", "just", "must"}
)
#: Said with a word without widening or changing it.
_FILLERS: Final = _POLITE | frozenset(
    {
        *(
            "all",
            "it",
            "this",
            "these",
            "them",
            "now",
            "everything",
            "me",
            "my",
            "the",
            "sending",
            "texting",
            "calling",
        ),
        *("message", "messages", "msg", "msgs", "sms", "text", "texts", "promo", "promos", "promotions", "promotion"),
        *("promotional", "ads", "offers", "spam", "whatsapp", "calls", "call", "rcs", "mail", "email", "sir", "madam"),
        *("करो", "करें", "कर", "दो", "दीजिए", "कीजिए", "सब", "सभी", "ये", "यह", "संदेश", "मैसेज", "अब", "है"),
        *("karo", "kar", "do", "karen", "kare", "kijiye", "dijiye", "sab", "ye", "yeh", "ab", "abhi"),
        *(
            "करा",
            "सर्व",
            "हे",
            "आता",
            "मला",
            "मुझे",
            "भेजना",
            "पाठवणे",
            "kara",
            "sarv",
            "he",
            "aata",
            "ata",
            "मेसेज",
            "जाहिराती",
        ),
        *("आपके", "आपका", "तुमचे", "तुमचा", "प्रचार", "प्रचाराचे", "वाले", "विज्ञापन", "कॉल", "फोन", "फ़ोन"),
        *("aapke", "tumche", "mujhe", "mala", "bhejna", "pathavne", "wale", "prachar"),
    }
)
#: One letter from a word of ours, and words of their own.
_LOOKALIKES: Final = frozenset(
    {
        *(
            "shop",
            "step",
            "top",
            "stow",
            "slop",
            "stoop",
            "strop",
            "stock",
            "stork",
            "quiet",
            "quite",
            "suit",
            "revoked",
        ),
        *("bank", "hand", "land", "sand", "brand", "bend", "bond", "star", "stark", "smart", "tart", "resumed", "guru"),
    }
)
_SHORTEST_FUZZY: Final = 4
#: From so many words on a message is a sentence that somebody should read.
SENTENCE: Final = 5
#: Shorter ones that we do not know are nothing: "ok", "thank you".
_MARKS: Final = ("L", "M", "N")


def read(text: str, *, sender: str = "") -> Meaning:
    """What the message means. ``sender`` is the header, number or code it was written to, as registered."""
    words = _words(text)
    while words and words[0] in _POLITE:
        words = words[1:]
    if not words:
        return Meaning(Effect.NOTHING)
    found = _stop(words)
    if found is not None:
        word, language, rest, read_from = found
        language = _closer(language, words)
        named = "".join(_words(sender))
        if named and "".join(rest) == named:
            return Meaning(Effect.STOP, word, language, only_here=True)
        # "Stop all these messages please" is a stop and no more; a story after the word is read by somebody.
        story = [each for each in rest if each not in _FILLERS]
        effect = Effect.STOP_AND_GRIEVANCE if len(story) >= read_from else Effect.STOP
        return Meaning(effect, word, language)
    started = _match(words[0], _START)
    if started is not None and all(each in _FILLERS for each in words[1:]):
        return Meaning(Effect.START, started, _START[started])
    return Meaning(Effect.GRIEVANCE if len(words) >= SENTENCE else Effect.NOTHING)


def pressed(digits: str, *, stop_keys: Iterable[str]) -> Meaning:
    """What a key press during a call means."""
    is_stop = digits.strip() in set(stop_keys)
    return Meaning(Effect.STOP, "key") if is_stop else Meaning(Effect.NOTHING)


def _stop(words: Sequence[str]) -> tuple[str, str, Sequence[str], int] | None:
    """The word that stops, its language, what was said beside it, and from how many words of that on somebody reads it."""
    for phrase, language in _STOP_PHRASES.items():
        if tuple(words[: len(phrase)]) == phrase:
            return " ".join(phrase), language, words[len(phrase) :], SENTENCE
    head = next((at for at, word in enumerate(words) if word not in _WISHING), 0)
    first = _match(words[head], _STOP)
    if first is not None:
        return first, _STOP[first], words[head + 1 :], SENTENCE
    alone = _match(words[0], _STOP_ALONE)
    if alone is not None and all(each in _FILLERS for each in words[1:]):
        return alone, _STOP_ALONE[alone], words[1:], SENTENCE
    return _at_the_end(words)


def _at_the_end(words: Sequence[str]) -> tuple[str, str, Sequence[str], int] | None:
    """The same where the sentence ends in it. What was said before says what is to stop: "मेरा खाता बंद करो" is about an
    account, so one word that we do not know is enough for somebody to read it.
    """
    for phrase, language in _STOP_AT_THE_END.items():  # "संदेश भेजना बंद करें", "मला संदेश पाठवणे थांबवा"
        if tuple(words[-len(phrase) :]) == phrase:
            return " ".join(phrase), language, words[: -len(phrase)], 1
    last = tuple(words[-2:])
    if len(words) < SENTENCE and last in _STOP_PHRASES:  # "message nahi chahiye"
        return " ".join(last), _STOP_PHRASES[last], (), SENTENCE
    if len(words) < SENTENCE and words[-1] in _AT_THE_END and all(each in _FILLERS for each in words[:-1]):
        return words[-1], _STOP[words[-1]], (), SENTENCE
    return None


#: Alone at the end, with fillers only: "मेसेज नको".
_AT_THE_END: Final = frozenset({"नको", "nako", "रोको", "roko", "बंद"})


def _closer(language: str, words: Sequence[str]) -> str:
    """One word is said in both languages; the verb beside it tells which."""
    marathi = {"करा", "kara", "नका", "naka"}
    return "mr" if language == "hi" and marathi & set(words) else language


def _match(word: str, known: Iterable[str]) -> str | None:
    """The word of the list that is meant: the same, or one letter off where it is long enough to tell."""
    listed = list(known)
    if word in listed:
        return word
    if word in _LOOKALIKES or len(word) < _SHORTEST_FUZZY - 1:
        return None
    return next((each for each in listed if len(each) >= _SHORTEST_FUZZY and _one_edit(word, each)), None)


def _one_edit(one: str, other: str) -> bool:
    """One letter put in, left out or another one, or two neighbours the wrong way round."""
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    differs = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[differs:] == other[differs + 1 :]
    swapped = one[:differs] + one[differs : differs + 2][::-1] + one[differs + 2 :]
    return one[differs + 1 :] == other[differs + 1 :] or swapped == other


def _words(text: str) -> list[str]:
    """Words in small letters: marks, emoji and invisible characters apart, and "opt-out" as one word."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("’", "").replace("-", "")
    kept = "".join(letter if unicodedata.category(letter)[0] in _MARKS else _gap(letter) for letter in plain)
    return kept.split()


def _gap(letter: str) -> str:
    """Invisible characters stand within words (joiners); everything else parts them."""
    return "" if unicodedata.category(letter) == "Cf" else " "
