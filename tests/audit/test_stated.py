"""Check V11: somebody with every right on the database changes a field that an audit event states, and it is found."""

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from consent.models import SuppressionLift
from grievances.models import RightsRequest, Ticket
from grievances.tickets.services import intake
from kyc.models import Decision, Document, SanctionsList
from portal.fronts.evidence.models import DrawnSample, InformationRequest, MonthlyReport
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import StatedRows, record
from portal.kernel.core import actor, ports
from portal.kernel.law.models import Clock
from portal.kernel.law.services import deadlines
from portal.kernel.ledger import services as ledger
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import delivery
from portal.kernel.people.choices import AuditArea
from portal.kernel.people.models import Fiduciary, RoleGrant, SubjectAlias
from portal.kernel.people.services import roles, staff
from portal.kernel.registers.entries.services import attachments
from portal.kernel.registers.models import Attachment, AuthorityOrder, Contract, Disclosure, Incident, Instruction
from portal.kernel.retention.models import ErasureRun, Hold, LegalClaim
from tests.consent.factories import law_is_loaded
from tests.grievances.factories import ticket
from tests.kyc.documents import pdf
from tests.ledger import attacks
from tests.outbox.factories import add_purposes, posted, use_template
from tests.people.factories import StaffFactory, shipped_role
from tests.registers.entered import agreed
from tests.registers.factories import as_actor, opened_incident, two_people
from tests.shipped import every_rule

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
DOC = Path(__file__).parents[2] / "portal/docs/ledger.md"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOW, tick=False):
        yield


def stated():
    return [follows for follows in ports.ledger_followers if follows.check == "V11"]


def found(model):
    (follows,) = [one for one in stated() if one.model is model]
    return [message.rpartition(": ")[2] for message in follows.differences(sample=None)]


def other_than(value, *, days=1):
    """Another value of the same kind."""
    if isinstance(value, date):
        return value + timedelta(days=days)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [*value, "other"]
    return NOW if value is None else f"x{value[1:]}" if value else "x"


def assert_each_is_found(model, columns):
    """Each column of the one row, changed alone, is named by the check; and the row as it was is clean."""
    assert found(model) == []
    for column in columns:
        before = getattr(model._default_manager.get(), column)
        for days in (1, -1):  # some constraints let a day move in one direction only
            try:
                with transaction.atomic():
                    model._default_manager.update(**{column: other_than(before, days=days)})
            except IntegrityError:
                continue
            assert found(model) == [f"{column}."], column
            model._default_manager.update(**{column: before})
            break
        else:
            raise AssertionError(f"The database takes no other value of {column}.")


@pytest.fixture
def law():
    every_rule()
    Fiduciary.objects.create(code="onesetu", name="Onesetu", is_self=True, created_at=NOW)


def recorded(kind, about, **facts):
    """An audit event as a service of the room writes it."""
    with transaction.atomic():
        record(kind, actor=actor.SYSTEM, about=about, facts=facts)


def test_an_attachment(law):
    law_is_loaded()
    maker, _checker = two_people()
    record = agreed(Contract)
    attachments.add(
        record,
        stream=io.BytesIO(pdf("What was agreed")),
        extension="pdf",
        kind="agreement",
        dated_on=NOW.date(),
        actor=maker,
        now=NOW,
    )
    assert_each_is_found(Attachment, ["kind", "dated_on", "sha256", "original_sha256"])
    Attachment.objects.update(reference="OS-AT-0000-0000-0000")
    assert found(Attachment) == ["reference."]
    Attachment.objects.update(about="registers.contract:999")
    assert found(Attachment) == ["reference."]


def test_a_disclosure(law):
    values = {"recipient_code": "bank", "purpose": "kyc", "basis": "consent", "about": "kyc.case:1"}
    row = Disclosure(reference="OS-DI-1", subject_ref=uuid4(), fields=["name", "pan"], disclosed_at=NOW, **values)
    Disclosure.objects.bulk_create([row])
    facts = {"recipient": "bank", "fields": "name pan", "purpose": "kyc", "basis": "consent"}
    recorded(AuditKind.REGISTERS_DISCLOSURE_MADE, "kyc.case:1", disclosure="OS-DI-1", **facts)
    with attacks.unguarded():
        for column, value in [*values.items(), ("reference", "OS-DI-2")]:
            QuerySet(Disclosure).update(**{column: f"x{value[1:]}"})
            assert found(Disclosure) == ["reference." if column in {"about", "reference"} else f"{column}."]
            QuerySet(Disclosure).update(**values, reference="OS-DI-1")
        QuerySet(Disclosure).update(fields=["name", "pan", "aadhaar"])
        assert found(Disclosure) == ["fields."]


def test_a_kept_report_and_a_drawn_sample(law):
    days = {"first_day": date(2026, 10, 1), "last_day": date(2026, 10, 31)}
    report = MonthlyReport(code="kyc", made_at=NOW, tables=[], sha256="0" * 64, **days)
    sample = DrawnSample(
        reference="OS-SA-1", register="clocks", method="random", size=3, seed=5, population=[], population_size=9,
        population_sha256="1" * 64, chosen=[], drawn_by_ref="", drawn_at=NOW, **days,
    )  # fmt: skip
    MonthlyReport.objects.bulk_create([report])
    DrawnSample.objects.bulk_create([sample])
    about = f"evidence.monthlyreport:{MonthlyReport.objects.get().pk}"
    period = {"from": "2026-10-01", "to": "2026-10-31"}
    recorded(AuditKind.EVIDENCE_REPORT_MADE, about, report="kyc", sha256="0" * 64, **period)
    drawn = {"register": "clocks", "method": "random", "size": 3, "seed": 5, "population": 9, "sha256": "1" * 64}
    recorded(AuditKind.EVIDENCE_SAMPLE_DRAWN, "evidence.drawnsample:OS-SA-1", reference="OS-SA-1", **drawn, **period)
    with attacks.unguarded():
        for model in (MonthlyReport, DrawnSample):
            (follows,) = [one for one in stated() if one.model is model]
            for column in follows.fields:
                assert found(model) == []
                before = QuerySet(model).values_list(column, flat=True).get()
                QuerySet(model).update(**{column: other_than(before)})
                assert found(model) == [f"{column}."]
                QuerySet(model).update(**{column: before})
        QuerySet(DrawnSample).delete()
        assert len(found(DrawnSample)) == 1


def test_a_grievance(law):
    ticket()
    assert_each_is_found(Ticket, ["received_at", "kind"])
    whose = Ticket.objects.get().subject_ref
    Ticket.objects.update(subject_ref=uuid4())
    assert found(Ticket) == ["subject_ref."]
    Ticket.objects.update(subject_ref=whose)
    intake.acknowledge(ticket=Ticket.objects.get(), at=NOW)
    assert_each_is_found(Ticket, ["received_at", "acknowledged_at"])
    Ticket.objects.update(state="closed", closed_because="silence", closed_at=NOW)
    assert found(Ticket) == ["closed_at, closed_because, state."]


def test_a_deadline(law):
    ticket()
    clock = Clock.objects.filter(stopped_at=None).first()
    Clock.objects.filter(pk=clock.pk).update(started_at=clock.started_at - timedelta(minutes=1))
    assert found(Clock) == ["started_at."]
    Clock.objects.filter(pk=clock.pk).update(started_at=clock.started_at, outer_limit_at=NOW + timedelta(days=999))
    assert found(Clock) == []
    Clock.objects.filter(pk=clock.pk).update(due_at=clock.due_at + timedelta(minutes=1))
    assert found(Clock) == ["due_at."]
    Clock.objects.filter(pk=clock.pk).update(due_at=clock.due_at)
    deadlines.stop(owner=clock.owner, at=NOW, actor=actor.SYSTEM)
    assert found(Clock) == []
    Clock.objects.filter(pk=clock.pk).update(stopped_at=NOW - timedelta(days=2))
    assert found(Clock) == ["stopped_at."]


def test_a_message_that_was_sent(monkeypatch):
    add_purposes()
    use_template(monkeypatch)
    message = posted()
    Message.objects.update(state="sending", lease_token=uuid4(), leased_until=NOW + timedelta(minutes=5), attempts=1)
    message.refresh_from_db()
    delivery.sent(message, "ref")
    assert_each_is_found(Message, ["sent_at", "purpose", "template_sha256"])


def test_a_role(law):
    user = StaffFactory()
    by = actor.system("tests")
    scope = roles.Scope(date(2026, 1, 1), date(2026, 12, 31), frozenset({AuditArea.CONSENT}))
    with transaction.atomic():
        roles.give(user=user, role=shipped_role("auditor"), starts_at=NOW, ends_at=None, scope=scope, actor=by, now=NOW)
    assert_each_is_found(RoleGrant, ["starts_at", "ends_at", "data_from", "data_to"])
    RoleGrant.objects.update(role=shipped_role("administrator"), data_from=None, data_to=None, areas=[])
    assert found(RoleGrant) == ["data_from, data_to, role__code."]


def test_a_role_that_ended_with_its_login(law):
    user, administrator = StaffFactory(), StaffFactory(roles=["administrator"])
    with transaction.atomic():
        roles.give(
            user=user,
            role=shipped_role("support"),
            starts_at=NOW,
            ends_at=None,
            actor=actor.system("tests"),
            now=NOW,
        )
    staff.deactivate(user=user, actor=as_actor(administrator), now=NOW + timedelta(days=1))
    assert found(RoleGrant) == []
    RoleGrant.objects.filter(user=user).update(ends_at=None)
    assert found(RoleGrant) == ["ends_at."]


def test_an_incident(law):
    opened_incident(as_actor(StaffFactory(roles=["administrator"])))
    assert_each_is_found(Incident, ["role", "noticed_at", "aware_at", "closed_at"])


def test_an_erasure_run():
    row = ErasureRun.objects.create(started_by="tests", due=3, erased=2, held=1, certificate_sha256="a" * 64)
    row.refresh_from_db()
    facts = {name: getattr(row, name) for name in ("due", "held", "disputed", "stale", "kept_by_law", "erased")}
    facts |= {"run": row.reference, "state": row.state, "certificate": row.certificate_sha256}
    with transaction.atomic():
        record(AuditKind.RETENTION_ERASURE_RUN, actor=actor.SYSTEM, about=row.about, facts=facts)
    assert_each_is_found(ErasureRun, ["certificate_sha256", "due", "held", "erased", "kept_by_law"])


def event_about(kind, about, **facts):
    with transaction.atomic():
        record(kind, actor=actor.SYSTEM, about=about, facts=facts)


def test_a_row_that_was_deleted_or_got_another_reference(law):
    row = ticket()
    event = AuditEvent.objects.get(about=row.about, kind=AuditKind.GRIEVANCES_TICKET_FILED)
    Ticket.objects.update(reference="OS-GR-XXXX-XXXX")
    assert found(Ticket) == [f"The row of grievances.Ticket with which audit event {event.pk} began is not there."]


def test_the_last_event_counts_and_older_ones_without_the_fact_state_nothing(law):
    """As of an upgrade: the leaf of before does not carry the new fact."""
    row = ticket()
    Ticket.objects.update(acknowledged_at=NOW - timedelta(days=9))
    assert found(Ticket) == ["acknowledged_at."]
    event_about(AuditKind.GRIEVANCES_TICKET_ACKNOWLEDGED, row.about, acknowledged_at="2026-11-16T06:00:00.000Z")
    assert found(Ticket) == []
    event_about(AuditKind.GRIEVANCES_TICKET_ACKNOWLEDGED, row.about, channel="page")
    assert found(Ticket) == []


def test_a_grievance_that_an_older_release_closed_is_no_failure(law):
    """Its filing says that it is open; the event of its end said why, and not yet when. A later end states the time again."""
    row = ticket()
    Ticket.objects.update(state="closed", closed_because="silence", closed_at=NOW)
    closed = {"reference": row.reference, "reason_code": "silence", "state": "closed"}
    event_about(AuditKind.GRIEVANCES_TICKET_CLOSED, row.about, **closed)
    assert found(Ticket) == []
    event_about(AuditKind.GRIEVANCES_TICKET_REOPENED, row.about, reference=row.reference, state="with_us")
    assert found(Ticket) == ["closed_at, closed_because, state."]
    event_about(AuditKind.GRIEVANCES_TICKET_CLOSED, row.about, **closed, closed_at="2026-11-24T06:00:00.000Z")
    assert found(Ticket) == ["closed_at."]


def test_the_check_is_one_of_the_ledgers(law):
    ticket()
    ledger.seal_now()
    assert ledger.verify().failures == []
    Ticket.objects.update(received_at=NOW - timedelta(days=40))
    assert [failure.check for failure in ledger.verify().failures] == ["V11"]


def test_work_beside_the_check_is_no_failure(law, monkeypatch):
    """Between its reading of the row and of the events the grievance is acknowledged, as it may be."""
    row = ticket()
    real, asked = StatedRows._events, []

    def events(self, rows):
        if not asked:
            asked.append(True)
            at = NOW + timedelta(hours=1)
            Ticket.objects.filter(pk=row.pk).update(acknowledged_at=at)
            event_about(
                AuditKind.GRIEVANCES_TICKET_ACKNOWLEDGED,
                row.about,
                acknowledged_at=at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            )
        return real(self, rows)

    monkeypatch.setattr(StatedRows, "_events", events)
    assert found(Ticket) == []
    assert asked


def test_no_row_costs_a_statement_of_its_own(law, django_assert_max_num_queries):
    for number in range(12):
        ticket(email=f"asha{number}@example.in")
    with django_assert_max_num_queries(3):
        assert found(Ticket) == []


def line_of(follows):
    """What the page says of one kind of rows."""
    columns = {column.partition("__")[0] for column in follows.compared}
    fields = [one for one in follows.model._meta.concrete_fields if not one.primary_key]
    compared = {one.name for one in fields if {one.name, one.attname} & columns}
    named = ", ".join(f"`{one.name}`" for one in fields if one.name in compared)
    rest = ", ".join(f"`{one.name}`" for one in fields if one.name not in compared)
    return f"| {follows.check} | `{follows.model._meta.label}` | {named} | {rest or 'none'} |"


def test_the_page_lists_what_each_check_compares_and_what_no_leaf_states():
    """The list in portal/docs/ledger.md is what the checks do: change both together."""
    written = DOC.read_text()
    missing = [line for line in map(line_of, ports.ledger_followers) if line not in written]
    assert missing == []


def test_every_kind_of_row_named_by_the_issue_is_compared():
    models_ = {follows.model for follows in stated()}
    assert models_ == {
        *(Ticket, RightsRequest, Clock, Document, Decision, Message, AuthorityOrder, Incident, RoleGrant, ErasureRun),
        *(Attachment, Disclosure, Instruction, Hold, SanctionsList, MonthlyReport, DrawnSample, InformationRequest),
        *(LegalClaim, SubjectAlias, SuppressionLift),
    }


def test_each_compared_column_is_one_of_its_model():
    for follows in stated():
        names = {field.attname for field in follows.model._meta.concrete_fields}
        names |= {field.name for field in follows.model._meta.concrete_fields}
        assert {column.partition("__")[0] for column in follows.compared} <= names
