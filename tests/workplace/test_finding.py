"""The search of every page: what it finds, for whom, and what it leaves behind."""

import logging
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kyc.models import Document
from portal.fronts.evidence import requests
from portal.fronts.evidence.models import DrawnSample, PersonFile
from portal.kernel.audit.models import AuditEvent, AuditPersonal
from portal.kernel.core import actor, clock, ids
from portal.kernel.core.lookup_columns import renew
from portal.kernel.law.models import Clock
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.lookup_columns import PERSONS
from portal.kernel.people.models import Customer, Principal
from portal.kernel.people.services import customers, memberships, people
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.grievances.factories import ticket
from tests.kyc.factories import uploaded
from tests.people.factories import CustomerFactory, PrincipalFactory, StaffFactory
from tests.registers.factories import registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
EVERYTHING = ("administrator", "data_protection_officer", "grievance_officer", "kyc_maker", "support")


def found(client, text):
    """The rows that were found, by kind of record; of a linked list how many there are."""
    kinds = client.post("/admin/go/", {"find": text}).context.get("kinds", [])
    return {kind.label: [row.heading for row in kind.rows] or kind.lists[0][0] for kind in kinds}


def opened_by(client, text) -> str:
    """The page that a reference leads to."""
    return client.post("/admin/go/", {"find": text}).headers["Location"]


def test_a_case_of_a_control_is_found_as_lists_of_controls_name_it(staff):
    one = ticket()
    clock_of_it = Clock.objects.filter(owner=one.about).earliest("pk")
    assert list(found(staff("auditor"), f"clocks:{clock_of_it.pk}")) == ["Deadlines"]
    assert found(staff("grievance_officer"), f" tickets:{one.pk} ") == {"Grievances": [one.reference]}
    assert found(staff("support"), "legal_rules:1000000") == {}
    assert found(staff("auditor"), "no_register:1") == {}


def test_a_reference_opens_its_record_however_it_is_typed_an_appeals_too(staff):
    one = ticket()
    client = staff("grievance_officer")
    for typed in (one.reference, one.reference.lower().replace("-", " "), f"{one.reference}-A1", f" {one.reference} "):
        assert opened_by(client, typed) == reverse("admin:grievances_ticket_change", args=[one.pk])
    customer = CustomerFactory()
    assert opened_by(client, customer.reference) == reverse("admin:people_customer_change", args=[customer.pk])


def test_one_wrong_character_of_a_reference_is_said_and_nothing_is_guessed(staff):
    answer = staff("grievance_officer").post("/admin/go/", {"find": "OS-GR-0000-0001"})
    assert "One character of this reference is wrong" in answer.text
    assert answer.context["kinds"] == []


def test_what_auditors_keep_is_found_by_its_reference_and_a_person_by_theirs(staff):
    now = clock.now()
    desk, auditor = staff("data_protection_officer"), StaffFactory(roles=["auditor"])
    asked = requests.ask(text="Show me.", control="", due_on=clock.day(now), actor=actor.staff(auditor.pk), now=now)
    assert opened_by(desk, asked.reference) == reverse("evidence:request", args=[asked.reference])
    sample = DrawnSample.objects.create(
        reference=ids.new_reference("SM"),
        register="clocks",
        first_day=clock.day(now),
        last_day=clock.day(now),
        method="random",
        size=1,
        seed=1,
        population_size=1,
        population_sha256="0" * 64,
        chosen=[],
        drawn_at=now,
    )
    page = opened_by(desk, sample.reference)
    assert sample.reference in desk.get(page).text
    someone = PrincipalFactory()
    bundle = PersonFile.objects.create(
        reference=ids.new_reference("PF"),
        subject_ref=someone.subject.ref,
        as_of=now,
        events=0,
        ticket="audit",
        act="evidence.file.sign",
        made_by=auditor,
        made_at=now,
        shown_sha256="0" * 64,
    )
    assert opened_by(desk, bundle.reference) == reverse("admin:evidence_personfile_change", args=[bundle.pk])
    shown = found(desk, str(someone.subject.ref))
    assert {"People", "subject files"} <= set(shown)
    nobody = staff("kyc_maker")
    for text in (asked.reference, sample.reference, bundle.reference):
        assert found(nobody, text) == {}


def test_an_address_leads_to_who_has_it_their_grievances_answers_and_messages(staff):
    law_is_loaded()
    published_notice()
    asha = person(full_name="Asha Rao")
    customer = CustomerFactory(name="Rao & Sons")
    memberships.add(customer=customer, principal=asha, role=MemberRole.OWNER, actor=actor.SYSTEM, at=clock.now())
    said(asha, "given", channel="email")
    one = ticket(email=ASHA)
    shown = found(staff(*EVERYTHING), f"  {ASHA.upper()} ")
    assert shown["People"] == ["Asha R."]
    assert shown["Customers"] == ["Rao & Sons"]
    assert shown["Grievances"] == [one.reference]
    assert shown["Consent events"] == shown["Current consents"] == 1
    listed = staff(*EVERYTHING).post("/admin/go/", {"find": ASHA}).context["kinds"]
    url = next(kind.lists[0][1] for kind in listed if kind.label == "Consent events")
    assert "%40" not in url
    assert staff(*EVERYTHING).get(url).context["cl"].result_count == 1


def test_a_whole_name_is_found_its_words_in_any_order_and_no_part_of_it(staff):
    people.create(full_name="Asha  Meena Rao", actor=actor.SYSTEM)
    company = customers.create(kind="organisation", name="Rao & Sons Pvt. Ltd.", actor=actor.SYSTEM)
    client = staff(*EVERYTHING)
    for typed in ("asha meena rao", "RAO, Asha Meena"):
        assert found(client, typed) == {"People": ["Asha R."]}
    assert found(client, "rao sons pvt ltd") == {"Customers": [company.name]}
    assert found(client, "Asha") == {}


def test_a_name_that_was_changed_is_found_by_the_new_one_alone(staff):
    asha = people.create(full_name="Asha Rao", actor=actor.SYSTEM)
    people.rename(principal=asha, full_name="Asha Kulkarni", actor=actor.SYSTEM, now=clock.now())
    client = staff(*EVERYTHING)
    assert found(client, "Asha Rao") == {}
    assert found(client, "Asha Kulkarni") == {"People": ["Asha K."]}


def test_no_name_no_hash(staff):
    person, customer = PrincipalFactory(full_name="Asha Rao"), CustomerFactory(name="Rao")
    person.full_name, customer.name = "", ""
    person.save(update_fields=["full_name"])
    customer.save(update_fields=["name"])
    assert not Principal.objects.exclude(name_key=None).exists()
    assert not Customer.objects.exclude(name_key=None).exists()


def test_people_of_a_list_are_found_by_their_names(staff):
    people.bring(
        people=[people.NewPerson(full_name="मीरा राव"), people.NewPerson()],
        source="OS-CL-7K4M-9QX2",
        actor=actor.SYSTEM,
        now=clock.now(),
    )
    assert list(Principal.objects.filter(name_key=None).values_list("full_name", flat=True)) == [""]
    assert len(found(staff(*EVERYTHING), "राव मीरा")["People"]) == 1


def test_names_are_found_under_an_older_key_too_and_hashed_anew_under_the_present_one(staff, settings):
    asha = people.create(full_name="Asha Rao", actor=actor.SYSTEM)
    settings.LOOKUP_KEYS_OLD, settings.LOOKUP_KEY = [settings.LOOKUP_KEY], "cd" * 32
    client = staff(*EVERYTHING)
    assert found(client, "Rao Asha") == {"People": ["Asha R."]}
    assert renew(PERSONS, told=lambda rows: None) == (1, 0)
    asha.refresh_from_db()
    assert bytes(asha.name_key)[:1] == b"\x02"
    assert found(client, "Rao Asha") == {"People": ["Asha R."]}


def test_the_number_of_a_paper_leads_to_the_documents_with_it(staff):
    document = uploaded(CustomerFactory(kind="individual"), number="ABCPR1234K")
    assert Document.objects.get().number_index
    assert found(staff("kyc_maker"), "abcpr 1234k")["KYC documents"] == [document.reference]
    assert "KYC documents" not in found(staff("support"), "ABCPR1234K")


def test_a_header_is_found_as_it_stands_above_a_message(staff):
    row = registered_sender("ONESTU")
    assert found(staff("support"), "ad-onestu-p") == {"Senders": [row.value]}


def test_a_login_without_roles_finds_nothing_and_opening_what_is_found_asks_why(staff):
    one = ticket()
    assert found(staff(), one.reference) == {}
    client = staff("grievance_officer")
    assert "Why do you open this record?" in client.get(opened_by(client, one.reference)).text


def test_a_search_is_written_down_without_its_words_which_stand_in_no_log_either(staff, caplog):
    caplog.set_level(logging.DEBUG)
    client = staff("grievance_officer")
    name = f"Asha {uuid4().hex}"
    client.post("/admin/go/", {"find": name})
    event = AuditEvent.objects.get(kind="admin.search.done")
    assert event.facts == {"read_as": "name", "count": 0}
    assert name not in caplog.text
    assert all(name not in str(row.body) for row in AuditPersonal.objects.all())
    assert name not in str(dict(client.session))


def test_a_search_asks_few_questions_however_much_is_found(staff, django_assert_max_num_queries):
    asha = PrincipalFactory()
    for _number in range(3):
        ticket(email=ASHA)
    client = staff(*EVERYTHING)
    client.post("/admin/go/", {"find": ASHA})
    assert asha
    with django_assert_max_num_queries(45):
        client.post("/admin/go/", {"find": ASHA})


def test_what_is_found_says_whose_it_is_and_one_event_says_that_names_were_shown(staff):
    asha = person(full_name="Asha Rao")
    customer = CustomerFactory(name="Rao & Sons")
    memberships.add(customer=customer, principal=asha, role=MemberRole.OWNER, actor=actor.SYSTEM, at=clock.now())
    filed = ticket(email=ASHA)
    kinds = staff("grievance_officer").post("/admin/go/", {"find": ASHA}).context["kinds"]
    said = {row.heading: row.sub for kind in kinds for row in kind.rows}
    assert said["Asha R."].endswith("Rao & Sons")
    assert said["Rao & Sons"] == customer.reference
    assert said[filed.reference].endswith(" · They wrote to me at night.")
    [event] = AuditEvent.objects.filter(kind="admin.names.listed")
    assert event.facts == {"list": "workplace.search", "filters": "", "count": 3}
    staff("administrator").post("/admin/go/", {"find": ASHA})
    assert AuditEvent.objects.filter(kind="admin.names.listed").count() == 1


def test_what_is_found_costs_the_same_for_many_as_for_few(staff):
    def statements():
        with CaptureQueriesContext(connection) as seen:
            client.post("/admin/go/", {"find": ASHA})
        return len(seen)

    client = staff("grievance_officer")
    ticket(email=ASHA)
    client.post("/admin/go/", {"find": ASHA})
    few = statements()
    for _number in range(4):
        ticket(email=ASHA)
    assert statements() == few


def test_the_box_of_a_list_shows_no_key_of_the_address_that_was_searched(staff):
    shown = staff("support").post("/admin/consent/suppression/", {"find": ASHA}, follow=True)
    assert shown.context["cl"].query.startswith("hash:")
    assert "for the address you searched" in shown.text
    assert 'value="hash:' not in shown.text


def test_every_page_of_the_workplace_has_the_box_and_it_posts(staff):
    page = staff("support").get("/admin/grievances/ticket/").text
    assert 'method="post" action="/admin/go/"' in page


def test_a_part_of_a_name_of_today_or_before_leads_to_places_and_new_records(staff):
    client = staff("data_protection_officer")
    answer = client.post("/admin/go/", {"find": "retention"})
    assert {"Retention rules", "Erasure runs"} <= {str(one.label) for one in answer.context["places"]}
    before = client.post("/admin/go/", {"find": "suppressed addr"})
    assert [(str(one.label), one.renamed) for one in before.context["places"]] == [
        ("Suppressions", "Suppressed addresses")
    ]
    assert "earlier name: Suppressed addresses" in before.text
    added = client.post("/admin/go/", {"find": "add legal hold"})
    assert [(str(one.label), one.url) for one in added.context["acts"]] == [
        ("Add legal hold", reverse("admin:retention_hold_add"))
    ]
    assert staff("support").post("/admin/go/", {"find": "add legal hold"}).context["acts"] == []


@pytest.mark.parametrize(
    "words", ["authority order", "Add authority order", "add to: authority orders", "order of an authority"]
)
def test_an_action_has_the_name_of_its_list_and_is_found_by_it_and_by_its_earlier_name(staff, words):
    acts = staff("data_protection_officer").post("/admin/go/", {"find": words}).context["acts"]
    assert [(str(one.label), one.url) for one in acts] == [
        ("Add to: Authority orders", reverse("admin:registers_authorityorder_add"))
    ]


def test_the_whole_name_of_a_place_opens_it_and_the_typed_words_are_in_no_address(staff):
    answer = staff("data_protection_officer").post("/admin/go/", {"find": " send DECISIONS "})
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        reverse("admin:consent_givenanswer_changelist"),
    )
    assert staff("kyc_maker").post("/admin/go/", {"find": "send decisions"}).status_code == 200
