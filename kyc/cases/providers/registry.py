"""Which provider answers for which number: ``settings.KYC_PROVIDERS``, by the type of number."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings

from kyc.cases.providers.bank import PennyDrop
from kyc.cases.providers.digilocker import DigiLocker
from kyc.cases.providers.gstin import GstinSearch
from kyc.cases.providers.interface import Provider
from kyc.cases.providers.pan import PanRegister

DIGILOCKER: Final = "digilocker"
ADAPTERS: Mapping[str, Callable[..., Provider]] = {"bank": PennyDrop, "gstin": GstinSearch, "pan": PanRegister}
#: What each has to be given.
ASKED: Mapping[str, frozenset[str]] = {
    "bank": frozenset({"recipient", "url", "key", "account", "secret"}),
    "digilocker": frozenset({"recipient", "url", "client_id", "client_secret"}),
    "gstin": frozenset({"recipient", "url", "key"}),
    "pan": frozenset({"recipient", "url", "key"}),
}


def digilocker() -> DigiLocker | None:
    """Where a holder may fetch a document themselves, or None where that is not set up."""
    given = _given(DIGILOCKER)
    return DigiLocker(**given) if given else None


def provider(name: str) -> Provider | None:
    """The adapter as it is set up, or None where this installation asks nobody: also where the setting is wrong."""
    given = _given(name) if name in ADAPTERS else None
    return ADAPTERS[name](**given) if given else None


def recipients() -> dict[str, str]:
    """Who gets data, by the name of the provider."""
    return {name: given["recipient"] for name in ASKED if (given := _given(name))}


def faults(configured: Mapping[str, Any]) -> list[str]:
    """What is wrong with the setting, without a value of it."""
    unknown = [f"{name} is no provider" for name in sorted(set(configured) - set(ASKED))]
    known = (_fault(name, configured[name]) for name in sorted(set(configured) & set(ASKED)))
    return [*unknown, *filter(None, known)]


def _given(name: str) -> dict[str, str] | None:
    given = settings.KYC_PROVIDERS.get(name)
    return given if given and not _fault(name, given) else None


def _fault(name: str, given: Any) -> str:
    if not isinstance(given, dict) or set(given) != ASKED[name]:
        return f"{name} needs exactly {', '.join(sorted(ASKED[name]))}"
    if not all(isinstance(value, str) and value for value in given.values()):
        return f"{name} has an empty value, or one that is no text"
    return ""
