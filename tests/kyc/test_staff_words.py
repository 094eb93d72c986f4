"""No code reaches staff where a sentence can stand."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from kyc import names
from kyc.cases import labels, staff_labels
from kyc.legacy_imports.services import legacy_import
from kyc.review.services import aadhaar_consent, document_uploads

#: Names that differ so are no likeness (``kyc.sanctions.match_index``).
NO_LIKENESS = {names.Why.TWO_SCRIPTS, names.Why.NO_NAME, names.Why.LEGAL_FORM, names.Why.DIFFERENT}
#: Of acts that a line of a take-over does not come to.
ELSEWHERE = {"ARCHIVE", "NOT_REUSABLE", "TAKEN_IN_ALREADY"}


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


def test_each_way_in_which_names_fit_is_a_sentence():
    assert set(names.Why) - set(staff_labels.NAMES_FIT) == NO_LIKENESS
    assert staff_labels.names_fit("INITIALS MISSING_NAME") == (
        "Initials are short for names. One has a name or an initial that the other leaves out."
    )


def test_each_fault_of_a_line_is_a_sentence():
    written = "".join(
        Path(module.__file__).read_text() for module in (legacy_import, document_uploads, aadhaar_consent)
    )
    codes = set(re.findall(r'(?:code=|return |fault\()"([A-Z_]{3,})"', written)) - ELSEWHERE
    assert {"CUSTOMER", "NOT_WANTED", "THERE_ALREADY", "TWICE", "CONSENT_MISSING"} <= codes
    for code in codes | {str(fault) for fault in labels.FAULTS} | set(labels.PROOF_FAULTS):
        assert staff_labels.line_fault(code).endswith("."), code


@pytest.mark.parametrize("code", ["SOMETHING_NEW", ""])
def test_what_nobody_has_put_into_words_stays_as_it_is(code):
    assert staff_labels.line_fault(code) == code
    assert staff_labels.names_fit(code) == code


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("passport", "passport"),
        ("epic", "voter ID card"),
        ("pan_card", "PAN card"),
        ("aadhaar_qr", "QR code of the Aadhaar card"),
        ("aadhaar_offline_ekyc", "Aadhaar offline e-KYC file"),
        ("udyam_certificate", "Udyam certificate"),
        ("llp_agreement", "LLP agreement"),
    ],
)
def test_a_document_is_named_inside_a_sentence_without_a_capital_that_is_no_names(kind, said):
    assert labels.within(kind) == said
