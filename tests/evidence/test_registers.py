"""Registers of a pack: names of columns, one spelling of people, lists in words."""

from datetime import date, datetime, timedelta

import pytest

from portal.fronts.evidence.columns import field_at, plain
from portal.fronts.evidence.registers import REGISTERS
from portal.kernel.core import actor, clock
from portal.kernel.core.logins import Logins
from portal.kernel.jobs.export_columns import join_words
from portal.kernel.people.models import Customer, Principal, SignIn, Subject
from portal.kernel.registers.models import Officer, Recipient
from tests.people.factories import CustomerUserFactory, FiduciaryFactory, StaffFactory


def test_no_column_of_a_register_is_called_by_a_path():
    names = {column.name for register in REGISTERS for column in register.columns}
    assert not [name for name in names if "__" in name]
    # Three fields are called so themselves; no other number of a row is shown under such a name.
    assert {name for name in names if name.endswith("_id")} == {"entity_id", "event_id", "template_id"}
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


JUNE = (datetime(2026, 6, 1, tzinfo=clock.IST), datetime(2026, 7, 1, tzinfo=clock.IST))


def rows_of(name):
    register = next(one for one in REGISTERS if one.name == name)
    return [dict(zip(register.heads, row, strict=True)) for row in register.rows(*JUNE)]


@pytest.mark.django_db
def test_what_was_entered_in_may_and_holds_in_june_stands_in_the_register_of_june():
    may, july = datetime(2026, 5, 4, 9, 0, tzinfo=clock.IST), datetime(2026, 7, 4, 9, 0, tzinfo=clock.IST)
    people = (StaffFactory(), StaffFactory())
    asked = {"made_by": people[0], "checked_by": people[1], "answer": "approved", "act": "x", "shown_sha256": "0" * 64}
    recipient = {
        **asked, "fiduciary": FiduciaryFactory(), "name": "x", "kind": "processor", "country": "IN", "contact": "a@x.example"
    }  # fmt: skip

    def recipient_of(code, made, begins, ends=None):
        ended_by = people[0] if ends else None
        Recipient.objects.create(
            **recipient, code=code, made_at=made, checked_at=made, starts_at=begins, ends_at=ends, ended_by=ended_by
        )

    recipient_of("holds", may, may)
    recipient_of("began", JUNE[0], JUNE[0])
    recipient_of("over", may, may, may + timedelta(days=2))
    recipient_of("ended", may, may, JUNE[0] + timedelta(hours=3))
    recipient_of("coming", JUNE[0], july)
    recipient_of("later", july, july)
    Officer.objects.create(
        **asked,
        made_at=may,
        checked_at=may,
        kind="grievance_officer",
        full_name="A",
        email="a@x.example",
        phone="+91",
        effective_from=date(2026, 5, 5),
    )
    assert {row["code"]: row["in_period"] for row in rows_of("recipients")} == {
        "holds": ["in_force"],
        "began": ["entered", "changed", "in_force"],
        "ended": ["in_force", "ended"],
        "coming": ["entered", "changed"],
    }
    assert [row["in_period"] for row in rows_of("officers")] == [["in_force"]]


@pytest.mark.django_db
def test_an_act_stands_in_the_register_of_the_days_on_which_it_was_recorded_only():
    user = StaffFactory()
    moments = (JUNE[0] - timedelta(hours=1), JUNE[0], JUNE[1])
    _may, june, _july = [SignIn.objects.create(user=user, outcome="ok", at=at) for at in moments]
    assert rows_of("sign_ins") == [
        {"row": june.pk, "user": f"staff:{user.pk}", "subject_ref": None, "outcome": "ok", "at": clock.stamp(JUNE[0])}
    ]


def test_every_register_has_days_or_is_of_acts():
    """A register of neither would have no answer to what it holds in a period."""
    assert [one.name for one in REGISTERS if not one.days.entered] == []
    dated = {one.name for one in REGISTERS if "in_force" in one.days.names}
    assert dated >= {
        *(one.name for one in REGISTERS if one.name.startswith("book_")),
        *(
            "clocks",
            "company_details",
            "content_templates",
            "house_rules",
            "retention_rules",
            "holds",
            "legal_rules",
            "notice_versions",
            "officers",
            "purposes",
            "recipients",
        ),
        *("role_grants", "sanctions_lists", "senders", "tickets"),
    }


def test_a_list_is_its_words_in_a_cell_and_a_list_for_programs():
    assert join_words(["a", "b", 3]) == "a; b; 3"
    assert join_words([["marketing", "sms"], ["marketing", "rcs"]]) == "marketing sms; marketing rcs"
    assert join_words([]) == ""
    assert plain(["a", "b"]) == ["a", "b"]
