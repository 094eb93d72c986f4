"""A policy text as clauses, and its defects. The text is our own; it has the faults that real texts have."""

import tomllib
from pathlib import Path

import pytest

import consent
from consent.base.rules import policy_parser
from consent.base.rules.policy_parser import INTRODUCTION, Code

CHECKS = policy_parser.compile_checks(
    tomllib.loads((Path(consent.__file__).parent / "data" / "policy_checks.toml").read_text())
)
FAULTY = """Privacy notice of a shop

By visiting the shop you agree to what stands below.

1. Scope

This notice is about the shop and its web pages.

2. What we keep

2.1 Names

We keep your name.

2.3 Numbers

We keep your number.

3. Duties

We may have to answer to:

We answer only what we must.

4. Security and Protection Measures

We do our best and get better each day.

5. How long

We keep it as long as these need:

6. Your rights

6.3 Asking us

Ask at the counter.

7. Changes

If you go on coming, your continued visits do not matter; but continued use means acceptance of the change.

8. Contact

Write to the Grievance Officer at the counter.
"""


def found(text, **kwargs):
    return {
        (defect.code, defect.clause)
        for defect in policy_parser.find_defects(policy_parser.parse(text), CHECKS, **kwargs)
    }


def test_clauses_come_in_the_order_of_the_text_with_their_titles():
    clauses = policy_parser.parse(FAULTY)
    assert [clause.number for clause in clauses] == [
        INTRODUCTION, "1", "2", "2.1", "2.3", "3", "4", "5", "6", "6.3", "7", "8",
    ]  # fmt: skip
    assert clauses[3].title == "Names"
    assert clauses[3].body == "We keep your name."


def test_every_fault_of_the_text_is_listed_and_nothing_else():
    assert found(FAULTY) == {
        (Code.CONSENT_BY_USE, INTRODUCTION),
        (Code.MISSING_CLAUSE, "2.2"),
        (Code.EMPTY_LIST, "3"),
        (Code.NO_CONTENT, "4"),
        (Code.EMPTY_LIST, "5"),
        (Code.MISSING_CLAUSE, "6.1"),
        (Code.MISSING_CLAUSE, "6.2"),
        (Code.CONSENT_BY_USE, "7"),
        (Code.NO_OFFICER_NAME, "8"),
    }


def test_defects_come_in_reading_order():
    order = [defect.clause for defect in policy_parser.find_defects(policy_parser.parse(FAULTY), CHECKS)]
    assert order == [INTRODUCTION, "2.2", "3", "4", "5", "6.1", "6.2", "7", "8"]


def test_missing_clauses_of_one_place_come_in_the_order_of_their_numbers():
    text = "1. Scope\n\n1.2.2 Shops\n\nAll of them.\n\n1.11 Web\n\nIts pages. Grievance Officer: Meera Iyer.\n"
    missing = [defect.clause for defect in policy_parser.find_defects(policy_parser.parse(text), CHECKS)]
    assert missing == ["1.1", "1.2", "1.2.1", *(f"1.{n}" for n in range(3, 11))]


CLEAN = """1. Scope

This notice is about the shop. Numbers such as 2.2 in a sentence are no clauses.

2. Security measures

We encrypt what we keep and check access rights each quarter.

3. How long

We keep it as long as these need:

- tax law: eight years
- your contract

4. What for

We use it for:
billing
delivery

5. Contact

Grievance Officer: Meera Iyer, at the counter.
"""


def test_a_text_without_faults_has_no_defects():
    assert found(CLEAN) == set()


@pytest.mark.parametrize(
    ("old", "new", "defect"),
    [
        ("- tax law: eight years\n- your contract\n", "", (Code.EMPTY_LIST, "3")),
        ("- tax law: eight years\n- your contract\n", "We keep nothing longer.\n", (Code.EMPTY_LIST, "3")),
        ("encrypt what we keep and check access rights each quarter", "are careful", (Code.NO_CONTENT, "2")),
        ("We encrypt what we keep and check access rights each quarter.", "", (Code.NO_CONTENT, "2")),
        (": Meera Iyer, at the counter", " at the counter", (Code.NO_OFFICER_NAME, "5")),
        ("Grievance Officer: Meera Iyer, at", "Ask at", (Code.NO_OFFICER_NAME, "5")),
        ("4. What for", "5. What for", (Code.REPEATED_NUMBER, "5")),
        ("5. Contact", "6. Contact", (Code.MISSING_CLAUSE, "5")),
        ("This notice is", "By accessing the pages you consent to it. This notice is", (Code.CONSENT_BY_USE, "1")),
        ("This notice is", "Your use of the shop constitutes acceptance. This is", (Code.CONSENT_BY_USE, "1")),
        ("This notice is", "You are deemed to have agreed. This is", (Code.CONSENT_BY_USE, "1")),
    ],
)
def test_each_single_fault_is_found_alone(old, new, defect):
    assert old in CLEAN
    assert defect in found(CLEAN.replace(old, new))


def test_the_officers_name_from_the_register_counts_as_naming():
    text = CLEAN.replace("Grievance Officer: Meera Iyer", "Ask our Grievance Officer, who is called meera iyer")
    assert found(text) == {(Code.NO_OFFICER_NAME, "5")}
    assert found(text, officer_names=frozenset({"meera iyer"})) == set()


@pytest.mark.parametrize("mark", ["-", "*", "•", "1)", "a.", "(b)", "(iv)"])
def test_lists_are_recognised_by_their_marks(mark):
    text = CLEAN.replace("- tax law: eight years\n- your contract", f"{mark} Tax law says eight years.")
    assert found(text) == set()


def test_sub_clauses_are_the_list_that_a_colon_announces():
    text = CLEAN.replace("- tax law: eight years\n- your contract\n", "").replace(
        "4. What for", "3.1 Tax law\n\nEight years.\n\n4. What for"
    )
    assert found(text) == set()


@pytest.mark.parametrize("text", ["", "\n\n", "Only words, no clause."])
def test_a_text_without_clauses_says_so(text):
    assert found(text) == {(Code.NO_CLAUSES, INTRODUCTION)}


def test_windows_line_ends_and_a_byte_order_mark_change_nothing():
    assert policy_parser.parse("\ufeff" + FAULTY.replace("\n", "\r\n")) == policy_parser.parse(FAULTY)


@pytest.mark.parametrize(
    ("body", "is_whole"),
    [
        ("We keep it for a year.", True),
        ("We keep it for a year", False),
        ("We keep it for:", True),  # an empty list, which is a defect of its own
        ("We keep it, and we share it with", False),
        ("Laws:\n\n- tax law\n- company law", True),
        ("Laws:\n\n- tax law,\n- company law and", False),
        ("Write to the officer.\n\nE-mail: help@shop.example", True),
        ("Write to the officer.\n\n1 High Street, Nashik 422001", True),
        ("हम इसे एक वर्ष रखते हैं।", True),
    ],
)
def test_a_clause_that_breaks_off_is_a_defect(body, is_whole):
    text = f"1. Scope\n\nGrievance Officer: Meera Iyer.\n\n2. Keeping\n\n{body}\n"
    assert (("UNFINISHED", "2") not in found(text)) == is_whole
    assert (("EMPTY_LIST", "2") in found(text)) == body.endswith("for:")
