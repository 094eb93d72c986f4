import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.kyc import documents


def said(*arguments: str, **options: str) -> tuple[int, dict]:
    out, code = StringIO(), 0
    try:
        call_command(*arguments, json=True, stdout=out, **options)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, json.loads(out.getvalue())


def test_a_number_is_checked_and_described():
    code, found = said("check_number", "gstin", documents.GSTIN)
    assert code == 0
    assert found == {
        "type": "gstin",
        "valid": True,
        "outcome": "PASS",
        "reason": None,
        "display": "27AAPFUXXXXF1ZX",
        "details": {
            "state_code": "27",
            "registration": "NORMAL",
            "pan": documents.COMPANY_PAN,
            "holder": "F",
            "initial": "U",
            "holder_kind": "firm",
        },
    }


def test_the_line_tells_what_a_number_says_and_why_one_fails():
    out = StringIO()
    call_command("check_number", "gstin", documents.GSTIN, stdout=out)
    assert "It says: state code 27, registration NORMAL, holder F, initial U, holder kind firm." in out.getvalue()
    assert documents.COMPANY_PAN not in out.getvalue()
    with pytest.raises(SystemExit) as ended:
        call_command("check_number", "pan", "12", stdout=out)
    assert ended.value.code == 1
    assert "FAIL (FORMAT: it has not the form of such a number)" in out.getvalue()


@pytest.mark.parametrize(("number", "valid"), [(documents.AADHAAR, True), ("234123412345", False)])
def test_an_aadhaar_number_is_never_printed_back(number, valid):
    code, found = said("check_number", "aadhaar", number)
    assert (code, found["valid"]) == (0 if valid else 1, valid)
    assert number not in json.dumps(found)


def test_an_unknown_type_of_number_is_a_usage_error():
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("check_number", "library_card", "1")


def file(tmp_path: Path, data: bytes, name: str) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    return str(path)


def test_a_file_runs_through_the_plan_of_its_type(tmp_path):
    path = file(tmp_path, documents.pdf(), "pan.pdf")
    code, found = said("verify_document", path, type="pan_card", declared=json.dumps({"pan": documents.PAN}))
    assert (code, found["outcome"], found["fields"]) == (0, "PASS", {"pan": "ABCPRXXXXK"})
    assert {check["check"]: check["outcome"] for check in found["checks"]}["declared_number"] == "PASS"
    assert documents.PAN not in json.dumps(found)


def test_a_gst_certificate_of_another_pan_fails(tmp_path):
    path = file(tmp_path, documents.pdf(documents.GSTIN), "gst.pdf")
    code, found = said("verify_document", path, type="gst_certificate", declared=json.dumps({"pan": documents.PAN}))
    assert (code, found["outcome"], found["reason"]) == (1, "FAIL", "PAN_DIFFERS")


@pytest.mark.parametrize("name", ["eicar", "password", "script_hidden", "jpeg_and_zip"])
def test_a_refused_file_says_why(tmp_path, name):
    data, extension, fault = documents.FAULTS[name]
    code, found = said("verify_document", file(tmp_path, data, f"file.{extension}"), type="upload")
    assert (code, found["outcome"], found["reason"]) == (1, "REFUSED", fault)


def test_an_expired_certificate_fails_at_the_time_given(tmp_path):
    path = file(tmp_path, documents.pdf(documents.GSTIN), "gst.pdf")
    declared = json.dumps({"valid_until": "2026-11-24"})
    for at, outcome in (("2026-11-24T23:00:00+05:30", "PASS"), ("2026-11-25T00:30:00+05:30", "FAIL")):
        assert said("verify_document", path, type="gst_certificate", declared=declared, at=at)[1]["outcome"] == outcome


@pytest.mark.parametrize("options", [{"declared": "pan"}, {"declared": '{"name": "Asha"}'}, {"at": "yesterday"}])
def test_wrong_options_are_named(tmp_path, options):
    with pytest.raises(CommandError):
        call_command("verify_document", file(tmp_path, b"x", "a.pdf"), type="upload", **options)
