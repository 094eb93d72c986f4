import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kyc import names, numbers
from kyc.base.choices import PROVED_BY_SIGNATURE, DocumentKind, Method
from kyc.cases import check_plans
from kyc.cases.check_labels import CHECKS, REASONS
from kyc.cases.labels import NUMBERS
from kyc.cases.providers.registry import ADAPTERS
from kyc.review.forms.document_uploads import NUMBER_LABELS, UploadForm
from kyc.review.services.value_checks import STEPS


@pytest.mark.parametrize("kind", DocumentKind.values)
def test_every_kind_of_document_has_a_plan_that_can_run_and_be_read(kind):
    planned = [one.name for one in check_plans.own_checks(kind)]
    assert planned[0] == "file_safety"
    assert set(planned[1:]) <= set(STEPS) | {one.name for one in check_plans.signed_checks()}
    assert ("signature" in planned) == (kind in PROVED_BY_SIGNATURE)
    assert set(planned) <= set(CHECKS)
    assert ("number" in planned) == bool(check_plans.number_type(kind))


@pytest.mark.parametrize("kind", DocumentKind.values)
def test_a_provider_is_asked_last_and_each_of_its_checks_can_be_read(kind):
    everything = [one.name for one in check_plans.checks_for(kind)]
    asked = check_plans.asked_of_providers(kind)
    assert set(asked) <= set(ADAPTERS)
    names = [one.name for planned in asked.values() for one in planned]
    later = [planned.name] if (planned := check_plans.read_in_pictures(kind)) else []
    assert everything == [*(one.name for one in check_plans.own_checks(kind)), *later, *names]
    assert set(names) <= set(CHECKS)
    for planned in asked.values():
        assert [one.name.rpartition("_")[2] for one in planned] == ["status", "name"]


def test_every_check_says_by_what_means_and_in_which_edition_it_works():
    planned = {one for kind in DocumentKind.values for one in check_plans.checks_for(kind)} | set(
        check_plans.signed_checks()
    )
    assert {one.method for one in planned} <= set(Method.values)
    assert all(one.version > 0 for one in planned)


def test_every_number_of_a_document_is_known_by_name_and_its_faults_have_words():
    types = {check_plans.number_type(kind) for kind in DocumentKind.values} - {""}
    assert types <= set(numbers.TYPES)
    assert set(NUMBER_LABELS) == types
    assert all(NUMBERS[number_type][""] for number_type in types)


def test_a_form_asks_for_a_number_only_where_the_document_shows_one():
    assert "number" in UploadForm(kind="cancelled_cheque").fields
    assert set(UploadForm(kind="board_resolution").fields) == {"file"}
    assert "valid_until" in UploadForm(kind="passport").fields


def test_a_form_asks_for_the_name_where_it_is_compared_and_takes_a_paper_without_one():
    file = {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")}
    named, bare = (
        UploadForm({"number": "ABCPR1234K", **typed}, file, kind="pan_card") for typed in ({"name": " Asha Rao "}, {})
    )
    assert [named.is_valid(), bare.is_valid()] == [True, True]
    assert [named.declared, bare.declared] == [{"name": "Asha Rao"}, {}]


def test_a_photo_taken_now_stands_for_the_file_and_of_both_none_is_dropped_unseen():
    def sent(**given: bytes) -> UploadForm:
        files = {name: SimpleUploadedFile(f"{name}.jpg", content) for name, content in given.items()}
        return UploadForm({}, files, kind="board_resolution")

    one, other = b"\xff\xd8\xff one", b"\xff\xd8\xff other"
    photo, both, none = sent(file_photo=one), sent(file=other, file_photo=one), sent()
    assert [photo.is_valid(), both.is_valid(), none.is_valid()] == [True, False, False]
    assert photo.cleaned_data["file"].read() == one
    assert "A file and a photo came" in both.errors["file"][0]
    assert photo.extension == "jpg"
    assert 'capture="environment"' in str(none["file"])


def test_every_answer_about_a_name_has_words():
    granted = {f"NAME_{why}" for why in names.Why if not why.startswith("SAME_") or why == names.Why.SAME_NAME}
    assert granted | {"NAME_NOT_GIVEN"} <= set(REASONS)


def test_the_branch_of_an_account_is_asked_for_in_its_normal_form_and_nowhere_else():
    file = {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")}
    typed = {"number": "50100012345678", "ifsc": " hdfc 0000 053 "}
    good, wrong, none = (
        UploadForm(given, file, kind="cancelled_cheque")
        for given in (typed, {**typed, "ifsc": "HDFC1"}, {**typed, "ifsc": ""})
    )
    assert [good.is_valid(), wrong.is_valid(), none.is_valid()] == [True, False, False]
    assert good.declared == {"ifsc": "HDFC0000053"}
    assert wrong.errors["ifsc"] == [str(NUMBERS["ifsc"][""])]
    assert "ifsc" not in UploadForm(kind="pan_card").fields
