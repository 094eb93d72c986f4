"""vault.W001 and vault.E001: the child that opens strangers' files is confined, and a scanner's address is one."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name for it

from portal.kernel.core.errors import Unavailable
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.sandbox import Given

#: What a kernel may not give, in words for an operator.
_MISSING = {
    "calls": "it may make any system call (seccomp: Linux on x86-64 or ARM64)",
    "files": "it may open any file of its account while it loads, and while it draws (Landlock: Linux 5.13, in the list of "
    "security modules)",
    "apart": "it shares the network and the shared memory of the machine (namespaces: let the account make user namespaces)",
}


def the_child_is_confined(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """vault.W001: a child is started and asked what the kernel took from it; one warning names all that is missing."""
    try:
        given = client.given()
    except (client.ChildFailedError, OSError, Unavailable):
        given = Given(calls=False, files=False, apart=False)
    missing = [words for name, words in _MISSING.items() if not getattr(given, name)]
    if not missing:
        return []
    return [
        Warning(
            f"The process that opens strangers' files is not wholly confined by the kernel: {'; '.join(missing)}.",
            hint="What is missing is named with what provides it. The other walls remain, but each is meant to work alone.",
            id="vault.W001",
        )
    ]


def the_scanner_has_an_address(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """vault.E001: with a wrong address every upload would wait for a scanner that is never reached."""
    url = settings.CLAMD_URL
    place = urlsplit(url)
    is_socket = place.scheme == "unix" and place.path.startswith("/")
    if not url or is_socket or (place.scheme == "tcp" and place.path + place.netloc):
        return []
    hint = "Set CLAMD_URL to unix:/run/clamav/clamd.ctl or tcp:host:3310, or leave it out: files are then not scanned."
    return [Error("CLAMD_URL names no virus scanner.", hint=hint, id="vault.E001")]
