"""A copy of somebody's data: each part by itself, others blacked out, given out by two people, counted, ended."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from grievances import scheduled_checks
from grievances.base import encryption
from grievances.base.choices import TicketState
from grievances.base.request_choices import (
    BundleState,
    Capacity,
    Outcome,
    RefusalGround,
    RequestState,
    Right,
    SectionState,
)
from grievances.models import Bundle, BundleSection, RequestProposal, RightsRequest
from grievances.requests.services import data_copies, identity_verification, request_decisions, text_erasure
from grievances.tickets.services import conversation, resolutions
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.errors import IllegalMove, NotAllowed, NotFound, Refused
from portal.kernel.people.models import User
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files as vault
from portal.kernel.vault.services.keys import Shredded
from tests.grievances.factories import STRANGER
from tests.grievances.pictures import png
from tests.grievances.requests import asked, looked_at, shown
from tests.people.factories import ContactPointFactory, PrincipalFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


@pytest.fixture
def second(house: None) -> User:
    return StaffFactory(roles=["data_protection_officer"])


def by(user: User) -> actor.Actor:
    return actor.staff(user.pk)


def put_together(officer: User, **answers: Any) -> Bundle:
    request = shown(**answers)
    bundle = data_copies.collect(request=request, by=officer, actor=by(officer), at=clock.now())
    data_copies.run(bundle, progress=lambda done, total: None)
    bundle.refresh_from_db()
    return bundle


def propose(request: RightsRequest, officer: User, outcome: str = Outcome.GRANT, ground: str = "") -> RequestProposal:
    return request_decisions.propose(
        request=request,
        outcome=outcome,
        words_to_person="Here it is.",
        ground=ground,
        actor=by(officer),
        at=clock.now(),
    )


def released(officer: User, second: User, **answers: Any) -> Bundle:
    bundle = put_together(officer, **answers)
    request_decisions.answer(proposal=propose(bundle.request, officer), approve=True, actor=by(second), at=clock.now())
    bundle.refresh_from_db()
    return bundle


def opened(bundle: Bundle, at: Any = None) -> zipfile.ZipFile:
    with data_copies.fetch(bundle=bundle, actor=STRANGER, at=at or clock.now()) as stream:
        return zipfile.ZipFile(io.BytesIO(stream.read()))


def test_the_copy_holds_a_page_json_and_csv_of_every_room(officer: User, second: User) -> None:
    ContactPointFactory(kind="email", address="asha@example.in", principal=PrincipalFactory(full_name="Asha Rao"))
    archive = opened(released(officer, second))
    data = json.loads(archive.read("data.json"))
    assert set(data["parts"]) == {section.name for section in ports.sections}
    assert "Asha Rao" in archive.read("index.html").decode()
    assert data["parts"]["people"]["records"][0]["name"] == "Asha Rao"
    assert {f"csv/{name}.csv" for name in data["parts"]} <= set(archive.namelist())
    assert b"Asha Rao" in archive.read("csv/people.csv")


def test_the_list_of_recipients_holds_nothing_else(officer: User, second: User) -> None:
    data = json.loads(opened(released(officer, second, right=Right.RECIPIENTS)).read("data.json"))
    assert set(data["parts"]) == {"recipients", "disclosures"}


def test_nothing_goes_out_before_another_person_agrees(officer: User) -> None:
    bundle = put_together(officer)
    made = propose(bundle.request, officer)
    with pytest.raises(NotAllowed):
        request_decisions.answer(proposal=made, approve=True, actor=by(officer), at=clock.now())
    with pytest.raises(NotFound):
        data_copies.fetch(bundle=bundle, actor=STRANGER, at=clock.now())


def test_an_agreed_answer_gives_the_copy_out_and_stops_the_clocks(officer: User, second: User) -> None:
    bundle = released(officer, second)
    request = bundle.request
    request.refresh_from_db()
    request.ticket.refresh_from_db()
    assert bundle.state == BundleState.RELEASED
    assert bundle.released_at is not None
    assert bundle.expires_at == bundle.released_at + timedelta(days=7)
    assert request.state == RequestState.GRANTED
    assert request.ticket.state == TicketState.ANSWERED
    assert request.ticket.due_at is None


def test_a_copy_is_fetched_three_times_and_no_more(officer: User, second: User) -> None:
    bundle = released(officer, second)
    for _time in range(3):
        opened(bundle)
    with pytest.raises(NotFound):
        opened(bundle)


def test_when_its_days_are_over_the_key_ends(officer: User, second: User) -> None:
    bundle = released(officer, second)
    late = clock.now() + timedelta(days=7, seconds=1)
    with pytest.raises(NotFound):
        opened(bundle, late)
    scheduled_checks.sweep(now=late)
    bundle.refresh_from_db()
    assert bundle.state == BundleState.ENDED
    assert bundle.file is not None
    with pytest.raises(Shredded):
        vault.open_stream(bundle.file, actor=STRANGER, reason="test")
    part = bundle.sections.exclude(file=None).first()
    assert part is not None
    with pytest.raises(Shredded):
        vault.open_stream(part.file, actor=STRANGER, reason="test")


class Breaks:
    name = "breaks"
    label = "A room in trouble"
    fails = True

    def collect(self, *, subject_refs: Any) -> list[dict[str, Any]]:
        if self.fails:
            raise ZeroDivisionError("asha@example.in")
        note = "write to Ravi at ravi@elsewhere.in or 9876500000, Aadhaar 2341, 2341, 2346"
        return [{"note": note, "mine": "asha@example.in"}]


def test_a_part_that_fails_says_so_and_is_tried_again_alone(
    officer: User, second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Breaks()
    monkeypatch.setattr(ports, "sections", [*ports.sections, broken])
    bundle = put_together(officer)
    assert bundle.state == BundleState.COLLECTING
    failed = bundle.sections.get(name="breaks")
    assert (failed.state, failed.error) == (SectionState.FAILED, "ZeroDivisionError")
    with pytest.raises(Refused) as refused:
        propose(bundle.request, officer)
    assert refused.value.code == "NOT_READY"
    broken.fails = False
    data_copies.try_again(section=failed, by=officer, actor=by(officer), at=clock.now())
    assert BundleSection.objects.filter(bundle=bundle, state=SectionState.WAITING).count() == 1
    data_copies.run(bundle, progress=lambda done, total: None)
    bundle.refresh_from_db()
    assert bundle.state == BundleState.READY
    assert set(bundle.sections.exclude(name="breaks").values_list("tries", flat=True)) == {1}
    request_decisions.answer(proposal=propose(bundle.request, officer), approve=True, actor=by(second), at=clock.now())
    record = json.loads(opened(bundle).read("data.json"))["parts"]["breaks"]["records"][0]
    assert "ravi@elsewhere.in" not in record["note"]
    assert "9876500000" not in record["note"]
    assert "2341" not in record["note"]
    assert record["mine"] == "asha@example.in"


def test_a_copy_put_together_anew_after_the_proposal_is_not_released_by_it(officer: User, second: User) -> None:
    principal = ContactPointFactory(kind="email", address="asha@example.in").principal
    bundle = put_together(officer)
    made = propose(bundle.request, officer)
    type(principal).objects.filter(pk=principal.pk).update(full_name="Another name")
    data_copies.collect(request=bundle.request, by=officer, actor=by(officer), at=clock.now())
    data_copies.run(bundle, progress=lambda done, total: None)
    with pytest.raises(Refused):
        request_decisions.answer(proposal=made, approve=True, actor=by(second), at=clock.now())


def test_before_it_is_shown_who_asks_no_copy_is_made(officer: User) -> None:
    with pytest.raises(Refused):
        data_copies.collect(request=asked().request, by=officer, actor=by(officer), at=clock.now())


def test_a_refusal_takes_two_people_and_names_ground_appeal_and_who_else_can_help(officer: User, second: User) -> None:
    request = shown(right=Right.RESTRICTION)
    made = propose(request, officer, Outcome.REFUSE, RefusalGround.CLAIM)
    letter = request_decisions.letter_text(made)
    assert "legal claim" in letter
    assert "appeal to another officer" in letter
    assert len(letter.split("\n\n")) >= 5
    with pytest.raises(IllegalMove):
        propose(request, officer, Outcome.REFUSE, RefusalGround.CLAIM)
    request_decisions.answer(proposal=made, approve=True, actor=by(second), at=clock.now())
    request.refresh_from_db()
    assert request.state == RequestState.REFUSED


def test_a_refusal_without_a_ground_is_none(officer: User) -> None:
    with pytest.raises(Refused) as refused:
        propose(shown(right=Right.RESTRICTION), officer, Outcome.REFUSE)
    assert refused.value.code == "GROUND"


def test_who_was_not_shown_is_refused_for_that_and_nothing_else(officer: User) -> None:
    request = asked().request
    with pytest.raises(Refused):
        propose(request, officer, Outcome.REFUSE, RefusalGround.CLAIM)
    assert propose(request, officer, Outcome.REFUSE, RefusalGround.NOT_PROVED).pk


def test_a_request_that_is_opened_again_is_to_be_answered_again(officer: User, second: User) -> None:
    request = shown(right=Right.OBJECTION)
    request_decisions.answer(proposal=propose(request, officer), approve=True, actor=by(second), at=clock.now())
    request.ticket.refresh_from_db()
    resolutions.decline(ticket=request.ticket, why="Something is missing.", actor=STRANGER, at=clock.now())
    request.refresh_from_db()
    assert request.state == RequestState.SHOWN


def test_the_letter_is_sealed(officer: User) -> None:
    made = propose(shown(right=Right.OBJECTION), officer)
    assert b"Here it is" not in bytes(made.letter_sealed)
    assert "Here it is." in encryption.unseal(made.letter_sealed, subject_ref=made.request.ticket.subject_ref)["text"]


def test_a_copy_that_ends_with_its_erased_request_is_written_down_as_ended(officer: User, second: User) -> None:
    bundle = released(officer, second)
    text_erasure.erase(ticket=bundle.request.ticket)
    bundle.refresh_from_db()
    assert bundle.state == BundleState.ENDED
    assert AuditEvent.objects.filter(kind="grievances.bundle.ended", about=bundle.request.ticket.about).count() == 1


class Runs:
    name = "runs"
    label = "A room with texts that a spreadsheet would run"
    texts = ("=1+1", "\n=1+1", " =1+1", "＝1+1", "-1")

    def collect(self, *, subject_refs: Any) -> list[dict[str, Any]]:
        return [{"note": text} for text in self.texts]


def test_a_spreadsheet_runs_no_text_of_the_copy(officer: User, second: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "sections", [*ports.sections, Runs()])
    written = opened(released(officer, second)).read("csv/runs.csv").decode("utf-8-sig")
    lines = csv.DictReader(io.StringIO(written, newline=""))
    assert [line["note"] for line in lines] == [f"'{text}" for text in Runs.texts]


@pytest.mark.parametrize("named", ["", "asha at example", "nobody@example.in"])
def test_for_somebody_else_an_address_that_is_none_is_nobodys(officer: User, named: str) -> None:
    request = shown(capacity=Capacity.CHILD, person_name="Little One", person_address=named)
    paper = identity_verification.add_paper(
        request=request, upload=conversation.Upload(io.BytesIO(png()), "birth.png"), actor=STRANGER, at=clock.now()
    )
    looked_at(paper, officer, at=clock.now())
    request.refresh_from_db()
    with pytest.raises(Refused) as refused:
        data_copies.collect(request=request, by=officer, actor=by(officer), at=clock.now())
    assert refused.value.code == "WHOSE"


def stored_parts(bundle: Bundle) -> list[StoredFile]:
    """Every file that was ever kept for a copy, and can still be opened."""
    return list(StoredFile.objects.filter(subject_ref=bundle.key_ref, shredded_at=None))


def test_a_copy_ends_with_the_refusal_of_its_request(
    officer: User, second: User, django_capture_on_commit_callbacks: Any
) -> None:
    bundle = put_together(officer)
    assert stored_parts(bundle)
    made = propose(bundle.request, officer, Outcome.REFUSE, RefusalGround.OTHERS)
    with django_capture_on_commit_callbacks(execute=True):
        request_decisions.answer(proposal=made, approve=True, actor=by(second), at=clock.now())
    bundle.refresh_from_db()
    assert bundle.state == BundleState.ENDED
    assert stored_parts(bundle) == []
    with pytest.raises(NotFound):
        data_copies.look(bundle=bundle, by=officer, actor=by(officer))


@pytest.mark.parametrize("fails", [False, True])
def test_a_copy_that_was_never_given_out_ends_in_the_sweep_once_its_request_is_over(
    officer: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, fails: bool
) -> None:
    if fails:
        monkeypatch.setattr(ports, "sections", [*ports.sections, Breaks()])
    bundle = put_together(officer)
    scheduled_checks.sweep(now=clock.now())
    bundle.refresh_from_db()
    assert bundle.state == (BundleState.COLLECTING if fails else BundleState.READY)
    resolutions.withdraw(ticket=bundle.request.ticket, actor=STRANGER, at=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        scheduled_checks.sweep(now=clock.now())
    bundle.refresh_from_db()
    assert bundle.state == BundleState.ENDED
    assert stored_parts(bundle) == []


def test_a_copy_of_an_answered_request_stays_for_its_days(officer: User, second: User) -> None:
    bundle = released(officer, second)
    scheduled_checks.sweep(now=clock.now())
    bundle.refresh_from_db()
    assert bundle.state == BundleState.RELEASED


def test_a_part_of_an_ended_copy_is_not_tried_again(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Breaks()
    monkeypatch.setattr(ports, "sections", [*ports.sections, broken])
    bundle = put_together(officer)
    data_copies.end(bundle=bundle, at=clock.now())
    failed = bundle.sections.get(name="breaks")
    with pytest.raises(Refused) as refused:
        data_copies.try_again(section=failed, by=officer, actor=by(officer), at=clock.now())
    assert refused.value.code == "NOT_COLLECTING"
    failed.refresh_from_db()
    assert failed.state == SectionState.FAILED
    page = staff_client(officer).get(f"/admin/grievances/bundlesection/{failed.pk}/do/try-again/").text
    assert "This copy is no longer in preparation" in page


def test_a_job_that_comes_after_the_end_of_its_copy_keeps_nothing(
    officer: User, django_capture_on_commit_callbacks: Any
) -> None:
    request = shown()
    bundle = data_copies.collect(request=request, by=officer, actor=by(officer), at=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        data_copies.end(bundle=bundle, at=clock.now())
    data_copies.run(bundle, progress=lambda done, total: None)
    assert stored_parts(bundle) == []
    assert set(bundle.sections.values_list("state", flat=True)) == {SectionState.WAITING}


class Ends:
    """A room whose part is read while the copy ends: the person was erased meanwhile."""

    name = "a_room_that_is_slow"
    label = "A slow room"

    def __init__(self) -> None:
        self.read = 0

    def collect(self, *, subject_refs: Any) -> list[dict[str, Any]]:
        self.read += 1
        data_copies.end_holding(subject_refs=list(subject_refs), at=clock.now())
        vault.sweep()  # as right after the commit: whoever writes now gets a new key
        return [{"note": "kept of the erased person"}]


def test_a_part_that_was_read_while_its_copy_ended_is_not_kept(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Ends()
    monkeypatch.setattr(ports, "sections", [slow, *ports.sections])
    ContactPointFactory(kind="email", address="asha@example.in")
    bundle = put_together(officer)
    assert (slow.read, bundle.state) == (1, BundleState.ENDED)
    assert stored_parts(bundle) == []
    assert not bundle.sections.filter(state=SectionState.DONE).exists()


def test_an_archive_whose_copy_ends_while_it_is_packed_is_not_kept(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = data_copies.deterministic_zip

    def ends(target: Any, members: Any) -> None:
        data_copies.end(bundle=Bundle.objects.get(), at=clock.now())
        vault.sweep()
        whole(target, members)

    monkeypatch.setattr(data_copies, "deterministic_zip", ends)
    bundle = put_together(officer)
    assert (bundle.state, bundle.file) == (BundleState.ENDED, None)
    assert stored_parts(bundle) == []
