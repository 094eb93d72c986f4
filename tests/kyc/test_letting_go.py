from datetime import timedelta

import pytest

from kyc import plans
from kyc.models import CheckEvidence, Document
from kyc.services import ask_to_delete, checking, run_plan
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.errors import IllegalMove
from portal.vault.models import StoredFile
from tests.kyc.factories import CUSTOMER, NOW, checked, uploaded

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
    assert (document.state, document.number_sealed, document.number_display) == ("replaced", None, "")
    assert document.quarantined.shredded_at is not None
    assert not StoredFile.objects.filter(pk=kept.pk).exists()
    assert AuditEvent.objects.get(kind="kyc.document.deletion_asked").facts["to"] == "let_go"


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
    assert run_plan(document.pk, now=clock.now()) == "replaced"
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
    assert document.checks.count() == len(plans.checks_for(document.kind))
