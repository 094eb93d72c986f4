"""Registers of a pack: names of columns, one spelling of people, lists in words."""

import pytest

from portal.core import actor
from portal.evidence.columns import Logins, field_at, plain
from portal.evidence.registers import REGISTERS
from portal.jobs.exports import join_words
from portal.people.models import Customer, Principal, Subject
from tests.people.factories import CustomerUserFactory, StaffFactory


def test_no_column_of_a_register_is_called_by_a_path():
    names = {column.name for register in REGISTERS for column in register.columns}
    assert not [name for name in names if "__" in name]
    # Two fields are called so themselves; no other number of a row is shown under such a name.
    assert {name for name in names if name.endswith("_id")} == {"event_id", "template_id"}
    for register in REGISTERS:
        assert len({column.name for column in register.columns}) == len(register.columns)


def test_a_person_is_named_by_one_key_in_every_register():
    for register in REGISTERS:
        for column in register.columns:
            related = field_at(register.model, column.paths[0])[0].related_model
            assert related not in {Customer, Principal, Subject}, (register.name, column.name)


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("staff:user:8", "staff:8"),
        ("customer:user:12", "customer:12"),
        ("system:law.sweep", "system:law.sweep"),
        ("law.sweep", "system:law.sweep"),
        ("jobs.job:JB-7", "system:jobs.job:JB-7"),
        ("api_key:3", "interface:api_key:3"),
        ("stranger", "stranger"),
        ("stranger:stranger", "stranger"),
        ("", ""),
    ],
)
def test_who_acted_has_one_spelling_however_it_was_kept(written, spelled):
    assert Logins().spell(written) == spelled


@pytest.mark.django_db
def test_a_login_is_of_staff_or_of_a_customer_whatever_kept_its_number():
    staff, customer = StaffFactory(), CustomerUserFactory()
    logins = Logins()
    for number, said in ((staff.pk, f"staff:{staff.pk}"), (customer.pk, f"customer:{customer.pk}")):
        assert logins.spell(f"user:{number}") == logins.spell_login(number) == said
    assert actor.spell(actor.staff(8).kind, actor.staff(8).ref) == "staff:8"
    assert logins.spell_login(None) is None


def test_a_list_is_its_words_in_a_cell_and_a_list_for_programs():
    assert join_words(["a", "b", 3]) == "a; b; 3"
    assert join_words([["marketing", "sms"], ["marketing", "rcs"]]) == "marketing sms; marketing rcs"
    assert join_words([]) == ""
    assert plain(["a", "b"]) == ["a", "b"]
