"""Searches for violations of promises: each finds a planted violation, links to it, and finds nothing without it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from consent.models import (
    Announcement,
    ConsentEvent,
    CookieDefect,
    GivenAnswer,
    NoticeVersion,
    PolicyDefect,
    Preference,
    PreferenceChange,
    SendAfterWithdrawal,
)
from grievances.models import MailCount, RightsRequest
from kyc.models import Case, Check, Decision
from portal.fronts.evidence import violations
from portal.fronts.evidence.policy_commitments import promises
from portal.fronts.evidence.violations import SEARCHES, Window, search
from portal.fronts.evidence.violations.findings import Found
from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import actor, clock
from portal.kernel.law.models import HouseRule, Purpose
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Verification
from portal.kernel.outbox.models import Delivery
from portal.kernel.people.models import Protection, RegimeEvidence, SignIn, User
from portal.kernel.registers.base.labels import CATEGORIES
from portal.kernel.registers.entries.selectors import inventory
from portal.kernel.registers.models import (
    AccountBlock,
    AuditFinding,
    ContentAccess,
    Contract,
    CountryRule,
    Dataset,
    Disclosure,
    ExternalLink,
    Measure,
    Officer,
    OrderAnswer,
    ProcessingActivity,
    Product,
    Recipient,
    RecipientCheck,
    ReportedSend,
    Sender,
    Transfer,
)
from portal.kernel.retention.models import ErasureRun, ErasureStep, Hold, HoldRelease
from portal.kernel.vault.models import ErasureMark, ShredOrder, StoredFile
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.evidence.policy import published_policy
from tests.grievances.factories import ticket
from tests.kyc.factories import firm, paper
from tests.law.factories import ClockFactory, HouseRuleFactory
from tests.ledger.factories import EntryFactory
from tests.outbox.factories import MessageFactory
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.registers.entered import agreed
from tests.registers.factories import (
    agreed_template,
    company_in_force,
    officer_in_office,
    order_about,
    own,
    registered_recipient,
    registered_sender,
)
from tests.retention.factories import Rows, house_rule, only_eraser, retention_rule
from tests.signin.people_who_sign_in import staff_client, with_factor

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
DAY = timedelta(days=1)


def window():
    now = clock.now()
    return Window(now - 30 * DAY, now + timedelta(seconds=1))


def lately():
    return clock.now() - timedelta(hours=2)


@dataclass(frozen=True)
class Planted:
    """A case that keeps the promise, one that breaks it, and the row that the search is to name."""

    name: str
    good: Callable[[], Any]
    bad: Callable[[], Any]


CASES: list[Planted] = []


def planted(name, good=lambda: None):
    def register(bad):
        CASES.append(Planted(name, good, bad))
        return bad

    return register


def told(who, answer, *, days, **changes):
    """An answer of some days ago."""
    at = clock.now() - days * DAY
    return said(who, answer, now=at, occurred_at=at, **changes)


def consents():
    law_is_loaded()
    published_notice()
    return said(person(), "given")


@planted("consents_without_notice", consents)
def _():
    """No service writes such a row: it is put beside one that was written."""
    event = said(person(email="b@x.example", phone="+919876500001"), "denied")
    left = {"id", "entry_id", "answer", "notice_version_id", "notice_sha256", "notice_language", "previous_id"}
    kept = {field.attname: getattr(event, field.attname) for field in ConsentEvent._meta.concrete_fields}
    kept = {name: value for name, value in kept.items() if name not in left}
    return ConsentEvent.objects.create(**kept, entry=EntryFactory(), previous=event, answer="given", notice_sha256="")


def sealed_consent():
    event = consents()
    ledger.seal_now()
    return event


@planted("consents_without_leaf", sealed_consent)
def _():
    return told(person(email="b@x.example", phone="+919876500001"), "denied", days=2)


def decided(**changes):
    given = {
        "fiduciary": own(),
        "asked_by": "api:1",
        "purpose": "call_recording",
        "channel": "none",
        "reason": "CONSENT",
    }
    times = {"minute": lately(), "for_time": lately(), "answered_at": lately()}
    return GivenAnswer.objects.create(**{**given, **times, "address_key": b"k" * 33, "allowed": True, **changes})


def recorded_call():
    consents()
    event = said(person(email="c@x.example", phone="+919876500002"), "given", purpose="call_recording", channel="none")
    return decided(entry_ref=event.entry.event_id)


@planted("calls_without_consent", recorded_call)
def _():
    return decided(entry_ref=uuid4())


def reported(**changes):
    recipient = Recipient.objects.first() or registered_recipient()
    given = {"recipient": recipient, "address_key": b"k" * 33, "purpose": "marketing", "channel": "sms"}
    times = {"sent_at": lately(), "reported_at": lately()}
    return ReportedSend.objects.create(**{**given, **times, "reference_sha256": uuid4().hex * 2, **changes})


def stopped_person():
    consents()
    return reported()


@planted("sends_after_stop", stopped_person)
def _():
    event = told(person(email="d@x.example", phone="+919876500003"), "withdrawn", days=1)
    sent = {"address_key": event.address_key, "purpose": event.purpose, "channel": event.channel}
    return reported(**sent)


@planted("sends_after_stop", stopped_person)
def _():
    event = told(person(email="d@x.example", phone="+919876500003"), "withdrawn", days=1)
    message = MessageFactory(category="promotional", purpose="marketing", state="sent", sent_at=lately())
    return SendAfterWithdrawal.objects.create(
        send=f"outbox.message:{message.reference}",
        event=event,
        purpose="marketing",
        channel="sms",
        withdrawn_at=event.recorded_at,
        sent_at=lately(),
        found_at=clock.now(),
    )


@planted("sends_though_blocked", lambda: (law_is_loaded(), reported()))
def _():
    decided(purpose="marketing", channel="sms", allowed=False, address_key=b"x" * 33, answered_at=lately() - DAY)
    return reported(address_key=b"x" * 33)


def promoted(hour):
    day = (clock.now() - 2 * DAY).astimezone(clock.IST)
    at = day.replace(hour=hour, minute=5)
    return MessageFactory(category="promotional", purpose="marketing", state="sent", sent_at=at)


@planted("sends_at_night", lambda: (law_is_loaded(), promoted(12)))
def _():
    return promoted(22)


def delivered():
    message = MessageFactory(state="sent", sent_at=lately())
    Delivery.objects.create(message=message, attempt=1, outcome="sent", code="", happened_at=lately())


@planted("sends_without_outcome", delivered)
def _():
    return MessageFactory(state="sent", sent_at=lately())


def template():
    law_is_loaded()
    return agreed_template(senders=[registered_sender()])


@planted("promotion_in_essentials", template)
def _():
    row = agreed_template(template_id="1107160000000000077", senders=[Sender.objects.get()])
    type(row).objects.filter(pk=row.pk).update(findings=[{"code": "PROMOTIONAL_WORD", "severity": "error"}])
    return row


@planted(
    "cookies_without_place",
    lambda: (consents(), said(person(email="e@x.example"), "given", purpose="analytics", channel="none")),
)
def _():
    return CookieDefect.objects.create(name="spy", fault="unknown", page="/", first_at=lately(), last_at=lately())


@planted("consents_of_children", consents)
def _():
    event = said(person(email="f@x.example", phone="+919876500004"), "given")
    Protection.objects.create(
        subject_ref=event.subject_ref, kind="child", ground="declared", noted_at=event.recorded_at - DAY
    )
    return event


def preference(ref, *, with_change):
    if with_change:
        PreferenceChange.objects.create(subject_ref=ref, changed_at=lately())
    return Preference.objects.create(subject_ref=ref, changed_at=lately())


@planted("preferences_without_history", lambda: preference(uuid4(), with_change=True))
def _():
    return preference(uuid4(), with_change=False)


@planted(
    "deadlines_missed answer",
    lambda: ClockFactory(
        started_at=clock.now() - 9 * DAY,
        due_at=clock.now() - DAY,
        state="stopped",
        ended="done",
        stopped_at=clock.now() - 2 * DAY,
    ),
)
def _():
    return ClockFactory(started_at=clock.now() - 9 * DAY, due_at=clock.now() - DAY)


def of_our_own(**changes):
    rule = HouseRule.objects.filter(key="tests.own").first() or HouseRuleFactory(key="tests.own")
    return ClockFactory(legal_rule=None, rule_key=rule.key, house_rule=rule, **changes)


@planted(
    "legal_deadlines_missed answer",
    lambda: (
        ClockFactory(
            started_at=clock.now() - 9 * DAY,
            due_at=clock.now() - DAY,
            state="stopped",
            ended="done",
            stopped_at=clock.now() - 2 * DAY,
        ),
        of_our_own(started_at=clock.now() - 9 * DAY, due_at=clock.now() - DAY),
    ),
)
def _():
    return ClockFactory(started_at=clock.now() - 9 * DAY, due_at=clock.now() - DAY)


def acknowledged(*, after):
    """A grievance of five days ago whose acknowledgement left so long after it came; its clock stopped at once, as it does."""
    number = ClockFactory._meta.model.objects.count()
    began = clock.now() - 5 * DAY
    ClockFactory(
        owner=f"grievances.acknowledgement:OS-GR-{number}",
        kind="acknowledge",
        started_at=began,
        due_at=began + DAY,
        state="stopped",
        ended="done",
        stopped_at=began,
    )
    return MessageFactory(
        kind="grievances.acknowledged",
        about=f"grievances.ticket:OS-GR-{number}/acknowledged",
        created_at=began,
        state="sent",
        sent_at=began + after,
    )


@planted("acknowledgements_sent_late", lambda: acknowledged(after=timedelta(minutes=1)))
def _():
    return acknowledged(after=4 * DAY)


def checked_paper(*, kind="pan_card", is_checked=True, **changes):
    law_is_loaded()
    row = paper(Case.objects.get(customer=firm()), kind, uploaded_at=lately(), **changes)
    if is_checked:
        checked_by_machine(row)
    return row


def checked_by_machine(row):
    Check.objects.create(
        document=row,
        name="safe",
        attempt=1,
        outcome="passed",
        document_sha256="0" * 64,
        plan_version=1,
        started_at=lately(),
        ended_at=lately(),
    )


def by_two(row):
    Decision.objects.create(
        reference=f"OS-KD-{row.pk}",
        document=row,
        document_sha256="0" * 64,
        outcome="approve",
        act="kyc.decision",
        made_by=StaffFactory(),
        made_at=lately(),
        checked_by=StaffFactory(),
        checked_at=lately(),
        answer="approved",
    )
    return row


@planted("documents_without_check", checked_paper)
def _():
    return checked_paper(is_checked=False)


@planted("documents_without_two_people", lambda: by_two(checked_paper()))
def _():
    return checked_paper()


@planted("documents_outside_the_vault", checked_paper)
def _():
    row = checked_paper()
    StoredFile.objects.filter(pk=row.kept_id).update(wrapped_key=b"")
    return row


@planted("aadhaar_without_consent", lambda: checked_paper(kind="eaadhaar_pdf", consent_ref="OS-RC-1"))
def _():
    return checked_paper(kind="eaadhaar_pdf")


def content_access(code):
    law_is_loaded()
    filed = ticket(email=f"{code}@x.example")
    return agreed(ContentAccess, code=code, basis_reference=filed.reference)


def opened(purpose):
    facts = {"model": "people.principal", "object": "1"} | ({"purpose": purpose} if purpose else {})
    with transaction.atomic():
        return audit.record(AuditKind.ADMIN_RECORD_OPENED, actor=actor.SYSTEM, about="people.principal:1", facts=facts)


@planted("openings_without_purpose", lambda: opened("support"))
def _():
    return opened("")


@planted("contents_without_basis", lambda: content_access("one"))
def _():
    row = content_access("two")
    ContentAccess.objects.filter(pk=row.pk).update(basis_reference="")
    return row


@planted(
    "keys_not_destroyed",
    lambda: ShredOrder.objects.create(
        subject_ref=uuid4(), retention_class="message", key_id=uuid4(), ordered_at=lately(), done_at=lately()
    ),
)
def _():
    given = {"subject_ref": uuid4(), "retention_class": "message", "key_id": uuid4(), "ordered_at": lately()}
    return ShredOrder.objects.create(**given)


def hold(*, by_two_people):
    row = Hold.objects.create(
        subject_ref=uuid4(), why="A dispute.", placed_by=StaffFactory(), placed_at=lately(), released_at=clock.now()
    )
    if by_two_people:
        HoldRelease.objects.create(
            hold=row,
            act="retention.hold.release",
            made_by=StaffFactory(),
            made_at=lately(),
            checked_by=StaffFactory(),
            checked_at=lately(),
            answer="approved",
        )
    return row


@planted("holds_released_by_one", lambda: hold(by_two_people=True))
def _():
    return hold(by_two_people=False)


def request(**changes):
    given = {"right": "access", "capacity": "self", "state": "done", "was_signed_in": False, "proof": "none"}
    return RightsRequest.objects.create(
        ticket=ticket(email=f"{uuid4().hex[:8]}@x.example"), **{**given, "decided_at": lately(), **changes}
    )


@planted("requests_without_identity", lambda: (law_is_loaded(), request(shown_at=lately(), proof="papers")))
def _():
    return request()


def count(**changes):
    given = {"days": 2, "in_mailbox": 1, "tickets": 1, "lines": 0, "ignored": 0, "found_now": 0, "unexplained": 0}
    return MailCount.objects.create(counted_at=lately(), **{**given, **changes})


@planted("mails_unexplained", count)
def _():
    return count(tickets=0, unexplained=1)


def verified(**changes):
    given = {"scope": "all", "size": 1, "ok": True, "started_at": lately(), "finished_at": lately()}
    return Verification.objects.create(**{**given, **changes})


@planted("checks_of_the_ledger_failed", verified)
def _():
    return verified(ok=False)


def block(code, **changes):
    row = agreed(AccountBlock, code=code)
    AccountBlock.objects.filter(pk=row.pk).update(**{"told_at": clock.now(), **changes})
    return row


@planted("blocks_not_notified", lambda: (law_is_loaded(), block("one")))
def _():
    return block("two", told_at=None)


@planted("recipients_lacking", lambda: (law_is_loaded(), registered_recipient()))
def _():
    row = registered_recipient("dialer-two")
    Contract.objects.filter(recipient_code="dialer-two").update(
        valid_until=date(2020, 1, 1), signed_on=date(2019, 1, 1)
    )
    return row


@planted("recipients_that_sell", lambda: (law_is_loaded(), registered_recipient()))
def _():
    row = registered_recipient("dialer-two")
    RecipientCheck.objects.filter(recipient_code="dialer-two").update(sells_nothing=False)
    return row


@planted("recipients_that_learn", lambda: (law_is_loaded(), registered_recipient()))
def _():
    registered_recipient("dialer-two")
    row = RecipientCheck.objects.get(recipient_code="dialer-two")
    RecipientCheck.objects.filter(pk=row.pk).update(training_use="own")
    return row


@planted("recipients_not_covered_abroad", lambda: (law_is_loaded(), registered_recipient(country="SG")))
def _():
    row = registered_recipient("dialer-two", country="SG")
    Transfer.objects.filter(recipient_code="dialer-two").update(country="US")
    return row


@planted(
    "countries_without_rule",
    lambda: (law_is_loaded(), registered_recipient(country="SG"), agreed(CountryRule, country="SG", says="allowed")),
)
def _():
    return registered_recipient("dialer-two", country="US")


@planted("contracts_without_confidentiality", lambda: (law_is_loaded(), registered_recipient()))
def _():
    registered_recipient("dialer-two")
    row = Contract.objects.get(recipient_code="dialer-two")
    Contract.objects.filter(pk=row.pk).update(clauses=["erasure"])
    return row


def disclosed(**changes):
    given = {"reference": f"OS-DI-{Disclosure.objects.count()}", "subject_ref": uuid4(), "fields": ["name"]}
    usual = {"purpose": "kyc", "basis": "consent", "about": "kyc.case:OS-KY-0", "recipient_code": "dialer-one"}
    return Disclosure.objects.create(**{**given, **usual, "disclosed_at": lately(), **changes})


@planted("disclosures_without_contract", lambda: (law_is_loaded(), registered_recipient(), disclosed()))
def _():
    return disclosed(recipient_code="nobody-knows")


def answered_order(**changes):
    order = order_about(uuid4(), answered_at=lately(), state="given", **changes.pop("order", {}))
    answer = OrderAnswer.objects.create(
        order=order,
        decision="give",
        given_categories=changes.pop("given", ["name"]),
        act="registers.order.answer",
        made_by=StaffFactory(),
        made_at=lately() - DAY,
        checked_by=StaffFactory(),
        checked_at=lately() - DAY,
        answer="approved",
    )
    return order, answer


@planted("orders_answered_beyond", answered_order)
def _():
    return answered_order(given=["name", "financial"])[1]


@planted("orders_not_verified", answered_order)
def _():
    return answered_order(order={"paper_sha256": ""})[0]


def to_authority():
    order, _answer = answered_order()
    return disclosed(about=order.owner, recipient_code="authority-1")


@planted("disclosures_without_order", to_authority)
def _():
    return disclosed(about=order_about(uuid4()).owner, recipient_code="authority-1")


def purposes_are_named():
    law_is_loaded()
    purposes().update(notice_published_at=clock.now() - 2 * DAY)


def purposes():
    return Purpose.objects.all()


@planted("purposes_without_notice", purposes_are_named)
def _():
    purposes().filter(code="billing").update(notice_published_at=None)
    return purposes().get(code="billing")


def purposes_are_recorded():
    law_is_loaded()
    row = agreed(ProcessingActivity)
    every = list(purposes().values_list("code", flat=True))
    ProcessingActivity.objects.filter(pk=row.pk).update(purposes=every)


@planted("purposes_without_record", purposes_are_recorded)
def _():
    every = [code for code in purposes().values_list("code", flat=True) if code != "billing"]
    ProcessingActivity.objects.update(purposes=every)
    return purposes().get(code="billing")


@planted("purposes_without_basis", purposes_are_recorded)
def _():
    ProcessingActivity.objects.update(basis_in="")
    return ProcessingActivity.objects.get()


def stated_as_billing():
    law_is_loaded()
    row = agreed(ProcessingActivity)
    bases = purposes().get(code="billing").bases
    stated = {"basis_in": bases["IN"], "basis_eu": bases["EU"], "basis_us_ca": bases["US-CA"]}
    ProcessingActivity.objects.filter(pk=row.pk).update(purposes=["billing"], **stated)


@planted("activities_with_other_basis", stated_as_billing)
def _():
    ProcessingActivity.objects.update(basis_eu="consent")
    return ProcessingActivity.objects.get()


@planted("products_without_record", lambda: (law_is_loaded(), agreed(Product)))
def _():
    row = agreed(Product, code="product-two")
    Product.objects.filter(pk=row.pk).update(activities=["gone"])
    return row


def measure(code, **changes):
    return agreed(Measure, code=code, evidence="Report 7", evidence_on=clock.day(clock.now()) - 9 * DAY, **changes)


@planted("measures_without_evidence protection", lambda: measure("one"))
def _():
    row = measure("two")
    Measure.objects.filter(pk=row.pk).update(evidence_on=date(2020, 1, 1))
    return row


@planted("findings_overdue", lambda: agreed(AuditFinding))
def _():
    row = agreed(AuditFinding, code="finding-two")
    AuditFinding.objects.filter(pk=row.pk).update(due_on=clock.day(clock.now()) - DAY)
    return row


@planted("datasets_with_children", lambda: (law_is_loaded(), agreed(Dataset)))
def _():
    row = agreed(Dataset, code="dataset-two")
    Dataset.objects.filter(pk=row.pk).update(left_out=["opted_out"])
    return row


def staff():
    user = StaffFactory()
    with_factor(user)
    return user


@planted("staff_without_factor", staff)
def _():
    return StaffFactory()


@planted("passwords_not_hashed", StaffFactory)
def _():
    user = StaffFactory()
    User.objects.filter(pk=user.pk).update(password="open sesame")
    return user


@planted(
    "sign_ins_of_ended_logins", lambda: SignIn.objects.create(user=StaffFactory(), outcome="signed_in", at=lately())
)
def _():
    ended = StaffFactory(is_active=False, deactivated_at=lately() - DAY)
    return SignIn.objects.create(user=ended, outcome="signed_in", at=lately())


@planted("links_dead", lambda: agreed(ExternalLink))
def _():
    row = agreed(ExternalLink, code="link-two", url="https://meity.gov.in/")
    ExternalLink.objects.filter(pk=row.pk).update(dead_since=lately())
    return row


@planted("addresses_without_tls", lambda: (agreed(ExternalLink), company_in_force()))
def _():
    row = agreed(ExternalLink, code="link-two", url="https://meity.gov.in/")
    ExternalLink.objects.filter(pk=row.pk).update(url="http://meity.gov.in/")
    return row


@planted("policy_defects_open", lambda: published_policy(["1", "2"]))
def _():
    version = NoticeVersion.objects.get()
    return PolicyDefect.objects.create(version=version, code="EMPTY_LIST", clause="2", message="x", found_at=lately())


@planted("policies_without_new_date", lambda: published_policy(["1"]))
def _():
    first = NoticeVersion.objects.get()
    again = {"notice": first.notice, "state": "published", "effective_on": first.effective_on}
    return NoticeVersion.objects.create(number=2, drafted_at=lately(), published_at=lately(), **again)


def announced(**changes):
    version = NoticeVersion.objects.first() or published_policy(["1"])
    given = {"version": version, "kind": "reminder", "round": Announcement.objects.count() + 1}
    return Announcement.objects.create(**given, begun_at=clock.now() - 3 * DAY, **changes)


@planted("announcements_not_finished", lambda: announced(finished_at=lately()))
def _():
    return announced()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_planted_violation_is_found_once_and_is_gone_when_it_is_taken_away(case, settings):
    settings.SITE_URL = "https://privacy.onesetu.example"
    case.good()
    before = search(case.name, window())
    assert (before.broken, before.rows, before.names) == (0, (), ())
    assert before.population >= 1, "a search over nothing shows nothing"
    point = transaction.savepoint()
    row = case.bad()
    found = search(case.name, window())
    assert found.broken == 1
    assert found.population > before.population or case.name in SAME_POPULATION
    names = {(row._meta.label, str(row.pk)), (f"{row._meta.label_lower}:{row.pk}",)}
    assert {*found.rows, *((name,) for name in found.names)} & names
    assert len(found.rows) + len(found.names) == 1
    transaction.savepoint_rollback(point)
    after = search(case.name, window())
    assert (after.broken, after.population) == (0, before.population)


#: What breaks the promise there is a change of what was looked at before.
SAME_POPULATION = {
    "activities_with_other_basis",
    "purposes_without_notice",
    "purposes_without_record",
    "purposes_without_basis",
    "policy_defects_open",
}


def test_a_kind_of_data_without_a_purpose_is_found_by_its_name():
    law_is_loaded()
    row = agreed(ProcessingActivity)
    kinds = sorted(set(kinds_held()))
    ProcessingActivity.objects.filter(pk=row.pk).update(used_categories=kinds)
    whole = search("categories_without_purpose", window())
    assert (whole.population, whole.broken) == (len(kinds), 0)
    purposes().update(used_categories=[])
    ProcessingActivity.objects.filter(pk=row.pk).update(used_categories=[kind for kind in kinds if kind != "location"])
    found = search("categories_without_purpose", window())
    assert (found.broken, found.names) == (1, (str(dict(CATEGORIES)["location"]),))


def kinds_held():
    return inventory.categories_held()


def test_a_column_that_the_inventory_does_not_have_is_found(monkeypatch):
    whole = search("columns_not_declared", window())
    assert whole.population > 1000
    assert whole.broken == 0
    every = inventory.in_database
    monkeypatch.setattr(
        inventory, "in_database", lambda alias: every(alias) | ({("spy", "name")} if alias == "default" else set())
    )
    assert search("columns_not_declared", window()).broken == 1


def test_the_days_before_the_first_officer_are_found():
    officer_in_office()
    Officer.objects.update(effective_from=clock.day(clock.now()) - 10 * DAY)
    days = Window(clock.now() - 9 * DAY, clock.now())
    assert (search("days_without_officer", days).population, search("days_without_officer", days).broken) == (9, 0)
    Officer.objects.update(effective_from=clock.day(clock.now()) - 8 * DAY)
    found = search("days_without_officer", days)
    assert (found.broken, found.names) == (1, (str(clock.day(clock.now()) - 9 * DAY),))


@pytest.fixture
def rows():
    """Records in a table, kept for a year."""
    house_rule("tests.period", 1, "year")
    retention_rule()
    found = Rows()
    with only_eraser(found):
        yield found


def test_a_record_past_its_period_is_found_the_night_after_and_none_that_a_hold_keeps(rows):
    run = ErasureRun.objects.create(reference="OS-ER-1", state="done", needs_approval=False)
    step = {"eraser": rows.name, "retention_class": "shelf", "rule_version": 1, "rule_sha256": "0" * 64}
    ErasureStep.objects.create(run=run, **step, erased=3, finished_at=lately())
    held, late = PrincipalFactory().subject.ref, PrincipalFactory().subject.ref
    rows.put(held, clock.now() - 900 * DAY)
    Hold.objects.create(subject_ref=held, why="A dispute.", placed_by=StaffFactory(), placed_at=lately())
    rows.put(PrincipalFactory().subject.ref, clock.now() - 10 * DAY)
    whole = search("data_past_its_period", window())
    assert (whole.population, whole.broken) == (3, 0)
    rows.put(late, clock.now() - 900 * DAY)
    found = search("data_past_its_period", window())
    assert (found.population, found.broken, found.names) == (4, 1, ("1 records past their period",))
    RegimeEvidence.objects.filter(subject_ref=late).delete()
    assert search("data_past_its_period", window()) == whole


def test_an_erased_record_that_is_here_again_is_found(rows):
    gone, back = PrincipalFactory().subject.ref, PrincipalFactory().subject.ref
    for ref in (gone, back):
        ErasureMark.objects.create(subject_ref=ref, eraser=rows.name, because="OS-ER-1", erased_at=lately())
    whole = search("erased_and_back", window())
    assert (whole.population, whole.broken) == (2, 0)
    rows.put(back, clock.now() - 900 * DAY)
    found = search("erased_and_back", window())
    assert (found.population, found.broken) == (2, 1)


def test_the_page_of_controls_leads_from_a_promise_to_exactly_what_breaks_it():
    law_is_loaded()
    published_policy(["6", "12"])
    registered_recipient()
    row = registered_recipient("dialer-two")
    RecipientCheck.objects.filter(recipient_code="dialer-two").update(sells_nothing=False)
    desk = staff_client(StaffFactory(roles=["data_protection_officer"]))
    part = desk.get(reverse("evidence:controls")).context["parts"][0]
    control, links = next((control, dict(links)) for control, links in part.rows if control.code == "6-1")
    assert (str(control.state), control.word) == ("missed", "Missed 1 of 2")
    listed = desk.get(links["1 that breaks it"]).context["cl"]
    assert [each.pk for each in listed.result_list] == [row.pk]


def test_each_promise_has_a_search_or_a_person_who_judges_it():
    for promise in promises():
        assert bool(promise.broken_by) != promise.is_judged, promise.key
    asked = {question.split()[0] for promise in promises() for question in promise.broken_by}
    assert asked == set(SEARCHES)


def test_each_search_has_a_planted_violation():
    alone = {"categories_without_purpose", "columns_not_declared", "days_without_officer", *OF_ERASURES}
    assert {case.name.split()[0] for case in CASES} | alone == set(SEARCHES)


OF_ERASURES = {"data_past_its_period", "erased_and_back"}


def test_what_was_found_is_added_up_and_dated_by_the_newest():
    first, second = Found(2, 1, (("a.B", "1"),), last=lately()), Found(3, 0, last=clock.now())
    assert first + second == Found(5, 1, (("a.B", "1"),), last=second.last)
    assert violations.NOTHING + first == first


def test_own_dates_are_counted_beside_the_duties_of_law(db):
    """28 missed of 142 were 9 of law and 19 of our own promises: the control speaks of the law alone."""
    past = {"started_at": clock.now() - 9 * DAY, "due_at": clock.now() - DAY}
    ClockFactory(**past)
    for _each in range(2):
        of_our_own(**past)
    found = search("legal_deadlines_missed answer", Window(clock.now() - 30 * DAY, clock.now()))
    assert (found.population, found.broken) == (1, 1)
    assert found.left_out == ("Left out: dates of our own promises, 2 of 2 missed.",)


def test_consents_that_came_without_a_text_of_ours_are_counted_beside(db):
    consents()
    shown = ConsentEvent.objects.get()
    left = {"id", "entry_id", "way", "notice_version_id", "notice_sha256", "notice_language", "previous_id"}
    kept = {field.attname: getattr(shown, field.attname) for field in ConsentEvent._meta.concrete_fields}
    kept = {name: value for name, value in kept.items() if name not in left}
    ConsentEvent.objects.create(**kept, entry=EntryFactory(), previous=shown, way="import", notice_sha256="")
    found = search("consents_without_notice", Window(clock.now() - DAY, clock.now() + DAY))
    assert (found.population, found.broken) == (1, 0)
    (words,) = found.left_out
    assert words.startswith("Left out: 1 consent that was imported")
