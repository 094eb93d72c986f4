"""What staff bring in for a case."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kyc.cases import check_plans
from kyc.models import Document
from kyc.review.services import document_uploads
from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import Sent, open_case
from kyc.review.services.staff_intake import by_staff
from kyc.review.services.work_allocation import waiting_for
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import personal_of
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.outbox.models import Message
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, NOW, agreed, answered, proposed
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.usefixtures("same_process")
REASON = "Sent by post, no scanner."


def brought(customer, who, **changes) -> Document:
    data = changes.pop("data", documents.pdf())
    given = {"kind": "pan_card", "number": documents.PAN, "extension": "pdf", "way": "post", "reason": REASON}
    sent = Sent(customer=customer, **{**given, **changes})
    return by_staff(sent, io.BytesIO(data), actor=actor.staff(who.pk), now=clock.now())


def test_staff_bring_in_what_came_by_post_and_it_goes_the_customers_way(individual, asha, maker):
    document = brought(individual, maker)
    assert (document.provenance, document.state, document.sent_at is not None) == ("staff", "received", True)
    event = AuditEvent.objects.get(kind="kyc.document.uploaded")
    assert (event.facts["provenance"], event.facts["way"], event.actor_kind) == ("staff", "post", "staff")
    assert REASON not in str(event.facts)
    assert personal_of(event)["values"] == {"reason": {"new": REASON}}
    assert Message.objects.filter(kind="kyc.document_brought").count() == 2  # by e-mail and in the dashboard
    assert run_plan(document.pk, now=clock.now()) == "checked"
    assert document.checks.count() == sum(not one.is_later for one in check_plans.checks_for("pan_card"))


def test_who_brought_a_document_in_does_not_answer_about_it_and_the_desk_names_them(individual, maker, checker):
    document = brought(individual, checker)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    assert document.brought_by == checker
    decision = proposed(document, maker)
    assert not waiting_for(checker, now=clock.now()).exists()
    for approve in (True, False):
        with pytest.raises(NotAllowed, match="you uploaded this document"):
            answered(decision, checker, approve=approve, reason="No.")
    desk, url = staff_client(checker), reverse("admin:kyc_document_change", args=[document.pk])
    desk.post(url, {"open_record": "1", "purpose": "kyc_review", "ticket": "review queue"})
    page = desk.get(url).text
    assert f"uploaded by {checker.full_name or checker.email}" in page
    assert "you uploaded this document" in page
    other = StaffFactory(roles=["kyc_checker"])
    assert waiting_for(other, now=clock.now()).get() == document
    assert answered(decision, other).document.state == "approved"


def test_a_copy_used_again_came_through_the_same_hands(individual, checker):
    earlier = brought(individual, checker)
    sent = Sent(customer=individual, kind="pan_card")
    again = document_uploads.Judged(sent, None, io.BytesIO(), earlier=earlier)
    assert document_uploads._brought_by(again, CUSTOMER) == checker.pk
    assert document_uploads._brought_by(document_uploads.Judged(sent, None, io.BytesIO()), CUSTOMER) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"way": ""}, "WAY"),
        ({"way": "pigeon"}, "WAY"),
        ({"reason": " "}, "REASON"),
        ({"number": "WRONG"}, "NUMBER"),
        ({"kind": "gst_certificate", "number": documents.GSTIN}, "NOT_WANTED"),
        ({"data": b"MZ" + bytes(99)}, "TYPE_MISMATCH"),
        ({"kind": "aadhaar_qr", "number": "", "data": documents.image("PNG"), "extension": "png"}, "NOTICE_MISSING"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(individual, maker, changes, code):
    with pytest.raises(Refused) as refused:
        brought(individual, maker, **changes)
    assert (refused.value.code, Document.objects.count()) == (code, 0)


def test_an_aadhaar_document_needs_a_yes_from_before(individual, maker):
    agreed(individual)
    with pytest.raises(Refused) as refused:
        brought(individual, maker, kind="aadhaar_qr", number="", data=documents.image("PNG"), extension="png")
    assert refused.value.code == "CONSENT_MISSING"


def test_staff_are_told_of_no_box_where_the_holder_has_not_agreed(individual, maker):
    agreed(individual)
    url = reverse("admin:kyc_case_bring", args=[open_case(customer=individual, actor=CUSTOMER, now=NOW).pk])
    file = SimpleUploadedFile("a.png", documents.image("PNG"))
    page = staff_client(maker).post(f"{url}?kind=aadhaar_qr", {"way": "post", "reason": REASON, "file": file}).text
    assert "The holder has not agreed" in page
    assert "Tick the box" not in page


def test_who_may_not_bring_in_is_refused(individual, house):
    with pytest.raises(NotAllowed):
        brought(individual, StaffFactory(roles=["auditor"]))


def test_the_page_lists_what_is_asked_for_and_takes_one_of_it(individual, maker):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    client = staff_client(maker)
    url = reverse("admin:kyc_case_bring", args=[case.pk])
    assert "?kind=pan_card" in client.get(url).text
    form = client.get(f"{url}?kind=pan_card").text
    assert 'name="way"' in form
    assert 'name="agree"' not in form
    given = {"number": documents.PAN, "way": "in_person", "reason": REASON}
    again = client.post(f"{url}?kind=pan_card", {**given, "reason": ""})
    assert again.status_code == 422
    done = client.post(f"{url}?kind=pan_card", {**given, "file": SimpleUploadedFile("pan.pdf", documents.pdf())})
    assert done.status_code == 302
    assert Document.objects.get().provenance == "staff"
    assert client.get(f"{url}?kind=gst_certificate").status_code == 404
    assert client.get(f"{url}?kind=pan_card&party=OS-PA-7K4M-9QX2").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "WRONG"}, "number"),
        ({"file": SimpleUploadedFile("pan.pdf", b"MZ" + bytes(99))}, "file"),
    ],
)
def test_what_a_service_refuses_stands_beside_the_field_it_is_about(individual, maker, changes, field):
    case = open_case(customer=individual, actor=CUSTOMER, now=NOW)
    url = f"{reverse('admin:kyc_case_bring', args=[case.pk])}?kind=pan_card"
    file = SimpleUploadedFile("pan.pdf", documents.pdf())
    given = {"number": documents.PAN, "way": "post", "reason": REASON, "file": file, **changes}
    assert list(staff_client(maker).post(url, given).context["form"].errors) == [field]
