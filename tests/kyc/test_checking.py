import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import OperationalError, connection

from kyc.cases import check_plans
from kyc.cases.selectors import latest_checks
from kyc.cases.services import document_encryption
from kyc.models import Check, Document, Party
from kyc.review.services import check_runs, value_checks
from kyc.review.services.check_runs import check_again, run_plan, sweep
from kyc.review.services.document_uploads import send
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Unavailable
from portal.kernel.outbox.models import Message
from portal.kernel.vault.inspection import client, worker_pool
from portal.kernel.vault.models import StoredFile, SubjectKey
from portal.kernel.vault.services import files, virus_scan
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, NOW, checked, firm, gst, party_of, rest_approved, uploaded
from tests.people.factories import CustomerFactory, StaffFactory


def outcomes(document: Document) -> dict[str, tuple[str, str]]:
    return {check.name: (check.outcome, check.reason) for check in latest_checks(document)}


def test_a_good_pan_card_passes_its_plan_in_order(individual):
    document = checked(individual)
    assert document.state == "checked"
    assert list(outcomes(document).items()) == [
        ("file_safety", ("PASS", "")),
        ("number", ("PASS", "")),
        ("holder", ("PASS", "")),
        ("declared_number", ("PASS", "")),
        ("name", ("NOT_APPLICABLE", "NAME_NOT_GIVEN")),
        ("gstin_contains_pan", ("NOT_APPLICABLE", "OTHER_DOCUMENT_MISSING")),
        ("duplicate", ("PASS", "")),
        ("expiry", ("NOT_APPLICABLE", "NO_EXPIRY")),
        ("pan_status", ("UNAVAILABLE", "NOT_CONFIGURED")),
        ("pan_name", ("UNAVAILABLE", "NOT_CONFIGURED")),
    ]


def test_the_quarantine_ends_when_the_checks_have_run(individual, django_capture_on_commit_callbacks):
    document = uploaded(individual)
    with django_capture_on_commit_callbacks(execute=True):
        run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    assert not SubjectKey.objects.filter(subject_ref=document.quarantine_ref).exists()
    assert StoredFile.objects.get(pk=document.quarantined_id).shredded_at is not None
    assert document.kept.subject_ref == individual.subject.ref
    assert document.kept.sha256 != document.quarantined.sha256


@pytest.mark.parametrize("name", ["password", "script_hidden", "embedded_file", "cut_pdf", "pdf_and_more"])
def test_a_faulty_file_is_refused_told_in_plain_words_and_not_kept(
    individual, asha, name, django_capture_on_commit_callbacks
):
    data, extension, fault = documents.FAULTS[name]
    document = uploaded(individual, data=data, extension=extension)
    with django_capture_on_commit_callbacks(execute=False):
        run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    assert (document.state, document.fault, document.kept) == ("refused", fault, None)
    assert Message.objects.filter(kind="kyc.document_refused").count() == 2
    assert Check.objects.count() == 1
    assert AuditEvent.objects.filter(kind="vault.key.shredded").count() == 1


def test_a_picture_is_called_not_searched(individual):
    document = checked(individual, data=documents.image(), extension="jpg")
    assert (document.state, document.searched) == ("checked", "NOT_SEARCHED")
    assert outcomes(document)["declared_number"] == ("NOT_APPLICABLE", "NOT_READ")


@pytest.mark.usefixtures("same_process")
def test_a_number_that_the_file_does_not_hold_is_pointed_out(individual):
    document = checked(individual, number="ABCPR1234Z")
    assert outcomes(document)["declared_number"] == ("WARN", "NUMBER_DIFFERS")


@pytest.mark.usefixtures("same_process")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("SMT. RAO ASHA W/O RAVI RAO", ("PASS", "")),
        ("A. Rao", ("WARN", "NAME_INITIALS")),
        ("Usha Rao", ("WARN", "NAME_DIFFERENT")),
    ],
)
def test_the_name_on_a_document_is_held_against_the_customers_and_stays_out_of_the_rows(house, typed, said):
    document = checked(CustomerFactory(kind="individual", name="Asha Rao"), declared={"name": typed})
    assert (document.state, outcomes(document)["name"]) == ("checked", said)
    check = document.checks.get(name="name")
    assert check.severity == "info"
    evidence = document_encryption.opened(document, check.evidence.sealed)
    events = " ".join(str(event.facts) for event in AuditEvent.objects.all())
    assert "Rao" not in evidence + events
    assert '"tables"' in evidence


@pytest.mark.usefixtures("same_process")
def test_a_partys_paper_is_held_against_the_name_of_that_person_or_organisation(organisation):
    ravi = party_of(organisation)
    holding = party_of(organisation, principal=None, name="Setu Holding Pvt Ltd")
    found = [
        value_checks.ask("name", uploaded_about(party, name), on=clock.day(NOW)).outcome
        for party, name in ((ravi, "Kumar Ravi"), (holding, "SETU HOLDING (P) LIMITED"), (holding, "Ravi Kumar"))
    ]
    assert found == ["PASS", "PASS", "WARN"]


def uploaded_about(party: Party, name: str) -> Document:
    paper = Document(case=party.case, party=party, kind="pan_card")
    paper.declared_sealed = document_encryption.seal(paper, json.dumps({"name": name}))
    return paper


@pytest.mark.usefixtures("same_process")
def test_a_gst_certificate_of_another_pan_fails(organisation):
    checked(organisation, number=documents.COMPANY_PAN, data=documents.pdf(documents.COMPANY_PAN))
    right = checked(organisation, make=gst)
    assert outcomes(right)["gstin_contains_pan"] == ("PASS", "")
    other = firm()
    checked(other)
    assert outcomes(checked(other, make=gst))["gstin_contains_pan"] == ("FAIL", "PAN_DIFFERS")


@pytest.mark.usefixtures("same_process")
def test_the_same_number_at_another_customer_is_pointed_out_once_each(individual):
    checked(individual)
    checked(CustomerFactory(kind="individual"), number="ABCPR1234Z")
    third = checked(CustomerFactory(kind="individual"))
    assert outcomes(third)["duplicate"] == ("WARN", "USED_BY_ANOTHER_CUSTOMER")


@pytest.mark.usefixtures("same_process")
@pytest.mark.parametrize("first_is_older", [True, False])
def test_the_same_number_is_found_under_an_old_and_a_new_lookup_key(individual, settings, first_is_older):
    keys = [settings.LOOKUP_KEY, "another lookup key of more than thirty-two characters"]

    def use(newest: int) -> None:
        settings.LOOKUP_KEY, settings.LOOKUP_KEYS_OLD = keys[newest], keys[:newest]

    other = CustomerFactory(kind="individual")
    use(0 if first_is_older else 1)
    first = uploaded(other)
    send(first, actor=CUSTOMER, now=NOW)
    use(1 if first_is_older else 0)
    second = uploaded(individual)
    use(1)
    assert bytes(first.number_index)[0] != bytes(second.number_index)[0]
    run_plan(second.pk, now=clock.now())
    assert outcomes(second)["duplicate"] == ("WARN", "USED_BY_ANOTHER_CUSTOMER")


@pytest.mark.usefixtures("same_process")
def test_the_same_account_is_found_on_a_cheque_and_on_a_statement(individual, monkeypatch):
    monkeypatch.setattr("kyc.review.services.document_uploads._require_wanted", lambda *given: None)
    account = {"number": "123456789012", "data": documents.pdf("Account 123456789012")}
    send(uploaded(CustomerFactory(kind="individual"), kind="cancelled_cheque", **account), actor=CUSTOMER, now=NOW)
    second = uploaded(individual, kind="bank_statement", **account)
    run_plan(second.pk, now=clock.now())
    assert outcomes(second)["duplicate"] == ("WARN", "USED_BY_ANOTHER_CUSTOMER")


@pytest.mark.usefixtures("same_process")
def test_an_expired_certificate_fails(organisation):
    document = gst(organisation, expires_on=NOW.date())
    Document.objects.filter(pk=document.pk).update(expires_on=NOW.date().replace(year=2020))
    run_plan(document.pk, now=clock.now())
    assert outcomes(document)["expiry"] == ("FAIL", "EXPIRED")


@pytest.mark.usefixtures("same_process")
def test_a_second_run_changes_nothing(individual):
    document = checked(individual)
    before = (Check.objects.count(), StoredFile.objects.count(), AuditEvent.objects.count())
    assert run_plan(document.pk, now=clock.now()) == "taken"
    assert (Check.objects.count(), StoredFile.objects.count(), AuditEvent.objects.count()) == before


@pytest.mark.usefixtures("same_process")
def test_a_worker_finds_a_document_taken_until_the_lease_ends(individual):
    document = uploaded(individual)
    now = clock.now()
    Document.objects.update(leased_until=now + check_runs.LEASE)
    assert run_plan(document.pk, now=now) == "taken"
    assert sweep(now=now) == 0
    later = now + 2 * check_runs.LEASE
    assert sweep(now=later) == 1
    assert run_plan(document.pk, now=later) == "checked"


class Killed(BaseException):
    """What a killed worker looks like from inside: nothing below it runs."""


@pytest.mark.usefixtures("same_process")
@pytest.mark.parametrize("step", range(9))
def test_a_worker_killed_before_any_step_is_picked_up_where_it_stopped(individual, monkeypatch, step):
    document = uploaded(individual)
    if step < 8:
        names = [planned.name for planned in check_plans.own_checks(document.kind)]
        at = names[step % len(names)]

        def killing(real):
            def dies(document, planned, *given):
                if planned.name == at:
                    raise Killed
                return real(document, planned, *given)

            return dies

        with monkeypatch.context() as patch:
            for place in ("_judge_file", "_asked"):
                patch.setattr(check_runs, place, killing(getattr(check_runs, place)))
            with pytest.raises(Killed):
                run_plan(document.pk, now=clock.now())
    else:
        with monkeypatch.context() as patch:
            patch.setattr(check_runs, "_finish", lambda document: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                run_plan(document.pk, now=clock.now())
    assert run_plan(document.pk, now=clock.now() + 2 * check_runs.LEASE) == "checked"
    assert Check.objects.count() == len(check_plans.own_checks("pan_card"))
    assert StoredFile.objects.filter(kind="kyc.document").count() == 1


def test_a_worker_killed_within_the_safety_check_leaves_no_copy_without_a_row(individual, monkeypatch):
    document = uploaded(individual)
    with monkeypatch.context() as patch:
        patch.setattr(check_runs, "note_check", lambda *args: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            run_plan(document.pk, now=clock.now())
    assert not StoredFile.objects.filter(kind="kyc.document").exists()
    document.refresh_from_db()
    assert document.kept is None


def test_an_outage_is_written_down_as_unavailable_and_tried_again(individual, monkeypatch):
    document = uploaded(individual)

    def down(*args, **kwargs):
        raise Unavailable("The storage is away.")

    with monkeypatch.context() as patch:
        patch.setattr(files, "open_stream", down)
        assert run_plan(document.pk, now=clock.now()) == "received"
    assert list(document.checks.values_list("outcome", flat=True)) == ["UNAVAILABLE"]
    assert run_plan(document.pk, now=clock.now() + 2 * check_runs.LEASE) == "checked"
    assert list(document.checks.filter(name="file_safety").values_list("attempt", "outcome")) == [
        (1, "UNAVAILABLE"),
        (2, "PASS"),
    ]


@pytest.fixture
def cheque(individual, monkeypatch):
    """A cancelled cheque with the code of its branch, which waits for its checks."""
    monkeypatch.setattr("kyc.review.services.document_uploads._require_wanted", lambda *given: None)
    typed = {"ifsc": "HDFC0000001", "name": "Asha Rao"}
    return uploaded(individual, kind="cancelled_cheque", number="50100123456789", declared=typed)


def later(document) -> str:
    return run_plan(document.pk, now=clock.now() + 2 * check_runs.LEASE)


@pytest.mark.usefixtures("same_process")
def test_an_outage_is_written_down_for_the_check_that_it_met_and_the_others_keep_their_answers(cheque, monkeypatch):
    def unreadable(value):
        raise OSError("The list of branches cannot be read.")

    with monkeypatch.context() as patch:
        patch.setitem(value_checks.STEPS, "ifsc", replace(value_checks.STEPS["ifsc"], judge=unreadable))
        assert run_plan(cheque.pk, now=clock.now()) == "received"
    said = dict(cheque.checks.values_list("name", "outcome"))
    assert {name for name, outcome in said.items() if outcome == "UNAVAILABLE"} == {"ifsc"}
    assert said.keys() == {one.name for one in check_plans.own_checks("cancelled_cheque")}
    assert later(cheque) == "checked"
    assert set(cheque.checks.filter(attempt=2).values_list("name", flat=True)) == {"ifsc"}


@pytest.mark.usefixtures("same_process")
def test_answers_that_could_not_be_written_blame_no_check(cheque, monkeypatch):
    def locked(*given):
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(check_runs, "note_checks", locked)
        assert run_plan(cheque.pk, now=clock.now()) == "received"
    assert not cheque.checks.filter(outcome="UNAVAILABLE").exists()
    assert later(cheque) == "checked"


@pytest.fixture
def outage(monkeypatch):
    """The storage is away for the length of the block."""

    @contextmanager
    def away():
        def down(*args, **kwargs):
            raise Unavailable("The storage is away.")

        with monkeypatch.context() as patch:
            patch.setattr(files, "open_stream", down)
            yield

    return away


def test_a_long_outage_is_asked_about_ever_more_rarely_and_ends_with_a_person(individual, outage, maker):
    rest_approved(individual)
    document, now, instants = uploaded(individual), NOW, []
    with outage():
        for _step in range(3 * 24 * 30):  # three days, as beat sees them
            if sweep(now=now):
                run_plan(document.pk, now=now)
                instants.append(now)
            now += timedelta(minutes=2, seconds=1)
    document.refresh_from_db()
    assert document.state == "stalled"
    assert document.checks.count() == len(instants) == check_runs.MOST_TRIES
    pauses = [later - earlier for earlier, later in pairwise(instants)]
    assert pauses == sorted(pauses)
    assert timedelta(hours=4) <= pauses[-1] < timedelta(hours=5)
    send(document, actor=CUSTOMER, now=now)
    assert document.case.state == "in_review"
    check_again(document, actor=actor.staff(maker.pk), now=now)
    assert run_plan(document.pk, now=now) == "checked"


@pytest.mark.usefixtures("same_process")
def test_a_document_whose_checks_crash_each_time_ends_with_a_person(individual, monkeypatch):
    document, now = uploaded(individual), NOW
    with monkeypatch.context() as patch:
        patch.setattr(value_checks, "ask", lambda *given, **named: 1 / 0)
        for _try in range(check_runs.MOST_TRIES):
            with pytest.raises(ZeroDivisionError):
                run_plan(document.pk, now=now)
            now += 2 * check_runs.LEASE
        assert run_plan(document.pk, now=now) == "stalled"
    assert sweep(now=now + timedelta(days=1)) == 0


@pytest.mark.usefixtures("same_process")
def test_a_customer_may_send_another_file_in_place_of_one_whose_checks_stopped(individual):
    Document.objects.filter(pk=uploaded(individual).pk).update(state="stalled")
    assert checked(individual).state == "checked"


def test_nobody_but_who_decides_starts_the_checks_again(individual):
    support = StaffFactory(roles=["support"])
    document = uploaded(individual)
    Document.objects.update(state="stalled")
    document.refresh_from_db()
    with pytest.raises(NotAllowed):
        check_again(document, actor=actor.staff(support.pk), now=NOW)


def test_checks_are_rows_that_stay(individual):
    document = checked(individual)
    with pytest.raises(TypeError):
        document.checks.first().delete()
    assert any("kyc_check" in name for name in connection.introspection.table_names())


def test_a_busy_machine_is_no_fault_of_the_file(individual, monkeypatch):
    document = uploaded(individual)
    with monkeypatch.context() as patch:
        patch.setattr(client, "LIMITS", replace(client.LIMITS, wall_seconds=0.0001))
        patch.setattr(client.inspect, "__kwdefaults__", {**client.inspect.__kwdefaults__, "limits": client.LIMITS})
        assert run_plan(document.pk, now=clock.now()) == "received"
    assert list(document.checks.values_list("outcome", "reason")) == [("UNAVAILABLE", "SERVICE_DOWN")]
    assert run_plan(document.pk, now=clock.now() + 2 * check_runs.LEASE) == "checked"


def test_a_lease_outlasts_the_slowest_reading(monkeypatch):
    assert check_runs.LEASE.total_seconds() > client.longest_wait() + virus_scan.WHOLE
    monkeypatch.setattr(client, "can_read_pictures", lambda: True)
    assert client.longest_wait() == 2 * (client.READING_LIMITS["wall_seconds"] + worker_pool.GRACE)
