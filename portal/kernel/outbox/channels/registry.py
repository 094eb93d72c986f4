"""Which channel carries which messages: ``settings.OUTBOX_CHANNELS``, name to dotted path."""

from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from portal.kernel.core.errors import Unavailable
from portal.kernel.outbox.channels.protocol import Channel


def channel(name: str) -> Channel:
    """The adapter for a channel. Raises Unavailable where this installation has none."""
    path = settings.OUTBOX_CHANNELS.get(name)
    if path is None:
        raise Unavailable(f"This installation cannot send by {name}.", code="NO_SUCH_CHANNEL")
    return _make(path)


def is_set_up(name: str) -> bool:
    """Whether this installation can send by the channel at all."""
    return name in settings.OUTBOX_CHANNELS


def most_at_once(name: str) -> int:
    """How many messages may be handed to the channel at the same time; one where this installation has none."""
    return int(getattr(channel(name), "most_at_once", 1)) if is_set_up(name) else 1


@cache
def _make(path: str) -> Channel:
    made: Channel = import_string(path)()
    return made


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting == "OUTBOX_CHANNELS":
        _make.cache_clear()


setting_changed.connect(_forget, dispatch_uid="outbox.channels")
