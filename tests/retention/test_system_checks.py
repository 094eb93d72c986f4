import pytest

from portal.core import hooks
from portal.retention import system_checks
from portal.retention.exemptions import EXEMPT
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
    monkeypatch.setattr(hooks.erasers, "_items", [Shelf()])
    (error,) = system_checks.every_eraser_has_a_rule(None)
    assert error.id == "retention.E002"


def test_every_exemption_is_needed_and_says_why() -> None:
    assert EXEMPT.keys() <= system_checks.personal_models()
    assert not EXEMPT.keys() & system_checks.covered_models()
    assert all(len(reason.split()) > 4 for reason in EXEMPT.values())


def test_every_personal_model_has_an_eraser_or_a_reason() -> None:
    assert system_checks.every_personal_model_can_be_erased(None) == []


def test_every_eraser_has_a_rule_that_ships() -> None:
    assert system_checks.every_eraser_has_a_rule(None) == []
