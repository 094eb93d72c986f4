"""retention.E001 to E004: nothing personal without a way to end it, a rule that says when, and what becomes of each field; and
no open question of the profile on which keeping depends.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error
from django.db import DatabaseError

from portal.kernel.core import clock, ports
from portal.kernel.core.data_categories import personal_fields
from portal.kernel.core.errors import NotFound
from portal.kernel.retention import field_actions, selectors
from portal.kernel.retention.exemptions import reasons
from portal.kernel.retention.services.rule_loader import shipped


def personal_models() -> set[str]:
    """Labels of models with personal fields. A library's model, which declares nothing, counts as personal."""
    return {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if not hasattr(model, "data_categories") or personal_fields(model.data_categories)
    }


def covered_models() -> set[str]:
    """Labels of models that some eraser covers."""
    return {label for eraser in ports.erasers for label in eraser.covers}


def every_personal_model_can_be_erased(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """retention.E001: an eraser or a reasoned exemption for each personal model."""
    bare = personal_models() - covered_models() - reasons().keys()
    return [
        Error(
            f"{label} contains personal data and no eraser covers it.",
            hint="Register an eraser in the room's ready(), or say at the model why it stays (Record.kept).",
            id="retention.E001",
        )
        for label in sorted(bare)
    ]


def every_eraser_has_a_rule(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """retention.E002: what can be erased has a rule that says when."""
    ruled = {rule["retention_class"] for rule in shipped()}
    return [
        Error(
            f"The eraser {eraser.name} ends the class {eraser.retention_class}, for which no retention rule ships.",
            hint="Add the class to portal/kernel/retention/data/retention_rules.toml.",
            id="retention.E002",
        )
        for eraser in ports.erasers
        if eraser.retention_class not in ruled
    ]


def unsaid_fields(label: str, acts: Mapping[str, Mapping[str, str]]) -> set[str]:
    """The personal fields of a model of which nothing says what becomes of them; ``*`` for a library's model."""
    model = apps.get_model(label)
    declared = getattr(model, "data_categories", None)
    said = set(acts.get(label, {}))
    return ({field_actions.EVERY} if declared is None else personal_fields(declared)) - said


def every_field_has_its_act(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """retention.E003: for each personal field that an eraser covers a line says delete, anonymise or pseudonymise; and no
    line is about what is not there.
    """
    acts = field_actions.acts()
    covered = covered_models()
    installed = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    missing = [
        Error(
            f"{label}.{name} contains personal data and nothing says what becomes of it when its class ends.",
            hint=f'Add {name} = "delete" (or "anonymise", "pseudonymise") under ["{label}"] in portal/kernel/retention/data/field_acts.toml, '
            "and let the eraser that covers the model do it.",
            id="retention.E003",
        )
        for label in sorted(covered)
        for name in sorted(unsaid_fields(label, acts))
    ]
    left = [
        Error(
            f"{label} is in field_acts.toml, and no eraser covers it.",
            hint="Take its lines out of portal/kernel/retention/data/field_acts.toml, or name the model in an eraser's covers.",
            id="retention.E003",
        )
        for label in sorted((acts.keys() - covered) & installed)
    ]
    return [
        *missing,
        *left,
        *(error for label in sorted(covered & acts.keys()) for error in _unknown(label, acts[label])),
    ]


def the_profile_is_decided(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """retention.E004, of ``check --deploy``: an open question keeps data of which nobody can say why. It asks the database
    without the tag for that, because the tag's checks run only where a database is named.
    """
    try:
        today = clock.day(clock.now())
        found, named = selectors.open_questions(on=today), selectors.open_questions_named(on=today)
    except (DatabaseError, NotFound):  # before the first migration, or where no database answers
        return []
    return [
        Error(
            f"The company profile does not decide {words}, and keeping depends on it: {', '.join(found[question])}.",
            hint="Propose the profile (Company profile, Propose a change); a second person approves it.",
            id="retention.E004",
        )
        for question, words in named.items()
    ]


def _unknown(label: str, said: Mapping[str, str]) -> list[Error]:
    known = {field.name for field in apps.get_model(label)._meta.concrete_fields} | {field_actions.EVERY}
    return [
        Error(
            f"{label} has no field {name}, of which field_acts.toml says what becomes of it.",
            hint=f'Take {name} out of ["{label}"] in portal/kernel/retention/data/field_acts.toml.',
            id="retention.E003",
        )
        for name in sorted(set(said) - known)
    ]
