"""Rows of the books from a file: proposals that a second person answers, as the form makes them."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, ports
from portal.kernel.core.errors import NotAllowed
from portal.kernel.jobs.choices import ImportState
from portal.kernel.jobs.import_types import import_kind, name_of_import
from portal.kernel.jobs.models import ImportFault, ListImport
from portal.kernel.jobs.services import imports, runner
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import User
from portal.kernel.registers.entries.register_import import KINDS
from portal.kernel.registers.models import BookEntry, ContentTemplate, Measure, Recipient, Sender, SendingEntity
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import sender_entries
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.registers.factories import (
    agreed_template,
    own,
    proposed_sender,
    registered_sender,
    today,
    two_people,
)
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

SENDERS = (
    "fiduciary,kind,value,carries\n"
    'onesetu,sms_header,onestu-s,"service, transactional"\n'
    "onesetu,SMS header,PROMO-P,Promotional\n"
    "onesetu,short_code,56767,promotional\n"
)
RECIPIENTS = (
    "fiduciary;code;name;kind;purposes;channels;used_categories;country;contact;url;address_form\n"
    "onesetu;dialer-one;Dialer One;sender;marketing;sms,whatsapp;contact;IN;privacy@dialer.example;https://dialer.example/hooks;plain\n"
    "onesetu;Dialer Two;Dialer Two;sender;selling;sms;contact;India;privacy at dialer;https://10.0.0.1/;plain\n"
    "acme;dialer-three;Dialer Three;sender;marketing;;contact;IN;privacy@dialer.example;;plain\n"
)


@pytest.fixture
def rules() -> None:
    every_rule()
    own()
    senders.forget()


@pytest.fixture
def people() -> Any:
    return two_people()


def run(model: Any, who: Any, content: str) -> ListImport:
    """Bring a file and have it tried."""
    row = imports.bring(
        kind=model._meta.label, name="rows.csv", content=io.BytesIO(content.encode()), actor=who, now=clock.now()
    )
    runner.run(row.job_id, now=clock.now())
    return ListImport.objects.get(pk=row.pk)


def taken(model: Any, who: Any, content: str) -> ListImport:
    row = run(model, who, content)
    imports.take_in(brought=row, actor=who, now=clock.now())
    runner.run(row.job_id, now=clock.now())
    return ListImport.objects.get(pk=row.pk)


def would(row: ListImport) -> tuple[int, ...]:
    return row.would_new, row.would_changed, row.would_same, row.would_faulty


def faults() -> list[tuple[int, str]]:
    return list(ImportFault.objects.values_list("line", "column"))


def test_senders_are_proposed_and_hold_once_another_person_agrees(people: Any) -> None:
    maker, checker = people
    row = run(Sender, maker, SENDERS)
    assert (would(row), list(ImportFault.objects.all())) == ((3, 0, 0, 0), [])
    assert not Sender.objects.exists()
    row = taken(Sender, maker, f"{SENDERS}\n")
    assert (row.state, row.did_new) == (ImportState.DONE, 3)
    header, promotion, code = Sender.objects.order_by("pk")
    assert (header.value, header.carries, header.answer) == ("ONESTU", ["service", "transactional"], Answer.PENDING)
    assert (promotion.value, promotion.carries, code.value) == ("PROMO", ["promotional"], "56767")
    assert header.made_by_id == maker.user_id
    assert not senders.in_force(Sender.objects.all(), at=clock.now()).exists()
    with pytest.raises(NotAllowed):
        sender_entries.answer(header, approve=True, reason="", actor=maker, now=clock.now())
    sender_entries.answer(header, approve=True, reason="", actor=checker, now=clock.now())
    assert senders.in_force(Sender.objects.all(), at=clock.now()).get() == header
    assert AuditEvent.objects.filter(kind="registers.sender.proposed").count() == 3


def test_what_is_there_or_proposed_already_is_the_same_and_makes_no_second_proposal(people: Any) -> None:
    registered_sender("ONESTU", carries=["service", "transactional"])
    proposed_sender(people[0], "56767", kind="short_code", carries=["promotional"])
    before = AuditEvent.objects.filter(kind="registers.sender.proposed").count()
    row = run(Sender, people[0], SENDERS)
    assert would(row) == (1, 0, 2, 0)
    row = taken(Sender, people[0], f"{SENDERS}\n")
    assert (row.did_new, row.did_same) == (1, 2)
    assert AuditEvent.objects.filter(kind="registers.sender.proposed").count() == before + 1
    assert not AuditEvent.objects.filter(kind="admin.act.done").exists()
    assert would(run(Sender, people[0], f"{SENDERS}\n\n")) == (0, 0, 3, 0)


def test_the_same_key_with_other_content_is_a_fault_as_on_the_form(people: Any) -> None:
    registered_sender("ONESTU", carries=["service"])
    row = run(Sender, people[0], SENDERS)
    assert would(row) == (2, 0, 0, 1)
    fault = ImportFault.objects.get()
    assert (fault.line, fault.column) == (2, "value")
    assert "End that entry first" in fault.message


def test_two_rows_for_one_key_are_told_whatever_turn_they_fall_into(people: Any) -> None:
    row = run(Sender, people[0], f"{SENDERS}onesetu,sms_header,ONESTU,service\n")
    assert would(row) == (3, 0, 0, 1)
    assert "The same is on line 2" in ImportFault.objects.get().message


def test_each_fault_of_a_recipient_stands_at_its_column(people: Any) -> None:
    row = run(Recipient, people[0], RECIPIENTS)
    assert would(row) == (1, 0, 0, 2)
    assert {column for line, column in faults() if line == 3} == {"code", "purposes", "contact", "url"}
    assert (4, "fiduciary") in faults()
    for word in ("selling", "privacy at dialer", "10.0.0.1", "acme"):
        assert not ImportFault.objects.filter(message__contains=word).exists()
    row = taken(Recipient, people[0], f"{RECIPIENTS}\n")
    recipient = Recipient.objects.get()
    assert (recipient.code, recipient.country, recipient.channels) == ("dialer-one", "IN", ["sms", "whatsapp"])
    assert recipient.answer == Answer.PENDING


def templates_file(*rows: dict[str, str]) -> str:
    usual = {
        "fiduciary": "onesetu",
        "channel": "sms",
        "template_id": "1107160000000000001",
        "category": "transactional",
        "language": "en",
        "text": "Your Onesetu code is {#numeric#}. Tell nobody.",
        "sent_from": "ONESTU",
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(usual))
    writer.writeheader()
    writer.writerows({**usual, **row} for row in rows)
    return text.getvalue()


def test_templates_come_with_what_the_check_says_of_each(people: Any) -> None:
    registered_sender("ONESTU")
    content = templates_file(
        {},
        {"template_id": "1107160000000000002", "text": "Big sale! Your code is {#unknown#}."},
        {"template_id": "1107160000000000003", "sent_from": "OTHERS, ONESTU"},
    )
    row = taken(ContentTemplate, people[0], content)
    assert (would(row), row.did_new) == ((1, 0, 0, 2), 1)
    assert {line for line, _column in faults()} == {3, 4}
    assert (4, "sent_from") in faults()
    template = ContentTemplate.objects.get()
    assert [sender.value for sender in template.senders.all()] == ["ONESTU"]
    assert template.answer == Answer.PENDING
    assert would(run(ContentTemplate, people[0], templates_file({}))) == (0, 0, 1, 0)


def test_a_template_that_goes_from_other_headers_is_not_the_same(people: Any) -> None:
    first, second = registered_sender("ONESTU"), registered_sender("ONETWO")
    agreed_template(senders=[first])
    assert would(run(ContentTemplate, people[0], templates_file({}))) == (0, 0, 1, 0)
    assert would(run(ContentTemplate, people[0], templates_file({"sent_from": second.value}))) == (0, 0, 0, 1)


def test_a_row_of_a_book_names_who_answers_for_it_by_their_address(people: Any) -> None:
    owner = StaffFactory(email="meera@onesetu.example")
    later = (today() + timedelta(days=60)).isoformat()
    names = [column.name for column in import_kind("registers.Measure").columns]
    control = next(iter(Measure._meta.get_field("control").choices))[0]
    row = {
        "fiduciary": "onesetu",
        "code": "backups",
        "name": "Backups every night",
        "owner": "Meera@onesetu.example",
        "review_on": later,
    }
    for field in Measure._meta.get_fields():
        if field.name in Measure.OWN:
            row[field.name] = control if field.name == "control" else _filled(field)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=names)
    writer.writeheader()
    writer.writerow(row)
    found = taken(Measure, people[0], text.getvalue())
    assert found.did_new == 1, list(ImportFault.objects.values_list("column", "message"))
    assert Measure.objects.get().owner == owner


def _filled(field: Any) -> str:
    if getattr(field, "choices", None):
        return str(next(iter(field.choices))[0])
    if hasattr(field, "known"):
        return str(next(iter(field.known()))[0])
    if field.get_internal_type() == "DateField":
        return today().isoformat()
    return "no" if field.get_internal_type() == "BooleanField" else "Tried each month"


def test_every_book_that_is_proposed_by_a_form_takes_rows_from_a_file() -> None:
    proposed = {model for model in _subclasses(BookEntry) if not model._meta.abstract}
    assert {f"registers.{model.__name__}" for model in proposed} <= {kind.name for kind in KINDS}
    for kind in KINDS:
        assert name_of_import(kind.name)
        columns = [column.name for column in kind.columns]
        assert columns[0] == "fiduciary"
        assert all(len(column) <= 40 and column == column.lower() for column in columns)
        assert all(str(column.help) for column in kind.columns)
        rows = [field for field in kind.form().fields.values() if isinstance(field, forms.ModelChoiceField)]
        assert {field.queryset.model._meta.label for field in rows} <= set(kind.found_by)


def _subclasses(model: Any) -> set[Any]:
    return {model, *(one for sub in model.__subclasses__() for one in _subclasses(sub))}


def test_each_list_that_takes_files_offers_it_to_who_may_propose() -> None:
    client = staff_client(StaffFactory(roles=["administrator"]))
    reader = staff_client(StaffFactory(roles=["grievance_officer"]))
    for kind in ports.import_kinds:
        room, model = kind.name.lower().split(".")
        url = reverse(f"admin:{room}_{model}_changelist")
        assert f"/admin/jobs/listimport/add/?list={kind.name}" in client.get(url).text
        assert "listimport/add" not in reader.get(url).text
        asked = client.get(f"/admin/jobs/listimport/add/?list={kind.name}")
        assert asked.status_code == 200
        assert "Try the file" in asked.text


def test_a_maker_who_lost_the_role_proposes_nothing(people: Any) -> None:
    row = run(Sender, people[0], SENDERS)
    imports.take_in(brought=row, actor=people[0], now=clock.now())
    User.objects.filter(pk=people[0].user_id).update(is_active=False)
    runner.run(row.job_id, now=clock.now())
    assert not Sender.objects.exists()


def test_another_fiduciarys_entity_is_no_second_row_for_the_same_key(people: Any) -> None:
    FiduciaryFactory(code="acme")
    row = run(
        SendingEntity,
        people[0],
        "fiduciary,entity_id\nonesetu,1101234567890123456\nacme,1101234567890123456\nonesetu,1109999999999999999\n",
    )
    assert would(row) == (1, 0, 0, 2)
    assert {line for line, _column in faults()} == {3, 4}
