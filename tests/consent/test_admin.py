"""The staff's pages of consent: read only, opened with a purpose, taken away by auditors alone."""

import pytest
from django.contrib.admin import site
from django.urls import reverse
from django.utils.html import escape

from consent.base.choices import VersionState
from consent.models import (
    ConsentEvent,
    GuardianAnswer,
    HeldConsent,
    LateNotice,
    Meeting,
    NoticeVersion,
    SendAfterWithdrawal,
    StandingEnded,
    Suppression,
    TakenAnswer,
)
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core.admin import OpenedWithPurpose
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.consent.test_publishing import FAULTY, draft
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def officer():
    return staff_client(StaffFactory(roles=["data_protection_officer"]))


@pytest.fixture
def event():
    published_notice()
    return said(person(), "given")


def test_the_ledger_lists_answers_without_addresses_and_finds_one_by_its_address(officer, event):
    url = reverse("admin:consent_consentevent_changelist")
    page = officer.post(url, {"find": ASHA_PHONE}, follow=True).content.decode()
    assert event.receipt.reference in page
    assert ASHA_PHONE[-4:] not in officer.get(url).content.decode()
    assert event.receipt.reference not in officer.post(url, {"find": "+919811111111"}, follow=True).content.decode()


@pytest.mark.parametrize("name", ["consentevent", "consentstate"])
def test_opening_one_answer_asks_why_and_leaves_an_audit_event(officer, event, name):
    url = reverse(f"admin:consent_{name}_change", args=[event.pk if name == "consentevent" else 1])
    if name == "consentstate":
        from consent.models import ConsentState

        url = reverse("admin:consent_consentstate_change", args=[ConsentState.objects.get().pk])
    assert "Why do you open this record?" in officer.get(url).content.decode()
    answer = {"open_record": "1", "purpose": "audit", "ticket": "yearly audit"}
    page = officer.post(url, answer, follow=True).content.decode()
    assert "Why do you open this record?" not in page
    assert AuditEvent.objects.filter(kind=AuditKind.ADMIN_RECORD_OPENED, subject_ref=event.subject_ref).exists()


def test_nobody_adds_changes_or_deletes_an_answer(officer, event):
    assert officer.get(reverse("admin:consent_consentevent_add")).status_code == 403
    assert officer.post(reverse("admin:consent_consentevent_delete", args=[event.pk])).status_code == 403
    assert ConsentEvent.objects.count() == 1


def test_only_a_role_that_may_takes_the_list_away(event):
    url = reverse("admin:consent_consentevent_export")
    form = {"file_format": "csv", "reason": "The audit of this year", "export": "1"}
    support = staff_client(StaffFactory(roles=["support"]))
    assert support.post(url, form).status_code == 403
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    content = b"".join(auditor.post(url, form).streaming_content).decode()
    assert event.receipt.reference in content
    assert str(event.entry.event_id) in content
    assert ASHA_PHONE[-10:] not in content
    assert AuditEvent.objects.filter(kind=AuditKind.EXPORT_LIST_MADE).count() == 1


def test_two_people_publish_a_faulty_text_through_the_pages():
    version = draft(FAULTY)
    officer = staff_client(StaffFactory(roles=["data_protection_officer"]))
    administrator = staff_client(StaffFactory(roles=["administrator"]))
    do = reverse("admin:consent_noticeversion_do_one", args=[version.pk, "propose-publication"])
    why_not = officer.get(do).content.decode()
    assert "1 defect is open:" in why_not
    place = version.binding.clauses.get(number="5").position
    page = reverse("admin:consent_noticeversion_clauses", args=[version.pk, "en"])
    assert f'<a href="{page}#clause-{place}">EMPTY_LIST 5: ' in why_not

    defect = version.defects.get()
    shown = officer.get(reverse("admin:consent_noticeversion_change", args=[version.pk])).content.decode()
    assert reverse("admin:consent_policydefect_change", args=[defect.pk]) in shown
    assert page in shown
    beside = officer.get(page).content.decode()
    assert escape(str(defect.message)) in beside
    override = reverse("admin:consent_policydefect_do_one", args=[defect.pk, "propose-override"])
    assert f'href="{override}"' in beside
    officer.post(override, {"answer": "1", "reason": "The list follows in an annex."})
    answer = reverse("admin:consent_defectoverride_do_one", args=[defect.overrides.get().pk, "answer-override"])
    officer.post(answer, {"answer": "1", "decision": "approve", "reason": ""})
    assert defect.overrides.get().answer == "pending"
    shown = administrator.get(answer).content.decode()
    proposer = defect.overrides.get().made_by.full_name
    for read_before in (str(version), defect.message, "The list follows in an annex.", proposer):
        assert escape(read_before) in shown
    assert "login " not in shown
    administrator.post(answer, {"answer": "1", "decision": "approve", "reason": ""})

    officer.post(do, {"answer": "1"})
    answer = reverse("admin:consent_publicationproposal_do_one", args=[version.proposals.get().pk, "answer-proposal"])
    administrator.post(answer, {"answer": "1", "decision": "approve", "reason": ""})
    assert NoticeVersion.objects.get().state == VersionState.PUBLISHED


def test_every_list_opens_for_those_who_may_see_it(officer):
    for name in (
        "consentevent",
        "consentstate",
        "noticeversion",
        "policydefect",
        "defectoverride",
        "publicationproposal",
    ):
        assert officer.get(reverse(f"admin:consent_{name}_changelist")).status_code == 200
    maker = staff_client(StaffFactory(roles=["kyc_maker"]))
    assert maker.get(reverse("admin:consent_consentevent_changelist")).status_code == 403


def test_every_page_of_one_persons_words_asks_why_it_is_opened(db):
    pages = {model: page for model, page in site._registry.items() if model._meta.app_label == "consent"}
    about_one = {model for model in pages if hasattr(model, "subject_ref")} - {Suppression, SendAfterWithdrawal}
    assert {GuardianAnswer, HeldConsent, LateNotice, Meeting, StandingEnded, TakenAnswer} <= about_one
    assert [model for model in about_one if not isinstance(pages[model], OpenedWithPurpose)] == []
