"""Letters are caught where the sign-in room hands them over; tasks are run where they would have been sent."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from celery import current_app

from portal.fronts.signin import notifications
from tests.consent.conftest import rules_are_read_afresh

__all__ = ["rules_are_read_afresh"]


@dataclass
class Postbox:
    letters: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, **letter: Any) -> None:
        self.letters.append(letter)

    def kinds(self) -> list[str]:
        return [letter["kind"] for letter in self.letters]

    def last(self, kind: str) -> dict[str, Any]:
        return next(letter for letter in reversed(self.letters) if letter["kind"] == kind)


@pytest.fixture
def postbox(monkeypatch: pytest.MonkeyPatch) -> Postbox:
    """Every letter of sign-in, written by the tasks at the moment they are sent for."""
    box = Postbox()
    monkeypatch.setattr(notifications, "post", box)

    def at_once(name: str, *args: int | str) -> None:
        current_app.loader.import_default_modules()
        current_app.tasks[name](*args)

    for room in (
        "portal.kernel.people.step_up_codes",
        "portal.kernel.people.services.codes",
        "portal.kernel.people.services.invitations",
        "portal.kernel.people.services.mfa",
        "portal.fronts.signin.browser_devices",
        "portal.fronts.signin.forms",
        "portal.fronts.signin.views.customers",
    ):
        monkeypatch.setattr(f"{room}.enqueue", at_once)
    return box
