import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kyc import names, numbers, plans
from kyc.forms import NUMBER_LABELS, UploadForm
from kyc.services.checking import STEPS
from kyc.states import PROVED_BY_SIGNATURE, DocumentKind
from kyc.words import CHECKS, NUMBERS, REASONS


@pytest.mark.parametrize("kind", DocumentKind.values)
def test_every_kind_of_document_has_a_plan_that_can_run_and_be_read(kind):
    planned = [one.name for one in plans.checks_for(kind)]
    assert planned[0] == "file_safety"
    assert set(planned[1:]) <= set(STEPS) | {one.name for one in plans.signed_checks()}
    assert ("signature" in planned) == (kind in PROVED_BY_SIGNATURE)
    assert set(planned) <= set(CHECKS)
    assert ("number" in planned) == bool(plans.number_type(kind))


def test_every_number_of_a_document_is_known_by_name_and_its_faults_have_words():
    types = {plans.number_type(kind) for kind in DocumentKind.values} - {""}
    assert types <= set(numbers.TYPES)
    assert set(NUMBER_LABELS) == types
    assert all(NUMBERS[number_type][""] for number_type in types)


def test_a_form_asks_for_a_number_only_where_the_document_shows_one():
    assert "number" in UploadForm(kind="cancelled_cheque").fields
    assert set(UploadForm(kind="board_resolution").fields) == {"file"}
    assert "valid_until" in UploadForm(kind="passport").fields


def test_a_form_asks_for_the_name_where_it_is_compared_and_takes_a_paper_without_one():
    file = {"file": SimpleUploadedFile("a.pdf", b"x")}
    named, bare = (
        UploadForm({"number": "ABCPR1234K", **typed}, file, kind="pan_card") for typed in ({"name": " Asha Rao "}, {})
    )
    assert [named.is_valid(), bare.is_valid()] == [True, True]
    assert [named.declared, bare.declared] == [{"name": "Asha Rao"}, {}]


def test_a_photo_taken_now_stands_for_the_file_and_a_chosen_file_comes_first():
    def sent(**given: bytes) -> UploadForm:
        files = {name: SimpleUploadedFile(f"{name}.jpg", content) for name, content in given.items()}
        return UploadForm({}, files, kind="board_resolution")

    photo, both, none = sent(file_photo=b"photo"), sent(file=b"file", file_photo=b"photo"), sent()
    assert [photo.is_valid(), both.is_valid(), none.is_valid()] == [True, True, False]
    assert [form.cleaned_data["file"].read() for form in (photo, both)] == [b"photo", b"file"]
    assert photo.extension == "jpg"
    assert 'capture="environment"' in str(none["file"])


def test_every_answer_about_a_name_has_words():
    granted = {f"NAME_{why}" for why in names.Why if not why.startswith("SAME_") or why == names.Why.SAME_NAME}
    assert granted | {"NAME_NOT_GIVEN"} <= set(REASONS)
