import pytest

from kyc import numbers, plans
from kyc.forms import NUMBER_LABELS, UploadForm
from kyc.services.checking import STEPS
from kyc.states import DocumentKind
from kyc.words import CHECKS, NUMBERS


@pytest.mark.parametrize("kind", DocumentKind.values)
def test_every_kind_of_document_has_a_plan_that_can_run_and_be_read(kind):
    names = [planned.name for planned in plans.checks_for(kind)]
    assert names[0] == "file_safety"
    assert set(names[1:]) <= set(STEPS)
    assert set(names) <= set(CHECKS)
    assert ("number" in names) == bool(plans.number_type(kind))


def test_every_number_of_a_document_is_known_by_name_and_its_faults_have_words():
    types = {plans.number_type(kind) for kind in DocumentKind.values} - {""}
    assert types <= set(numbers.TYPES)
    assert set(NUMBER_LABELS) == types
    assert all(NUMBERS[number_type][""] for number_type in types)


def test_a_form_asks_for_a_number_only_where_the_document_shows_one():
    assert "number" in UploadForm(kind="cancelled_cheque").fields
    assert set(UploadForm(kind="board_resolution").fields) == {"file"}
    assert "valid_until" in UploadForm(kind="passport").fields
