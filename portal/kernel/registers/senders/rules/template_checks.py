"""What is wrong with the text of a template. From plain values: the words, kinds and lists come in as ``LintTerms``.

Finds lean towards finding too much: an error is mended by a listed link or a changed word, a warning by a reason.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from portal.kernel.law.category_order import PROMOTIONAL

ERROR, WARNING = "error", "warning"
#: Stands for a variable while links and numbers are looked for: no part of a word, a link's host or a number.
VARIABLE = "\ue000"
BLANK = " "
_BRACES = re.compile(r"\{#(?P<tag>[^{}#]*)#\}|\{\{(?P<plain>[^{}]*)\}\}|[{}]")
#: The marks of templates, of Python and of mail merges: braces, %(name)s, <<name>> and [[name]].
_PLACEHOLDER = re.compile(r"\$?\{{1,8}[^{}\n]{0,80}\}{1,8}|[{}]|%\(\w+\)[sd]|<<[^<>\n]{1,80}>>|\[\[[^\[\]\n]{1,80}\]\]")
#: No pattern here looks at more than a few characters again from each next one: a text may be long and one letter.
_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.\-]{0,31}://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"(?<!\S)\S+@\S+")
_DATE = re.compile(r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d)")
_NUMBER = re.compile(r"(?<!\w)\+?\d(?:[\s().\-]{0,2}\d){6,}(?!\w)")
_SHORT = re.compile(r"(?:stop|sms|call|dial|text|whatsapp)\b[^.\n]{0,20}?(?<!\w)(?P<code>\d{4,6})(?!\w)", re.IGNORECASE)
_CLOSING = ".,;:!?)]}'\"।"
#: Joiners that Indian scripts need; every other invisible character hides something.
_JOINERS = "\u200c\u200d"
_LETTER = r"[\w\u0900-\u0dff]"


@dataclass(frozen=True, slots=True)
class Finding:
    """One find: its code, how grave it is, and its place in the text (none for the text as a whole)."""

    code: str
    severity: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class LintTerms:
    """What texts are checked against: ``portal/kernel/registers/data/template_lint.toml`` and the rules of the law."""

    kinds: frozenset[str]
    most_variables: int | None
    tagged_channels: frozenset[str]
    sender_channels: frozenset[str]
    opt_out_channels: frozenset[str]
    opt_out: re.Pattern[str]
    promotional: re.Pattern[str]
    maybe_promotional: re.Pattern[str]
    bare_link: re.Pattern[str]
    longest: dict[str, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """A template as it is checked. ``senders`` are the categories that each chosen sender may carry."""

    text: str
    channel: str
    category: str
    brand: str
    senders: Sequence[frozenset[str]] = ()
    links: Sequence[str] = ()
    numbers: Sequence[str] = ()


def words(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern for whole words or phrases, blanks between their words as people leave them."""
    return re.compile("|".join(_word(plain(phrase).split()) for phrase in phrases) or r"(?!)")


def _word(parts: list[str]) -> str:
    """Whole words only; a phrase that begins with a sign ("% off") may stand right behind a number."""
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, parts[0]) else ""
    return before + r"\s+".join(re.escape(part) for part in parts) + rf"(?!{_LETTER})"


def bare_links(endings: Iterable[str]) -> re.Pattern[str]:
    """A pattern for a host without a scheme, which telephones make a link of."""
    each = "|".join(re.escape(ending) for ending in sorted(endings, key=len, reverse=True))
    return re.compile(rf"(?<![@\w.\-])(?:\w(?:[\w\-]*\w)?\.)+(?:{each})(?!{_LETTER})\S*", re.IGNORECASE)


def plain(text: str) -> str:
    """Full-width and styled letters as ordinary small ones, each in its place: offsets stay true."""
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    folded = unicodedata.normalize("NFKC", letter).casefold()
    return folded if len(folded) == 1 else letter


def lint(draft: Draft, terms: LintTerms) -> list[Finding]:
    """Every find, in the order of the text; those about the text as a whole come first."""
    if not draft.text.strip():
        return [Finding("TEXT_EMPTY", ERROR)]
    open_text = _without_variables(plain(draft.text))
    found = [
        *_about_senders(draft, terms),
        *_about_words(draft, terms, open_text),
        *_about_variables(draft, terms),
        *_hidden(draft.text),
        *_links_and_numbers(draft, terms, open_text),
        *_length(draft, terms),
    ]
    return sorted(found, key=lambda find: (-1 if find.start is None else find.start, find.code))


def _about_senders(draft: Draft, terms: LintTerms) -> Iterator[Finding]:
    if draft.channel in terms.sender_channels and not draft.senders:
        yield Finding("SENDER_MISSING", ERROR)
    if any(draft.category not in carries for carries in draft.senders):
        yield Finding("HEADER_MISMATCH", ERROR)


def _about_words(draft: Draft, terms: LintTerms, text: str) -> Iterator[Finding]:
    if not draft.brand.strip() or plain(draft.brand.strip()) not in text:
        yield Finding("BRAND_MISSING", ERROR)
    if draft.category == PROMOTIONAL:
        if draft.channel in terms.opt_out_channels and not terms.opt_out.search(text):
            yield Finding("OPT_OUT_MISSING", ERROR)
        return
    for match in terms.promotional.finditer(text):
        yield Finding("PROMOTIONAL_WORD", ERROR, *match.span())
    for match in terms.maybe_promotional.finditer(text):
        yield Finding("PROMOTIONAL_WORD_MAYBE", WARNING, *match.span())


def found_words(pattern: re.Pattern[str], text: str) -> list[str]:
    """The words of the pattern that stand in the text, as they are written there."""
    return [text[slice(*match.span())] for match in pattern.finditer(_without_variables(plain(text)))]


def has_variables(text: str) -> bool:
    """Whether something in the text is filled in for each person."""
    return bool(_BRACES.search(text))


def _about_variables(draft: Draft, terms: LintTerms) -> Iterator[Finding]:
    count = 0
    for match in _BRACES.finditer(draft.text):
        tag, bare = match["tag"], match["plain"]
        if tag is None and bare is None:
            yield Finding("VARIABLE_BROKEN", ERROR, *match.span())
            continue
        count += 1
        is_tagged = tag is not None and tag.strip().casefold() in terms.kinds
        is_free = bare is not None and draft.channel not in terms.tagged_channels and bare.strip() != ""
        if not is_tagged and not is_free:
            yield Finding("VARIABLE_NOT_TAGGED", ERROR, *match.span())
    if terms.most_variables is not None and count > terms.most_variables and draft.channel in terms.tagged_channels:
        yield Finding("TOO_MANY_VARIABLES", WARNING)


def _hidden(text: str) -> Iterator[Finding]:
    for place, letter in enumerate(text):
        if letter in _JOINERS:
            is_hidden = not "\u0900" <= text[max(place - 1, 0)] <= "\u0dff"
        else:
            is_hidden = letter != "\n" and unicodedata.category(letter) in {"Cc", "Cf", "Co"}
        if is_hidden:
            yield Finding("HIDDEN_CHARACTER", ERROR, place, place + 1)


def _length(draft: Draft, terms: LintTerms) -> Iterator[Finding]:
    longest = terms.longest.get(draft.channel)
    if longest is not None and len(draft.text) > longest:
        yield Finding("TOO_LONG", ERROR, longest, len(draft.text))


def _links_and_numbers(draft: Draft, terms: LintTerms, text: str) -> Iterator[Finding]:
    """Links first, then addresses and dates are blanked, so that none of them is read as a number or a bare host."""
    for start, end in _spans(_SCHEME, text):
        if not link_is_listed(text[start:end], draft.links):
            yield Finding("LINK_NOT_LISTED", ERROR, start, end)
    text = _blank(_EMAIL, _blank(_SCHEME, text))
    for start, end in _spans(terms.bare_link, text):
        if not link_is_listed(text[start:end], draft.links):
            yield Finding("LINK_NOT_LISTED", ERROR, start, end)
    text = _blank(_DATE, _blank(terms.bare_link, text))
    allowed = {form for number in draft.numbers for form in forms_of(number)}
    spans = [match.span() for match in _NUMBER.finditer(text)]
    short = _blank(_NUMBER, text)
    for start, end in [*spans, *(match.span("code") for match in _SHORT.finditer(short))]:
        if not forms_of(text[start:end]) & allowed:
            yield Finding("NUMBER_NOT_LISTED", ERROR, start, end)


def foreign_links(text: str, *, listed: Iterable[str], bare_link: re.Pattern[str]) -> list[str]:
    """The links of a text that lead nowhere under a listed one, as they are written there."""
    known, open_text = list(listed), plain(text)
    spans = [*_spans(_SCHEME, open_text), *_spans(bare_link, _blank(_EMAIL, _blank(_SCHEME, open_text)))]
    return [text[start:end] for start, end in sorted(spans) if not link_is_listed(open_text[start:end], known)]


def placeholders(text: str) -> list[str]:
    """What looks as if a program were to fill it in for each person, as it is written there."""
    return [match.group() for match in _PLACEHOLDER.finditer(text)]


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Where the pattern stands, without the stop or bracket that ends the sentence."""
    for match in pattern.finditer(text):
        yield match.start(), match.start() + len(match.group().rstrip(_CLOSING))


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: BLANK * len(match.group()), text)


def _without_variables(text: str) -> str:
    return _BRACES.sub(lambda match: VARIABLE * len(match.group()), text)


def forms_of(number: str) -> set[str]:
    """The digits of a number, and the same without India's code or the 0 before it."""
    digits = "".join(str(unicodedata.digit(letter)) for letter in number if letter.isdigit())
    without = digits[2:] if len(digits) == 12 and digits.startswith("91") else digits.removeprefix("0")
    return {digits, without} - {""}


def link_is_listed(link: str, listed: Iterable[str]) -> bool:
    """Whether a link lies at or under a listed one: the same host and port, and its path or deeper."""
    asked = _split(link)
    return any(_lies_under(asked, _split(one)) for one in listed) if asked else False


def _split(link: str) -> SplitResult | None:
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        has_host = bool(parts.hostname) and parts.port != 0  # a port that is no number raises
    except ValueError:
        return None
    return parts if has_host and VARIABLE not in parts.netloc and not parts.username else None


def _lies_under(asked: SplitResult, one: SplitResult | None) -> bool:
    if one is None or (asked.scheme, asked.hostname, asked.port) != (one.scheme, one.hostname, one.port):
        return False
    root = one.path.rstrip("/").casefold()
    path = asked.path.casefold()
    return ".." not in path.split("/") and (path in {root, f"{root}/"} or path.startswith(f"{root}/"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text and the numbers (from 1) of the finds that lie on it."""

    text: str
    finds: tuple[int, ...] = ()


def pieces(text: str, findings: Sequence[Finding]) -> list[Piece]:
    """The text cut where finds begin and end, to be shown with each place marked."""
    placed = [
        (number, find.start, find.end)
        for number, find in enumerate(findings, start=1)
        if find.start is not None and find.end is not None
    ]
    cuts = sorted({0, len(text), *(start for _n, start, _e in placed), *(end for _n, _s, end in placed)})
    return [
        Piece(text[start:end], tuple(number for number, first, last in placed if first <= start and end <= last))
        for start, end in itertools.pairwise(cuts)
    ]
