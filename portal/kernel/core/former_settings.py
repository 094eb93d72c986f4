"""Settings that have another name than before: one that is still set under its former name counts, and a check says so."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning

#: By its name of today.
FORMER: Final[Mapping[str, str]] = {"DEFERRED_OPT_OUTS_THREAD": "KEPT_STOPS_THREAD"}


def read_setting(name: str) -> Any:
    """The value of a setting; that of its former name where an installation still sets it."""
    return getattr(settings, FORMER[name], getattr(settings, name))


def check_former_names(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """core.W031: a setting is set under its former name."""
    return [
        CheckWarning(f"The setting {former} is now {name}.", hint=f"Rename it to {name}.", id="core.W031")
        for name, former in FORMER.items()
        if hasattr(settings, former)
    ]
