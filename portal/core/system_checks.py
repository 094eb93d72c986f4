"""The house's rules as numbered checks: ``manage.py check`` and ``check --deploy``."""

import math
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from portal.core import hooks
from portal.core.fields import EncryptedTextField
from portal.core.models import AppendOnlyModel

OUR_ROOMS = ("portal.", "kyc", "consent", "grievances")
SECRETS = ("SECRET_KEY", "VAULT_KEY", "LEDGER_KEY", "LOOKUP_KEY")
SHORTEST_SECRET = 32
#: Longest plain text column an append-only row may hold: a code or a reference, not a sentence.
LONGEST_CODE = 200


def our_models() -> list[type[models.Model]]:
    """Models of the portal's own rooms, not of libraries."""
    return [m for m in apps.get_models() if m._meta.app_config and m._meta.app_config.name.startswith(OUR_ROOMS)]


def _is_weak(secret: str) -> bool:
    if len(secret) < SHORTEST_SECRET or "insecure" in secret or "demo" in secret.lower():
        return True
    counts = [secret.count(c) / len(secret) for c in set(secret)]
    return -sum(p * math.log2(p) for p in counts) * len(secret) < SHORTEST_SECRET * 2


def production_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.E001-E005, E008: production needs strong keys, a broker, two databases and its own name."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = [
        Error(f"{name} is missing or weak.", hint=f"Set {name} or {name}_FILE to 64 random hex digits.", id="core.E001")
        for name in SECRETS
        if _is_weak(getattr(settings, name))
    ]
    if len({getattr(settings, name) for name in SECRETS}) != len(SECRETS):
        found.append(Error("Two keys are the same.", hint="Each key needs a value of its own.", id="core.E002"))
    if not settings.REDIS_URL:
        found.append(Error("REDIS_URL is not set: work would be lost.", hint="Set REDIS_URL.", id="core.E003"))
    if "sqlite3" in settings.DATABASES["default"]["ENGINE"]:
        found.append(
            Error("DATABASE_URL is not set.", hint="Set DATABASE_URL to a PostgreSQL database.", id="core.E004")
        )
    if "sqlite3" in settings.DATABASES["keys"]["ENGINE"]:
        hint = "Set KEYS_DATABASE_URL to a PostgreSQL database apart from the main one and from its backups."
        found.append(
            Error("KEYS_DATABASE_URL is not set: each machine would have its own keys.", hint=hint, id="core.E008")
        )
    if not settings.ALLOWED_HOSTS:
        found.append(
            Error("ALLOWED_HOSTS is not set.", hint="Set ALLOWED_HOSTS to the portal's names.", id="core.E005")
        )
    if not settings.MIGRATE_DATABASE_URL:
        found.append(
            CheckWarning(
                "One role owns the tables and uses them: the append-only triggers are a tripwire only.",
                hint="Set MIGRATE_DATABASE_URL to the owner and run grant_app_role for the role of DATABASE_URL.",
                id="core.W007",
            )
        )
    return found


def refuse_unfit_production() -> None:
    """For the start of a server or worker, which run no checks of their own. Raises ImproperlyConfigured with the ids."""
    unfit = [message for message in production_keys(None) if message.is_serious()]
    if unfit:
        raise ImproperlyConfigured("; ".join(f"{message.id}: {message.msg}" for message in unfit))


def declared_fields(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.E020: each field of each model is declared with its data category."""
    found: list[CheckMessage] = []
    for model in our_models():
        declared = set(getattr(model, "data_categories", {}))
        fields = {field.name for field in model._meta.concrete_fields}
        if declared != fields:
            found.append(
                Error(
                    f"{model._meta.label}: undeclared {sorted(fields - declared)}, unknown {sorted(declared - fields)}.",
                    hint="Name every field once in data_categories = declare(...).",
                    obj=model,
                    id="core.E020",
                )
            )
    return found


def no_free_text_in_frozen_rows(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.E021: what cannot be erased must not hold what a person wrote."""
    found: list[CheckMessage] = []
    for model in our_models():
        if not issubclass(model, AppendOnlyModel):
            continue
        for field in model._meta.concrete_fields:
            is_long = isinstance(field, models.CharField) and (field.max_length or 0) > LONGEST_CODE
            is_text = isinstance(field, models.TextField | EncryptedTextField)
            if is_long or is_text:
                found.append(
                    Error(
                        f"{model._meta.label}.{field.name} is free text on an append-only row.",
                        hint="Move it to a sibling row that can be erased.",
                        obj=model,
                        id="core.E021",
                    )
                )
    return found


def filled_hooks(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.W030: a hook that nobody answers."""
    empty = [answer.name for answer in hooks.ANSWERS if not answer.is_filled]
    return [
        CheckWarning(f"Nobody fills the hook {name}.", hint="Fill it in a room's ready().", id="core.W030")
        for name in empty
    ]


def one_broker_for_all(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.E006: production never runs on the in-memory broker, whatever else is set."""
    if settings.PRODUCTION and settings.CELERY_BROKER_URL.startswith("memory"):
        return [Error("The in-memory broker loses work.", hint="Set REDIS_URL.", id="core.E006")]
    return []


def register_all() -> None:
    """Called from ``ready()``."""
    register(production_keys, Tags.security)
    register(one_broker_for_all, Tags.security)
    register(declared_fields, Tags.models)
    register(no_free_text_in_frozen_rows, Tags.models)
    register(filled_hooks, "portal", deploy=True)
