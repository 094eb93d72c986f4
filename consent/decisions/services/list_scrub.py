"""A list of addresses, each answered "allowed" or "blocked", in constant memory: sets, not loops.

The list goes through in batches: hashes into a temporary table, one join with the projection that names each address's
own word by a letter, and the plain rule once for each letter. Only where the rule would ask about people (their wishes,
an address confirmed later) are those addresses, found by joins as well, answered as ``decide_all`` answers a batch.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.base.choices import AnsweredAs
from consent.base.rules import contact
from consent.base.rules.contact import Reason, Verdict
from consent.decisions.models.contact_decisions import AnswerSet
from consent.decisions.selectors import scrub_table
from consent.decisions.services import decision_batches
from consent.decisions.services.bulk_decisions import Frame, Question, decide_all, frame_of
from consent.decisions.services.reason_texts import sentence
from consent.records.selectors.client_addresses import told_of_noes
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT
from portal.kernel.core import addresses, clock
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import Refused
from portal.kernel.jobs.export_columns import escape_formula
from portal.kernel.law.category_order import POLICY_AND_SECURITY, TRANSACTIONAL
from portal.kernel.law.choices import Channel

#: Lines that are held at a time.
BATCH: Final = 200_000
BLOCK: Final = 1 << 20
#: No address is longer; a file without lines is no list.
LONGEST_LINE: Final = 64 * 1024
HEADING: Final = "address,allowed,reason\r\n"
#: What a spreadsheet takes for a number or a word, whatever it begins with.
_PLAIN: Final = re.compile(r"\+?[0-9][0-9 ()-]*|[A-Za-z0-9][\w.+-]*@[\w.-]+", re.ASCII).fullmatch
#: The codes of what is wrong with the file, not with the question.
FAULTS_OF_FILE: Final = frozenset({"EMPTY", "NOT_A_LIST"})
#: Letters of an address whose own word is a no, or counts for nothing.
_NOES: Final = frozenset({scrub_table.DENIED, scrub_table.UNPROVED, scrub_table.WITHDRAWN})
Tell = Callable[[int], None]


@dataclass
class Scrubbed:
    """What came of a list. Whole only when every line was read. Both hashes are over the salt of the reference, then the file."""

    question: Question
    reference: str = field(default_factory=decision_batches.new_reference)
    by_reason: Counter[Reason] = field(default_factory=Counter)
    allowed: int = 0
    asked_sha256: str = ""
    answers_sha256: str = ""

    @property
    def total(self) -> int:
        return sum(self.by_reason.values())

    @property
    def invalid(self) -> int:
        return self.by_reason[Reason.NO_SUCH_ADDRESS]

    @property
    def blocked(self) -> int:
        return self.total - self.allowed - self.invalid


class Scrub:
    """One list under one question: ``lines`` once, then ``done``."""

    def __init__(self, question: Question) -> None:
        """Raises Refused, naming the reason, for a question that is a no whatever the address."""
        self.frame: Frame = frame_of(question)
        refused = self.frame.refused or self.frame.barred
        if refused is not None:
            said = _("Nothing was scrubbed: the question itself is refused.")
            raise Refused(f"{said} {sentence(refused)}", code=str(refused))
        self.kind = KIND_OF_CHANNEL[Channel(question.channel)]
        if self.kind == SUBJECT:
            raise Refused(_("A list contains email addresses or numbers."), code="CHANNEL_NOT_USED")
        self.done = Scrubbed(question)
        since = self.frame.terms.meaning_since if self.frame.terms else date.min
        #: A yes of before is one to another meaning. The first day there is has no instant in every zone.
        self.meant_since = datetime.combine(max(since, date(1970, 1, 1)), time(), tzinfo=clock.IST)

    def lines(self, source: BinaryIO, *, progress: Tell | None = None) -> Iterator[bytes]:
        """The answers as CSV (RFC 4180), heading first, in the order of the list. Raises Refused for what is no list.

        Reads only, besides a temporary table of the connection.
        """
        asked, answered = decision_batches.salted(self.done.reference), decision_batches.salted(self.done.reference)
        heading = HEADING.encode()
        answered.update(heading)
        yield heading
        with scrub_table.temporary() as table:
            for batch in batches(source, asked.update):
                piece = "".join(self._answer(batch, table)).encode()
                answered.update(piece)
                yield piece
                if progress:
                    progress(self.done.total)
        self.done.asked_sha256, self.done.answers_sha256 = asked.hexdigest(), answered.hexdigest()

    def _answer(self, batch: list[str], table: scrub_table.Table) -> list[str]:
        """The lines of one batch."""
        hashed, normalise, kind = addresses.hasher(), addresses.normalise, self.kind
        keys: list[tuple[bytes, ...] | None] = []
        for text in batch:
            try:
                keys.append(hashed(normalise(kind, text)))
            except Refused:
                keys.append(None)
        letters = self._unheard(self._letters(keys, table), keys)
        tails = self._tails()
        counted = Counter(letters)
        found: list[str] = [cell(text) + tails[letter] for text, letter in zip(batch, letters, strict=True)]
        for place, key in enumerate(keys):
            if key is None:
                found[place] = cell(batch[place]) + tails[scrub_table.NO_ADDRESS]
        counted -= self._ask_about_people(batch, letters, found, table)
        for letter, count in counted.items():
            self._count(self._verdict(letter).reason, count)
        return found

    def _letters(self, keys: Sequence[tuple[bytes, ...] | None], table: scrub_table.Table) -> str:
        question, frame = self.done.question, self.frame
        if frame.category in {TRANSACTIONAL, POLICY_AND_SECURITY}:
            return "".join(scrub_table.NO_ADDRESS if key is None else scrub_table.NOTHING_SAID for key in keys)
        table.fill(keys)
        place = (question.purpose, question.channel, frame.whose or 0)
        letters = table.letters(
            *place,
            at=question.at,
            meant_since=self.meant_since,
            old_texts=sorted(frame.terms.old_at(question.at)) if frame.terms else (),
        )
        unproved = set(table.unproved(*place))
        if not unproved:
            return letters
        return "".join(scrub_table.UNPROVED if at in unproved else letter for at, letter in enumerate(letters))

    def _unheard(self, letters: str, keys: Sequence[tuple[bytes, ...] | None]) -> str:
        """The letters as a client may hear them: a no at an address it has nothing to do with is hidden from it."""
        if not self.frame.is_of_client:
            return letters
        noes = {place: key for place, key in enumerate(keys) if key and letters[place] in _NOES}
        heard = told_of_noes(self.frame.whose or 0, {one for key in noes.values() for one in key})
        hidden = {place for place, key in noes.items() if heard.isdisjoint(key)}
        return "".join(scrub_table.HIDDEN if place in hidden else letter for place, letter in enumerate(letters))

    def _ask_about_people(
        self, batch: Sequence[str], letters: str, found: list[str], table: scrub_table.Table
    ) -> Counter[str]:
        """Answer anew where people's wishes, another lookup key or a later confirmation may count."""
        open_letters = {letter for letter in set(letters) if self._is_open(letter)}
        taken: Counter[str] = Counter()
        is_essential = self.frame.category in {TRANSACTIONAL, POLICY_AND_SECURITY}
        of_senders = set() if is_essential else table.of_senders(self.frame.whose or 0)
        if not open_letters and not of_senders:
            return taken
        question = self.done.question
        special = (
            set(table.special(question.purpose, question.channel, self.frame.whose or 0)) if open_letters else set()
        )
        if scrub_table.UNVERIFIED in open_letters:
            special.update(place for place, letter in enumerate(letters) if letter == scrub_table.UNVERIFIED)
        places = sorted(of_senders.union(place for place in special if letters[place] in open_letters))
        answers = decide_all(question, (batch[place] for place in places), frame=self.frame)
        for place, answer in zip(places, answers, strict=True):
            found[place] = cell(batch[place]) + tail(answer.reason, allowed=answer.allowed)
            self._count(answer.reason, 1)
            taken[letters[place]] += 1
        return taken

    def _is_open(self, letter: str) -> bool:
        """Whether anything but the address's own word can matter; another lookup key may always hold another word."""
        if letter == scrub_table.NO_ADDRESS or self.frame.category in {
            TRANSACTIONAL,
            POLICY_AND_SECURITY,
        }:
            return False
        if letter == scrub_table.UNVERIFIED or scrub_table.has_older_keys():
            return True
        if contact.is_promotional(self.frame.category) and letter not in _NOES | {scrub_table.HIDDEN}:
            return True  # a stop may be what decides, or what is named
        return contact.asks_wishes(self.frame.category, self._verdict(letter))

    def _verdict(self, letter: str) -> Verdict:
        """The rule's answer for every address with the letter."""
        if letter == scrub_table.NO_ADDRESS:
            return Verdict(allowed=False, reason=Reason.NO_SUCH_ADDRESS)
        verdict = self.frame.verdict(scrub_table.WORDS[letter](self.done.question.at))
        if letter == scrub_table.OLD_MEANING and self.frame.terms is not None:
            return contact.as_meant(verdict, said_on=date.min, meaning_since=self.frame.terms.meaning_since)
        if letter == scrub_table.HIDDEN:
            return contact.as_unheard(verdict)
        if letter == scrub_table.OLD_TEXT:
            return contact.as_meant(verdict, said_on=None, meaning_since=date.min, is_text_old=True)
        return verdict

    def _tails(self) -> Mapping[str, str]:
        """What follows the address in its line, by letter."""
        verdicts = {letter: self._verdict(letter) for letter in (scrub_table.NO_ADDRESS, *scrub_table.WORDS)}
        return {letter: tail(verdict.reason, allowed=verdict.allowed) for letter, verdict in verdicts.items()}

    def _count(self, reason: Reason, count: int) -> None:
        self.done.by_reason[reason] += count
        if reason.startswith("ALLOWED"):
            self.done.allowed += count


def note(done: Scrubbed, *, actor: Actor, now: datetime) -> AnswerSet:
    """Keep what came of a list: one row and one leaf, in one transaction. The answers are the file that was handed over."""
    with transaction.atomic():
        return decision_batches.keep(
            reference=done.reference,
            answered_as=AnsweredAs.SCRUB,
            question=done.question,
            reasons=sorted(done.by_reason.items()),
            allowed=done.allowed,
            asked_sha256=done.asked_sha256,
            answers_sha256=done.answers_sha256,
            actor=actor,
            now=now,
        )


def tail(reason: Reason, *, allowed: bool) -> str:
    return f",{'true' if allowed else 'false'},{reason}\r\n"


def cell(text: str) -> str:
    """What stood in the list as a cell of CSV that no spreadsheet runs. A plain number or address stays as it is."""
    if _PLAIN(text):
        return text
    text = escape_formula(text)
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text


def lines_of(source: BinaryIO) -> int:
    """How many lines a list has, as far as can be told without reading them one by one; the source is at its beginning again.

    Raises Refused for what is no text, for an empty file and for one without lines.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, has_text, last = 0, False, b"\n"
    while block := source.read(BLOCK):
        text = _decoded(decoder, block)
        if len(max(block.split(b"\n"), key=len)) > LONGEST_LINE:
            raise _no_list()
        lines += block.count(b"\n")
        has_text = has_text or bool(text.strip("\ufeff \t\r\n"))
        last = block
    _decoded(decoder, b"", final=True)
    if not has_text:
        raise Refused(_("This file is empty. Give a list with one address a line."), code="EMPTY")
    source.seek(0)
    return lines + (not last.endswith(b"\n"))


def _decoded(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> str:
    """Raises Refused for bytes that are no text."""
    said = _("This file is no list: save it as plain text in UTF-8, one address a line.")
    try:
        text = decoder.decode(block, final)
    except UnicodeDecodeError:
        raise Refused(said, code="NOT_A_LIST") from None
    if "\x00" in text:
        raise Refused(said, code="NOT_A_LIST")
    return text


def _no_list() -> Refused:
    return Refused(_("This is no list: it needs one address a line."), code="NOT_A_LIST")


def batches(source: BinaryIO, hashed: Callable[[bytes], object]) -> Iterator[list[str]]:
    """The addresses of a list, one a line, without blank lines and the heading ``address``, so many at a time."""
    batch: list[str] = []
    is_first = True
    for line in _lines(source, hashed):
        text = line.decode("utf-8-sig" if is_first else "utf-8", errors="replace").strip()
        is_heading, is_first = is_first and text.strip('"').lower() == "address", False
        if not text or is_heading:
            continue
        batch.append(text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _lines(source: BinaryIO, hashed: Callable[[bytes], object]) -> Iterable[bytes]:
    rest = b""
    while block := source.read(BLOCK):
        hashed(block)
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            raise _no_list()
        yield from lines
    if rest:
        yield rest


def as_json(done: Scrubbed, ledger_index: int | None) -> dict[str, Any]:
    """The object that ``scrub --json`` prints."""
    return {
        "total": done.total,
        "allowed": done.allowed,
        "blocked": done.blocked,
        "invalid": done.invalid,
        "by_reason": {str(reason): count for reason, count in sorted(done.by_reason.items())},
        "unchecked": list(done.question.unchecked),
        "reference": done.reference,
        "salt": decision_batches.salt_of(done.reference),
        "ledger_index": ledger_index,
    }
