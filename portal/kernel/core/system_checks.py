"""The house's rules as numbered checks: ``manage.py check`` and ``check --deploy``."""

import math
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.http.request import validate_host

from portal.kernel.core import answers
from portal.kernel.core.database_places import is_same_database, is_this_machine
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.models import AppendOnlyModel

OUR_ROOMS = ("portal.", "kyc", "consent", "grievances")
SECRETS = ("SECRET_KEY", "VAULT_KEY", "LEDGER_KEY", "LOOKUP_KEY")
SHORTEST_SECRET = 32
#: The tag of what a production start needs. ``check`` runs these with the others; a start runs them alone, and stops.
PRODUCTION = "production"
#: Characters of a secret that come again, or that count up or down: somebody typed it.
TYPED = 8
#: Longest plain text column an append-only row may hold: a code or a reference, not a sentence.
LONGEST_CODE = 200


def our_models() -> list[type[models.Model]]:
    """Models of the portal's own rooms, not of libraries."""
    return [m for m in apps.get_models() if m._meta.app_config and m._meta.app_config.name.startswith(OUR_ROOMS)]


def _is_weak(secret: str) -> bool:
    if len(secret) < SHORTEST_SECRET or "insecure" in secret or "demo" in secret.lower():
        return True
    if any(secret[at : at + TYPED] in secret[at + 1 :] for at in range(len(secret) - TYPED)) or _counts(secret):
        return True
    counts = [secret.count(c) / len(secret) for c in set(secret)]
    return -sum(p * math.log2(p) for p in counts) * len(secret) < SHORTEST_SECRET * 2


def _counts(secret: str) -> bool:
    """Whether a run of characters goes on by one: ``abcdefgh``, ``98765432``."""
    run, last = 1, 0
    for one, other in pairwise(secret):
        step = ord(other) - ord(one)
        run = run + 1 if step == last and abs(step) == 1 else 2
        last = step
        if run >= TYPED:
            return True
    return False


def production_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.E001-E005, E008, E014: production needs strong keys, a broker, two databases and its own name."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = [
        Error(f"{name} is missing or weak.", hint=f"Set {name} or {name}_FILE to 64 random hex digits.", id="core.E001")
        for name in SECRETS
        if _is_weak(getattr(settings, name))
    ]
    given = [secret for name in SECRETS if (secret := getattr(settings, name))]
    if len(set(given)) != len(given):
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
    elif is_same_database(settings.DATABASES["keys"], settings.DATABASES["default"]):
        hint = "Set KEYS_DATABASE_URL to a database of its own: a backup of one must not open the other."
        found.append(Error("DATABASE_URL and KEYS_DATABASE_URL are the same database.", hint=hint, id="core.E014"))
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        said = "is not set" if not settings.ALLOWED_HOSTS else "takes every name"
        found.append(Error(f"ALLOWED_HOSTS {said}.", hint="Set ALLOWED_HOSTS to the portal's names.", id="core.E005"))
    return found


def production_addresses(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.E009, E010, E012, E013: nothing that others see is left to a default, and the addresses fit each other."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = [
        Error(f"{name} is not set.", hint=hint, id="core.E009")
        for name, hint in _SAID_BY_OPERATORS.items()
        if name in settings.LEFT_TO_DEFAULT
    ]
    if not {"BEHIND_PROXY", "TRUSTED_PROXIES"} & set(settings.LEFT_TO_DEFAULT) and bool(
        settings.SECURE_PROXY_SSL_HEADER
    ) != (settings.TRUSTED_PROXIES > 0):
        hint = "With a proxy of your own: BEHIND_PROXY=1 and how many there are. Without: BEHIND_PROXY=0, TRUSTED_PROXIES=0."
        found.append(Error("BEHIND_PROXY and TRUSTED_PROXIES contradict each other.", hint=hint, id="core.E010"))
    site = urlsplit(settings.SITE_URL)
    is_ours = site.hostname and (not settings.ALLOWED_HOSTS or validate_host(site.hostname, settings.ALLOWED_HOSTS))
    if "SITE_URL" not in settings.LEFT_TO_DEFAULT and (
        site.scheme != "https" or not is_ours or is_this_machine(site.hostname or "")
    ):
        hint = "Set SITE_URL to the https address under which people reach the portal, with a name of ALLOWED_HOSTS."
        found.append(Error("SITE_URL is no https address of this portal.", hint=hint, id="core.E012"))
    if "demonstration" in settings.LEDGER_ORIGIN:
        hint = "Set LEDGER_ORIGIN to a name of your own."
        found.append(Error("LEDGER_ORIGIN is that of a demonstration.", hint=hint, id="core.E013"))
    return found


#: Settings whose default is fit for one machine without strangers only, with what to set.
_SAID_BY_OPERATORS = {
    "SITE_URL": "Set SITE_URL to the https address under which people reach the portal.",
    "LEDGER_ORIGIN": "Set LEDGER_ORIGIN to the name of this ledger, for example ledger.portal.example/2026. It stays for ever.",
    "DEFAULT_FROM_EMAIL": "Set DEFAULT_FROM_EMAIL to the address from which people get our email.",
    "SECURITY_CONTACT": "Set SECURITY_CONTACT to mailto:... or https://... for reports of weaknesses.",
    "BEHIND_PROXY": "Set BEHIND_PROXY to 1 where a proxy of your own is in front, else to 0.",
    "TRUSTED_PROXIES": "Set TRUSTED_PROXIES to the number of your proxies in front; 0 where there is none.",
}


#: Commands that run whatever is set: they say what is missing. So does any command that is asked for its help alone.
_ALWAYS = frozenset({"check", "help", "version", "-h", "--help", "--version"})
_HELP = (["-h"], ["--help"])


def refuse_unfit_production() -> None:
    """Raises ImproperlyConfigured with all that is unfit, one a line. Without PRODUCTION nothing is asked.

    The same list that ``check --deploy`` shows (the tag ``production``).
    """
    if not settings.PRODUCTION:
        return
    unfit = [message for message in run_checks(tags=[PRODUCTION]) if message.is_serious()]
    if unfit:
        lines = [f"  {message.id}: {message.msg} {message.hint or ''}".rstrip() for message in unfit]
        raise ImproperlyConfigured("\n".join([f"PRODUCTION=1 does not start with {len(unfit)} faults:", *lines]))


def end_unfit_start(arguments: Sequence[str]) -> None:
    """For every process, as its apps are ready: server, worker, timetable, command. Ends it (2) with all that is unfit.

    SystemExit, and no error: Celery only logs the errors of what it loads, and ``runserver`` starts again after one.
    """
    if _is_management(arguments) and (not arguments[1:] or arguments[1] in _ALWAYS or arguments[2:] in _HELP):
        return
    try:
        refuse_unfit_production()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"A setting is wrong: {error}\n")
        raise SystemExit(2) from None


def _is_management(arguments: Sequence[str]) -> bool:
    """Whether Django's command line runs: ``manage.py``, ``django-admin``, ``python -m django``."""
    program = Path(arguments[0] if arguments else "")
    return program.name in {"manage.py", "django-admin"} or program.parts[-2:] == ("django", "__main__.py")


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
    empty = [answer.name for answer in answers.ANSWERS if not answer.is_filled]
    return [
        CheckWarning(f"Nothing fills the hook {name}.", hint="Fill it in a room's ready().", id="core.W030")
        for name in empty
    ]


def one_broker_for_all(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.E006: production never runs on the in-memory broker, whatever else is set."""
    if settings.PRODUCTION and settings.CELERY_BROKER_URL.startswith("memory"):
        return [Error("The in-memory broker loses work.", hint="Set REDIS_URL.", id="core.E006")]
    return []


def register_all() -> None:
    """Called from ``ready()``."""
    register(production_keys, Tags.security, PRODUCTION)
    register(production_addresses, Tags.security, PRODUCTION)
    register(one_broker_for_all, Tags.security, PRODUCTION)
    register(declared_fields, Tags.models)
    register(no_free_text_in_frozen_rows, Tags.models)
    register(filled_hooks, "portal", deploy=True)
