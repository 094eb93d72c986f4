import pytest

from portal.kernel.core import ports
from portal.kernel.core import system_checks as core_checks
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.people.models import Principal
from portal.kernel.retention import field_actions, system_checks
from portal.kernel.retention.exemptions import reasons
from tests.retention.factories import Shelf


def test_a_personal_model_without_an_eraser_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_checks, "personal_models", lambda: {"people.Diary", "outbox.MessageBody"})
    (error,) = system_checks.every_personal_model_can_be_erased(None)
    assert (error.id, "people.Diary" in error.msg) == ("retention.E001", True)


def test_models_that_declare_nothing_count_as_personal() -> None:
    assert "sessions.Session" in system_checks.personal_models()
    assert "outbox.MessageBody" in system_checks.personal_models()
    assert "outbox.Message" not in system_checks.personal_models()


def test_an_eraser_of_a_class_without_a_rule_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports.erasers, "_items", [Shelf()])
    (error,) = system_checks.every_eraser_has_a_rule(None)
    assert error.id == "retention.E002"


def test_every_exemption_is_needed_and_says_why() -> None:
    assert reasons().keys() <= system_checks.personal_models()
    assert not reasons().keys() & system_checks.covered_models()
    assert all(len(reason.split()) > 4 for reason in reasons().values())


def test_every_personal_model_has_an_eraser_or_a_reason() -> None:
    assert system_checks.every_personal_model_can_be_erased(None) == []


def test_every_eraser_has_a_rule_that_ships() -> None:
    assert system_checks.every_eraser_has_a_rule(None) == []


def test_a_new_field_without_its_category_its_act_or_its_eraser_fails_with_what_to_add(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """First nothing declares the field, then nobody says what becomes of it, then both are there."""
    declared = dict(Principal.data_categories)
    monkeypatch.setattr(Principal, "data_categories", {name: declared[name] for name in declared if name != "zone"})
    (undeclared,) = core_checks.declared_fields(None)
    assert undeclared.id == "core.E020"
    assert "zone" in undeclared.msg
    assert "declare(...)" in undeclared.hint
    monkeypatch.setattr(
        Principal, "data_categories", {**declared, "created_at": DataCategory.LOCATION, "id": DataCategory.NAME}
    )
    (unsaid,) = system_checks.every_field_has_its_act(None)
    assert unsaid.id == "retention.E003"
    assert unsaid.msg.startswith("people.Principal.id contains personal data")
    assert 'Add id = "delete"' in unsaid.hint
    assert 'under ["people.Principal"] in portal/kernel/retention/data/field_acts.toml' in unsaid.hint
    said = {
        **field_actions.acts(),
        "people.Principal": {**field_actions.acts()["people.Principal"], "id": field_actions.Act.DELETE},
    }
    monkeypatch.setattr(field_actions, "acts", lambda: said)
    assert system_checks.every_field_has_its_act(None) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"people.Role": {"name": "delete"}}, "people.Role is in field_acts.toml, and no eraser covers it."),
        ({"people.Customer": {"name": "delete", "nick": "delete"}}, "people.Customer has no field nick"),
    ],
)
def test_an_act_for_what_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, dict[str, str]], words: str
) -> None:
    known = field_actions.acts()
    with_said = {model: {**known.get(model, {}), **acts} for model, acts in said.items()}
    monkeypatch.setattr(field_actions, "acts", lambda: {**known, **with_said})
    (error,) = system_checks.every_field_has_its_act(None)
    assert error.msg.startswith(words)
    assert "field_acts.toml" in error.hint


def test_every_personal_field_that_an_eraser_covers_has_its_act() -> None:
    assert system_checks.every_field_has_its_act(None) == []
    assert all(act in set(field_actions.Act) for said in field_actions.acts().values() for act in said.values())
