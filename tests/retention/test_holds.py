from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people.models import User
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureRun, Hold
from portal.kernel.retention.retention_decisions import is_held
from portal.kernel.retention.services import holds
from tests.people.factories import CustomerFactory, MembershipFactory, StaffFactory
from tests.registers.factories import as_actor
from tests.retention.factories import hold

pytestmark = pytest.mark.django_db
ASHA = uuid4()


@pytest.fixture
def officer() -> User:
    return StaffFactory(roles=["data_protection_officer"])


def placed(person: User) -> Hold:
    return holds.place(
        subject_ref=ASHA, retention_class="", order_reference="WP 12/2026", why="A writ.", actor=as_actor(person)
    )


def test_one_person_places_a_hold_at_once(officer: User) -> None:
    placed(officer)
    assert is_held(ASHA, "kyc")
    assert AuditEvent.objects.filter(kind="retention.hold.placed", subject_ref=ASHA).count() == 1


def test_one_order_holds_the_same_data_of_a_person_once(officer: User) -> None:
    placed(officer)
    with pytest.raises(Refused) as refused:
        placed(officer)
    assert refused.value.code == "PLACED"
    assert Hold.objects.count() == 1


def test_a_hold_on_the_owner_covers_the_account_that_is_theirs_alone_and_the_other_way_round() -> None:
    own, other = CustomerFactory(kind="individual"), CustomerFactory(kind="organisation")
    owner = MembershipFactory(customer=own, role="owner").principal
    MembershipFactory(customer=other, principal=owner, role="owner")
    refs = {"owner": owner.subject.ref, "account": own.subject.ref}
    hold(refs["owner"], "kyc")
    assert is_held(refs["account"], "kyc")
    assert not is_held(refs["account"], "account")
    assert not is_held(other.subject.ref, "kyc"), "the organisation's data are not the owner's"
    Hold.objects.update(subject_ref=refs["account"])
    assert is_held(refs["owner"], "kyc")


def test_a_role_that_may_not_place_holds_cannot() -> None:
    with pytest.raises(NotAllowed):
        placed(StaffFactory(roles=["support"]))
    assert not Hold.objects.exists()


def test_two_people_end_a_hold(officer: User) -> None:
    hold = placed(officer)
    release = holds.propose_release(hold=hold, why="The writ was dismissed.", actor=as_actor(officer))
    assert is_held(ASHA, "kyc")
    with pytest.raises(NotAllowed, match="Another person must"):
        holds.answer_release(release=release, approve=True, reason="", actor=as_actor(officer))
    assert is_held(ASHA, "kyc")
    other = StaffFactory(roles=["administrator"])
    holds.answer_release(release=release, approve=True, reason="", actor=as_actor(other))
    assert not is_held(ASHA, "kyc")


def test_a_refused_release_leaves_the_hold(officer: User) -> None:
    release = holds.propose_release(hold=placed(officer), why="x", actor=as_actor(officer))
    other = StaffFactory(roles=["administrator"])
    holds.answer_release(release=release, approve=False, reason="The appeal runs.", actor=as_actor(other))
    assert is_held(ASHA, "kyc")
    kinds = AuditEvent.objects.filter(subject_ref=ASHA).order_by("pk").values_list("kind", "actor_ref")
    assert list(kinds)[1:] == [
        ("retention.release.proposed", f"user:{officer.pk}"),
        ("retention.release.refused", f"user:{other.pk}"),
    ]


def test_a_release_is_proposed_once_at_a_time(officer: User) -> None:
    hold = placed(officer)
    holds.propose_release(hold=hold, why="x", actor=as_actor(officer))
    with pytest.raises(Refused, match="waits for a decision"):
        holds.propose_release(hold=hold, why="y", actor=as_actor(officer))


def test_a_hold_without_a_reason_is_refused(officer: User) -> None:
    with pytest.raises(Refused, match="say why"):
        holds.place(subject_ref=ASHA, retention_class="", order_reference="x", why=" ", actor=as_actor(officer))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
def test_a_hold_waits_for_the_erasure_under_way_so_that_the_next_sees_it(officer: User) -> None:
    ErasureRun.objects.create(
        reference="OS-EC-TEST", state=RunState.RUNNING, started_by="system:tests", started_at=clock.now()
    )
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:  # a run is erasing a subject
            cursor.execute("SELECT 1 FROM retention_erasurerun FOR UPDATE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        with pytest.raises(OperationalError):
            placed(officer)
        other.rollback()
        placed(officer)
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert is_held(ASHA, "kyc")
