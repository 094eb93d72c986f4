import pytest

from kyc.services import ask_to_delete, run_plan
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
