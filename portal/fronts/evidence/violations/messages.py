"""Searches about consents, messages and calls."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncTime
from django.utils.translation import ngettext

from consent.base.choices import Answer, SendFinding, Way
from consent.collection.models.cookies import CookieDefect
from consent.decisions.models.contact_decisions import GivenAnswer
from consent.decisions.models.post_opt_out_sends import SendAfterWithdrawal
from consent.decisions.services import post_opt_out_sends
from consent.records.models.events import ConsentEvent
from consent.records.models.guardians import GuardianAnswer
from consent.records.models.preferences import Preference, PreferenceChange
from portal.fronts.evidence.violations.findings import NOTHING, Found, Window, among, held, of_rows, within
from portal.kernel.core import clock
from portal.kernel.law.choices import CHOSEN, Channel, MessageCategory
from portal.kernel.law.models import LegalRule
from portal.kernel.outbox.choices import LEFT
from portal.kernel.outbox.models import Delivery, Message
from portal.kernel.people.choices import ProtectionKind
from portal.kernel.people.models import Protection
from portal.kernel.registers.recipients.models.instructions import ReportedSend
from portal.kernel.registers.senders.models.templates import ContentTemplate

HOURS = "IN-TRAI-HOURS"
CALLS = "call_recording"
COOKIES = "analytics"
#: Ways on which no text of ours is shown: the origin is evidence instead, or the consent was given before.
WITHOUT_TEXT = frozenset({Way.API, Way.CONSENT_MANAGER, Way.IMPORT, Way.MERGED})


def _given(window: Window) -> QuerySet[ConsentEvent]:
    return within(ConsentEvent.objects.filter(answer=Answer.GIVEN), "recorded_at", window)


def consents_without_notice(words: Sequence[str], window: Window) -> Found:
    """Consents given on our own ways without the text that was shown. Those that came another way are counted beside."""
    given = _given(window)
    rows = given.exclude(way__in=WITHOUT_TEXT)
    others = given.filter(way__in=WITHOUT_TEXT).count()
    said = ngettext(
        "Left out: %(count)d consent that was imported, merged, or came by API or a consent manager; no text of ours was shown.",
        "Left out: %(count)d consents that were imported, merged, or came by API or a consent manager; no text of ours was "
        "shown.",
        others,
    )
    found = among(rows, rows.filter(notice_sha256=""), "recorded_at")
    return replace(found, left_out=(said % {"count": others},) if others else ())


def consents_without_leaf(words: Sequence[str], window: Window) -> Found:
    """Consent records of days that are over without a leaf of the ledger: a record of today is sealed within a minute."""
    today = datetime.combine(window.on, time.min, tzinfo=clock.IST)
    rows = within(ConsentEvent.objects.all(), "recorded_at", window)
    broken = rows.filter(entry__leaf=None, recorded_at__lt=today)
    return among(rows, broken, "recorded_at")


def calls_without_consent(words: Sequence[str], window: Window) -> Found:
    """Calls whose recording was allowed, or reported, while no consent to it was valid."""
    said = GivenAnswer.objects.filter(purpose=CALLS, allowed=True)
    asked = within(said, "answered_at", window)
    consent = ConsentEvent.objects.filter(
        entry__event_id=OuterRef("entry_ref"), purpose=CALLS, answer__in=(Answer.GIVEN, Answer.RENEWED)
    )
    recorded = within(ReportedSend.objects.filter(purpose=CALLS), "sent_at", window)
    return among(asked, asked.filter(~Exists(consent)), "answered_at") + among(recorded, _refused(recorded), "sent_at")


def _refused(sends: QuerySet[ReportedSend]) -> QuerySet[ReportedSend]:
    """Of the sends, those before which the last record about the address was no consent, or none at all."""
    said = ConsentEvent.objects.filter(
        address_key=OuterRef("address_key"), purpose=OuterRef("purpose"), recorded_at__lt=OuterRef("sent_at")
    ).order_by("-recorded_at", "-pk")
    last = sends.annotate(last_answer=said.values("answer")[:1])
    return last.exclude(last_answer__in=(Answer.GIVEN, Answer.RENEWED)) | last.filter(last_answer=None)


def sends_after_stop(words: Sequence[str], window: Window) -> Found:
    """Messages on a channel that was stopped: those that the comparison of each minute found, and those it has not reached."""
    ours = within(Message.objects.filter(state__in=LEFT, category__in=CHOSEN), "sent_at", window)
    theirs = within(ReportedSend.objects.all(), "sent_at", window)
    known = SendAfterWithdrawal.objects.all()
    late = within(known.exclude(finding=SendFinding.WRONG_REPORT), "sent_at", window)
    more = {
        send.label
        for send in post_opt_out_sends.not_compared(until=window.end)
        if window.start <= send.sent_at < window.end and not known.filter(send=send.label).exists()
    }
    sent = among(ours, ours.none(), "sent_at") + among(theirs, theirs.none(), "sent_at")
    found = among(late.none(), late, "sent_at")
    total = sent + found + Found(0, len(more), names=tuple(sorted(more)))
    # A message may have been erased since: the finding stays.
    return replace(total, population=max(total.population, total.broken))


def sends_at_night(words: Sequence[str], window: Window) -> Found:
    """Promotional messages outside the hours of the rule."""
    rule = LegalRule.objects.in_force(window.on).filter(key=HOURS).first()
    rows = within(Message.objects.filter(category=MessageCategory.PROMOTIONAL, state__in=LEFT), "sent_at", window)
    if rule is None:
        return NOTHING
    begins, ends = (time.fromisoformat(value) for value in rule.values)
    local = rows.annotate(at=TruncTime("sent_at", tzinfo=clock.IST))
    return among(rows, local.filter(Q(at__lt=begins) | Q(at__gte=ends)), "sent_at")


def sends_without_outcome(words: Sequence[str], window: Window) -> Found:
    """Messages that left and of which no outcome was kept."""
    rows = within(Message.objects.filter(state__in=LEFT), "sent_at", window)
    outcome = Delivery.objects.filter(message=OuterRef("pk"))
    return among(rows, rows.filter(~Exists(outcome)), "sent_at")


def sends_though_blocked(words: Sequence[str], window: Window) -> Found:
    """Sends that a sending system reported though the last decision before them was no."""
    said = GivenAnswer.objects.filter(
        address_key=OuterRef("address_key"),
        purpose=OuterRef("purpose"),
        channel=OuterRef("channel"),
        answered_at__lte=OuterRef("sent_at"),
    ).order_by("-answered_at", "-pk")
    rows = within(ReportedSend.objects.all(), "sent_at", window).annotate(was_allowed=said.values("allowed")[:1])
    return among(rows, rows.filter(was_allowed=False), "sent_at")


def promotion_in_essentials(words: Sequence[str], window: Window) -> Found:
    """Templates of messages that nobody can stop, with words of promotion in them."""
    rows = held(ContentTemplate, window, category=MessageCategory.TRANSACTIONAL)
    return of_rows(rows, lambda row: any("PROMOTIONAL" in str(each.get("code")) for each in row.findings))


def cookies_without_place(words: Sequence[str], window: Window) -> Found:
    """Cookies that were set without being listed or chosen, beside the choices about cookies that were recorded."""
    chosen = within(ConsentEvent.objects.filter(purpose=COOKIES, channel=Channel.NONE), "recorded_at", window)
    broken = within(CookieDefect.objects.all(), "last_at", window)
    return among(chosen, chosen.none(), "recorded_at") + among(broken, broken, "last_at")


def consents_of_children(words: Sequence[str], window: Window) -> Found:
    """Consents of a person who was known as a child then, without the consent of a parent or guardian."""
    child = Protection.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=OuterRef("recorded_at")),
        Q(adult_on=None) | Q(adult_on__gt=OuterRef("recorded_at")),
        kind=ProtectionKind.CHILD,
        subject_ref=OuterRef("subject_ref"),
        noted_at__lte=OuterRef("recorded_at"),
    )
    guardian = GuardianAnswer.objects.filter(receipt=OuterRef("receipt"))
    rows = _given(window)
    return among(rows, rows.filter(Exists(child), ~Exists(guardian)), "recorded_at")


def preferences_without_history(words: Sequence[str], window: Window) -> Found:
    """Preferences of which no change was kept."""
    rows = Preference.objects.filter(changed_at__lt=window.end)
    change = PreferenceChange.objects.filter(subject_ref=OuterRef("subject_ref"))
    return among(rows, rows.filter(~Exists(change)), "changed_at")
