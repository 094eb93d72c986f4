"""The questions: what each accepts, and what it says when it does not."""

from datetime import date

import pytest

from grievances.tickets import category_details
from grievances.tickets.forms import category_questions, public

TODAY = date(2026, 11, 24)
READY = {"email": "asha@example.in", "phone": "", "language": "en"}


def errors(form) -> dict[str, list[str]]:
    form.full_clean()
    return {name: list(map(str, found)) for name, found in form.errors.items()}


def test_an_empty_answer_says_what_to_select_or_write() -> None:
    assert errors(public.WhoForm({})) == {"for_whom": ["Select who the grievance is for"]}
    assert errors(public.AboutForm({})) == {"kind": ["Select what the grievance is about"]}
    assert errors(public.WhatHappenedForm({"what_happened": "  \n "})) == {"what_happened": ["Write what happened"]}


def test_a_choice_that_is_not_offered_is_refused() -> None:
    assert errors(public.AboutForm({"kind": "astrology"})) == {"kind": ["Select what the grievance is about"]}


def test_nothing_is_preselected() -> None:
    assert public.WhoForm()["for_whom"].value() is None
    assert public.SettledForm()["settled"].value() is None


def test_a_story_keeps_its_lines_and_loses_marks_that_hide_text() -> None:
    form = public.WhatHappenedForm({"what_happened": " one\r\ntwo\x00\x07 "})
    assert form.is_valid()
    assert form.cleaned_data["what_happened"] == "one\ntwo"


def test_a_story_of_exactly_the_longest_length_passes_and_one_more_does_not() -> None:
    assert public.WhatHappenedForm({"what_happened": "अ" * public.LONGEST_STORY}).is_valid()
    found = errors(public.WhatHappenedForm({"what_happened": "अ" * (public.LONGEST_STORY + 1)}))
    assert "10001" in found["what_happened"][0]


def test_a_person_gives_an_email_or_a_mobile_number() -> None:
    assert errors(public.ContactForm(READY | {"email": ""})) == {
        "email": ["Enter an email address or a mobile number, so that we can reach you"]
    }
    phone_only = public.ContactForm(READY | {"email": "", "phone": "९८७६५ ४३२१०"})
    assert phone_only.is_valid()
    assert phone_only.cleaned_data["phone"] == "+919876543210"


def test_a_wrong_address_is_named_once_and_nothing_else() -> None:
    assert set(errors(public.ContactForm(READY | {"email": "asha"}))) == {"email"}


@pytest.mark.parametrize(
    ("day", "month", "year", "expected"),
    [("२४", "११", "२०२६", "2026-11-24"), ("1", "2", "2026", "2026-02-01"), ("", "", "", "")],
)
def test_a_date_is_three_numbers_in_any_digits(day: str, month: str, year: str, expected: str) -> None:
    form = category_questions.UnwantedMessageForm({"day": day, "month": month, "year": year}, today=TODAY)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["received_on"] == expected


@pytest.mark.parametrize("parts", [("25", "11", "2026"), ("1", "1", "1999"), ("1", "", "2026"), ("x", "1", "2026")])
def test_a_date_that_cannot_be_says_how_to_write_one(parts: tuple[str, str, str]) -> None:
    form = category_questions.UnwantedMessageForm(dict(zip(("day", "month", "year"), parts, strict=True)), today=TODAY)
    assert "like 27 3 2026" in errors(form)["day"][0]


def test_a_no_asks_what_is_still_wrong_and_a_yes_does_not() -> None:
    assert set(errors(public.SettledForm({"settled": "no"}))) == {"why"}
    assert public.SettledForm({"settled": "yes"}).is_valid()


def test_tracking_takes_an_email_or_a_number() -> None:
    form = public.TrackForm({"reference": "os gr 7k4m 9qx2", "address": " Asha@Example.IN "})
    assert form.is_valid()
    assert form.cleaned_data["address"] == ("email", "asha@example.in")


@pytest.mark.parametrize("kind", sorted(category_details.DETAILS))
def test_every_question_of_a_kind_may_stay_empty_and_has_a_name_of_its_own(kind: str) -> None:
    form = category_questions.DetailsForm({}, kind=kind, today=TODAY)
    assert form.is_valid(), form.errors
    assert set(category_details.names_of(kind)) <= set(form.cleaned_data)
    assert sum(detail.is_day for detail in category_details.of_kind(kind)) <= 1


def test_details_are_tidied_and_a_day_is_one_answer() -> None:
    given = {"bill_number": " 12 \u202e 3 ", "day": "1", "month": "2", "year": "2026", "refund_wanted": "yes"}
    form = category_questions.DetailsForm(given, kind="billing", today=TODAY)
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["paid_on"], form.cleaned_data["refund_wanted"]) == ("2026-02-01", "yes")
    assert form.cleaned_data["bill_number"] == "12 3"


def test_an_answer_that_was_not_offered_is_refused() -> None:
    assert "refund_wanted" in errors(
        category_questions.DetailsForm({"refund_wanted": "all"}, kind="billing", today=TODAY)
    )


def test_only_answers_are_shown_and_choices_in_words() -> None:
    shown = category_details.shown({"text": "x", "refund_wanted": "no", "bill_number": "", "bill_amount": "300"})
    assert [str(said) for _label, said in shown] == ["300", "No"]
