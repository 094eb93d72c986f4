import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kyc.numbers import branches, check


def test_the_shipped_list_is_the_one_its_label_names_and_is_dated():
    known = branches.shipped()
    assert known.as_of == date(2026, 8, 24)
    assert (known.name("HDFC"), known.holds("HDFC", "000053")) == ("HDFC Bank", True)
    assert not known.holds("HDFC", "00053")
    assert not known.holds("ZZZZ", "000053")


def test_a_code_says_its_bank_and_the_day_of_the_list():
    found = check("ifsc", "SBIN0000001")
    assert found.details == {
        "bank": "SBIN",
        "bank_name": "State Bank of India",
        "branch": "000001",
        "list_of": "2026-08-24",
    }


def imported(folder, published: dict) -> str:
    (folder / "IFSC.json").write_text(json.dumps(published))
    (folder / "banknames.json").write_text(json.dumps({"ABCD": "First  Bank"}))
    out = StringIO()
    files = [str(folder / "IFSC.json"), str(folder / "banknames.json")]
    call_command("import_branches", *files, as_of=date(2026, 11, 1), source="a test", out=folder, stdout=out)
    return out.getvalue()


def test_a_published_list_is_taken_over_with_zeros_put_back(tmp_path):
    assert imported(tmp_path, {"ABCD": [53, "0AB012"], "WXYZ": [1]}) == "3 branches of 2 banks, as of 2026-11-01.\n"
    known = branches.opened(tmp_path)
    assert (known.as_of, known.name("ABCD"), known.name("WXYZ")) == (date(2026, 11, 1), "First Bank", "")
    assert known.holds("ABCD", "000053")
    assert known.holds("ABCD", "0AB012")
    assert not known.holds("WXYZ", "000053")


def test_a_list_with_a_code_that_can_be_no_branch_changes_nothing(tmp_path):
    with pytest.raises(CommandError, match="ABCD01234567 is not the code of a branch"):
        imported(tmp_path, {"ABCD": [1234567]})
    assert not (tmp_path / branches.LIST).exists()


def test_a_list_that_was_changed_behind_its_label_is_not_read(tmp_path):
    imported(tmp_path, {"ABCD": [53]})
    (tmp_path / branches.LIST).write_bytes(b"another")
    with pytest.raises(ValueError, match="is not the list"):
        branches.opened(tmp_path)
