"""What a request leaves: each record with its rule, provision and last day, and of each only the fields that a rule names."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from allauth.mfa.models import Authenticator

from kyc.models import Decision, Document
from portal.kernel.core import actor, clock, ports
from portal.kernel.core.erasure_api import count_fields
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.people.models import ContactPoint, Principal, RegimeEvidence
from portal.kernel.retention import field_actions, retention_decisions
from portal.kernel.retention.choices import RunState
from portal.kernel.retention.models import ErasureItem, ErasureRun, KeptRecord
from portal.kernel.retention.services import erasure_replay, nightly_run, runs
from tests.law.factories import ProfileFactory
from tests.retention.factories import BEFORE_DPDP, hold, run_for
from tests.retention.marks import MAIL, NAME, NO, person_everywhere

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NIGHTLY = actor.system("tests")
ACCOUNT = "people.accounts"


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """The law of this day decides what is kept."""
    with time_machine.travel(BEFORE_DPDP, tick=True):
        yield


@pytest.fixture
def person() -> Principal:
    """We are an intermediary and a cloud provider: two laws keep the account, the longer one the documents too."""
    found = person_everywhere()
    OrganisationProfile.objects.all().delete()
    ProfileFactory(**{**dict.fromkeys(NO, "no"), "intermediary": "yes", "cloud_provider": "yes"})
    RegimeEvidence.objects.create(subject_ref=found.subject.ref, regime="EU", ground="declared", noted_at=clock.now())
    Authenticator.objects.create(user=found.user, type=Authenticator.Type.TOTP, data={})
    return found


def erased(who: Principal) -> ErasureRun:
    return runs.carry_out(run_for(who.subject.ref), now=clock.now(), actor=NIGHTLY)


def test_each_record_that_stays_has_its_rule_its_provision_and_its_last_day(person: Principal) -> None:
    decided = retention_decisions.keep_or_erase(person.subject.ref, now=clock.now(), asked_at=clock.now())
    run = erased(person)
    kept = KeptRecord.objects.filter(step__run=run).select_related("step")
    assert sum(row.count for row in kept) == sum(each.record.count for each in decided if each.verdict.is_kept)
    assert {(row.step.eraser, row.rule_key, row.last_day) for row in kept} == {
        (each.eraser.name, each.verdict.said.key, each.verdict.said.on) for each in decided if each.verdict.is_kept
    }
    assert all(row.citation and row.last_day for row in kept)
    steps = {step["what"]: step for step in run.certificate["steps"]}
    (account,) = {(one["rule"], one["last_day"]) for one in steps[ACCOUNT]["kept"]}
    assert account == ("IN-CERT-5Y", KeptRecord.objects.filter(step__eraser=ACCOUNT).first().last_day.isoformat())


def test_what_no_rule_names_goes_now_though_its_record_stays(person: Principal) -> None:
    run = erased(person)
    assert run.state == RunState.DONE, [(step.eraser, step.failure) for step in run.steps.all()]
    person.refresh_from_db()
    login = person.user
    login.refresh_from_db()
    assert (person.full_name, login.email) == (NAME, MAIL), "names and addresses are what the laws name"
    assert MAIL in {contact.address for contact in ContactPoint.objects.filter(principal=person)}
    assert (login.is_active, login.has_usable_password(), login.last_login) == (False, False, None)
    assert not Authenticator.objects.filter(user=login).exists()
    assert not RegimeEvidence.objects.filter(subject_ref=person.subject.ref).exists()
    steps = {step["what"]: step for step in run.certificate["steps"]}
    assert "people.User.password" in steps[ACCOUNT]["fields_erased"]
    assert "people.Principal.full_name" not in steps[ACCOUNT]["fields_erased"]
    assert Document.objects.get().number_display, "what we were given for a registration is named for 180 days"


def test_a_field_goes_when_the_rule_that_named_it_is_over_and_the_rest_on_its_own_last_day(person: Principal) -> None:
    """Rule 8(3) of the DPDP Rules names everything for a year, once it is in force."""
    first = erased(person)
    last_day = KeptRecord.objects.filter(step__run=first, step__eraser="kyc.documents").first().last_day
    for days, has_number, is_here in ((367, False, True), ((last_day - clock.day(clock.now())).days + 1, False, False)):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True):
            found = nightly_run.pass_over(now=clock.now(), actor=NIGHTLY)
            assert [run.state for run in found.again] == [RunState.APPROVED], "no one is asked again"
            nightly_run.carry_on(now=clock.now(), actor=NIGHTLY)
            document = Document.objects.get()
            assert bool(document.number_display) is has_number
            assert (document.erased_at is None) is is_here
            assert bool(Decision.objects.exclude(message_sealed=None, note_sealed=None).count()) is False
            if is_here:
                assert nightly_run.pass_over(now=clock.now(), actor=NIGHTLY).again == []


def test_a_hold_keeps_every_field(person: Principal) -> None:
    hold(person.subject.ref)
    run = erased(person)
    person.user.refresh_from_db()
    assert (run.erased, person.user.is_active) == (0, True)
    assert not ErasureItem.objects.filter(fields__isnull=False).exists()


def test_a_hold_after_the_plan_keeps_the_fields_too(person: Principal) -> None:
    run = run_for(person.subject.ref)
    hold(person.subject.ref)
    runs.carry_out(run, now=clock.now(), actor=NIGHTLY)
    person.user.refresh_from_db()
    assert person.user.is_active


def test_fields_that_a_restore_brings_back_are_erased_again(person: Principal) -> None:
    erased(person)
    person.user.refresh_from_db()
    person.user.set_password("brought back")
    person.user.save(update_fields=["password"])
    assert erasure_replay.undone() == 1
    erasure_replay.replay(now=clock.now(), actor=NIGHTLY)
    person.user.refresh_from_db()
    assert not person.user.has_usable_password()
    assert erasure_replay.undone() == 0


def test_each_named_field_exists_and_each_field_that_is_deleted_is_named_or_ends_by_itself() -> None:
    """The note that somebody answers for a person stays with the account: it protects them while anything is here."""
    acts = {f"{label}.{name}": act for label, said in field_actions.acts().items() for name, act in said.items()}
    for key, table in field_actions.named().items():
        names = {f"{label}.{name}" for label, some in table.items() for name in some}
        assert names - {name for name in names if name.endswith("_key")} <= acts.keys(), key
        for eraser in ports.erasers:
            parts = {name for part in getattr(eraser, "parts", ()) for name in part.fields}
            if not parts:
                continue
            deleted = {
                name for name, act in acts.items() if act == "delete" and name.rpartition(".")[0] in eraser.covers
            }
            left = {name for name in deleted - names - parts if not name.startswith("people.Protection.")}
            assert left == set(), (key, eraser.name)
            assert count_fields(eraser, subject_ref=uuid4(), fields=parts) == 0
