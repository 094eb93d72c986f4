"""A named, dated legal claim keeps exactly the records that it names, decided by two people, until its last day."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.urls import reverse

from kyc.models import Document
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.erasure_api import Kept, Record
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.law.models import HouseRule, LegalRule, OrganisationProfile
from portal.kernel.people.models import User
from portal.kernel.retention import labels, retention_decisions, selectors
from portal.kernel.retention.choices import ItemState, RunState
from portal.kernel.retention.ledger_checks import CLAIMS
from portal.kernel.retention.models import ErasureItem, KeptRecord, LegalClaim, RetentionRule
from portal.kernel.retention.rules import Why
from portal.kernel.retention.services import claims, erasure_plans, erasure_replay, nightly_run, runs
from tests.law.factories import ProfileFactory
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.retention.factories import house_rule, legal_rule, only_eraser, retention_rule, run_for
from tests.retention.marks import NO, person_everywhere
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
OLD = datetime(2020, 1, 1, tzinfo=UTC)
DISPUTED = date(2026, 2, 10)
NIGHTLY = actor.system("tests")


class Boxes:
    """An eraser whose records have labels: subject -> label -> since when."""

    name = "tests.boxes"
    label = "Boxes"
    retention_class = "shelf"
    covers = ("tests.Boxes",)
    spares = True

    def __init__(self) -> None:
        self.boxes: dict[UUID, dict[str, datetime]] = {}

    def kept(self, *, before: datetime) -> Iterable[Kept]:
        counts = {ref: sum(1 for began in some.values() if began < before) for ref, some in self.boxes.items()}
        return [Kept(ref, count) for ref, count in counts.items() if count]

    def records(self, *, subject_refs: Iterable[UUID]) -> Iterable[Record]:
        return [
            Record(ref, began, about=name)
            for ref in subject_refs
            for name, began in sorted(self.boxes.get(ref, {}).items())
        ]

    def erase(self, *, subject_ref: UUID, before: datetime | None, spared: frozenset[str] = frozenset()) -> int:
        some = self.boxes.get(subject_ref, {})
        gone = [name for name, began in some.items() if name not in spared and (before is None or began < before)]
        for name in gone:
            del some[name]
        return len(gone)


@pytest.fixture
def boxes() -> Iterator[Boxes]:
    with time_machine.travel(NOW, tick=False):
        ProfileFactory()
        house_rule("tests.period", 30, "day")
        legal_rule("IN-LIM", 3, "year", law="Limitation Act 1963", provision="not stated")
        retention_rule(needs_approval=True)
        found = Boxes()
        with only_eraser(found):
            yield found


@pytest.fixture
def asha(boxes: Boxes) -> UUID:
    ref: UUID = PrincipalFactory().subject.ref
    boxes.boxes[ref] = {"tests.box:A": OLD, "tests.box:B": OLD}
    return ref


@pytest.fixture
def maker() -> User:
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def checker() -> User:
    return StaffFactory(roles=["administrator"])


def claim_of(ref: UUID, maker: User, **changes: Any) -> LegalClaim:
    values: dict[str, Any] = {
        "subject_ref": ref,
        "dispute": "Suit 12/2026",
        "disputed_on": DISPUTED,
        "rule_key": "IN-LIM",
        "records": ["tests.box:A"],
        "retention_classes": [],
        "last_day": None,
        "why": "The invoice is in dispute.",
        **changes,
    }
    return claims.propose(**values, actor=actor.staff(maker.pk), now=clock.now())


def decided(claim: LegalClaim, checker: User, *, approve: bool = True) -> LegalClaim:
    claims.answer(claim=claim, approve=approve, reason="Seen.", actor=actor.staff(checker.pk), now=clock.now())
    return claim


def test_without_a_claim_everything_goes(boxes: Boxes, asha: UUID) -> None:
    run = runs.carry_out(run_for(asha), now=clock.now(), actor=NIGHTLY)
    assert (run.state, run.erased, boxes.boxes[asha]) == (RunState.DONE, 2, {})


def test_a_claim_keeps_the_record_it_names_and_the_other_goes(
    boxes: Boxes, asha: UUID, maker: User, checker: User
) -> None:
    decided(claim_of(asha, maker), checker)
    run = runs.carry_out(run_for(asha), now=clock.now(), actor=NIGHTLY)
    assert set(boxes.boxes[asha]) == {"tests.box:A"}
    (row,) = KeptRecord.objects.filter(step__run=run)
    assert (row.about, row.ground, row.rule_key) == ("tests.box:A", "claim", "IN-LIM")
    assert (row.citation, row.last_day) == ("Limitation Act 1963", date(2029, 2, 10))
    (kept,) = run.certificate["steps"][0]["kept"]
    assert (kept["provision"], kept["last_day"]) == ("Limitation Act 1963", "2029-02-10")
    (found,) = retention_decisions.keep_or_erase(asha, now=clock.now(), asked_at=clock.now())
    assert found.sentence == (
        "Boxes: we keep this until 10 February 2029 for legal claims (Limitation Act 1963). No law requires it."
    )
    assert found.verdict.winner.why is Why.CLAIM


def test_a_record_is_kept_by_itself_whatever_its_day(boxes: Boxes, asha: UUID, maker: User, checker: User) -> None:
    boxes.boxes[asha]["tests.box:C"] = OLD - timedelta(days=9)
    boxes.boxes[asha]["tests.box:D"] = OLD + timedelta(days=9)
    decided(claim_of(asha, maker), checker)
    runs.carry_out(run_for(asha), now=clock.now(), actor=NIGHTLY)
    assert set(boxes.boxes[asha]) == {"tests.box:A"}


def test_after_the_last_day_it_goes_without_another_request(
    boxes: Boxes, asha: UUID, maker: User, checker: User
) -> None:
    decided(claim_of(asha, maker, last_day=date(2027, 5, 1)), checker)
    runs.carry_out(run_for(asha), now=clock.now(), actor=NIGHTLY)
    for day, left in ((date(2027, 5, 1), {"tests.box:A"}), (date(2027, 5, 2), set())):
        with time_machine.travel(datetime(day.year, day.month, day.day, 6, 30, tzinfo=UTC), tick=False):
            again = nightly_run.pass_over(now=clock.now(), actor=NIGHTLY).again
            assert [run.state for run in again] == ([] if left else [RunState.APPROVED]), "no one is asked again"
            nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
            assert set(boxes.boxes[asha]) == left


def test_one_person_alone_decides_nothing(boxes: Boxes, asha: UUID, maker: User, checker: User) -> None:
    claim = claim_of(asha, maker)
    with pytest.raises(NotAllowed, match="Another person must"):
        decided(claim, maker)
    assert not [each for each in retention_decisions.keep_or_erase(asha, now=NOW, asked_at=NOW) if each.verdict.is_kept]
    with pytest.raises(NotAllowed):
        claim_of(asha, StaffFactory(roles=["support"]))
    with pytest.raises(NotAllowed):
        decided(claim, StaffFactory(roles=["support"]))
    decided(claim, checker, approve=False)
    run = runs.carry_out(run_for(asha), now=clock.now(), actor=NIGHTLY)
    assert (run.erased, boxes.boxes[asha]) == (2, {})
    kinds = AuditEvent.objects.filter(kind__startswith="retention.claim.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["retention.claim.proposed", "retention.claim.refused"]


def test_a_claim_of_a_whole_kind_keeps_the_kind_of_this_person_alone(
    boxes: Boxes, asha: UUID, maker: User, checker: User
) -> None:
    ravi = PrincipalFactory().subject.ref
    boxes.boxes[ravi] = {"tests.box:R": OLD}
    decided(claim_of(asha, maker, records=[], retention_classes=["shelf"]), checker)
    for number, ref in enumerate((asha, ravi)):
        runs.carry_out(run_for(ref, because=f"OS-GR-{number}"), now=clock.now(), actor=NIGHTLY)
    assert (set(boxes.boxes[asha]), boxes.boxes[ravi]) == ({"tests.box:A", "tests.box:B"}, {})


@pytest.mark.parametrize("needs_approval", [True, False])
def test_the_schedule_spares_what_a_claim_names(
    boxes: Boxes, asha: UUID, maker: User, checker: User, needs_approval: bool
) -> None:
    RetentionRule.objects.update(needs_approval=needs_approval)
    decided(claim_of(asha, maker, last_day=date(2027, 5, 1)), checker)
    assert scheduled(needs_approval=needs_approval) == 1
    assert set(boxes.boxes[asha]) == {"tests.box:A"}
    assert scheduled(needs_approval=needs_approval) == 0
    with time_machine.travel(datetime(2027, 5, 2, 6, 30, tzinfo=UTC), tick=False):
        assert scheduled(needs_approval=needs_approval) == 1
    assert boxes.boxes[asha] == {}


def scheduled(*, needs_approval: bool) -> int:
    """What the rules alone end now; a plan that two people approve is approved."""
    if not needs_approval:
        return int(runs.run(now=clock.now(), actor=NIGHTLY).erased)
    plan = erasure_plans.make(now=clock.now(), actor=NIGHTLY)
    if plan is None:
        return 0
    type(plan).objects.filter(pk=plan.pk).update(state=RunState.APPROVED, approved_at=clock.now())
    plan.refresh_from_db()
    return int(runs.carry_out(plan, now=clock.now(), actor=NIGHTLY).erased)


@pytest.mark.parametrize(
    ("changes", "state"),
    [({}, ItemState.CHANGED), ({"records": [], "retention_classes": ["shelf"]}, ItemState.HELD)],
)
def test_a_claim_decided_after_the_plan_keeps_too(
    boxes: Boxes, asha: UUID, maker: User, checker: User, changes: dict[str, Any], state: str
) -> None:
    plan = erasure_plans.make(now=clock.now(), actor=NIGHTLY)
    assert plan is not None
    run = run_for(asha)
    decided(claim_of(asha, maker, **changes), checker)
    type(plan).objects.filter(pk=plan.pk).update(state=RunState.APPROVED, approved_at=clock.now())
    plan.refresh_from_db()
    for each in (plan, run):
        runs.carry_out(each, now=clock.now(), actor=NIGHTLY)
    assert set(boxes.boxes[asha]) == {"tests.box:A", "tests.box:B"}
    assert ErasureItem.objects.get(step__run=plan).state == state


def test_a_restore_erases_again_what_went_and_not_what_the_claim_kept(
    boxes: Boxes, asha: UUID, maker: User, checker: User
) -> None:
    decided(claim_of(asha, maker), checker)
    runs.carry_out(run_for(asha), now=clock.now(), actor=NIGHTLY)
    assert erasure_replay.undone() == 0, "what stayed is no erasure undone"
    boxes.boxes[asha]["tests.box:B"] = OLD
    assert erasure_replay.undone() == 1
    erasure_replay.replay(now=clock.now(), actor=NIGHTLY)
    assert set(boxes.boxes[asha]) == {"tests.box:A"}


def test_two_people_may_end_it_sooner_and_one_may_not(boxes: Boxes, asha: UUID, maker: User, checker: User) -> None:
    claim = decided(claim_of(asha, maker), checker)
    made = claims.propose_end(
        claim=claim,
        last_day=date(2026, 11, 24),
        why="The suit was settled.",
        actor=actor.staff(maker.pk),
        now=clock.now(),
    )
    with pytest.raises(IllegalMove):
        claims.propose_end(
            claim=claim, last_day=date(2026, 12, 1), why="x", actor=actor.staff(maker.pk), now=clock.now()
        )
    a_day_later = NOW + timedelta(days=1)

    def kept() -> int:
        with time_machine.travel(a_day_later, tick=False):
            found = retention_decisions.keep_or_erase(asha, now=clock.now(), asked_at=NOW)
            return sum(1 for each in found if each.verdict.is_kept)

    assert kept() == 1
    decided(made, checker)
    assert kept() == 0
    with pytest.raises(IllegalMove):
        claims.propose_end(
            claim=claim, last_day=date(2026, 12, 1), why="x", actor=actor.staff(maker.pk), now=clock.now()
        )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_day": date(2029, 2, 11)}, "TOO_LATE"),
        ({"last_day": date(2026, 11, 23)}, "PASSED"),
        ({"disputed_on": date(2026, 11, 25)}, "DAY_AHEAD"),
        ({"disputed_on": date(2020, 1, 1)}, "PASSED"),
        ({"rule_key": "IN-GST"}, "NO_SUCH_RULE"),
        ({"records": []}, "NOTHING_NAMED"),
        ({"records": ["tests.box:Z"]}, "NO_SUCH_RECORD"),
        ({"records": [], "retention_classes": ["no_such"]}, "NO_RULE"),
        ({"dispute": " "}, "REASON_MISSING"),
        ({"why": " "}, "REASON_MISSING"),
    ],
)
def test_what_a_claim_needs(boxes: Boxes, asha: UUID, maker: User, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        claim_of(asha, maker, **changes)
    assert refused.value.code == code
    assert not LegalClaim.objects.exists()


def test_a_limitation_of_a_later_day_gives_no_end_and_no_citation_before_it(
    boxes: Boxes, asha: UUID, maker: User, checker: User
) -> None:
    later = date(2027, 1, 1)
    LegalRule.objects.filter(key="IN-LIM").update(effective_from=date(1964, 1, 1))
    legal_rule("IN-LIM", 9, "year", law="Limitation Act 2027", provision="not stated", effective_from=later, version=2)
    claim = decided(claim_of(asha, maker), checker)
    assert claim.last_day == date(2029, 2, 10)
    ((named,),) = selectors.claims_of([asha], on=clock.day(NOW)).values()
    ((after,),) = selectors.claims_of([asha], on=later).values()
    assert (named.citation, after.citation) == ("Limitation Act 1963", "Limitation Act 2027")
    read = staff_client(maker).get("/admin/retention/legalclaim/add/").content.decode()
    assert "Limitation Act 1963" in read
    assert "Limitation Act 2027" not in read
    LegalClaim.objects.all().delete()
    with time_machine.travel(datetime(2027, 1, 2, tzinfo=UTC)):
        assert claim_of(asha, maker).last_day == date(2035, 2, 10)


def test_the_events_of_a_claim_state_what_was_decided_and_a_changed_row_is_found(
    boxes: Boxes, asha: UUID, maker: User, checker: User
) -> None:
    claim = decided(claim_of(asha, maker, records=["tests.box:B", "tests.box:A"]), checker)
    sooner = claims.propose_end(
        claim=claim, last_day=date(2027, 1, 1), why="Settled.", actor=actor.staff(maker.pk), now=clock.now()
    )
    events = AuditEvent.objects.filter(kind__startswith="retention.claim.").order_by("pk")
    assert [(one.facts["records"], one.facts["replaces"]) for one in events] == [
        ("tests.box:A tests.box:B", None),
        ("tests.box:A tests.box:B", None),
        ("tests.box:A tests.box:B", claim.pk),
    ]
    assert list(CLAIMS.differences(sample=None)) == []
    LegalClaim.objects.filter(pk=claim.pk).update(records=["tests.box:A"])
    LegalClaim.objects.filter(pk=sooner.pk).update(replaces=None)
    assert [line.rpartition(": ")[2] for line in CLAIMS.differences(sample=None)] == ["records.", "replaces_id."]


def test_a_claim_names_no_more_records_than_its_event_states(boxes: Boxes, asha: UUID, maker: User) -> None:
    boxes.boxes[asha] = {f"tests.box:{number:03}": OLD for number in range(60)}
    with pytest.raises(Refused) as refused:
        claim_of(asha, maker, records=sorted(boxes.boxes[asha]))
    assert refused.value.code == "TOO_MANY"


def test_a_claim_names_no_record_of_somebody_else(boxes: Boxes, asha: UUID, maker: User) -> None:
    boxes.boxes[PrincipalFactory().subject.ref] = {"tests.box:R": OLD}
    with pytest.raises(Refused) as refused:
        claim_of(asha, maker, records=["tests.box:R"])
    assert refused.value.code == "NO_SUCH_RECORD"


def test_of_two_documents_of_one_customer_the_claim_keeps_one(maker: User, checker: User) -> None:
    with time_machine.travel(NOW, tick=True):
        person = person_everywhere()
        OrganisationProfile.objects.all().delete()
        ProfileFactory(**dict.fromkeys(NO, "no"))
        RetentionRule.objects.update(legal_rules=[])
        named = Document.objects.get()
        other = Document.objects.get()
        other.pk, other.reference, other.state = None, "OS-DO-7K4M-9QXK", "replaced"
        other.key_ref, other.quarantine_ref = uuid4(), uuid4()
        other.save()
        claim = claim_of(person.subject.ref, maker, records=[f"kyc.document:{named.reference}"])
        read = staff_client(checker).get(f"/admin/retention/legalclaim/{claim.pk}/change/").content.decode()
        assert f"KYC document {named.reference}" in read
        decided(claim, checker)
        runs.carry_out(run_for(person.subject.ref), now=clock.now(), actor=NIGHTLY)
        named.refresh_from_db()
        other.refresh_from_db()
        assert (named.erased_at, bool(named.number_display)) == (None, True)
        assert other.erased_at is not None


def test_a_proposed_claim_is_said_to_wait_and_for_whom(asha: UUID, maker: User, checker: User) -> None:
    given = {"subject_ref": str(asha), "dispute": "Suit 12/2026", "disputed_on": "10/02/2026", "rule_key": "IN-LIM"}
    given |= {"records": "A", "last_day": "", "why": "The invoice is in dispute."}
    answer = staff_client(maker).post("/admin/retention/legalclaim/add/", given, follow=True).text
    assert "It waits for a second person: " in answer
    assert checker.full_name in answer
    assert "added successfully" not in answer
    assert LegalClaim.objects.get().disputed_on == date(2026, 2, 10)


def test_keep_or_erase_counts_as_the_run_does_and_names_kinds_as_the_preview_does(
    boxes: Boxes, asha: UUID, maker: User, checker: User
) -> None:
    HouseRule.objects.filter(key="tests.period").update(unit="calendar_day")
    boxes.boxes[asha]["tests.box:C"] = OLD - timedelta(days=9)
    decided(claim_of(asha, maker), checker)
    page = reverse("admin:retention_retentionrule_keep-or-erase")
    given = {"subject_ref": str(asha), "is_asked": "on", "why": "rights_request", "ticket": "retention queue"}
    shown = staff_client(maker).post(page, given)
    sums = shown.context["sums"]
    run = run_for(asha)
    assert (sums["due"], sums["kept_by_law"], sums["held"]) == (run.due, run.kept_by_law, run.held)
    assert sums["going"] == run.due - run.kept_by_law - run.held - run.disputed == 2
    assert "Records that a run would plan: 3. Erased now: 2. Kept by a rule: 1;" in shown.text
    assert {each.what for each in shown.context["decided"]} == {labels.kind_name("shelf")} == {"Boxes"}


def test_staff_propose_and_decide_it_on_their_pages(boxes: Boxes, asha: UUID, maker: User, checker: User) -> None:
    page = "/admin/retention/legalclaim/"
    sent = staff_client(maker).post(
        f"{page}add/",
        {
            "subject_ref": str(asha),
            "dispute": "Suit 12/2026",
            "disputed_on": "10-02-2026",
            "rule_key": "IN-LIM",
            "records": "A\r\n",
            "last_day": "",
            "why": "The invoice is in dispute.",
        },
    )
    assert sent.status_code == 302, sent.context["adminform"].form.errors
    said = staff_client(maker).get(f"{page}add/").text
    assert f"({checker.full_name})" in said, "who may be the second person is said beforehand"
    claim = LegalClaim.objects.get()
    assert (sent.status_code, claim.last_day, claim.answer) == (302, date(2029, 2, 10), "pending")
    assert claim.records == ["tests.box:A"]
    decide = reverse("admin:retention_legalclaim_do_one", args=[claim.pk, "answer-claim"])
    asked = staff_client(checker).get(decide).text
    assert f"Person {PrincipalFactory._meta.model.objects.get(subject__ref=asha).pk}" in asked
    assert "Limitation Act 1963" in asked
    assert "IN-LIM" not in asked
    staff_client(checker).post(decide, {"answer": "1", "decision": "approve", "reason": ""})
    claim.refresh_from_db()
    assert claim.answer == "approved"
    read = staff_client(maker).get(f"{page}{claim.pk}/change/").content.decode()
    assert "Propose an earlier end" in read
    assert "tests.box:A" in read
