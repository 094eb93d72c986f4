"""vault.W001 and vault.E001: the child that opens strangers' files has no network, and a scanner's address is one."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name for it

from portal.core.errors import Unavailable
from portal.vault.inspection import process


def the_child_has_no_network(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """vault.W001: a child is started and asked whether the kernel cut it off from every network."""
    try:
        is_sealed_off = process.is_sealed_off()
    except (process.ChildFailedError, OSError, Unavailable):
        is_sealed_off = False
    if is_sealed_off:
        return []
    return [
        Warning(
            "The process that opens strangers' files is not cut off from the network by the kernel.",
            hint="Run the workers on Linux (x86-64 or ARM64) and let them use seccomp, or give them a network namespace "
            "without a way out. Until then only its missing descriptors keep it from connecting.",
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
