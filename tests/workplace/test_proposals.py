from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import CharField, DateField, DateTimeField, ForeignKey, Model, TextField
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.fronts.workplace import approvals, profile_changes
from portal.fronts.workplace.models import ProfileProposal, PurposeProposal
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.admin import labels
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.law import selectors as law
from portal.kernel.law.labels import names_of_purposes
from portal.kernel.law.models import OrganisationProfile, Purpose
from portal.kernel.law.request_cache import remembering
from portal.kernel.people.services import api_keys
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db

ADD_PROFILE = "admin:workplace_profileproposal_add"
CONTENT = {
    "names": {"en": "Surveys"},
    "descriptions": {"en": "Questions about how we did."},
    "message_category": "service",
    "bases": {"IN": "consent", "EU": "consent", "US-CA": "notice_and_opt_out"},
    "balancing_test": "",
    "used_categories": ["contact"],
    "channels": ["email"],
    "retention_class": "consent_evidence",
    "validity_rule": "",
}


def today():
    return clock.day(clock.now())


def acting(user):
    return actor.staff(user.pk)


def answers(**changed):
    return {**dict.fromkeys(OrganisationProfile.SWITCHES, "undecided"), **changed}


@pytest.fixture
def maker():
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def proposal(maker):
    return profile_changes.propose_profile(
        answers=answers(intermediary="no"), effective_from=today(), actor=acting(maker)
    )


def test_a_profile_changes_only_when_another_person_approves(proposal):
    assert law.profile(on=today()).intermediary == "undecided"
    checker = StaffFactory(roles=["administrator"])
    profile_changes.answer_profile(proposal=proposal, approve=True, reason="", actor=acting(checker))
    row = law.profile(on=today())
    assert row.intermediary == "no"
    assert (row.made_by_ref, row.checked_by_ref) == (f"user:{proposal.made_by_id}", f"user:{checker.pk}")


def test_the_maker_cannot_approve(proposal, maker):
    with pytest.raises(NotAllowed):
        profile_changes.answer_profile(proposal=proposal, approve=True, reason="", actor=acting(maker))
    assert not OrganisationProfile.objects.exists()


def test_a_proposal_that_was_changed_behind_the_checkers_back_is_refused(proposal):
    ProfileProposal.objects.filter(pk=proposal.pk).update(answers=answers(ccpa_business="no"))
    proposal.refresh_from_db()
    with pytest.raises(Refused, match="has changed since"):
        profile_changes.answer_profile(
            proposal=proposal, approve=True, reason="", actor=acting(StaffFactory(roles=["administrator"]))
        )
    assert not OrganisationProfile.objects.exists()


def test_a_profile_cannot_change_in_the_past(maker):
    with pytest.raises(Refused, match="in the past"):
        profile_changes.propose_profile(
            answers=answers(intermediary="no"), effective_from=today() - timedelta(days=1), actor=acting(maker)
        )


def test_a_profile_approved_too_late_does_not_reach_back(proposal):
    checker = acting(StaffFactory(roles=["administrator"]))
    with time_machine.travel(clock.now() + timedelta(days=1)):
        with pytest.raises(Refused, match="has passed"):
            profile_changes.answer_profile(proposal=proposal, approve=True, reason="", actor=checker)
        proposal.refresh_from_db()
        assert proposal.answer == "pending"
        profile_changes.answer_profile(proposal=proposal, approve=False, reason="Too late.", actor=checker)
    assert not OrganisationProfile.objects.exists()


def test_a_purpose_approved_too_late_does_not_reach_back(maker):
    made = profile_changes.propose_purpose(code="surveys", content=CONTENT, effective_from=today(), actor=acting(maker))
    checker = acting(StaffFactory(roles=["administrator"]))
    with time_machine.travel(clock.now() + timedelta(days=1)), pytest.raises(Refused, match="has passed"):
        profile_changes.answer_purpose(proposal=made, approve=True, reason="", actor=checker)
    assert not Purpose.objects.filter(code="surveys").exists()


def test_a_refusal_leaves_its_trace(proposal, maker):
    made = profile_changes.propose_purpose(code="surveys", content=CONTENT, effective_from=today(), actor=acting(maker))
    checker = StaffFactory(roles=["administrator"])
    profile_changes.answer_profile(proposal=proposal, approve=False, reason="No.", actor=acting(checker))
    profile_changes.answer_purpose(proposal=made, approve=False, reason="No.", actor=acting(checker))
    events = AuditEvent.objects.filter(actor_ref=f"user:{checker.pk}").order_by("pk")
    assert [(event.kind, event.facts["proposal"]) for event in events] == [
        ("law.profile.refused", proposal.pk),
        ("law.purpose.refused", made.pk),
    ]


def test_a_purpose_that_the_law_does_not_allow_is_refused_before_anybody_is_asked(maker):
    wrong = {**CONTENT, "bases": {**CONTENT["bases"], "IN": "legitimate_interest"}}
    with pytest.raises(Refused, match="does not exist in the law of India"):
        profile_changes.propose_purpose(code="surveys", content=wrong, effective_from=today(), actor=acting(maker))
    assert not PurposeProposal.objects.exists()


def test_an_approved_purpose_waits_for_its_notice(maker):
    made = profile_changes.propose_purpose(code="surveys", content=CONTENT, effective_from=today(), actor=acting(maker))
    profile_changes.answer_purpose(
        proposal=made, approve=True, reason="", actor=acting(StaffFactory(roles=["administrator"]))
    )
    purpose = Purpose.objects.get(code="surveys")
    assert purpose.version == 1
    assert purpose.notice_published_at is None


def test_the_pages_take_a_proposal_from_one_person_to_another(staff):
    maker, checker = staff("data_protection_officer"), staff("administrator")
    form = {"effective_from": today().isoformat(), **answers(telecom_entity="yes")}
    maker.post(reverse(ADD_PROFILE), form)
    made = ProfileProposal.objects.get()
    listed = checker.get(reverse("admin:approvals"))
    assert [row.url for row in listed.context["waiting"]] == [
        reverse("admin:workplace_profileproposal_change", args=[made.pk])
    ]
    page = checker.get(listed.context["waiting"][0].url)
    assert made.shown_sha256 in page.text
    assert [(before, after) for _label, before, after in page.context["differences"]] == [("not decided", "yes")]
    done = checker.post(page.context["approval"].url, {"decision": "approve", "answer": "1"}, follow=True)
    assert "Approved." in done.text
    assert law.profile(on=today()).telecom_entity == "yes"


def test_the_makers_page_offers_no_answer_and_a_forged_post_changes_nothing(staff):
    maker = staff("data_protection_officer")
    maker.post(reverse(ADD_PROFILE), {"effective_from": today().isoformat(), **answers(telecom_entity="yes")})
    made = ProfileProposal.objects.get()
    page = maker.get(reverse("admin:workplace_profileproposal_change", args=[made.pk]))
    assert 'value="approve"' not in page.text
    assert "Another person must answer" in page.text
    url = reverse("admin:workplace_profileproposal_do_one", args=[made.pk, "answer-proposal"])
    maker.post(url, {"decision": "approve", "answer": "1"})
    made.refresh_from_db()
    assert made.answer == "pending"


def test_a_refusal_by_the_service_keeps_what_was_entered(staff):
    maker = staff("data_protection_officer")
    past = (today() - timedelta(days=1)).isoformat()
    page = maker.post(reverse(ADD_PROFILE), {"effective_from": past, **answers(telecom_entity="yes")})
    assert page.status_code == 422
    assert "The profile cannot change in the past" in page.text
    assert f'value="{past}"' in page.text
    assert not ProfileProposal.objects.exists()


def test_an_auditor_reads_proposals_and_cannot_answer(staff, proposal):
    auditor = staff("auditor")
    url = reverse("admin:workplace_profileproposal_change", args=[proposal.pk])
    assert auditor.get(url).status_code == 200
    act = reverse("admin:workplace_profileproposal_do_one", args=[proposal.pk, "answer-proposal"])
    assert auditor.post(act, {"decision": "approve", "answer": "1"}).status_code == 403
    assert auditor.get(reverse(ADD_PROFILE)).status_code == 403


def test_a_correction_is_proposed_as_one_and_both_people_are_bound_to_that(maker, client):
    administrator = StaffFactory(roles=["administrator"])
    first = profile_changes.propose_purpose(
        code="surveys", content=CONTENT, effective_from=today(), actor=acting(maker)
    )
    profile_changes.answer_purpose(proposal=first, approve=True, reason="", actor=acting(administrator))
    tomorrow = today() + timedelta(days=1)
    with pytest.raises(Refused, match="mends words only"):
        profile_changes.propose_purpose(
            code="surveys", content={**CONTENT, "channels": ["sms"]}, effective_from=tomorrow, actor=acting(maker),
            is_correction=True,
        )  # fmt: skip
    made = profile_changes.propose_purpose(
        code="surveys", content={**CONTENT, "names": {"en": "Survey"}}, effective_from=tomorrow, actor=acting(maker),
        is_correction=True,
    )  # fmt: skip
    PurposeProposal.objects.filter(pk=made.pk).update(is_correction=False)
    made.refresh_from_db()
    with pytest.raises(Refused, match="has changed since"):
        profile_changes.answer_purpose(proposal=made, approve=True, reason="", actor=acting(administrator))
    PurposeProposal.objects.filter(pk=made.pk).update(is_correction=True)
    made.refresh_from_db()
    profile_changes.answer_purpose(proposal=made, approve=True, reason="", actor=acting(administrator))
    mended = Purpose.objects.get(code="surveys", version=2)
    assert mended.meaning_since == Purpose.objects.get(version=1, code="surveys").meaning_since


SURVEYS = {
    "name_en": "Surveys",
    "name_hi": "सर्वेक्षण",
    "name_mr": "सर्वेक्षण",
    "description_en": "Questions about how we did.",
    "description_hi": "हमने कैसा काम किया, इस पर सवाल।",
    "description_mr": "आमचे काम कसे झाले याबद्दल प्रश्न.",
}


@pytest.mark.parametrize("missing", sorted(SURVEYS))
def test_a_purpose_has_its_name_and_description_in_each_language_of_our_letters(staff, missing):
    form = {**SURVEYS, missing: "", "code": "surveys", "effective_from": today().isoformat()}
    page = staff("data_protection_officer").post(reverse("admin:workplace_purposeproposal_add"), form)
    assert missing in page.context["adminform"].form.errors
    assert not set(SURVEYS) - {missing} & set(page.context["adminform"].form.errors)
    assert not PurposeProposal.objects.exists()


def test_whose_a_purpose_is_and_where_it_is_asked_is_proposed_with_it_and_shown_to_who_answers(staff):
    basis = {"basis_india": "consent", "basis_eu": "consent", "basis_california": "consent"}
    form = {
        **basis,
        "code": "surveys",
        "effective_from": today().isoformat(),
        **SURVEYS,
        "used_categories": ["contact"],
        "channels": ["none"],
        "retention_class": "consent_evidence",
        "is_ours_alone": "on",
    }
    staff("data_protection_officer").post(reverse("admin:workplace_purposeproposal_add"), form)
    made = PurposeProposal.objects.get()
    assert (made.content["is_ours_alone"], made.content["is_asked_in_place"]) == (True, False)
    page = staff("administrator").get(reverse("admin:workplace_purposeproposal_change", args=[made.pk]))
    assert ("only ours, never a client's", "", "Yes") in [
        (str(label), before, after) for label, before, after in page.context["differences"]
    ]


def made_up(model: type[Model], brought: Collection[str] = ()) -> Model:
    """A row that is in no table, with a value in every field; of other rows it has those that were brought along."""
    row = model(pk=1)
    for field in model._meta.concrete_fields:
        further = [path.removeprefix(f"{field.name}__") for path in brought if path.split("__")[0] == field.name]
        if isinstance(field, ForeignKey):
            value: Any = made_up(field.remote_field.model, further) if further else 1
            setattr(row, field.name if further else field.attname, value)
        elif isinstance(field, DateTimeField):
            setattr(row, field.attname, clock.now())
        elif isinstance(field, DateField):
            setattr(row, field.attname, today())
        elif isinstance(field, CharField | TextField):
            setattr(row, field.attname, field.choices[0][0] if field.choices else "x")
    return row


@pytest.mark.parametrize("model", approvals.models_of_proposals(), ids=lambda model: model._meta.label)
def test_the_heading_of_a_proposal_asks_for_nothing_that_a_list_of_them_does_not_bring(
    model, django_assert_num_queries
):
    row = made_up(model, model.named_by)
    with remembering():
        names_of_purposes()
        with django_assert_num_queries(0):
            assert labels.heading(row)


def test_the_list_of_proposals_takes_no_more_queries_for_many_than_for_one(maker):
    desk = staff_client(StaffFactory(roles=["administrator"]))

    def queries():
        with CaptureQueriesContext(connection) as seen:
            shown = desk.get(reverse("admin:approvals")).context["waiting"]
        return len(shown), len(seen)

    def key_is_proposed(label):
        now, client = clock.now(), FiduciaryFactory(name=f"Client {label}")
        fields = {"label": label, "scopes": ["decisions:ask"], "expires_at": now + timedelta(days=90)}
        api_keys.propose(fiduciary=client, **fields, actor=acting(maker), now=now)

    key_is_proposed("one")
    queries()
    rows, alone = queries()
    for label in ("two", "three"):
        key_is_proposed(label)
    assert queries() == (rows + 2, alone)
