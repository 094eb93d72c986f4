"""Lists from elsewhere: checked whole, agreed to by two people, taken in set by set and never twice."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import openpyxl
import pytest
import time_machine

from consent.base.choices import Way
from consent.consent_imports.choices import ListState
from consent.consent_imports.services import (
    file_reader,
    in_file_refusals,
    ingestion,
    lifecycle,
    line_parser,
    refusal_cooldown,
)
from consent.decisions.services.contact_decisions import may_contact
from consent.models import ConsentEvent, ConsentList, ConsentState, ListFault
from consent.prompts.selectors import left_in_peace_until
from consent.records.services import projection
from consent.records.services.addresses import Address
from consent.suppressions.services import suppressions
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, addresses, advisory_locks, clock
from portal.kernel.core.clock import IST
from portal.kernel.core.errors import IllegalMove, NotAllowed, NotFound, Refused
from portal.kernel.jobs import services as jobs
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import result_files, runner
from portal.kernel.law.models import Purpose
from portal.kernel.ledger.services import payload_of
from portal.kernel.people.models import ContactPoint, Fiduciary, Principal
from portal.kernel.people.services import guardianships, subjects
from portal.kernel.registers.models import Instruction
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.people.factories import ContactPointFactory, FiduciaryFactory, StaffFactory
from tests.registers.factories import registered_recipient
from tests.vault import bombs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
PROOF = "ab" * 32


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """Consents of the lists are of October 2025, and are read while they have not expired."""
    with time_machine.travel(datetime(2026, 11, 25, 6, tzinfo=UTC), tick=True):
        yield


def line(number, **changes):
    usual = {
        "address": f"+9191000{number:05d}",
        "channel": "sms",
        "purpose": "marketing",
        "answer": "given",
        "occurred_at": "2025-10-01T14:30:00+05:30",
        "origin": "web_form",
        "proof_sha256": PROOF,
    }
    return {**usual, **changes}


def as_csv(rows, *, columns=line_parser.COLUMNS, separator=","):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in rows)
    return text.getvalue().encode()


def as_xlsx(rows):
    book = openpyxl.Workbook()
    book.active.append(list(line_parser.COLUMNS))
    for row in rows:
        book.active.append([row[column] for column in line_parser.COLUMNS])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


@pytest.fixture
def people():
    """Two people who may bring a list and agree to it."""
    return tuple(actor.staff(StaffFactory(roles=["data_protection_officer"]).pk) for _ in range(2))


def own():
    return Fiduciary.objects.get(code="onesetu")


def bring(people, content, *, name="list.csv"):
    row = lifecycle.bring(
        fiduciary=own(),
        collected_by="Shop of 2024",
        name=name,
        content=io.BytesIO(content),
        actor=people[0],
        now=clock.now(),
    )
    return at_work(row)


def at_work(row):
    """Do the list's job, as a worker would."""
    runner.run(row.job_id, now=clock.now())
    return ConsentList.objects.select_related("job").get(pk=row.pk)


def agree(row, people):
    lifecycle.answer(row=row, approve=True, actor=people[1], now=clock.now())
    return at_work(row)


@pytest.mark.parametrize(("make", "name"), [(as_csv, "list.csv"), (as_xlsx, "List.XLSX")])
def test_a_list_goes_in_with_its_proof_and_its_file_goes(people, make, name):
    content = make([line(1), line(1, channel="voice"), line(2, answer="denied", origin="", proof_sha256="")])
    row = bring(people, content, name=name)
    assert (row.state, row.lines, row.faulty) == (ListState.CHECKED, 3, 0)
    assert not ConsentEvent.objects.exists()
    row = agree(row, people)
    assert (row.state, row.done, row.job.state) == (ListState.DONE, 3, JobState.DONE)
    yes = ConsentEvent.objects.get(channel="sms", answer="given")
    assert payload_of(yes.entry)["evidence"] == [
        {"type": "web_form", "sha256": PROOF},
        {"type": "list", "sha256": hashlib.sha256(content).hexdigest()},
    ]
    assert (yes.way, yes.actor_ref, yes.address_verified) == ("import", people[0].ref, True)
    assert ConsentEvent.objects.get(channel="voice").subject_ref == yes.subject_ref
    assert Principal.objects.count() == 2
    assert AuditEvent.objects.get(kind="people.principals.brought").facts == {"count": 2, "source": row.reference}
    assert ContactPoint.objects.get(address_key=yes.address_key).verified_at is not None
    assert projection.rebuild(actor=actor.SYSTEM).mended == 0
    assert row.file_ended_at is not None
    with pytest.raises(NotFound):
        files.open_stream(row.file, actor=actor.SYSTEM, reason="test")


def test_a_list_with_a_fault_is_told_line_by_line_and_nothing_goes_in(people):
    row = bring(people, as_csv([line(1), line(2, answer="maybe", channel="x"), line(3), line(4, address="12")]))
    assert (row.state, row.lines, row.faulty) == (ListState.FAULTY, 4, 2)
    told = list(ListFault.objects.values_list("line", "column", "fault"))
    assert told == [
        (3, "answer", "ANSWER_UNKNOWN"),
        (3, "channel", "CHANNEL_UNKNOWN"),
        (5, "address", "ADDRESS_FORMAT"),
    ]
    result = result_files.open_result(row.job, actor=people[0]).read().decode()
    assert [text.split(",")[:3] for text in result.splitlines()] == [
        ["line", "column", "fault"],
        *([str(number), column, fault] for number, column, fault in told),
    ]
    with pytest.raises(IllegalMove):
        lifecycle.answer(row=row, approve=True, actor=people[1], now=clock.now())
    assert not ConsentEvent.objects.exists()


def test_a_file_full_of_faults_shows_the_first_and_names_them_all(people, monkeypatch):
    monkeypatch.setattr("consent.consent_imports.services.dry_run.MOST_SHOWN", 2)
    row = bring(people, as_csv([line(number, answer="maybe") for number in range(5)]))
    assert (row.faulty, ListFault.objects.count()) == (5, 2)
    assert len(result_files.open_result(row.job, actor=people[0]).read().splitlines()) == 6


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "FILE_COLUMNS"),
        (b"address,channel\n", "FILE_COLUMNS"),
        (as_csv([line(1)], columns=[*line_parser.COLUMNS[:5], "answer"]), "FILE_COLUMNS"),
        (as_csv([]), "FILE_EMPTY"),
        (as_csv([line(1)]) + b"\xff\xfe\n", "FILE_UNREADABLE"),
        (as_csv([line(1)]) + b'"open', "FILE_UNREADABLE"),
        (as_csv([line(1)]) + b"a,b,c,d,e,f,g,h\n", "FILE_UNREADABLE"),
    ],
)
def test_a_file_that_is_no_list_says_so(people, content, fault):
    row = bring(people, content)
    assert (row.state, row.job.state) == (ListState.FAULTY, JobState.DONE)
    assert ListFault.objects.get(column="").fault == fault


def test_a_workbook_that_defines_entities_or_unpacks_too_large_is_not_read(people, monkeypatch):
    content = as_xlsx([line(1)])
    assert bring(people, b"PK no workbook", name="a.xlsx").state == ListState.FAULTY
    monkeypatch.setattr(file_reader, "MOST_UNPACKED", 100)
    assert bring(people, content, name="b.xlsx").state == ListState.FAULTY
    monkeypatch.undo()
    assert bring(people, bombs.declaring(content), name="c.xlsx").state == ListState.FAULTY


def test_a_semicolon_a_byte_order_mark_and_empty_lines_are_forgiven(people):
    content = b"\xef\xbb\xbf" + as_csv([line(1)], separator=";") + b"\r\n;;;;;;\r\n"
    assert (bring(people, content).state, ConsentList.objects.get().lines) == (ListState.CHECKED, 1)


def test_an_older_yes_of_a_list_does_not_bring_back_what_was_withdrawn(people):
    published_notice()
    asha = person()
    said(asha, "withdrawn")
    agree(bring(people, as_csv([line(1, address=ASHA_PHONE)])), people)
    assert ConsentEvent.objects.filter(subject_ref=asha.subject.ref).count() == 2
    assert ConsentState.objects.get().answer == "withdrawn"


def test_who_holds_an_address_is_who_it_stands_for(people):
    asha = person()
    agree(bring(people, as_csv([line(1, address=ASHA_PHONE), line(2)])), people)
    assert ConsentEvent.objects.get(address_key=addresses.address_key(ASHA_PHONE)).subject_ref == asha.subject.ref
    assert Principal.objects.count() == 2


def test_a_worker_that_dies_leaves_whole_sets_and_the_next_goes_on_behind_them(people, monkeypatch):
    monkeypatch.setattr(ingestion, "SET", 2)
    row = bring(people, as_csv([line(number) for number in range(5)]))
    lifecycle.answer(row=row, approve=True, actor=people[1], now=clock.now())
    written = ingestion.record_brought
    calls = []

    def dying(**given):
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return written(**given)

    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "record_brought", dying)
        at_work(row)
    row.refresh_from_db()
    assert (row.state, row.done, ConsentEvent.objects.count(), Principal.objects.count()) == ("importing", 2, 2, 2)
    lifecycle.carry_on(row=row, actor=people[0])
    row = at_work(row)
    assert (row.state, row.done, ConsentEvent.objects.count(), Principal.objects.count()) == ("done", 5, 5, 5)


def test_a_cancelled_list_goes_on_later_or_is_given_up(people, monkeypatch):
    monkeypatch.setattr(ingestion, "SET", 1)
    row = bring(people, as_csv([line(number) for number in range(3)]))
    lifecycle.answer(row=row, approve=True, actor=people[1], now=clock.now())
    written = ingestion.record_brought

    def cancelling(**given):
        jobs.cancel(Job.objects.get(pk=row.job_id), people[0])
        return written(**given)

    monkeypatch.setattr(ingestion, "record_brought", cancelling)
    monkeypatch.setattr(runner, "WRITE_EVERY", 0)
    assert at_work(row).job.state == JobState.CANCELLED
    row.refresh_from_db()
    assert (row.state, row.done) == (ListState.IMPORTING, 1)
    lifecycle.give_up(row=row, actor=people[0], now=clock.now())
    assert (row.state, row.file_ended_at is not None, ConsentEvent.objects.count()) == (ListState.REFUSED, True, 1)
    with pytest.raises(IllegalMove):
        lifecycle.carry_on(row=row, actor=people[0])


def test_a_purpose_that_ended_since_the_check_stops_the_list_before_its_set(people):
    row = bring(people, as_csv([line(1)]))
    lifecycle.answer(row=row, approve=True, actor=people[1], now=clock.now())
    from portal.kernel.law.models import Purpose

    Purpose.objects.filter(code="marketing").update(effective_to=clock.now().date() - timedelta(days=3))
    row = at_work(row)
    assert (row.job.state, row.job.failure_code, row.done) == (JobState.FAILED, "LINE_CHANGED", 0)
    assert not Principal.objects.exists()


@pytest.mark.parametrize(("old_keys", "lines_of_a_set"), [(0, 4), (1, 2), (9, 1)])
def test_no_set_holds_more_turns_than_the_database_has_locks_for(
    people, monkeypatch, settings, old_keys, lines_of_a_set
):
    monkeypatch.setattr("portal.kernel.core.advisory_locks.MOST", 4)
    settings.LOOKUP_KEYS_OLD = [
        f"an older lookup key of more than thirty-two letters {number}" for number in range(old_keys)
    ]
    held, take = [], advisory_locks.take

    def taking(*names):
        held.append(len(names))
        take(*names)

    row = bring(people, as_csv([line(number) for number in range(5)]))
    monkeypatch.setattr("portal.kernel.core.advisory_locks.take", taking)
    row = agree(row, people)
    assert (row.state, row.done) == (ListState.DONE, 5)
    assert max(held) == lines_of_a_set * (1 + old_keys)


def test_the_same_file_is_taken_in_once(people):
    content = as_csv([line(1)])
    first, second = bring(people, content), bring(people, content)
    agree(first, people)
    with pytest.raises(Refused, match="imported already"):
        lifecycle.answer(row=second, approve=True, actor=people[1], now=clock.now())
    with pytest.raises(Refused, match="imported already"):
        bring(people, content)
    assert ConsentEvent.objects.count() == 1
    assert StoredFile.objects.count() == 2


def test_the_same_person_does_not_agree_and_a_no_destroys_the_file(people):
    row = bring(people, as_csv([line(1)]))
    with pytest.raises(NotAllowed):
        lifecycle.answer(row=row, approve=True, actor=people[0], now=clock.now())
    lifecycle.answer(row=row, approve=False, reason="Not our people.", actor=people[1], now=clock.now())
    assert (row.state, row.file_ended_at is not None) == (ListState.REFUSED, True)


def test_a_role_without_the_act_brings_nothing(db):
    support = actor.staff(StaffFactory(roles=["support"]).pk)
    with pytest.raises(NotAllowed):
        bring([support], as_csv([line(1)]))
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(("name", "code"), [("list.pdf", "TYPE"), ("list", "TYPE")])
def test_another_kind_of_file_is_refused(people, name, code):
    with pytest.raises(Refused) as refused:
        bring(people, b"x", name=name)
    assert refused.value.code == code


def test_a_file_that_is_too_large_is_refused_while_it_comes_in(people, monkeypatch):
    monkeypatch.setitem(file_reader.MOST_BYTES, "csv", 10)
    with pytest.raises(Refused, match="too large"):
        bring(people, as_csv([line(1)]))
    assert not ConsentList.objects.exists()


def test_a_list_that_nobody_takes_in_and_a_file_without_a_list_are_swept(people):
    row = bring(people, as_csv([line(1)]))
    left = files.store(
        io.BytesIO(b"x"), subject_ref=uuid4(), retention_class="export",
        kind="consent.list", actor=actor.SYSTEM,
    )  # fmt: skip
    assert lifecycle.sweep(now=clock.now()) == 0
    assert lifecycle.sweep(now=clock.now() + timedelta(days=8)) == 2
    row.refresh_from_db()
    assert (row.state, StoredFile.objects.filter(pk=left.pk).exists()) == (ListState.REFUSED, False)


def test_each_step_is_an_audit_event_without_an_address(people):
    agree(bring(people, as_csv([line(1)])), people)
    kinds = list(AuditEvent.objects.filter(kind__startswith="consent.list.").values_list("kind", flat=True))
    assert sorted(kinds) == [f"consent.list.{step}" for step in ("answered", "brought", "checked", "taken_in")]
    assert "9100000001" not in str(list(AuditEvent.objects.values()))


def test_a_child_does_not_say_yes_by_a_list_under_any_of_their_references(people):
    asha, later = person(), person(email=None, phone=None)
    subjects.join(old_ref=asha.subject.ref, new_ref=later.subject.ref, actor=actor.SYSTEM, now=clock.now())
    guardianships.protect(
        subject_ref=later.subject.ref, kind="child", ground="declared", actor=actor.SYSTEM, now=clock.now()
    )
    row = bring(people, as_csv([line(1), line(2, address=ASHA_PHONE), line(3, address=ASHA_PHONE, answer="no")]))
    assert list(row.faults.values_list("line", "column", "fault")) == [(3, "address", "PROTECTED")]


def test_a_list_that_takes_back_what_was_agreed_to_here_is_an_instruction_and_an_older_one_is_not(people):
    published_notice()
    registered_recipient()
    said(person(), "given")
    Instruction.objects.all().delete()
    no = line(1, address=ASHA_PHONE, answer="withdrawn", origin="", proof_sha256="")
    agree(bring(people, as_csv([no])), people)
    assert not Instruction.objects.exists()
    now = clock.now().isoformat()
    agree(bring(people, as_csv([line(2), {**no, "occurred_at": now}])), people)
    assert Instruction.objects.count() == 1
    assert ConsentState.objects.get(address_key=addresses.address_key(ASHA_PHONE)).answer == "withdrawn"


def test_an_older_yes_of_a_list_does_not_lift_a_stop_of_a_number_that_nobody_knew(people):
    place = Address("phone", tuple(addresses.address_keys("+919100000001")))
    suppressions.alone(
        subject_ref=uuid4(), fiduciary=own(), places=[place], way=Way.SMS, occurred_at=clock.now(), actor=actor.SYSTEM
    )
    agree(bring(people, as_csv([line(1), line(2)])), people)
    published_notice()
    at = datetime.now(IST).replace(hour=11)
    asked = {"purpose": "marketing", "channel": "sms", "at": at}
    assert str(may_contact(address="+919100000001", **asked).reason) == "SUPPRESSED"
    assert may_contact(address="+919100000002", **asked).allowed


def ago(**time):
    return (clock.now() - timedelta(**time)).isoformat()


@pytest.mark.parametrize("no", ["withdrawn", "denied", "stop", "stop of a stranger", "of another address"])
def test_a_yes_soon_after_a_no_is_a_fault_of_its_line_and_an_older_or_a_later_one_is_none(people, no):
    published_notice()
    asha, at = person(), clock.now() - timedelta(days=120)
    number = ASHA_PHONE
    if no == "stop":
        suppressions.alone(
            subject_ref=asha.subject.ref, fiduciary=own(), places=[Address("phone", tuple(addresses.address_keys(number)))],
            way=Way.SMS, occurred_at=at, actor=actor.SYSTEM,
        )  # fmt: skip
    elif no == "stop of a stranger":
        number = "+919100000001"
        suppressions.alone(
            subject_ref=uuid4(), fiduciary=own(), places=[Address("phone", tuple(addresses.address_keys(number)))],
            way=Way.SMS, occurred_at=at, actor=actor.SYSTEM,
        )  # fmt: skip
    elif no == "of another address":
        said(asha, "withdrawn", occurred_at=at)
        number = "+919100000001"
        ContactPointFactory(principal=asha, kind="phone", address=number)
    else:
        said(asha, no, occurred_at=at)
    times = (ago(days=121), ago(days=119), ago(days=20))
    row = bring(people, as_csv([line(place, address=number, occurred_at=when) for place, when in enumerate(times)]))
    assert list(row.faults.values_list("line", "column", "fault")) == [(3, "occurred_at", "TOO_SOON_AFTER_NO")]


def test_a_yes_given_here_since_the_no_lets_another_of_a_list_in(people):
    published_notice()
    asha = person()
    said(asha, "withdrawn", occurred_at=clock.now() - timedelta(days=50))
    said(asha, "given", occurred_at=clock.now() - timedelta(days=40))
    rows = [
        line(1, address=ASHA_PHONE, occurred_at=ago(days=45)),
        line(2, address=ASHA_PHONE, answer="no", occurred_at=ago(days=44), origin="", proof_sha256=""),
        line(3, address=ASHA_PHONE, occurred_at=ago(days=39)),
    ]
    row = bring(people, as_csv([rows[0], rows[2]]))
    assert row.state == ListState.CHECKED
    row = bring(people, as_csv(rows))
    assert list(row.faults.values_list("line", "column", "fault")) == []


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("no", "yes", "stands"), [(300, 100, "given"), (100, 300, "denied")])
def test_of_two_lists_the_dates_decide_and_not_which_one_came_first(people, order, no, yes, stands):
    refused = line(1, address=ASHA_PHONE, answer="no", occurred_at=ago(days=no), origin="", proof_sha256="")
    agreed = line(1, address=ASHA_PHONE, occurred_at=ago(days=yes))
    asha = person()
    for row in [refused, agreed][::order]:
        assert agree(bring(people, as_csv([row])), people).state == ListState.DONE
    assert ConsentState.objects.get().answer == stands
    events = ConsentEvent.objects.filter(subject_ref=asha.subject.ref)
    assert {event.answer for event in events} == {"given", "denied"}


def test_a_no_that_a_second_list_tells_of_is_not_hidden_by_the_end_of_the_yes_before_it(people):
    """The end came by itself and is no word of the person: their last word is the no, whichever was recorded first."""
    published_notice()
    asha = person()
    said(asha, "given", occurred_at=clock.now() - timedelta(days=60))
    said(asha, "expired", occurred_at=clock.now() - timedelta(days=10), way=Way.EXPIRY, notice_version=None)
    no = line(1, address=ASHA_PHONE, answer="no", occurred_at=ago(days=20), origin="", proof_sha256="")
    assert agree(bring(people, as_csv([no])), people).state == ListState.DONE
    row = bring(people, as_csv([line(1, address=ASHA_PHONE, occurred_at=ago(days=5))]))
    assert list(row.faults.values_list("line", "fault")) == [(2, "TOO_SOON_AFTER_NO")]
    keys, marketing = addresses.address_keys(ASHA_PHONE), Purpose.objects.filter(code="marketing").latest("version")
    until = left_in_peace_until(asha.subject.ref, keys, marketing, "sms", fiduciary=own())
    assert until is not None
    assert until > clock.now()


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("step", [1, 1000])
def test_the_lines_of_a_list_are_held_against_each_other_in_any_order(people, monkeypatch, order, step):
    monkeypatch.setattr(in_file_refusals, "STEP", step)
    rows = [
        line(1, answer="no", occurred_at=ago(days=120)),
        line(1, occurred_at=ago(days=121)),  # before the no: it never counts
        line(1, occurred_at=ago(days=20)),  # a hundred days after
        line(2, answer="stop", occurred_at=ago(days=20)),
        line(2, occurred_at=ago(days=11)),  # nine days after
        line(2, occurred_at=ago(days=5)),  # and again: the yes between was none
        line(2, channel="voice", occurred_at=ago(days=5)),
        line(2, purpose="product_updates", occurred_at=ago(days=5)),
        line(3, occurred_at=ago(days=5)),
    ]
    row = bring(people, as_csv(rows[::order]))
    faulty = sorted(place + 2 if order == 1 else len(rows) - place + 1 for place in (4, 5))
    assert list(row.faults.order_by("line").values_list("line", "column", "fault")) == [
        (place, "occurred_at", "TOO_SOON_AFTER_NO") for place in faulty
    ]


def test_a_no_of_a_list_counts_at_every_number_of_the_person_whom_we_know(people):
    asha = person()
    ContactPointFactory(principal=asha, kind="phone", address="+919100000001")
    rows = [
        line(1, address="+919100000001", occurred_at=ago(days=11)),
        line(2, address=ASHA_PHONE, answer="no", occurred_at=ago(days=20)),
    ]
    row = bring(people, as_csv(rows))
    assert list(row.faults.values_list("line", "fault")) == [(2, "TOO_SOON_AFTER_NO")]


@pytest.mark.parametrize(
    ("way", "is_taken"), [(Way.PAGE, True), (Way.API, False), (Way.VOICE, False), ("somebody else's", False)]
)
def test_a_stop_keeps_a_list_out_until_the_person_themselves_says_yes(people, way, is_taken):
    published_notice()
    asha = person()
    place = Address("phone", tuple(addresses.address_keys(ASHA_PHONE)))
    suppressions.alone(
        subject_ref=asha.subject.ref, fiduciary=own(), places=[place], way=Way.SMS,
        occurred_at=clock.now() - timedelta(days=50), actor=actor.SYSTEM,
    )  # fmt: skip
    speaker = asha if way in Way else person(email="brother@acme.example")
    kinds = {Way.API: ["web_form"], Way.VOICE: ["prompt", "call"]}.get(way, [])
    evidence = [{"type": kind, "sha256": PROOF} for kind in kinds]
    said(
        speaker, "given", way=way if way in Way else Way.PAGE, evidence=evidence,
        occurred_at=clock.now() - timedelta(days=40),
    )  # fmt: skip
    if speaker is not asha:
        said(asha, "given", channel="voice")  # who spoke there last is who the list stands for
    rows = [line(1, address=ASHA_PHONE, occurred_at=ago(days=20)), line(2)]
    row = bring(people, as_csv(rows))
    assert [fault.line for fault in row.faults.all()] == ([] if is_taken else [2])
    other = bring(people, as_csv([line(1, address=ASHA_PHONE, occurred_at=ago(days=20), purpose="product_updates")]))
    assert other.state == ListState.CHECKED  # no promotion: a stop is none


def test_a_yes_on_another_channel_does_not_end_a_stop_for_a_list(people):
    published_notice()
    asha = person()
    suppressions.alone(
        subject_ref=asha.subject.ref, fiduciary=own(), way=Way.SMS, occurred_at=clock.now() - timedelta(days=50),
        places=[Address("phone", tuple(addresses.address_keys(ASHA_PHONE)))], actor=actor.SYSTEM,
    )  # fmt: skip
    said(asha, "given", channel="voice", occurred_at=clock.now() - timedelta(days=40))
    row = bring(people, as_csv([line(1, address=ASHA_PHONE, occurred_at=ago(days=20))]))
    assert row.state == ListState.FAULTY


def test_a_no_that_came_since_the_check_stops_the_list_before_its_set(people):
    published_notice()
    asha = person()
    row = bring(people, as_csv([line(1), line(2, address=ASHA_PHONE, occurred_at=ago(hours=1))]))
    assert row.state == ListState.CHECKED
    said(asha, "withdrawn", occurred_at=clock.now() - timedelta(hours=2))
    lifecycle.answer(row=row, approve=True, actor=people[1], now=clock.now())
    row = at_work(row)
    assert (row.job.state, row.job.failure_code, row.done) == (JobState.FAILED, "LINE_CHANGED", 0)
    assert ConsentState.objects.get().answer == "withdrawn"


def test_a_yes_for_what_rests_on_a_contract_is_a_fault(people):
    row = bring(people, as_csv([line(1, purpose="billing"), line(2, purpose="billing", answer="no")]))
    assert list(row.faults.values_list("line", "column", "fault")) == [(2, "purpose", "CONSENT_NOT_NEEDED")]


def test_looking_for_noes_takes_a_fixed_number_of_statements(people, django_assert_max_num_queries):
    row = bring(people, as_csv([line(1)]))
    purposes = file_reader.purposes(row.fiduciary, now=clock.now())
    many = [
        line_parser.read(line(number), kinds=file_reader.KINDS, purposes=purposes, now=clock.now())
        for number in range(200)
    ]
    with django_assert_max_num_queries(8):
        assert refusal_cooldown.too_soon(row, many, now=clock.now()) == set()


def test_a_clients_list_brings_no_yes_to_what_is_ours_alone():
    Purpose.objects.filter(code="product_updates").update(is_ours_alone=True)
    acme, own = FiduciaryFactory(code="acme"), Fiduciary.objects.get(code="onesetu")
    of_client, of_us = (file_reader.purposes(whose, now=clock.now()) for whose in (acme, own))
    assert not of_client["product_updates"].is_in_force
    assert of_client["marketing"].is_in_force
    assert of_us["product_updates"].is_in_force


def test_a_list_that_cannot_be_given_up_holds_up_no_other(people, monkeypatch):
    first, second = bring(people, as_csv([line(1)])), bring(people, as_csv([line(2)]))
    give_up = lifecycle.give_up

    def refuses_the_first(*, row, **given):
        if row.pk == first.pk:
            raise IllegalMove("Somebody was quicker.")
        give_up(row=row, **given)

    monkeypatch.setattr(lifecycle, "give_up", refuses_the_first)
    assert lifecycle.sweep(now=clock.now() + timedelta(days=8)) == 1
    second.refresh_from_db()
    assert second.state == ListState.REFUSED
