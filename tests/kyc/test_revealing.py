"""Reveal with a reason: for a minute, with an audit event, counted towards an alarm, and told to the customer."""

import io
from datetime import timedelta

import pytest
import time_machine
from PIL import Image

from kyc.cases import labels
from kyc.data_copy_sections import KycSection
from kyc.models import Document
from kyc.review.admin.documents import CLEAR
from kyc.review.services.protected_access import page_of as page_of_document
from kyc.review.services.reveals import number_of, reveal
from kyc.review.view_log import times_viewed, viewings_of
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.law.models import HouseRule
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import Fiduciary
from tests.grievances.factories import ticket
from tests.kyc import documents
from tests.kyc.factories import checked
from tests.kyc.test_admin import at_the_desk, page_of
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import customer_client, staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]
LIST = "/admin/kyc/document/"


@pytest.fixture
def document(individual) -> Document:
    return checked(individual)


@pytest.fixture
def why(document):
    return {"reason_code": "kyc_review", "ticket": document.case.reference}


def picture(response) -> bytes:
    return Image.open(io.BytesIO(response.content)).convert("L").resize((64, 64)).tobytes()


def test_a_number_shows_for_a_minute_after_a_reason_that_is_kept(document, maker, why):
    desk = at_the_desk(maker, document)
    assert documents.PAN not in desk.get(page_of(document)).text
    url = f"{LIST}{document.pk}/number/"
    asked = desk.get(url).text
    assert documents.PAN not in asked
    assert document.case.reference in asked
    shown = desk.post(url, why)
    assert documents.PAN in shown.text
    assert shown["Refresh"].startswith("60;")
    assert "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.get(kind="admin.value.revealed")
    assert (event.facts["field"], event.facts["ticket"]) == ("number", document.case.reference)
    assert documents.PAN not in desk.get(url).text


@pytest.mark.parametrize("ticket", ["", "review queue", "Asha Rao", "9876543210"])
def test_a_reveal_without_a_ticket_or_a_case_shows_nothing(document, maker, ticket):
    desk = at_the_desk(maker, document)
    for name in ("number", "clear"):
        answer = desk.post(f"{LIST}{document.pk}/{name}/", {"reason_code": "kyc_review", "ticket": ticket})
        assert (answer.status_code, documents.PAN in answer.text) == (422, False)
        assert "<title>Error: " in answer.text
        assert '<a href="#id_ticket">Give' in answer.text
    assert not AuditEvent.objects.filter(kind="admin.value.revealed").exists()


def test_a_session_forgets_what_it_was_shown_once_the_minute_is_over(document, maker, why):
    other = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    desk = at_the_desk(maker, document)
    for shown in (document, other):
        desk.post(page_of(shown), {"open_record": "1", "purpose": "kyc_review", "ticket": "review queue"})
    desk.post(f"{LIST}{document.pk}/clear/", why)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        desk.post(f"{LIST}{other.pk}/clear/", {**why, "ticket": other.case.reference})
    assert set(desk.session[CLEAR.key]) == {f"kyc.document.{other.pk}"}


def test_pages_carry_a_mark_until_a_reveal_and_again_after_its_minute(document, maker, why, time_machine):
    time_machine.move_to(clock.now(), tick=False)  # the mark names the minute
    desk = at_the_desk(maker, document)
    page = f"{LIST}{document.pk}/pages/1.png"
    marked = picture(desk.get(page))
    assert picture(desk.get(f"{page}?clear=1")) == marked
    shown = desk.post(f"{LIST}{document.pk}/clear/", why)
    assert (f"{page}?clear=1" in shown.text, shown["Refresh"].startswith("60;")) == (True, True)
    assert picture(desk.get(f"{page}?clear=1")) != marked
    reasons = AuditEvent.objects.filter(kind="vault.file.opened").values_list("facts__reason", flat=True)
    assert "review_clear" in reasons
    time_machine.move_to(clock.now() + timedelta(seconds=61))
    reasons_before = list(reasons.order_by("pk"))
    desk.get(f"{page}?clear=1")
    assert list(reasons.order_by("pk"))[len(reasons_before) :] == ["review"]


def test_a_page_comes_with_the_pixels_to_be_magnified(document, maker):
    """Turning and zooming is the sheet's on the page itself: one file serves them all."""
    drawn = at_the_desk(maker, document).get(f"{LIST}{document.pk}/pages/1.png").content
    small = page_of_document(document, 1, actor=actor.staff(maker.pk), reason="test")
    assert Image.open(io.BytesIO(drawn)).width >= 2 * Image.open(io.BytesIO(small)).width


@pytest.mark.parametrize("roles", [[], ["support"], ["auditor"], ["administrator"]])
def test_nobody_reveals_who_may_not_open_documents(document, roles, why):
    for act in (lambda given: number_of(document, **given), lambda given: reveal(document, what="pages", **given)):
        with pytest.raises(NotAllowed):
            act({**why, "actor": actor.staff(StaffFactory(roles=roles).pk), "now": clock.now()})


def test_who_reveals_more_than_the_rule_allows_is_told_on_once(document, maker, why):
    HouseRule.objects.filter(key="kyc.reveals_most").update(amount=2)
    officer = StaffFactory(roles=["data_protection_officer"])
    given = {**why, "actor": actor.staff(maker.pk)}
    for _time in range(4):
        number_of(document, **given, now=clock.now())
    alarm = AuditEvent.objects.get(kind="kyc.reveals.many")
    assert (alarm.about, alarm.facts["count"]) == (f"people.user:{maker.pk}", 3)
    assert Message.objects.get(kind="kyc.staff_reveals_many").subject_ref == officer.subject.ref
    number_of(document, **given, now=clock.now() + timedelta(days=2))
    assert AuditEvent.objects.filter(kind="kyc.reveals.many").count() == 1


def test_the_alarm_is_raised_although_the_count_jumped_over_the_number(document, maker, why):
    given = {**why, "actor": actor.staff(maker.pk), "now": clock.now()}
    HouseRule.objects.filter(key="kyc.reveals_most").update(amount=9)
    for _time in range(3):
        number_of(document, **given)
    HouseRule.objects.filter(key="kyc.reveals_most").update(amount=2)  # as two at once on PostgreSQL made it
    number_of(document, **given)
    assert AuditEvent.objects.get(kind="kyc.reveals.many").facts["count"] == 4


def test_a_customer_reads_how_often_by_which_role_and_why_and_no_name_of_staff(document, asha, maker, checker, why):
    for person in (maker, checker):
        at_the_desk(person, document)
    number_of(document, **why, actor=actor.staff(maker.pk), now=clock.now())
    client = customer_client(asha)
    assert "Your documents were viewed 3 times." in client.get("/privacy/kyc/").text
    page = client.get(f"/privacy/kyc/{document.case.customer.reference}/looks/").text
    for said in (
        "A reviewer of documents",
        "The second reviewer of documents",
        "To check the documents",
        "the number in clear",
    ):
        assert said in page
    assert maker.full_name not in page
    assert documents.PAN not in page
    (record,) = KycSection().collect(subject_refs=[document.subject_ref])
    assert record["viewed"][0]["what"] == "the number in clear"


def test_how_often_documents_were_viewed_is_counted_for_all_customers_at_once(
    document, maker, django_assert_num_queries
):
    other = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    nobodys = CustomerFactory(kind="individual")
    for seen in (document, document, other):
        at_the_desk(maker, seen).get(page_of(seen))
    customers = [document.case.customer, other.case.customer, nobodys]
    with django_assert_num_queries(2):
        found = times_viewed(customers)
    assert [found[customer.pk] for customer in customers] == [
        len(viewings_of(Document.objects.filter(case__customer=customer))) for customer in customers
    ]
    assert found[nobodys.pk] == 0 < found[other.case.customer_id] < found[document.case.customer_id]


def test_a_role_is_the_one_held_when_the_document_was_viewed(document, maker):
    at_the_desk(maker, document)
    maker.role_grants.update(ends_at=clock.now() + timedelta(seconds=1))
    (look,) = viewings_of([document])
    assert look.roles == ("kyc_maker",)
    maker.role_grants.update(ends_at=look.at - timedelta(seconds=1), starts_at=look.at - timedelta(days=1))
    (look,) = viewings_of([document])
    assert (look.roles, labels.roles(look.roles)) == ((), "A member of staff")


def test_nobody_reads_who_viewed_the_documents_of_others(document, asha):
    url = f"/privacy/kyc/{document.case.customer.reference}/looks/"
    stranger = customer_client(CustomerUserFactory(member_of=CustomerFactory()))
    assert stranger.get(url).status_code == 404
    assert staff_client(StaffFactory(roles=["support"])).get(url).status_code in {302, 403, 404}
    assert customer_client(asha).get(url).status_code == 200


def test_a_reveal_says_of_which_document_and_takes_no_reason_for_granted(document, maker, why):
    desk = at_the_desk(maker, document)
    for name in ("number", "clear"):
        url = f"{LIST}{document.pk}/{name}/"
        assert f"PAN card {document.reference}" in desk.get(url).text
        refused = desk.post(url, {**why, "reason_code": ""})
        assert (refused.status_code, "Choose why you need it." in refused.text) == (422, True)


def test_a_reveal_and_an_opening_are_for_work_about_this_customer_only(document, asha, maker):
    Fiduciary.objects.create(code="onesetu", name="Onesetu", is_self=True, created_at=clock.now())
    other = checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    whose = {"kind": "kyc"}
    theirs = ticket(**whose, principal=asha.principal)
    strange = ticket(**whose, principal=CustomerUserFactory().principal)
    for name in (other.reference, other.case.reference, strange.reference):
        desk = at_the_desk(maker, document)
        for page in ("number", "clear"):
            answer = desk.post(f"{LIST}{document.pk}/{page}/", {"reason_code": "kyc_review", "ticket": name})
            assert (answer.status_code, "about somebody else" in answer.text) == (422, True)
        with pytest.raises(Refused, match="another person"):
            number_of(document, reason_code="kyc_review", ticket=name, actor=actor.staff(maker.pk), now=clock.now())
        fresh = staff_client(maker)
        opening = {"open_record": "1", "purpose": "kyc_review", "ticket": name}
        for url in (page_of(document), f"/admin/kyc/case/{document.case.pk}/change/"):
            answer = fresh.post(url, opening)
            assert (answer.status_code, "about somebody else" in answer.text) == (422, True)
    assert not AuditEvent.objects.filter(kind="admin.value.revealed").exists()
    for name in (document.reference, document.case.reference, theirs.reference):
        answer = at_the_desk(maker, document).post(
            f"{LIST}{document.pk}/number/", {"reason_code": "grievance", "ticket": name}
        )
        assert documents.PAN in answer.text
        assert staff_client(maker).post(page_of(document), opening | {"ticket": name}).status_code == 302
