"""retention.E001 and E002: nothing personal without a way to end it and a rule that says when."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error

from portal.core import hooks
from portal.core.data_categories import personal_fields
from portal.retention.exemptions import EXEMPT
from portal.retention.services.rules import shipped


def personal_models() -> set[str]:
    """Labels of models with personal fields. A library's model, which declares nothing, counts as personal."""
    return {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if not hasattr(model, "data_categories") or personal_fields(model.data_categories)
    }


def covered_models() -> set[str]:
    """Labels of models that some eraser covers."""
    return {label for eraser in hooks.erasers for label in eraser.covers}


def every_personal_model_can_be_erased(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """retention.E001: an eraser or a reasoned exemption for each personal model."""
    bare = personal_models() - covered_models() - EXEMPT.keys()
    return [
        Error(
            f"{label} holds personal data and no eraser covers it.",
            hint="Register an eraser in the room's ready(), or add a reason to portal/retention/exemptions.py.",
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
            hint="Add the class to portal/retention/data/retention_rules.toml.",
            id="retention.E002",
        )
        for eraser in hooks.erasers
        if eraser.retention_class not in ruled
    ]
