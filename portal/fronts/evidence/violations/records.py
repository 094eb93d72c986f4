"""Searches about documents, files, periods to keep, openings of records, grievances and deadlines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Replace
from django.utils.translation import gettext as _

from grievances.base.models.requests import RightsRequest
from grievances.mail.models import MailCount
from grievances.tickets.services.notifications import ACKNOWLEDGEMENTS
from kyc.base.choices import PROVED_BY_SIGNATURE, DocumentState
from kyc.base.models.checks import Check
from kyc.base.models.decisions import Decision
from kyc.base.models.documents import Document
from portal.fronts.evidence.violations.findings import Found, Window, among, within
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.law.cases import cases_of
from portal.kernel.law.choices import Ended
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import LAST_SECOND_LASTS
from portal.kernel.ledger.models import Verification
from portal.kernel.outbox.models import Message
from portal.kernel.people.choices import Answer
from portal.kernel.registers.base.models.security import AccountBlock, ContentAccess
from portal.kernel.retention.models import ErasureStep, Hold, HoldRelease
from portal.kernel.retention.services import erasure_plans, erasure_replay
from portal.kernel.vault.models import ErasureMark, ShredOrder
from portal.kernel.vault.services.files import LATE

#: The nightly run has been: what was over the night before is gone.
NIGHT = timedelta(days=1)
AADHAAR = PROVED_BY_SIGNATURE - {"digilocker_xml"}


def deadlines_missed(words: Sequence[str], window: Window) -> Found:
    """Deadlines of these kinds of work that were missed: the dates of law and our own."""
    found = cases_of(Clock.objects.filter(kind__in=words), start=window.start, end=window.end)
    return among(found.met, found.met.none(), "stopped_at") + among(found.missed, found.missed, "stopped_at")


def legal_deadlines_missed(words: Sequence[str], window: Window) -> Found:
    """Deadlines of these kinds of work that a law sets and that were missed. Our own dates are counted beside."""
    clocks = Clock.objects.filter(kind__in=words)
    found = cases_of(clocks.exclude(legal_rule=None), start=window.start, end=window.end)
    law = among(found.met, found.met.none(), "stopped_at") + among(found.missed, found.missed, "stopped_at")
    own = cases_of(clocks.filter(legal_rule=None), start=window.start, end=window.end)
    missed, count = own.missed.count(), own.met.count() + own.missed.count()
    said = _("Left out: dates of our own promises, %(missed)d of %(count)d missed.")
    return replace(law, left_out=(said % {"missed": missed, "count": count},) if count else ())


def acknowledgements_sent_late(words: Sequence[str], window: Window) -> Found:
    """Acknowledgements of grievances that had not left when the law's time for them was over, by when the message was sent."""
    letters = within(Message.objects.filter(kind__in=ACKNOWLEDGEMENTS), "created_at", window)
    rows = letters.annotate(
        owner=Replace(
            Replace("about", Value("grievances.ticket:"), Value("grievances.acknowledgement:")), Value("/acknowledged")
        )
    )
    due = Clock.objects.filter(owner=OuterRef("owner"), legal_rule__isnull=False).exclude(ended=Ended.CORRECTED)
    rows = rows.annotate(late_from=Subquery(due.order_by("due_at").values("due_at")[:1])).exclude(late_from=None)
    never = Q(sent_at=None, late_from__lte=window.end - LAST_SECOND_LASTS)
    return among(rows, rows.filter(never | Q(sent_at__gte=F("late_from") + LAST_SECOND_LASTS)), "created_at")


def documents_without_check(words: Sequence[str], window: Window) -> Found:
    """Approved documents that no check looked at."""
    rows = within(Document.objects.filter(state=DocumentState.APPROVED), "uploaded_at", window)
    return among(rows, rows.filter(~Exists(Check.objects.filter(document=OuterRef("pk")))), "uploaded_at")


def documents_without_two_people(words: Sequence[str], window: Window) -> Found:
    """Approved or rejected documents about which no two people decided."""
    decided = Document.objects.filter(state__in=(DocumentState.APPROVED, DocumentState.REJECTED))
    rows = within(decided, "uploaded_at", window)
    by_two = Decision.objects.filter(
        ~Q(checked_by=F("made_by")), document=OuterRef("pk"), answer=Answer.APPROVED, checked_by__isnull=False
    )
    return among(rows, rows.filter(~Exists(by_two)), "uploaded_at")


def documents_outside_the_vault(words: Sequence[str], window: Window) -> Found:
    """Approved documents of which the vault has no file, or one that lies under no key."""
    rows = within(Document.objects.filter(state=DocumentState.APPROVED, erased_at=None), "uploaded_at", window)
    return among(rows, rows.filter(Q(kept=None) | Q(kept__wrapped_key=b"")), "uploaded_at")


def aadhaar_without_consent(words: Sequence[str], window: Window) -> Found:
    """Aadhaar documents without the receipt of their holder's consent."""
    rows = within(Document.objects.filter(kind__in=AADHAAR), "uploaded_at", window)
    return among(rows, rows.filter(consent_ref=""), "uploaded_at")


def openings_without_purpose(words: Sequence[str], window: Window) -> Found:
    """Records of people that staff opened, or values they revealed, without a purpose."""
    kinds = (AuditKind.ADMIN_RECORD_OPENED, AuditKind.ADMIN_VALUE_REVEALED)
    rows = within(AuditEvent.objects.filter(kind__in=kinds), "at", window)
    return among(rows, rows.filter(Q(facts__purpose__isnull=True) | Q(facts__purpose="")), "at")


def contents_without_basis(words: Sequence[str], window: Window) -> Found:
    """Contents of messages or calls that were read without a case that needed it."""
    rows = ContentAccess.objects.filter(answer=Answer.APPROVED, starts_at__lt=window.end).filter(
        Q(ends_at=None) | Q(ends_at__gte=window.start)
    )
    return among(rows, rows.filter(basis_reference=""), "starts_at")


def data_past_its_period(words: Sequence[str], window: Window) -> Found:
    """Records whose period to keep was over before the last night and that nothing keeps; beside what was erased."""
    steps = within(ErasureStep.objects.filter(erased__gt=0), "finished_at", window)
    counted = [(row.erased, row.finished_at) for row in steps.only("erased", "finished_at")]
    erased, last = sum(count for count, _at in counted), max((at for _count, at in counted if at), default=None)
    totals = erasure_plans.preview(now=window.end - NIGHT)
    names = [f"{totals.to_erase} records past their period"] if totals.to_erase else []
    not_asked = [f"{name}: could not be asked" for name in totals.failed]
    return Found(
        erased + totals.to_erase + len(not_asked),
        totals.to_erase + len(not_asked),
        names=(*names, *not_asked),
        last=last,
    )


def erased_and_back(words: Sequence[str], window: Window) -> Found:
    """Erasures that are undone: what they ended is here again, since a restore from an older copy."""
    marks = ErasureMark.objects.filter(erased_at__lt=window.end)
    undone = erasure_replay.undone() if marks.exists() else 0
    return among(marks, marks.none(), "erased_at") + Found(0, undone, names=(f"{undone} erasures",) if undone else ())


def keys_not_destroyed(words: Sequence[str], window: Window) -> Found:
    """Orders to destroy a key that were not carried out within the time of three sweeps."""
    rows = within(ShredOrder.objects.all(), "ordered_at", window)
    late = Q(done_at=None, ordered_at__lt=window.end - LATE) | Q(done_at__gt=F("ordered_at") + LATE)
    return among(rows, rows.filter(late), "ordered_at")


def holds_released_by_one(words: Sequence[str], window: Window) -> Found:
    """Legal holds that ended without a decision of two people."""
    rows = within(Hold.objects.filter(released_at__isnull=False), "released_at", window)
    by_two = HoldRelease.objects.filter(
        ~Q(checked_by=F("made_by")), hold=OuterRef("pk"), answer=Answer.APPROVED, checked_by__isnull=False
    )
    return among(rows, rows.filter(~Exists(by_two)), "released_at")


def requests_without_identity(words: Sequence[str], window: Window) -> Found:
    """Requests about data that were decided though nobody had shown who asks."""
    rows = within(RightsRequest.objects.filter(decided_at__isnull=False), "decided_at", window)
    return among(rows, rows.filter(shown_at=None), "decided_at")


def mails_unexplained(words: Sequence[str], window: Window) -> Found:
    """Counts of the mailbox in which a mail had become nothing."""
    rows = within(MailCount.objects.all(), "counted_at", window)
    return among(rows, rows.filter(unexplained__gt=0), "counted_at")


def checks_of_the_ledger_failed(words: Sequence[str], window: Window) -> Found:
    """Checks of the ledger that found something."""
    rows = within(Verification.objects.filter(finished_at__isnull=False), "finished_at", window)
    return among(rows, rows.filter(ok=False), "finished_at")


def blocks_not_notified(words: Sequence[str], window: Window) -> Found:
    """Accounts that were suspended without notice to the customer, but by order of an authority; or by a machine alone."""
    rows = within(AccountBlock.objects.filter(answer=Answer.APPROVED), "starts_at", window)
    broken = rows.filter(Q(told_at=None) | Q(is_automated=True, human_check=""))
    return among(rows, broken.exclude(why="order"), "starts_at")
