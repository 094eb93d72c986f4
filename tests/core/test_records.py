"""What models say of themselves, and which declarations are refused (core.E030)."""

import pytest

from portal.kernel.core import records
from portal.kernel.core.records import Place, Record
from portal.kernel.jobs.models import Job
from portal.kernel.people.models import Absence, Customer


def faults(monkeypatch, **declared):
    """What is wrong with declarations, each by its model."""
    models = {"absence": Absence, "customer": Customer, "job": Job}
    said = {models[name]: record for name, record in declared.items()}
    monkeypatch.setattr(records, "declared", lambda: said)
    assert {one.id for one in records.check()} <= {"core.E030"}
    return [one.msg for one in records.check()]


def test_nothing_that_is_declared_contradicts_itself():
    assert records.check() == []


@pytest.mark.parametrize(
    "place",
    [Place.section("people", "people.Nobody"), Place.view("people", ""), Place.link("people", "people.Absence")],
)
def test_a_place_beside_no_other_model_is_refused(monkeypatch, place):
    assert len(faults(monkeypatch, absence=Record(place=place))) == 1


@pytest.mark.parametrize("day", ["nowhen", "noted_at|nowhen__at", "nowhen..noted_at"])
def test_a_day_that_is_no_field_is_refused(monkeypatch, day):
    [fault] = faults(monkeypatch, absence=Record(day=day))
    assert fault.startswith("people.Absence has no field nowhen")


def test_a_way_to_a_person_that_is_no_field_is_refused(monkeypatch):
    assert faults(monkeypatch, absence=Record(person="nobody__ref")) == [
        "people.Absence has no field nobody__ref for its person."
    ]


def test_work_without_a_kind_of_references_is_refused(monkeypatch):
    assert len(faults(monkeypatch, job=Record(is_work=True))) == 1


def test_a_kind_without_a_column_of_references_is_refused(monkeypatch):
    assert len(faults(monkeypatch, absence=Record(prefix="AB"))) == 1


def test_two_models_with_one_kind_of_references_are_refused(monkeypatch):
    assert len(faults(monkeypatch, job=Record(prefix="JB"), customer=Record(prefix="JB"))) == 2
