"""The questions of the policy map that are more than "is there such a row": each gives yes or no, and a date.

With no row to speak of the answer is no: nothing is kept that nobody has begun. The questions about orders of authorities
and the data inventory are others: before the first order none was answered wrongly, and an inventory agrees or does not.

What is asked about a day that is over is asked of the rows that there were then, but in ``OF_TODAY``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q

from portal.kernel.core import clock
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import ClockState, Ended
from portal.kernel.law.models import Clock
from portal.kernel.law.rules import latest_missed
from portal.kernel.people.choices import SECOND_FACTORS, Answer
from portal.kernel.people.models import User
from portal.kernel.registers.base.choices import ActivityRole, FindingState, LeftOut, OrderDecision, TrainingUse
from portal.kernel.registers.base.models.orders import AuthorityOrder, OrderAnswer
from portal.kernel.registers.base.models.security import AccessReview, AuditFinding, ExternalLink, Measure
from portal.kernel.registers.base.selectors.current_entries import current_officer
from portal.kernel.registers.entries.models.processing import Dataset, ProcessingActivity, Product
from portal.kernel.registers.entries.selectors import inventory
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.models.vendor_assurance import Contract, RecipientCheck
from portal.kernel.registers.recipients.rules import HOME, NEEDED, NEVER_LEARNED
from portal.kernel.registers.recipients.selectors import vendor_assurance
from portal.kernel.registers.senders.selectors.senders import in_force

Answered = tuple[bool, datetime | None]
#: Speak of the day on which they are asked: what they look at keeps no history.
OF_TODAY = frozenset({"categories_have_purposes", "inventory", "links_tried", "staff_second_factor"})


def instant(found: Any) -> datetime | None:
    """A day as its beginning in India; an instant as it is."""
    if isinstance(found, date) and not isinstance(found, datetime):
        return datetime.combine(found, time(), tzinfo=clock.IST)
    return found if isinstance(found, datetime) else None


def _latest(found: Iterable[Any]) -> datetime | None:
    known = [at for each in found if (at := instant(each)) is not None]
    return max(known) if known else None


def _of(rows: Sequence[Any], is_so: Callable[[Any], bool]) -> Answered:
    """Yes when there are rows and each is so; dated by the last that two people agreed to."""
    return bool(rows) and all(is_so(row) for row in rows), _latest(row.checked_at for row in rows)


def _held(model: type[Any], now: datetime, **filters: Any) -> list[Any]:
    return list(in_force(model._default_manager.filter(**filters), at=now))


def measures_fresh(words: Sequence[str], now: datetime) -> Answered:
    """Each measure has evidence, none of it older than the rule."""
    rows = _held(Measure, now)
    is_fresh = [
        row.evidence_on is not None and register_tasks.evidence_until(row, now=now) >= clock.day(now) for row in rows
    ]
    return bool(rows) and all(is_fresh), _latest(row.evidence_on for row in rows)


def inventory_agrees(words: Sequence[str], now: datetime) -> Answered:
    """The data inventory differs from the databases in nothing. Dated by the clock: they are looked at as they are now,
    whichever day is asked about.
    """
    return inventory.difference().count == 0, clock.now()


def products_with_records(words: Sequence[str], now: datetime) -> Answered:
    """Each live product has records of processing that hold."""
    known = set(in_force(ProcessingActivity.objects.all(), at=now).values_list("code", flat=True))
    return _of(_held(Product, now), lambda row: bool(row.activities) and set(row.activities) <= known)


def _activities(now: datetime) -> list[ProcessingActivity]:
    return _held(ProcessingActivity, now)


def subjects_recorded(words: Sequence[str], now: datetime) -> Answered:
    """Records of processing for customers, visitors, recipients of messages and partners."""
    rows = _activities(now)
    spoken = {group for row in rows for group in row.subjects}
    return {"customers", "visitors", "message_recipients", "partners"} <= spoken, _latest(r.checked_at for r in rows)


def subject_recorded(words: Sequence[str], now: datetime) -> Answered:
    rows = [row for row in _activities(now) if words[0] in row.subjects]
    return bool(rows), _latest(row.checked_at for row in rows)


def category_recorded(words: Sequence[str], now: datetime) -> Answered:
    rows = [row for row in _activities(now) if words[0] in row.used_categories]
    return bool(rows), _latest(row.checked_at for row in rows)


def purpose_recorded(words: Sequence[str], now: datetime) -> Answered:
    rows = [row for row in _activities(now) if words[0] in row.purposes]
    return bool(rows), _latest(row.checked_at for row in rows)


def purposes_recorded(words: Sequence[str], now: datetime) -> Answered:
    """Each purpose in force stands in a record of processing."""
    rows = _activities(now)
    wanted = {purpose.code for purpose in law.purposes_in_force(on=clock.day(now))}
    spoken = {code for row in rows for code in row.purposes}
    return bool(wanted) and wanted <= spoken, _latest(row.checked_at for row in rows)


def purposes_named(words: Sequence[str], now: datetime) -> Answered:
    """Each purpose in force stands in a published notice."""
    rows = law.purposes_in_force(on=clock.day(now))
    published = [row.notice_published_at for row in rows]
    return bool(rows) and all(at is not None and at <= now for at in published), _latest(published)


def categories_have_purposes(words: Sequence[str], now: datetime) -> Answered:
    """Each kind of data that a column holds stands in a record of processing or a purpose."""
    rows = _activities(now)
    purposes = law.purposes_in_force(on=clock.day(now))
    used = {each for row in rows for each in row.used_categories} | {c for p in purposes for c in p.used_categories}
    held = set(inventory.categories_held())
    return bool(rows) and held <= used, _latest(row.checked_at for row in rows)


def bases_stated(words: Sequence[str], now: datetime) -> Answered:
    """Each record of processing that we decide about, and each purpose, has its basis."""
    rows = _activities(now)
    ours = [row for row in rows if row.role != ActivityRole.PROCESSOR]
    purposes = law.purposes_in_force(on=clock.day(now))
    are_stated = all(row.basis_in for row in ours) and all(purpose.bases for purpose in purposes)
    return bool(ours) and bool(purposes) and are_stated, _latest(row.checked_at for row in rows)


def staff_second_factor(words: Sequence[str], now: datetime) -> Answered:
    """Each member of staff who can sign in has an app that gives codes. Codes for a lost app are no second factor."""
    staff = User.objects.filter(is_staff=True, is_active=True)
    factors = Authenticator.objects.filter(type__in=SECOND_FACTORS)
    last = factors.filter(user__in=staff).order_by("-created_at").values_list("created_at", flat=True)
    return staff.exists() and not staff.filter(~Exists(factors.filter(user=OuterRef("pk")))).exists(), last.first()


def findings_in_time(words: Sequence[str], now: datetime) -> Answered:
    """Findings are written down, and none that is open is over its day."""
    rows = AuditFinding.objects.filter(answer=Answer.APPROVED, checked_at__lte=now)
    late = in_force(rows.filter(state=FindingState.OPEN, due_on__lt=clock.day(now)), at=now)
    last = rows.order_by("-checked_at").values_list("checked_at", flat=True).first()
    return last is not None and not late.exists(), last


def datasets_leave_out(words: Sequence[str], now: datetime) -> Answered:
    return _of(_held(Dataset, now), lambda row: {LeftOut.CHILDREN, LeftOut.OPTED_OUT} <= set(row.left_out))


def _answers(now: datetime) -> list[OrderAnswer]:
    rows = OrderAnswer.objects.filter(answer=Answer.APPROVED, checked_at__lte=now)
    return list(rows.select_related("order"))


def orders_within(words: Sequence[str], now: datetime) -> Answered:
    """No order was answered with more than it asks for. Before the first order nothing went beyond one."""
    rows = [row for row in _answers(now) if row.decision == OrderDecision.GIVE]
    return all(set(row.given_categories) <= set(row.order.asked_categories) for row in rows), _latest(
        row.checked_at for row in rows
    )


def orders_verified(words: Sequence[str], now: datetime) -> Answered:
    """Each answered order has its officer, the way of verification and the SHA-256 of its paper."""
    rows = list(AuthorityOrder.objects.filter(answered_at__lte=now))
    return all(row.officer_name and row.verified_how and row.paper_sha256 for row in rows), _latest(
        row.answered_at for row in rows
    )


def orders_two_people(words: Sequence[str], now: datetime) -> Answered:
    """Each disclosure to an authority follows an answer of two people."""
    agreed = {row.order.owner for row in _answers(now) if row.checked_by_id and row.checked_by_id != row.made_by_id}
    rows = Disclosure.objects.filter(about__startswith=AuthorityOrder.OWNER, disclosed_at__lte=now)
    abouts = set(rows.values_list("about", flat=True))
    return abouts <= agreed, rows.order_by("-disclosed_at").values_list("disclosed_at", flat=True).first()


def no_sale(words: Sequence[str], now: datetime) -> Answered:
    """Each recipient has stated that it neither sells nor shares."""
    codes = _codes(now)
    checks = vendor_assurance.checks_of(codes, at=now)
    are_stated = all(code in checks and checks[code].sells_nothing for code in codes)
    return bool(codes) and are_stated, _latest(row.checked_at for row in checks.values())


def _codes(now: datetime) -> list[str]:
    return list(in_force(Recipient.objects.all(), at=now).values_list("code", flat=True))


def recipients_with_papers(words: Sequence[str], now: datetime) -> Answered:
    """No recipient lacks a paper."""
    rows = _held(Recipient, now)
    lacking = vendor_assurance.lacks_of(rows, at=now)
    return _of(rows, lambda row: not lacking[row.code])


def contracts_confidential(words: Sequence[str], now: datetime) -> Answered:
    return _of(_held(Contract, now), lambda row: set(row.clauses) >= NEEDED)


def service_checked(words: Sequence[str], now: datetime) -> Answered:
    """A recipient of one of these kinds was checked and is fit."""
    rows = [row for row in _held(RecipientCheck, now) if row.service in words]
    return bool(rows) and all(row.outcome != "unfit" for row in rows), _latest(row.checked_at for row in rows)


def disclosures_have_papers(words: Sequence[str], now: datetime) -> Answered:
    """Whoever got data for a check or payment stands in the book of recipients, and is bound by a contract in force."""
    rows = Disclosure.objects.filter(disclosed_at__lte=now).exclude(about__startswith=AuthorityOrder.OWNER)
    codes = set(rows.values_list("recipient_code", flat=True))
    contracts = in_force(Contract.objects.filter(recipient_code__in=codes), at=now)
    bound = set(contracts.values_list("recipient_code", flat=True))
    known = Recipient.objects.filter(answer=Answer.APPROVED, checked_at__lte=now, code__in=codes)
    booked = set(known.values_list("code", flat=True))
    last = rows.order_by("-disclosed_at").values_list("disclosed_at", flat=True).first()
    return bool(codes) and codes <= bound & booked, last


def nothing_learned(words: Sequence[str], now: datetime) -> Answered:
    """No recipient that trains models may get what is never learned from."""
    return _of(
        _held(RecipientCheck, now),
        lambda row: row.training_use == TrainingUse.NONE or not NEVER_LEARNED & set(row.allowed_categories),
    )


def access_reviewed(words: Sequence[str], now: datetime) -> Answered:
    """Who holds which role was looked at within the quarter."""
    rows = AccessReview.objects.filter(answer=Answer.APPROVED, checked_at__lte=now)
    last = rows.order_by("-checked_at").first()
    return register_tasks.access_review_due(now=now) > clock.day(now), last.checked_at if last is not None else None


def links_tried(words: Sequence[str], now: datetime) -> Answered:
    """Each listed link was tried within the last nights (house rule)."""
    nights = register_tasks.nights_of_links(now=now)
    rows = _held(ExternalLink, now)
    tried = [row.looked_at for row in rows]
    is_lately = [at is not None and (now - at).days < nights for at in tried]
    return bool(rows) and all(is_lately), _latest(tried)


def transfers_covered(words: Sequence[str], now: datetime) -> Answered:
    """Each recipient abroad has a transfer that holds and covers what it gets."""
    rows = [row for row in _held(Recipient, now) if row.country != HOME]
    lacking = vendor_assurance.lacks_of(rows, at=now)
    wanting = {"NO_TRANSFER", "TRANSFER_ENDED", "TRANSFER_TOO_NARROW", "COUNTRY_DENIED"}
    return _of(rows, lambda row: not wanting & {str(lack) for lack in lacking[row.code]})


def officer_named(words: Sequence[str], now: datetime) -> Answered:
    officer = current_officer(on=clock.day(now))
    return officer is not None, officer.checked_at if officer is not None else None


def kept_in_time(words: Sequence[str], now: datetime) -> Answered:
    """Work of these kinds was done, and no clock of it that a law gives ended after its date or runs on after it."""
    clocks = Clock.objects.filter(kind__in=words, legal_rule__isnull=False)
    ended = clocks.filter(stopped_at__lte=now)
    ran = clocks.filter(Q(state=ClockState.RUNNING) | Q(stopped_at__gt=now)).exclude(ended=Ended.CORRECTED)
    is_late = law.missed(ended).exists() or ran.filter(due_at__lte=latest_missed(now)).exists()
    last = ended.order_by("-stopped_at").values_list("stopped_at", flat=True).first()
    return last is not None and not is_late, last


QUESTIONS: Mapping[str, Callable[[Sequence[str], datetime], Answered]] = {
    "access_reviewed": access_reviewed,
    "bases_stated": bases_stated,
    "categories_have_purposes": categories_have_purposes,
    "category_recorded": category_recorded,
    "contracts_confidential": contracts_confidential,
    "datasets_leave_out": datasets_leave_out,
    "disclosures_have_papers": disclosures_have_papers,
    "findings_in_time": findings_in_time,
    "inventory": inventory_agrees,
    "kept_in_time": kept_in_time,
    "links_tried": links_tried,
    "measures_fresh": measures_fresh,
    "no_sale": no_sale,
    "nothing_learned": nothing_learned,
    "officer_named": officer_named,
    "orders_two_people": orders_two_people,
    "orders_verified": orders_verified,
    "orders_within": orders_within,
    "products_with_records": products_with_records,
    "purpose_recorded": purpose_recorded,
    "purposes_named": purposes_named,
    "purposes_recorded": purposes_recorded,
    "recipients_with_papers": recipients_with_papers,
    "service_checked": service_checked,
    "staff_second_factor": staff_second_factor,
    "subject_recorded": subject_recorded,
    "subjects_recorded": subjects_recorded,
    "transfers_covered": transfers_covered,
}
