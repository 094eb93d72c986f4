"""May we? What stands at the address (``consent.records.selectors.address_status``), the rules of the day, and a plain answer."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from consent.base.rules import contact
from consent.base.rules.contact import NO_WISHES, Reason, Verdict, Wishes, Word
from consent.base.rules.status_fold import NO
from consent.base.selectors.contact_rulebook import PurposeTerms, Rulebook, rulebook
from consent.decisions.selectors import message_frequency, sender_accounts
from consent.decisions.services import decision_signatures, reason_texts
from consent.decisions.services.decision_signatures import Seal, SentAs, Unsigned
from consent.records.selectors import address_status, preferences, sender_consents
from consent.records.selectors.address_status import Found
from consent.records.selectors.client_addresses import told_of_noes
from consent.records.services.addresses import KIND_OF_CHANNEL, SUBJECT, subject_keys
from portal.kernel.core import addresses, clock
from portal.kernel.core.errors import Refused
from portal.kernel.law.category_order import PROMOTIONAL
from portal.kernel.law.channels import DESCRIPTIONS, OPERATORS, PLATFORMS
from portal.kernel.law.choices import Channel
from portal.kernel.people import selectors as people
from portal.kernel.people.models import ContactPoint
from portal.kernel.people.models.fiduciaries import OWN_CODE
from portal.kernel.registers.senders.rules.senders import parse_header
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import sender_issues

#: Neither header nor template was named.
UNNAMED: Final = SentAs()
_WAITS = frozenset({Reason.OUTSIDE_HOURS, Reason.DND_HOURS, Reason.QUIET_HOURS, Reason.PAUSED})


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may this be sent, may this be done?".

    ``entry`` is the ledger identity of the deciding event, ``rules`` the dated rules and purpose that were used,
    ``valid_until`` when time alone may change the answer (ask again before each message all the same: a withdrawal
    counts from its commit on). ``sent_as`` is how the question said that it is sent; ``seal`` is there if it was wanted.
    """

    allowed: bool
    reason: Reason
    entry: str | None = None
    rules: tuple[str, ...] = ()
    valid_until: datetime | None = None
    at: datetime | None = None
    about: tuple[str, ...] = field(default=(), repr=False)
    sent_as: SentAs = UNNAMED
    seal: Seal | None = field(default=None, repr=False)

    @property
    def sentence(self) -> str:
        """One plain sentence in the reader's language."""
        return reason_texts.sentence(self.reason, self.valid_until)

    @property
    def retry_at(self) -> datetime | None:
        """When the same message may be tried again, where only the hour is in the way."""
        return self.valid_until if not self.allowed and self.reason in _WAITS else None

    @property
    def signature(self) -> str | None:
        return self.seal.signature if self.seal else None

    @property
    def address_sha256(self) -> str:
        return self.seal.address_sha256 if self.seal else ""

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The parts of the message that the question did not name, and that nothing vouches for."""
        header, template, free_text, _registers = self.sent_as
        return contact.unchecked(self.about[3], header=header, template=template, free_text=free_text)

    def as_json(self) -> dict[str, Any]:
        """The object that ``may_contact --json`` prints."""
        return {
            "allowed": self.allowed,
            "reason": str(self.reason),
            "sentence": self.sentence,
            "entry": self.entry,
            "rules": list(self.rules),
            "registers": list(self.sent_as.registers),
            "unchecked": list(self.unchecked),
            "valid_until": clock.stamp(self.valid_until) if self.valid_until else None,
            "signature": self.signature,
            "salt": self.seal.salt if self.seal else None,
        }


def may_contact(
    *,
    address: str,
    purpose: str,
    channel: Channel | str,
    at: datetime,
    fiduciary: str = OWN_CODE,
    header: str | None = None,
    template: str | None = None,
    free_text: bool = False,
    subject_ref: UUID | None = None,
    sign: bool = False,
) -> Decision:
    """May a message for ``purpose`` go to ``address`` on ``channel`` at ``at``? Never raises for a bad input: that is a no.

    Header and template, as the sender writes them, must be registered for the fiduciary and for what the purpose is. Where
    they name something stricter than it, that counts; a task records where they disagree. ``free_text`` says that the message is in no
    template: by SMS and voice it may not go, on WhatsApp only soon after a message of the person (rule WA-POLICY). ``subject_ref`` stands for the address on
    push and dashboard. ``sign`` adds an Ed25519 signature over question, answer and the versions of what was read. Reads only.
    """
    way = str(channel)
    book = rulebook(at, purpose=purpose, fiduciary=fiduciary)
    terms = book.purposes.get(purpose)
    whose = book.fiduciaries.get(fiduciary)
    fault = problem(terms, whose, way, header, at)
    keys = () if fault else _keys(way, address, subject_ref)
    sent_as = UNNAMED
    signed = _text_of(way, address, subject_ref) if sign else None
    if terms is None or whose is None or fault or not keys:
        refusal = Verdict(allowed=False, reason=fault or Reason.NO_SUCH_ADDRESS)
        sent_as = SentAs(header or None, template or None, free_text)
        return _answer(refusal, None, (), at, (fiduciary, "", purpose, way, ""), sent_as, signed)
    category = terms.category
    if header or template:
        category, refused, registers = agreed(terms, whose, way, header or "", template or "", at)
        sent_as = SentAs(header or None, template or None, free_text, registers)
        if refused:
            refusal = Verdict(allowed=False, reason=refused)
            about = (fiduciary, keys[0].hex(), purpose, way, category)
            return _answer(refusal, None, (terms.label,), at, about, sent_as, signed)
    elif free_text:
        sent_as = SentAs(free_text=True)
    if free_text and not _may_be_free(way, keys, at, fiduciary):
        refusal = Verdict(allowed=False, reason=Reason.TEMPLATE_NEEDED)
        about = (fiduciary, keys[0].hex(), purpose, way, category)
        return _answer(refusal, None, (terms.label,), at, about, sent_as, signed)
    sender = senders.normal_header(way, header)[0] if header else ""
    found = address_status.at_address(
        whose, keys, purpose, way, header=sender, is_person=KIND_OF_CHANNEL[way] == SUBJECT
    )
    if found.has_senders:
        found = sender_consents.found_for(found, whose, keys, purpose, way, sender=sender)
    word = found.word
    if word is not None and not word.verified and word.answer not in NO and found.subject is not None:
        word = _confirmed_since(word, keys, found.subject)

    def under(asked: Wishes) -> Verdict:
        return contact.may_contact(
            category=category,
            channel=way,
            needs_consent=terms.needs_consent,
            word=word,
            wishes=asked,
            window=book.hours,
            at=at,
            is_holiday=book.is_holiday,
            subjects=book.subjects_of(whose),
            suppressed=found.is_suppressed,
        )

    verdict = as_meant(under(NO_WISHES), found.said_at, found.notice, terms, at=at)
    if contact.asks_wishes(category, verdict) and not _is_one_without_wishes(found, subject_ref):
        verdict = contact.of_several(
            _of_person(under(person.wishes), person, category, at)
            for person in _people(found, keys, way, subject_ref, at)
        )
    entry = _deciding_entry(verdict, found, whose, keys, purpose=purpose, channel=way, header=sender)
    if is_hidden(verdict, fiduciary, whose, keys):
        verdict, entry = contact.as_unheard(verdict), None
    about = (fiduciary, keys[0].hex(), purpose, way, category)
    return _answer(verdict, entry, _used(book, terms, category, verdict), at, about, sent_as, signed)


def _may_be_free(channel: str, keys: tuple[bytes, ...], at: datetime, fiduciary: str) -> bool:
    """Whether text outside a template may go: not over the operators, and on a platform soon after the person's own message."""
    if channel not in PLATFORMS:
        return channel not in OPERATORS
    return senders.may_send_free_text(keys, at, fiduciary=fiduciary, channel=channel)


def is_hidden(verdict: Verdict, fiduciary: str, whose: int, keys: tuple[bytes, ...]) -> bool:
    """Whether a client may not hear of this no: it has nothing to do with the address (``used_addresses``)."""
    return fiduciary != OWN_CODE and contact.is_of_a_no(verdict.reason) and not told_of_noes(whose, keys)


def _deciding_entry(verdict: Verdict, found: Found, whose: int, keys: tuple[bytes, ...], **asked: str) -> str | None:
    """The entry of the answer that decided, or of the stop that did."""
    if verdict.reason is Reason.ALLOWED_ESSENTIAL:
        return None
    if verdict.reason is Reason.SUPPRESSED and found.suppressed_at is not None:
        stop = address_status.suppression(whose, keys, found.suppressed_at, **asked)
        return str(stop.entry.event_id) if stop else None
    return found.entry


def _is_one_without_wishes(found: Found, subject_ref: UUID | None) -> bool:
    """Whether only one person counts at the address, who wishes nothing: their verdict is the one without wishes."""
    if found.wishes is not NO_WISHES or found.is_shared or not contact.speaks(found.word):
        return False
    return subject_ref is None or subject_ref == found.subject


def _people(
    found: Found, keys: tuple[bytes, ...], channel: str, subject_ref: UUID | None, at: datetime
) -> list[preferences.Person]:
    """Whose wishes count: everybody who holds the address now, whose answer counts there, and who is written to."""
    speaker = found.subject if contact.speaks(found.word) else None
    named = {ref for ref in (speaker, subject_ref) if ref is not None}
    if speaker is not None and not found.is_shared and len(named) == 1:
        return [preferences.Person(frozenset(named), found.wishes)]
    held = () if KIND_OF_CHANNEL[channel] == SUBJECT else keys
    return preferences.of_people(named | preferences.holders(held), at=at) or [preferences.NOBODY]


def _of_person(verdict: Verdict, person: preferences.Person, category: str, at: datetime) -> Verdict:
    """No promotion to a child. Counting costs a query: only for who wished it."""
    if person.is_child and contact.is_promotional(category):
        return contact.for_child()
    if not verdict.allowed or person.wishes.pace_most is None:
        return verdict
    refs = {same for ref in person.refs for same in people.refs_of(ref)}
    sent = message_frequency.sent_since(refs=refs, days=person.wishes.pace_days, at=at)
    return contact.paced(verdict, wishes=person.wishes, sent=sent)


def may_process(
    *,
    subject: UUID,
    purpose: str,
    at: datetime,
    fiduciary: str = OWN_CODE,
    sign: bool = False,
    asked_as: str = "",
) -> Decision:
    """May the subject's data be used for a purpose that is no message (analytics, call recording)? Silence is no.

    A purpose that rests on consent needs a living yes; one on another ground is stopped by a no only. What was said
    under any reference of the person counts, the latest word first. ``asked_as`` is what the question named, if not the
    subject: the signature is over that.
    """
    asked_as = asked_as or str(subject)
    book = rulebook(at, purpose=purpose, fiduciary=fiduciary)
    terms, whose = book.purposes.get(purpose), book.fiduciaries.get(fiduciary)
    fault = problem_of_use(terms, whose)
    if terms is None or whose is None or fault:
        reason = fault or Reason.NO_SUCH_PURPOSE
        return refused(reason, at=at, purpose=purpose, fiduciary=fiduciary, sign=sign, asked_as=asked_as)
    keys = keys_of_subject(subject)
    found = address_status.at_address(whose, keys, purpose, str(Channel.NONE), is_person=True)
    verdict = contact.by_consent(found.word, at=at) if terms.needs_consent else contact.without_objection(found.word)
    if verdict.reason is Reason.ALLOWED_NO_OBJECTION:
        verdict = Verdict(allowed=True, reason=Reason.ALLOWED_OTHER_BASIS)
    verdict = as_meant(verdict, found.said_at, found.notice, terms, at=at)
    if terms.is_closed_to_children and verdict.allowed and people.is_child(subject, at=at):
        verdict = contact.for_child()
    about = (fiduciary, keys[0].hex(), purpose, str(Channel.NONE), terms.category)
    return _answer(verdict, found.entry, (terms.label,), at, about, UNNAMED, asked_as if sign else None)


def as_meant(
    verdict: Verdict, said_at: datetime | None, notice: int | None, terms: PurposeTerms, *, at: datetime
) -> Verdict:
    """The verdict once it is known when the yes was said, and to which version of the notice."""
    said_on = clock.day(said_at) if said_at is not None else None
    return contact.as_meant(
        verdict, said_on=said_on, meaning_since=terms.meaning_since, is_text_old=terms.is_text_old(notice, at=at)
    )


def refused(
    reason: Reason,
    *,
    at: datetime,
    purpose: str,
    fiduciary: str,
    key: bytes = b"",
    sign: bool = False,
    asked_as: str = "",
) -> Decision:
    """A no to processing that needs no look at any answer."""
    about = (fiduciary, key.hex(), purpose, str(Channel.NONE), "")
    signed = asked_as if sign else None
    return _answer(Verdict(allowed=False, reason=reason), None, (), at, about, UNNAMED, signed)


def problem(
    terms: PurposeTerms | None, whose: int | None, channel: str, header: str | None, at: datetime
) -> Reason | None:
    """Why the question itself is a no, whatever the address."""
    if terms is None:
        return Reason.NO_SUCH_PURPOSE
    if whose is None:
        return Reason.NO_SUCH_FIDUCIARY
    if channel not in DESCRIPTIONS or not terms.sends_messages:
        return Reason.NOT_A_MESSAGE
    if header and parse_header(header).is_governments:
        return Reason.GOVERNMENT_HEADER
    return sender_accounts.refusal(whose, at)


def problem_of_use(terms: PurposeTerms | None, whose: int | None) -> Reason | None:
    """Why a question about processing is a no, whomever it is about."""
    if terms is None:
        return Reason.NO_SUCH_PURPOSE
    if whose is None:
        return Reason.NO_SUCH_FIDUCIARY
    return Reason.IS_A_MESSAGE if terms.sends_messages else None


def _keys(channel: str, address: str, subject_ref: UUID | None) -> tuple[bytes, ...]:
    kind = KIND_OF_CHANNEL[channel]
    if kind == SUBJECT:
        return keys_of_subject(subject_ref) if subject_ref else ()
    try:
        normalised = addresses.normalise(kind, address)
    except Refused:
        return ()
    if not settings.LOOKUP_KEYS_OLD:
        return (addresses.address_key(normalised),)
    return tuple(addresses.address_keys(normalised))


def keys_of_subject(subject_ref: UUID) -> tuple[bytes, ...]:
    """What stands for the person under every reference, the one that was asked for first."""
    others = sorted(people.refs_of(subject_ref) - {subject_ref})
    return tuple(key for ref in (subject_ref, *others) for key in subject_keys(ref))


def agreed(
    terms: PurposeTerms, whose: int, channel: str, header: str, template: str, at: datetime
) -> tuple[str, Reason | None, tuple[str, ...]]:
    """The category that counts, why header or template may not be used, and the versions of the entries that were read."""
    found = senders.sending(fiduciary=whose, channel=channel, header=header, template=template, at=at)
    if found.refusal:
        return terms.category, Reason(found.refusal), found.versions
    category, refusal = contact.agreed_category(terms.category, templates=found.categories, carries=found.carries)
    if refusal is not None or category != terms.category:
        sender_issues.tell(
            fiduciary=whose,
            channel=channel,
            purpose=terms.code,
            sender=found.sender,
            template=found.template,
            category=category,
        )
    return category, refusal, found.versions


def _used(book: Rulebook, terms: PurposeTerms, category: str, verdict: Verdict) -> tuple[str, ...]:
    timed = verdict.allowed or verdict.reason in _WAITS
    if category == PROMOTIONAL and timed and book.hours_label:
        return terms.label, book.hours_label
    return (terms.label,)


def _confirmed_since(word: Word, keys: tuple[bytes, ...], subject: UUID) -> Word:
    """A yes that was given before the address was confirmed counts from the confirmation on."""
    confirmed = ContactPoint.objects.filter(
        address_key__in=keys,
        principal__subject__ref__in=people.refs_of(subject),
        left_at=None,
        verified_at__isnull=False,
    ).exists()
    return Word(word.answer, verified=confirmed, expires_at=word.expires_at)


def _text_of(channel: str, address: str, subject_ref: UUID | None) -> str:
    """Whom the question names, as it was written."""
    if KIND_OF_CHANNEL.get(channel) == SUBJECT:
        return str(subject_ref) if subject_ref else address
    return f"{address}\n{subject_ref}" if subject_ref else address


def _answer(
    verdict: Verdict,
    entry: str | None,
    rules: tuple[str, ...],
    at: datetime,
    about: tuple[str, ...],
    sent_as: SentAs,
    signed: str | None,
) -> Decision:
    """``signed`` is whom the question names where the answer is to be signed, else None."""
    allowed, reason, until = verdict.allowed, verdict.reason, verdict.valid_until
    if signed is None:
        return Decision(allowed, reason, entry, rules, until, at, about, sent_as)
    header, template, free_text, _registers = sent_as
    left_open = contact.unchecked(about[3], header=header, template=template, free_text=free_text)
    salt, digest = decision_signatures.salted(signed)
    unsigned = Unsigned(about, digest, allowed, at, entry, reason, rules, sent_as, left_open, until)
    seal = Seal(decision_signatures.sign(unsigned), salt, digest)
    return Decision(allowed, reason, entry, rules, until, at, about, sent_as, seal)
