from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, date_format
from portal.kernel.people.models import Fiduciary
from portal.kernel.retention.models import Hold, HoldRelease, PlanApproval
from portal.kernel.retention.services import erasure_plans, runs
from tests.grievances.factories import ticket
from tests.people.factories import CustomerFactory, PrincipalFactory, StaffFactory, SubjectFactory
from tests.retention.factories import Shelf, house_rule, legal_rule, only_eraser, retention_rule, run_for
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return StaffFactory(roles=["data_protection_officer"])


def hold_form(**changes) -> dict[str, str]:
    ref = str(SubjectFactory().ref)
    return {"subject_ref": ref, "retention_class": "", "order_reference": "WP 12/2026", "why": "A writ.", **changes}


def test_a_hold_is_placed_by_one_and_ended_by_two_through_the_pages(officer) -> None:
    assert staff_client(officer).post(reverse("admin:retention_hold_add"), hold_form()).status_code == 302
    hold = Hold.objects.get()
    propose = reverse("admin:retention_hold_do_one", args=[hold.pk, "propose-release"])
    staff_client(officer).post(propose, {"answer": "1", "why": "The writ was dismissed."})
    release = HoldRelease.objects.get()
    answer = reverse("admin:retention_holdrelease_do_one", args=[release.pk, "answer-release"])
    staff_client(officer).post(answer, {"answer": "1", "decision": "approve"})
    hold.refresh_from_db()
    assert hold.released_at is None
    staff_client(StaffFactory(roles=["administrator"])).post(answer, {"answer": "1", "decision": "approve"})
    hold.refresh_from_db()
    assert hold.released_at is not None


def test_whose_data_is_held_is_found_by_what_staff_have_of_the_person(officer) -> None:
    every_rule()
    Fiduciary.objects.get_or_create(
        code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": clock.now()}
    )
    asha = PrincipalFactory(full_name="Asha Rao", email="asha@example.in")
    filed = ticket(principal=asha, at=clock.now())
    company = CustomerFactory(name="Rao & Sons")
    client = staff_client(officer)
    for number, typed in enumerate((" ASHA@example.in", "Rao, Asha", filed.reference, str(asha.subject.ref))):
        form = hold_form(subject_ref=typed, order_reference=f"WP {number}")
        assert client.post(reverse("admin:retention_hold_add"), form).status_code == 302, typed
    assert set(Hold.objects.values_list("subject_ref", flat=True)) == {asha.subject.ref}
    client.post(reverse("admin:retention_hold_add"), hold_form(subject_ref=company.reference, order_reference="WP 9"))
    assert Hold.objects.get(order_reference="WP 9").subject_ref == company.subject.ref
    PrincipalFactory(full_name="Asha Rao")
    two = client.post(reverse("admin:retention_hold_add"), hold_form(subject_ref="Asha Rao"))
    assert "Several records fit" in two.text
    assert "Asha R." in client.get(reverse("admin:retention_hold_changelist")).text


def test_a_hold_is_shown_on_the_persons_page_and_leads_back(officer) -> None:
    every_rule()
    asha = PrincipalFactory(full_name="Asha Rao")
    client = staff_client(officer)
    page = reverse("admin:people_principal_change", args=[asha.pk])
    opened = client.post(page, {"open_record": "1", "purpose": "security", "ticket": "security watch"}, follow=True)
    way = f"{reverse('admin:retention_hold_add')}?subject_ref={asha.subject.ref}"
    assert way in opened.text
    assert f'value="{asha.subject.ref}"' in client.get(way).text
    client.post(reverse("admin:retention_hold_add"), hold_form(subject_ref=str(asha.subject.ref)))
    hold = Hold.objects.get()
    held = client.get(page).text
    assert f"Legal hold WP 12/2026, since {date_format.day(hold.placed_at)}" in held
    assert way not in held
    shown = client.get(reverse("admin:retention_hold_change", args=[hold.pk])).text
    assert "Record of Asha R." in shown
    assert page in shown


def test_a_retention_rule_says_in_words_how_long_and_who_asks_for_it(officer) -> None:
    every_rule()
    shown = staff_client(officer).get(reverse("admin:retention_retentionrule_changelist"), {"retention_class": "kyc"})
    assert "5 years, counted from: the relation with the customer ended." in shown.text
    assert "our own rule: 5 years; " in shown.text
    assert "if it applies to us (not decided)" in shown.text


def test_a_hold_on_nobody_is_named_and_nothing_entered_is_lost(officer) -> None:
    page = staff_client(officer).post(reverse("admin:retention_hold_add"), hold_form(subject_ref=str(uuid4())))
    text = page.content.decode()
    assert "There is no person with this reference" in text
    assert "WP 12/2026" in text
    assert not Hold.objects.exists()


def test_an_administrator_cannot_place_a_hold(officer) -> None:
    client = staff_client(StaffFactory(roles=["administrator"]))
    assert client.post(reverse("admin:retention_hold_add"), hold_form()).status_code == 403


def test_the_auditor_reads_runs_with_their_certificate() -> None:
    with only_eraser(Shelf()):
        run = runs.run(now=clock.now(), actor=actor.system("tests"))
    client = staff_client(StaffFactory(roles=["auditor"]))
    assert run.reference in client.get(reverse("admin:retention_erasurerun_changelist")).content.decode()
    page = client.get(reverse("admin:retention_erasurerun_change", args=[run.pk])).content.decode()
    assert run.certificate_sha256 in page
    assert f"<dt>SHA-256 of the plan</dt><dd>{run.plan_sha256}</dd>" in page
    assert f"<dt>finished</dt><dd>{date_format.moment(run.finished_at)}</dd>" in page
    assert "&quot;plan_sha256&quot;" not in page
    certificate = page.partition("<dt>version of the certificate</dt>")[2].partition(run.certificate_sha256)[0]
    assert certificate
    assert "{" not in certificate
    # A run in which nothing was due says so, and shows no line without a value.
    assert "<dt>steps</dt><dd>none: nothing was due</dd>" in certificate
    assert "<dd>-</dd>" not in certificate
    assert client.get(reverse("admin:retention_retentionrule_changelist")).status_code == 200
    assert client.get(reverse("admin:retention_hold_add")).status_code == 403


def test_a_plan_is_proposed_by_one_and_carried_out_after_the_second_agrees(officer) -> None:
    house_rule("tests.period", 1, "year")
    retention_rule(needs_approval=True)
    shelf = Shelf()
    shelf.shelved = {SubjectFactory().ref: [clock.now() - timedelta(days=900)]}
    with only_eraser(shelf):
        plan = erasure_plans.make(now=clock.now(), actor=actor.system("tests"))
        propose = reverse("admin:retention_erasurerun_do_one", args=[plan.pk, "propose-plan"])
        staff_client(officer).post(propose, {"answer": "1", "why": "Each step and its rule."})
        approval = PlanApproval.objects.get()
        answer = reverse("admin:retention_planapproval_do_one", args=[approval.pk, "answer-plan"])
        staff_client(officer).post(answer, {"answer": "1", "decision": "approve"})
        plan.refresh_from_db()
        assert plan.state == "planned"
        second = staff_client(StaffFactory(roles=["administrator"]))
        said = second.get(answer).content.decode()
        assert plan.plan_sha256 in said
        assert f"{shelf.name}: 1 due, 0 under legal hold, 0 retained by a rule" in said
        second.post(answer, {"answer": "1", "decision": "approve"})
        plan.refresh_from_db()
        assert plan.state == "approved"
        page = staff_client(officer).get(reverse("admin:retention_erasurerun_change", args=[plan.pk]))
        assert plan.plan_sha256 in page.content.decode()


def test_a_run_says_for_what_the_rest_is_kept_and_calls_no_claim_a_duty(officer) -> None:
    house_rule("tests.period", 1, "month")
    retention_rule("IN-LIM")
    legal_rule("IN-LIM", 3, "year", law="Limitation Act 1963", provision="Art. 137", confidence="R")
    shelf = Shelf()
    ref = SubjectFactory().ref
    shelf.shelved = {ref: [clock.now() - timedelta(days=3)]}
    with only_eraser(shelf):
        run = run_for(ref)
        page = staff_client(officer).get(reverse("admin:retention_erasurerun_change", args=[run.pk])).text
    assert "1 (1 for legal claims, no law requires it)" in page
    assert "Kept by law" not in page


def test_the_run_of_one_person_leads_to_what_is_decided_about_them_today(officer) -> None:
    house_rule("tests.period", 1, "year")
    retention_rule()
    shelf = Shelf()
    ref = PrincipalFactory().subject.ref
    shelf.shelved = {ref: [clock.now()]}
    client = staff_client(officer)
    with only_eraser(shelf):
        run = run_for(ref)
        page = client.get(reverse("admin:retention_erasurerun_change", args=[run.pk])).text
        way = f"{reverse('admin:retention_retentionrule_keep-or-erase')}?person={ref}&amp;case={run.because}"
        assert f'href="{way}"' in page
        form = client.get(way.replace("&amp;", "&")).context["form"]
        assert (form["subject_ref"].value(), form["ticket"].value(), form["is_asked"].value()) == (
            str(ref),
            run.because,
            True,
        )
        nightly = runs.run(now=clock.now(), actor=actor.system("tests"))
        assert "keep-or-erase" not in client.get(reverse("admin:retention_erasurerun_change", args=[nightly.pk])).text
    assert not AuditEvent.objects.filter(kind="admin.record.opened").exists()


def test_keep_or_erase_shows_each_rule_and_the_sentence_for_a_reason(officer) -> None:
    house_rule("tests.period", 1, "year")
    retention_rule()
    shelf = Shelf()
    ref = SubjectFactory().ref
    shelf.shelved = {ref: [clock.now()]}
    page = reverse("admin:retention_retentionrule_keep-or-erase")
    with only_eraser(shelf):
        without = staff_client(officer).post(page, {"subject_ref": str(ref)})
        assert without.status_code == 422
        asked = {"subject_ref": str(ref), "why": "audit", "ticket": "yearly audit", "is_asked": "on"}
        found = staff_client(officer).post(page, asked)
    assert "we erase this because you asked for it" in found.content.decode()
    assert AuditEvent.objects.filter(kind="admin.record.opened", subject_ref=ref).exists()
    assert staff_client(StaffFactory(roles=["support"])).get(page).status_code == 403
