from datetime import timedelta

import pytest
from django.urls import reverse

from kyc import plans
from kyc.erasers import KycDocuments
from kyc.models import CheckEvidence, DeletionRequest, Document
from kyc.services import ask_to_delete, checking, leave, run_plan, steps, sweep
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.errors import IllegalMove
from portal.law.models import Clock
from portal.vault.models import StoredFile
from portal.vault.services import files
from tests.kyc.factories import CUSTOMER, NOW, checked, party_of, uploaded
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.usefixtures("same_process")


def test_a_file_that_was_never_sent_is_destroyed_at_once(individual, django_capture_on_commit_callbacks):
    document = uploaded(individual)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    kept = document.kept
    with django_capture_on_commit_callbacks(execute=True):
        ask_to_delete(document, actor=CUSTOMER, now=NOW)
    document.refresh_from_db()
    document.quarantined.refresh_from_db()
    assert (document.state, document.number_sealed, document.number_display) == ("destroyed", None, "")
    assert document.quarantined.shredded_at is not None
    assert StoredFile.objects.get(pk=kept.pk).shredded_at is not None
    assert AuditEvent.objects.get(kind="kyc.document.deletion_asked").facts["to"] == "let_go"


def test_what_the_customer_had_destroyed_says_so_and_its_place_is_free(individual, asha):
    document = uploaded(individual)
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "It is destroyed, as you asked." in page
    assert "Now: Destroyed at your request" in page
    assert "newer file" not in page
    assert "Ask to delete it" not in page
    assert uploaded(individual).state == "received"


def test_a_second_press_says_that_it_was_asked_for(individual, asha):
    browser = customer_client(asha)
    for made, said in ((uploaded, "It is destroyed already."), (checked, "You have asked for this already.")):
        document = made(individual)
        act = reverse("privacy:kyc-delete", args=[document.reference])
        browser.post(act)
        again = browser.post(act, follow=True)
        assert again.status_code == 200
        assert said in again.text


def test_a_request_about_a_file_that_is_with_us_is_noted_once_and_a_person_answers(individual):
    document = checked(individual)
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    document.refresh_from_db()
    assert (document.state, document.deletion_asked_at) == ("checked", NOW)
    assert document.kept is not None
    with pytest.raises(IllegalMove):
        ask_to_delete(document, actor=CUSTOMER, now=NOW)


def test_a_file_let_go_while_the_machine_looks_at_it_is_not_kept(individual, monkeypatch):
    document = uploaded(individual)
    look = checking.inspect

    def slow(data, **given):
        ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        return look(data, **given)

    monkeypatch.setattr(checking, "inspect", slow)
    assert run_plan(document.pk, now=clock.now()) == "destroyed"
    document.refresh_from_db()
    assert (document.kept, document.number_sealed) == (None, None)
    assert not StoredFile.objects.filter(kind="kyc.document").exists()
    assert not CheckEvidence.objects.exists()


def test_what_the_checks_saw_goes_with_the_file(individual):
    document = uploaded(individual)
    run_plan(document.pk, now=clock.now())
    assert CheckEvidence.objects.exists()
    document.refresh_from_db()
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    assert not CheckEvidence.objects.exists()
    assert document.checks.exists()


def test_two_workers_who_judge_one_file_keep_one_copy(individual, monkeypatch):
    """The lease of the first ran out while the child looked at the file."""
    document = uploaded(individual)
    look = checking.inspect

    def slow(data, **given):
        monkeypatch.setattr(checking, "inspect", look)
        run_plan(document.pk, now=clock.now() + timedelta(hours=1))
        return look(data, **given)

    monkeypatch.setattr(checking, "inspect", slow)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    assert document.state == "checked"
    assert StoredFile.objects.get(kind="kyc.document") == document.kept
    assert document.checks.count() == len(plans.own_checks(document.kind))


@pytest.mark.parametrize("at", ["number", "duplicate", "expiry"])
def test_a_file_let_go_between_two_checks_ends_the_run_without_a_row_or_an_error(individual, monkeypatch, at):
    document = uploaded(individual)
    plain = steps.ask

    def slow(name, row, **given):
        said = plain(name, row, **given)
        if name == at:
            ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        return said

    monkeypatch.setattr(steps, "ask", slow)
    assert run_plan(document.pk, now=clock.now()) == "destroyed"
    assert not document.checks.filter(name=at).exists()
    assert not CheckEvidence.objects.exists()


def test_a_file_let_go_before_its_last_line_is_written_stays_let_go(individual, monkeypatch):
    document = uploaded(individual)
    plain = checking._finish

    def late(row):
        ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        plain(row)

    monkeypatch.setattr(checking, "_finish", late)
    assert run_plan(document.pk, now=clock.now()) == "destroyed"


def test_a_file_let_go_before_the_worker_opens_it_is_no_error(
    individual, monkeypatch, django_capture_on_commit_callbacks
):
    document = uploaded(individual)
    opens = files.open_stream

    def late(file, **given):
        with django_capture_on_commit_callbacks(execute=True):
            ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        return opens(file, **given)

    monkeypatch.setattr(files, "open_stream", late)
    assert run_plan(document.pk, now=clock.now()) == "destroyed"
    assert not document.checks.exists()


def test_a_customer_erased_while_the_checks_run_is_not_looked_at_again(individual, monkeypatch):
    document = uploaded(individual)
    plain = steps.ask

    def slow(name, row, **given):
        said = plain(name, row, **given)
        if name == "duplicate":
            KycDocuments("kyc").erase(subject_ref=individual.subject.ref, before=None)
        return said

    monkeypatch.setattr(steps, "ask", slow)
    run_plan(document.pk, now=clock.now())
    assert not document.checks.filter(name="duplicate").exists()
    assert sweep(now=clock.now() + timedelta(days=1)) == 0


def test_a_request_about_a_paper_that_goes_with_its_person_is_carried_out(organisation):
    party = party_of(organisation)
    document = checked(organisation, party=party)
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    leave(party, actor=CUSTOMER, now=NOW)
    request = DeletionRequest.objects.get()
    assert (request.state, request.answered_at) == ("erased", NOW)
    assert not Clock.objects.filter(owner=request.owner, state="running").exists()
    event = AuditEvent.objects.get(kind="kyc.document.deletion_answered")
    assert (event.facts["document"], event.facts["state"]) == (document.reference, "erased")
