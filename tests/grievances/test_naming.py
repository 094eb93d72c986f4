"""Whose data a request for somebody else is about: entered by an officer, and nobody's until a code confirms it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from grievances.admin.triage import BecomeForm
from grievances.base.request_choices import Capacity, Outcome, Right
from grievances.models import RightsRequest
from grievances.requests.services import data_copies, request_conversion, request_decisions, subject_identification
from grievances.tickets.services import thread_access, work_allocation
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.core.ids import new_reference
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import Principal, User
from tests.grievances.factories import ticket
from tests.grievances.requests import shown
from tests.grievances.test_guessing import seen
from tests.grievances.test_opting import FOR_OTHER, asked_for
from tests.people.factories import ContactPointFactory, PrincipalFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
MEANT = "little@example.in"


@pytest.fixture
def kid() -> Principal:
    person: Principal = PrincipalFactory(full_name="Little One", email=MEANT)
    return person


@pytest.fixture
def request_for_kid(kid: Principal) -> RightsRequest:
    """Of a mother who did not say where we know the child."""
    return shown(right=Right.OBJECTION, capacity=Capacity.CHILD, person_name="Little One", at=clock.now())


def code_at_the_persons() -> str:
    letter = message_content.text_of(Message.objects.filter(kind="grievances.person_code").latest("pk"))
    return re.findall(r"\b\d{6}\b", letter.body)[0]


def typed(code: str, request: RightsRequest, address: str = MEANT) -> HttpResponse:
    """By whoever got the letter, on the page that it names."""
    given = {"reference": request.ticket.reference, "address": address, "code": code}
    answer: HttpResponse = Client().post("/privacy/requests/for-you/", given)
    return answer


def given(officer: User) -> dict:
    return {"by": officer, "actor": actor.staff(officer.pk), "at": clock.now()}


def test_an_address_of_an_officers_counts_once_its_code_was_typed(
    request_for_kid: RightsRequest, kid: Principal, officer: User
) -> None:
    desk = staff_client(officer)
    page = f"/admin/grievances/rightsrequest/{request_for_kid.pk}/"
    why = {"open_record": "1", "purpose": "grievance", "ticket": request_for_kid.ticket.reference}
    desk.post(f"{page}change/", why)
    desk.post(f"{page}do/name-person/", {"answer": "1", "address": MEANT, "why": "Read on the birth certificate."})
    found = RightsRequest.objects.get(pk=request_for_kid.pk)
    with pytest.raises(Refused):
        data_copies.data_refs(found)
    assert "not confirmed there with the code" in desk.get(f"{page}change/").text
    notes = [line.texts["text"] for line in thread_access.thread(found.ticket, internal=True) if line.is_internal]
    assert notes == ["Read on the birth certificate."]
    assert desk.post(f"{page}do/confirm-person/", {"answer": "1", "code": code_at_the_persons()}).status_code == 404
    assert "name-person" in desk.get(f"{page}change/").text
    assert "Never ask anyone for a code" in desk.get(f"{page}do/name-person/").text
    wrong = typed("000000", found)
    assert (wrong.status_code, "does not fit" in wrong.text) == (422, True)
    thanks = typed(code_at_the_persons(), found)
    assert "The request continues" in thanks.text
    found.refresh_from_db()
    assert MEANT in desk.get(f"{page}change/").text
    assert kid.subject.ref in data_copies.data_refs(found)
    kinds = AuditEvent.objects.filter(about=found.ticket.about, kind__startswith="grievances.request.person")
    assert [event.kind.rpartition("_")[2] for event in kinds.order_by("pk")] == ["named", "confirmed"]
    assert MEANT not in str(list(kinds.values_list("facts", flat=True)))


def test_the_address_of_an_officers_replaces_what_the_asking_person_wrote_until_nobody_is_meant(
    kid: Principal, officer: User
) -> None:
    request = shown(
        right=Right.ACCESS, capacity=Capacity.AGENT, person_name="Little One", person_address=MEANT, at=clock.now()
    )
    assert kid.subject.ref in data_copies.data_refs(request)
    subject_identification.name_person(
        request=request, address="other@example.in", why="They told us.", **given(officer)
    )
    request.refresh_from_db()
    with pytest.raises(Refused):
        data_copies.data_refs(request)


def test_no_address_is_entered_for_ones_own_data_or_without_a_reason(
    request_for_kid: RightsRequest, officer: User
) -> None:
    own = shown(right=Right.ACCESS, email="ravi@example.in", at=clock.now())
    for request, why in ((own, "Known."), (request_for_kid, " ")):
        with pytest.raises(Refused):
            subject_identification.name_person(request=request, address=MEANT, why=why, **given(officer))
    assert not Message.objects.filter(kind="grievances.person_code").exists()


def confirmed(request: RightsRequest, officer: User) -> RightsRequest:
    """Named by an officer, and the code typed that came to that address."""
    subject_identification.name_person(request=request, address=MEANT, why="They told us.", **given(officer))
    assert typed(code_at_the_persons(), request).status_code == 200
    return RightsRequest.objects.get(pk=request.pk)


def test_a_confirmed_address_means_who_confirmed_it_too_and_not_who_merely_typed_it(
    request_for_kid: RightsRequest, kid: Principal, officer: User
) -> None:
    ContactPointFactory(kind="email", address=MEANT, verified_at=None)
    assert data_copies.data_refs(confirmed(request_for_kid, officer)) == {kid.subject.ref}


def test_an_address_that_somebody_merely_typed_means_nobody(officer: User) -> None:
    ContactPointFactory(kind="email", address=MEANT, verified_at=None)
    request = shown(right=Right.OBJECTION, capacity=Capacity.CHILD, person_name="Little One", at=clock.now())
    with pytest.raises(Refused):
        data_copies.data_refs(confirmed(request, officer))


def test_an_address_that_an_officer_reads_in_a_mail_is_nobodys_before_its_code(kid: Principal, officer: User) -> None:
    assert "person_address" not in BecomeForm.base_fields
    request = request_conversion.become_request(
        ticket=ticket(at=clock.now()),
        right=Right.OBJECTION,
        capacity=Capacity.CHILD,
        details={"person_name": "Little One", "person_address": MEANT},
        **given(officer),
    )
    with pytest.raises(Refused):
        data_copies.data_refs(request)
    assert data_copies.data_refs(confirmed(request, officer)) == {kid.subject.ref}


def test_the_person_confirms_whoever_works_on_it(request_for_kid: RightsRequest, kid: Principal, officer: User) -> None:
    subject_identification.name_person(request=request_for_kid, address=MEANT, why="They told us.", **given(officer))
    colleague = StaffFactory(roles=["grievance_officer"])
    work_allocation.claim(request_for_kid.ticket, actor=actor.staff(colleague.pk), now=clock.now())
    with pytest.raises(LostRace):
        subject_identification.name_person(request=request_for_kid, address=MEANT, why="Once more.", **given(officer))
    assert typed(code_at_the_persons(), request_for_kid).status_code == 200
    assert not subject_identification.waits(thread_access.details_of(RightsRequest.objects.get(pk=request_for_kid.pk)))


def test_a_code_of_a_place_that_is_not_meant_any_more_confirms_nothing(
    request_for_kid: RightsRequest, kid: Principal, officer: User
) -> None:
    subject_identification.name_person(request=request_for_kid, address=MEANT, why="They told us.", **given(officer))
    code = code_at_the_persons()
    subject_identification.name_person(
        request=request_for_kid, address="other@example.in", why="It was wrong.", **given(officer)
    )
    late = typed(code, request_for_kid)
    assert (late.status_code, "no longer waits for a code" in late.text) == (422, True)
    assert subject_identification.waits(thread_access.details_of(RightsRequest.objects.get(pk=request_for_kid.pk)))


def test_the_page_tells_a_stranger_nothing_and_counts_what_is_tried(
    request_for_kid: RightsRequest, kid: Principal, officer: User
) -> None:
    subject_identification.name_person(request=request_for_kid, address=MEANT, why="They told us.", **given(officer))
    reference = request_for_kid.ticket.reference
    pairs = [(reference, MEANT), (reference, "eve@example.in"), (new_reference("GR"), MEANT)]
    found = [
        seen(
            lambda r=r, a=a: Client().post(
                "/privacy/requests/for-you/", {"reference": r, "address": a, "code": "0" * 6}
            )
        )
        for r, a in pairs
    ]
    assert found[0] == found[1] == found[2]
    for _each in range(4):
        typed("000000", request_for_kid)
    assert typed(code_at_the_persons(), request_for_kid).status_code == 422


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_every_letter_with_a_code_says_that_we_never_ask_for_it_by_telephone(language: str) -> None:
    """The same sentence in all of them, and nobody is told to tell one."""
    said = {"en": r"never ask.*telephone", "hi": r"फ़ोन पर.*(कभी नहीं|न लिखकर)", "mr": r"फोनवर.*(कधीही|लिहूनही)"}[language]
    letters = sorted(Path(settings.BASE_DIR, "templates/messages").glob(f"grievances.*_code.{language}.txt"))
    assert len(letters) == 3
    for letter in letters:
        text = letter.read_text(encoding="utf-8")
        assert re.search(said, text), letter.name
        assert not re.search(r"tell the code to|कोड उन्हें|अधिकाऱ्यांना सांगा", text), letter.name


@pytest.mark.parametrize("right", [Right.ACCESS, Right.OBJECTION])
def test_a_copy_and_an_answer_rest_on_the_address_of_now_and_not_on_what_a_page_had_read_before(
    right: Right, kid: Principal, officer: User
) -> None:
    read_before = asked_for(right, officer, **{**FOR_OTHER, "person_address": MEANT})
    assert kid.subject.ref in data_copies.data_refs(read_before)
    now = RightsRequest.objects.get(pk=read_before.pk)
    subject_identification.name_person(request=now, address="other@example.in", why="They told us.", **given(officer))
    by, at = actor.staff(officer.pk), clock.now()
    acts = {
        Right.ACCESS: lambda: data_copies.collect(request=read_before, by=officer, actor=by, at=at),
        Right.OBJECTION: lambda: request_decisions.propose(
            request=read_before, outcome=Outcome.GRANT, words_to_person="Done.", actor=by, at=at
        ),
    }
    with pytest.raises(Refused) as refused:
        acts[right]()
    assert refused.value.code == "WHOSE"
