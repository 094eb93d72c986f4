"""Names that may be one in another spelling or script: found by the words that sound alike, and put to a person.

Every word of the shorter name has to sound like a word of the longer one, in any order; or the two sound alike when they are
written together. The score says how alike, for whoever reads; nothing is cleared by it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from kyc.names.normal_form import words_with_titles
from kyc.names.phonetics import consonants, folded, similarity, skeleton, unvoiced
from kyc.names.romanisation import Sounds, sounds_of
from kyc.names.tables import tables

#: Of a shorter word one letter is a third: it is equal or not alike.
_SHORT: Final = 3
#: Of so many words what sounds like them is remembered: names of customers repeat.
_REMEMBERED: Final = 4_096


@dataclass(frozen=True)
class Thresholds:
    """From how much on two words, and two names, are alike: from 0 to 100. Rules of whoever asks, with a date."""

    word: int
    name: int


@dataclass(frozen=True)
class Alike:
    """``place`` is of a name in the order in which the names were given."""

    place: int
    score: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A name as it sounds in one way of writing: its words, and the letters that stand for a word."""

    words: tuple[str, ...]
    initials: tuple[str, ...] = ()


def sound_of(name: str, sounds: Sounds = "full") -> Sound:
    """A name without titles, forms of organisations and particles, as far as a word is left."""
    known, words = tables(), words_with_titles(name)
    silent = known.titles_always | known.titles_often | known.legal_forms | known.particles
    telling = [word for word in words if word not in silent] or list(words)
    written = [found for word in telling if (found := folded(word))]
    initials = tuple(folded(word) for word in telling if len(word) == 1 and folded(word))
    whole = tuple(word for word, found in zip(telling, map(folded, telling), strict=True) if found and len(word) > 1)
    if not written:
        return Sound(())
    if sounds == "consonants":
        return Sound(tuple(filter(None, (consonants(folded(word)) for word in whole))))
    if sounds == "unvoiced":
        return Sound(tuple(unvoiced(folded(word)) for word in whole), tuple(map(unvoiced, initials)))
    return Sound(tuple(map(folded, whole)), initials)


def sounds_in(name: str) -> Sounds:
    """The least that a word of the name writes of its sound."""
    found = {sounds_of(word) for word in words_with_titles(name)}
    return "consonants" if "consonants" in found else "unvoiced" if "unvoiced" in found else "full"


class Similar:
    """The names of one list, found by sound."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._tables: dict[Sounds, _Table] = {}
        self._together = ["".join(sound_of(name).words) for name in names]

    def alike(self, name: str, thresholds: Thresholds) -> list[Alike]:
        """The names that sound like this one, the most alike first."""
        sounds = sounds_in(name)
        ours = sound_of(name, sounds)
        if not ours.words:
            return []
        # One table for each way of writing that is asked for: most names are in Latin letters or the like.
        if sounds not in self._tables:
            self._tables[sounds] = _Table([sound_of(other, sounds) for other in self._names])
        found = dict(self._tables[sounds].alike(ours, thresholds))
        if sounds == "full":
            for place, score in self._written_together(ours, thresholds):
                found[place] = max(found.get(place, 0), score)
        return [Alike(place, score) for place, score in sorted(found.items(), key=lambda one: (-one[1], one[0]))]

    def _written_together(self, ours: Sound, thresholds: Thresholds) -> Iterator[tuple[int, int]]:
        whole = "".join(ours.words)
        if len(ours.words) == 1 and len(whole) <= _SHORT:
            return
        rows = process.extract(whole, self._together, scorer=fuzz.ratio, score_cutoff=thresholds.name, limit=None)
        yield from ((place, int(score)) for other, score, place in rows if len(other) > _SHORT)


class _Table:
    """Names in one way of writing, by their words."""

    def __init__(self, names: list[Sound]) -> None:
        self._names = names
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(names):
            for word in set(name.words):
                self._places[word].append(place)
        self._words = list(self._places)
        self._by_skeleton: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            self._by_skeleton[skeleton(word)].append(word)
        self._remembered: dict[tuple[str, int], list[str]] = {}

    def alike(self, ours: Sound, thresholds: Thresholds) -> Iterator[tuple[int, int]]:
        for place in self._candidates(ours, thresholds.word):
            score = score_of(ours, self._names[place], thresholds.word)
            if score >= thresholds.name:
                yield place, score

    def _candidates(self, ours: Sound, at_least: int) -> Iterator[int]:
        """Names in which every word of ours has a likeness, or of which every word has one in ours."""
        ours_in: dict[int, set[str]] = defaultdict(set)
        theirs_in: dict[int, set[str]] = defaultdict(set)
        for word in set(ours.words):
            for other in self._sounding_like(word, at_least):
                for place in self._places[other]:
                    ours_in[place].add(word)
                    theirs_in[place].add(other)
        for place, words in ours_in.items():
            if len(words) == len(set(ours.words)) or len(theirs_in[place]) == len(set(self._names[place].words)):
                yield place

    def _sounding_like(self, word: str, at_least: int) -> list[str]:
        """Remembered; several threads may ask at once."""
        known = self._remembered.get((word, at_least))
        if known is not None:
            return known
        near = process.extract(word, self._words, scorer=fuzz.ratio, score_cutoff=at_least, limit=None)
        others = {other for other, _score, _place in near} | set(self._by_skeleton.get(skeleton(word), ()))
        found = sorted(other for other in others if word_score(word, other, at_least))
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[word, at_least] = found
        return found


def word_score(one: str, other: str, at_least: int) -> float:
    """How alike two words sound; 0 for less than ``at_least``, and for short words that are not equal."""
    if one == other:
        return 100.0
    if min(len(one), len(other)) <= _SHORT:
        return 0.0
    found = similarity(one, other)
    return found if found >= at_least else 0.0


def score_of(ours: Sound, theirs: Sound, at_least: int) -> int:
    """How alike our name and a listed one sound: of the words of the shorter, by their length; 0 where one has no likeness.

    A name of one word says little: the word has to sound the same, and a listed one to have some consonants. Lists are full
    of abbreviations that sound like somebody's first name.
    """
    short, long = sorted((ours, theirs), key=lambda name: len(name.words))
    if len(theirs.words) == 1 < len(ours.words) and len(skeleton(theirs.words[0]).lstrip("A")) < _SHORT:
        return 0
    left, total, weight = list(long.words), 0.0, 0
    for word in sorted(short.words, key=len, reverse=True):
        best = max(left, key=lambda found: word_score(word, found, at_least), default="")
        score = word_score(word, best, at_least)
        if not score or (len(short.words) == 1 < len(long.words) and score < 100):
            return 0
        left.remove(best)
        total, weight = total + score * len(word), weight + len(word)
    for initial in short.initials:
        fits = next((word for word in left if word[0] == initial[0]), None)
        if fits is not None:
            left.remove(fits)
        elif left:
            return 0
    return int(total / weight) if weight else 0
