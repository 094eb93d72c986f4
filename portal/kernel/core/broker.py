"""The broker's transport: a message that is none of ours is set aside and ends no worker.

Kombu reads a queue of Redis entry by entry and lets an entry that it cannot read end the process, and whoever can write to
Redis can write such an entry. Here it goes to a list of its own, ``set-aside:QUEUE``, where an operator may look at it.
"""

from queue import Empty
from typing import Any, Final

import structlog
from kombu.transport import redis
from kombu.utils.json import dumps
from redis.exceptions import RedisError

from portal.kernel.core import task_faults

log = structlog.get_logger(__name__)
KEPT: Final = 100
#: Seconds that they are kept.
KEPT_FOR: Final = 14 * 86_400
#: What reading an entry raises that is no message: no JSON, another JSON, a body that is not encoded as it says.
UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


class Channel(redis.Channel):
    """One that goes on after an entry which is no JSON."""

    def _brpop_read(self, **options: Any) -> Any:
        """As kombu's. What was popped is in the error only (``JSONDecodeError.doc``)."""
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except UNREADABLE as error:
            self.set_aside("unknown", getattr(error, "doc", "") or getattr(error, "object", b""))
            raise Empty from None

    def _connparams(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 - kombu's
        """As kombu's. Of a connection that was given up, and whose messages are then to be put back or acknowledged, kombu asks
        an attribute of nothing, and that ends the worker: this is what it expects, and what waits comes back by itself.
        """
        if getattr(self.connection, "client", None) is None:
            raise ConnectionError("The connection to the broker was closed.")
        return super()._connparams(asynchronous)  # type: ignore[misc]

    def set_aside(self, queue: str, entry: str | bytes) -> None:
        """Keep the entry for an operator, the newest ``KEPT`` of a queue. Its content is written into no log."""
        log.error("queue.message_set_aside", queue=queue, size=len(entry))
        task_faults.note(task_faults.SET_ASIDE)
        name = f"set-aside:{queue}"
        try:
            with self.conn_or_acquire() as client:
                client.pipeline().lpush(name, entry).ltrim(name, 0, KEPT - 1).expire(name, KEPT_FOR).execute()
        except (RedisError, OSError) as error:
            log.warning("queue.message_not_kept", queue=queue, error=type(error).__name__)


class Transport(redis.Transport):
    """Redis, as kombu speaks to it, with ``Channel``."""

    Channel = Channel

    def _deliver(self, message: Any, queue: Any) -> None:
        channel: Any = next((each for each in self.channels or () if each), None)
        if channel is not None:
            try:
                channel.Message(message, channel=channel)
            except UNREADABLE:
                channel.set_aside(queue, dumps(message))
                return
        super()._deliver(message, queue)
