"""Searches about recipients, orders, transfers, purposes, measures, staff, links and the policy itself."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, get_hashers
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from consent.base.choices import NoticeKind, VersionState
from consent.base.models.notices import DefectMended, NoticeVersion, PolicyClause, PolicyDefect
from consent.notices.models.policy_notifications import Announcement
from consent.notices.services import draft_checks
from portal.fronts.evidence.violations.findings import Found, Window, among, held, of_names, of_rows, within
from portal.kernel.core import clock
from portal.kernel.law import bases
from portal.kernel.law import selectors as law
from portal.kernel.people.choices import SECOND_FACTORS, Answer
from portal.kernel.people.models import SignIn, User
from portal.kernel.registers.base.choices import (
    ActivityRole,
    FindingState,
    LeftOut,
    OfficerKind,
    OrderDecision,
    TrainingUse,
)
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.base.models.company import CompanyDetails
from portal.kernel.registers.base.models.officers import Officer
from portal.kernel.registers.base.models.orders import AuthorityOrder, OrderAnswer
from portal.kernel.registers.base.models.security import AuditFinding, ExternalLink, Measure
from portal.kernel.registers.entries.models.processing import Dataset, ProcessingActivity, Product
from portal.kernel.registers.entries.selectors import inventory
from portal.kernel.registers.entries.services import register_tasks
from portal.kernel.registers.recipients.models.disclosures import Disclosure
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.models.vendor_assurance import Contract, CountryRule, RecipientCheck
from portal.kernel.registers.recipients.rules import HOME, NEEDED, NEVER_LEARNED
from portal.kernel.registers.recipients.selectors import vendor_assurance

SECURE = "https://"
_ABROAD = frozenset({"NO_TRANSFER", "TRANSFER_ENDED", "TRANSFER_TOO_NARROW", "COUNTRY_DENIED"})


def recipients_lacking(words: Sequence[str], window: Window) -> Found:
    """Recipients of data that lack a contract, a check or a transfer for what they get."""
    rows = held(Recipient, window)
    lacking = vendor_assurance.lacks_of(rows, at=window.end)
    return of_rows(rows, lambda row: bool(lacking[row.code]))


def recipients_that_sell(words: Sequence[str], window: Window) -> Found:
    """Recipients that have not stated that they neither sell nor share."""
    rows = held(Recipient, window)
    checks = vendor_assurance.checks_of([row.code for row in rows], at=window.end)
    found = of_rows(rows, lambda row: row.code not in checks or not checks[row.code].sells_nothing)
    return replace(found, last=max((check.checked_at for check in checks.values() if check.checked_at), default=None))


def recipients_that_learn(words: Sequence[str], window: Window) -> Found:
    """Recipients that train models and may get what is never learned from."""
    return of_rows(
        held(RecipientCheck, window),
        lambda row: row.training_use != TrainingUse.NONE and bool(NEVER_LEARNED & set(row.allowed_categories)),
    )


def recipients_not_covered_abroad(words: Sequence[str], window: Window) -> Found:
    """Recipients abroad without a transfer that covers what they get."""
    rows = [row for row in held(Recipient, window) if row.country != HOME]
    lacking = vendor_assurance.lacks_of(rows, at=window.end)
    return of_rows(rows, lambda row: bool(_ABROAD & {str(lack) for lack in lacking[row.code]}))


def countries_without_rule(words: Sequence[str], window: Window) -> Found:
    """Recipients in countries of which no rule in the register says what laws say about them."""
    known = {row.country for row in held(CountryRule, window)}
    rows = [row for row in held(Recipient, window) if row.country != HOME]
    return of_rows(rows, lambda row: row.country not in known)


def contracts_without_confidentiality(words: Sequence[str], window: Window) -> Found:
    """Contracts without the clauses on confidentiality and security."""
    return of_rows(held(Contract, window), lambda row: not set(row.clauses) >= NEEDED)


def disclosures_without_contract(words: Sequence[str], window: Window) -> Found:
    """Disclosures, but to authorities, to a recipient that had no contract in force then."""
    rows = within(Disclosure.objects.exclude(about__startswith=AuthorityOrder.OWNER), "disclosed_at", window)
    bound = Contract.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=OuterRef("disclosed_at")),
        answer=Answer.APPROVED,
        starts_at__lte=OuterRef("disclosed_at"),
        recipient_code=OuterRef("recipient_code"),
    )
    return among(rows, rows.filter(~Exists(bound)), "disclosed_at")


def orders_answered_beyond(words: Sequence[str], window: Window) -> Found:
    """Orders that were answered with more than they ask for."""
    given = OrderAnswer.objects.filter(answer=Answer.APPROVED, decision=OrderDecision.GIVE)
    rows = within(given, "checked_at", window).select_related("order")
    return of_rows(rows, lambda row: not set(row.given_categories) <= set(row.order.asked_categories))


def orders_not_verified(words: Sequence[str], window: Window) -> Found:
    """Answered orders without the officer, the way of verification or the SHA-256 of the document."""
    rows = within(AuthorityOrder.objects.filter(answered_at__isnull=False), "answered_at", window)
    return among(rows, rows.filter(Q(officer_name="") | Q(verified_how="") | Q(paper_sha256="")), "answered_at")


def disclosures_without_order(words: Sequence[str], window: Window) -> Found:
    """Disclosures to an authority that no decision of two people about its order came before."""
    rows = within(Disclosure.objects.filter(about__startswith=AuthorityOrder.OWNER), "disclosed_at", window)
    decided = OrderAnswer.objects.filter(answer=Answer.APPROVED, checked_by__isnull=False).exclude(
        checked_by=F("made_by")
    )
    known = [(each.order.owner, each.checked_at) for each in decided.select_related("order")]
    return of_rows(
        rows,
        lambda row: not any(owner == row.about and at <= row.disclosed_at for owner, at in known if at is not None),
        "disclosed_at",
    )


def purposes_without_notice(words: Sequence[str], window: Window) -> Found:
    """Purposes in force that no published notice names."""
    rows = law.purposes_in_force(on=window.on)
    return of_rows(
        rows,
        lambda row: row.notice_published_at is None or row.notice_published_at > window.end,
        "notice_published_at",
    )


def purposes_without_record(words: Sequence[str], window: Window) -> Found:
    """Purposes in force that no record of processing names; with words, of these purposes only."""
    recorded = {code for row in held(ProcessingActivity, window) for code in row.purposes}
    rows = [row for row in law.purposes_in_force(on=window.on) if not words or row.code in words]
    return of_rows(rows, lambda row: row.code not in recorded, "recorded_at")


def purposes_without_basis(words: Sequence[str], window: Window) -> Found:
    """Purposes, and records of processing that we decide about, without a lawful basis."""
    ours = [row for row in held(ProcessingActivity, window) if row.role != ActivityRole.PROCESSOR]
    purposes = of_rows(law.purposes_in_force(on=window.on), lambda row: not row.bases, "recorded_at")
    return purposes + of_rows(ours, lambda row: not row.basis_in)


def activities_with_other_basis(words: Sequence[str], window: Window) -> Found:
    """Records of processing that we decide about and that state another lawful basis than one of their purposes does, under
    any of the laws: the purposes are what people are told.
    """
    purposes = {row.code: row for row in law.purposes_in_force(on=window.on)}
    ours = [row for row in held(ProcessingActivity, window) if row.role != ActivityRole.PROCESSOR]

    def is_other(row: ProcessingActivity) -> bool:
        return any(bases.other_bases(row.bases, (purposes[code] for code in row.purposes if code in purposes)))

    return of_rows(ours, is_other)


def categories_without_purpose(words: Sequence[str], window: Window) -> Found:
    """Kinds of data that are held and that no purpose and no record of processing names."""
    rows = held(ProcessingActivity, window)
    used = {each for row in rows for each in row.used_categories}
    used |= {each for row in law.purposes_in_force(on=window.on) for each in row.used_categories}
    kinds, said = set(inventory.categories_held()), dict(CATEGORIES)
    return of_names(
        kinds, (str(said.get(kind, kind)) for kind in kinds - used), max((row.checked_at for row in rows), default=None)
    )


def products_without_record(words: Sequence[str], window: Window) -> Found:
    """Live products without a record of processing that is valid."""
    known = {row.code for row in held(ProcessingActivity, window)}
    return of_rows(held(Product, window), lambda row: not row.activities or not set(row.activities) <= known)


def columns_not_declared(words: Sequence[str], window: Window) -> Found:
    """Columns about which the data inventory and the databases differ."""
    return Found(len(inventory.columns()), inventory.difference().count, last=clock.now())


def measures_without_evidence(words: Sequence[str], window: Window) -> Found:
    """Security measures whose evidence is missing or older than our own rule; with words, those for these ends only."""
    rows = [row for row in held(Measure, window) if not words or row.control in words]
    on = window.on
    return of_rows(
        rows,
        lambda row: row.evidence_on is None or register_tasks.evidence_until(row, now=window.end) < on,
        "evidence_on",
    )


def findings_overdue(words: Sequence[str], window: Window) -> Found:
    """Findings of audits that are open after their date."""
    rows = AuditFinding.objects.filter(answer=Answer.APPROVED, checked_at__lt=window.end)
    late = Q(state=FindingState.OPEN, due_on__lt=window.on) & (Q(ends_at=None) | Q(ends_at__gt=window.end))
    return among(rows, rows.filter(late), "checked_at")


def datasets_with_children(words: Sequence[str], window: Window) -> Found:
    """Data sets that do not leave out children and the people who opted out."""
    wanted = {LeftOut.CHILDREN, LeftOut.OPTED_OUT}
    return of_rows(held(Dataset, window), lambda row: not wanted <= set(row.left_out))


def staff_without_factor(words: Sequence[str], window: Window) -> Found:
    """Staff who can sign in without a second factor."""
    rows = User.objects.filter(is_staff=True, is_active=True)
    factor = Authenticator.objects.filter(type__in=SECOND_FACTORS, user=OuterRef("pk"))
    return among(rows, rows.filter(~Exists(factor)), "created_at")


def passwords_not_hashed(words: Sequence[str], window: Window) -> Found:
    """Logins whose password is kept in another form than a hash of ours, or none."""
    rows = User.objects.exclude(Q(password="") | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX))
    known = Q()
    for hasher in get_hashers():
        known |= Q(password__startswith=f"{hasher.algorithm}$")
    return among(rows, rows.exclude(known), "created_at")


def sign_ins_of_ended_logins(words: Sequence[str], window: Window) -> Found:
    """Sign-ins to a login that had ended."""
    rows = within(SignIn.objects.filter(outcome="signed_in"), "at", window)
    return among(rows, rows.filter(user__deactivated_at__lt=F("at")), "at")


def links_dead(words: Sequence[str], window: Window) -> Found:
    """Links to other sites that no longer answer."""
    return of_rows(held(ExternalLink, window), lambda row: row.dead_since is not None, "checked_at")


def addresses_without_tls(words: Sequence[str], window: Window) -> Found:
    """Pages without TLS: our own, those we link to, and the addresses to which our systems send."""
    is_plain: Callable[[str], bool] = lambda url: bool(url) and not url.lower().startswith(SECURE)  # noqa: E731
    own = of_names([settings.SITE_URL], [settings.SITE_URL] if is_plain(settings.SITE_URL) else [], None)
    company = CompanyDetails.objects.filter(answer=Answer.APPROVED, effective_from__lte=window.on)
    pages = company.order_by("-effective_from", "-pk")[:1]
    return (
        own
        + of_rows(pages, lambda row: is_plain(row.website))
        + of_rows(held(ExternalLink, window), lambda row: is_plain(row.url))
        + of_rows([row for row in held(Recipient, window) if row.url], lambda row: is_plain(row.url))
    )


def policy_defects_open(words: Sequence[str], window: Window) -> Found:
    """Issues of the policy in force that nobody has fixed: those found in its text when it was a draft, and each field that
    a law asks for since, by the rules of the window's last day.
    """
    version = _policies(window).first()
    if version is None:
        return Found(0, 0)
    clauses = PolicyClause.objects.filter(text=version.binding)
    defects = PolicyDefect.objects.filter(version=version)
    is_fixed = DefectMended.objects.filter(defect=OuterRef("pk"))
    named = Found(clauses.count(), 0, last=version.published_at)
    found = among(defects, defects.filter(~Exists(is_fixed)), "found_at")
    lacking = draft_checks.missing_since(version, on=window.on)
    return named + Found(len(lacking), found.broken + len(lacking), found.rows)


def _policies(window: Window) -> QuerySet[NoticeVersion]:
    rows = NoticeVersion.objects.filter(
        notice__kind=NoticeKind.PRIVACY_POLICY, state=VersionState.PUBLISHED, published_at__lt=window.end
    )
    return rows.order_by("-effective_on", "-number")


def policies_without_new_date(words: Sequence[str], window: Window) -> Found:
    """Published versions of the policy whose effective date is not later than that of the version before."""
    rows = list(_policies(window).order_by("notice_id", "number"))
    before = {(row.notice_id, row.number): row.effective_on for row in rows}

    def is_broken(row: NoticeVersion) -> bool:
        earlier = [on for (notice, number), on in before.items() if notice == row.notice_id and number < row.number]
        return any(on >= row.effective_on for on in earlier)

    return of_rows(rows, is_broken, "published_at")


def announcements_not_finished(words: Sequence[str], window: Window) -> Found:
    """Notifications of a changed policy that did not reach their end by the day after they began."""
    rows = within(Announcement.objects.all(), "begun_at", window)
    late = window.end - timedelta(days=1)
    return among(rows, rows.filter(finished_at=None, begun_at__lt=late), "begun_at")


def days_without_officer(words: Sequence[str], window: Window) -> Found:
    """Days of the period on which no Grievance Officer was in office: appointments follow each other without an end."""
    rows = Officer.objects.filter(kind=OfficerKind.GRIEVANCE_OFFICER, answer=Answer.APPROVED)
    appointed = rows.order_by("effective_from", "pk").first()
    first = clock.day(window.start)
    days = [first + timedelta(days=number) for number in range(max(1, (window.on - first).days))]
    empty = [day for day in days if appointed is None or day < appointed.effective_from]
    last = rows.order_by("-checked_at").values_list("checked_at", flat=True).first()
    return of_names([day.isoformat() for day in days], [day.isoformat() for day in empty], last)
