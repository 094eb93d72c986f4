from datetime import timedelta

import pytest

from portal.kernel.core import answers
from portal.kernel.registers.entries.services import message_footer
from tests.registers.factories import company_in_force, officer_in_office, today

pytestmark = pytest.mark.django_db


def test_each_letter_names_the_officer_and_how_to_reach_them() -> None:
    officer_in_office()
    company_in_force()
    footer = answers.letter_footer.ask(language="en", on=today())
    for wanted in ("Meera Kulkarni", "officer@onesetu.example", "+91 98765 43210", "Onesetu Example Private Limited"):
        assert wanted in footer


def test_a_letter_names_the_officer_of_its_own_day() -> None:
    officer_in_office()
    officer_in_office(full_name="Arjun Patil", effective_from=today() + timedelta(days=7))
    assert "Meera Kulkarni" in message_footer.footer(language="en", on=today())
    assert "Arjun Patil" in message_footer.footer(language="en", on=today() + timedelta(days=7))


def test_without_any_entry_there_is_no_footer_at_all() -> None:
    assert message_footer.footer(language="en", on=today()) == ""
