from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from portal.kernel.core.errors import Refused
from portal.kernel.ledger.services import signer, witnesses
from portal.kernel.ledger.services.keys import next_signer


def signing_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """ledger.E001: the signing key and the log's name have their form."""
    try:
        signer()
        next_signer()
    except Refused as error:
        return [Error(str(error), hint="Set LEDGER_KEY or LEDGER_KEY_FILE, and LEDGER_ORIGIN.", id="ledger.E001")]
    return []


def named_witnesses(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """ledger.E002: each of WITNESSES has a key of a witness and an address."""
    try:
        witnesses.configured()
    except Refused as error:
        said = 'WITNESSES is a list: [{"name": "...", "vkey": "...", "url": "https://..."}].'
        return [Error(str(error), hint=said, id="ledger.E002")]
    return []
