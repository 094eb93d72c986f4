"""Entries of the broker that are no messages."""

import time

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from kombu import Connection

from portal.kernel.core import clock, task_faults

POISON = (
    b"no json",
    b"\xff\xfe",
    b"5",
    b"[]",
    b"{}",
    b'{"properties": 7}',
    b'{"body": "!", "properties": {"body_encoding": "base64"}}',
)


@pytest.fixture
def server():
    if not settings.REDIS_URL:
        pytest.skip("the embedded broker takes no entries from outside")
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    client.delete("poisoned", "set-aside:poisoned", "set-aside:unknown")


def test_what_is_no_message_is_set_aside_and_what_comes_after_it_is_read(server, caplog):
    cache.clear()
    queue = "poisoned"
    read = []
    with Connection(settings.REDIS_URL, transport=settings.CELERY_BROKER_TRANSPORT) as link:
        for entry in POISON:
            server.lpush(queue, entry)
        with link.Producer() as producer:
            producer.publish({"n": 1}, routing_key=queue, declare=[link.SimpleQueue(queue).queue])
        with link.Consumer(
            [link.SimpleQueue(queue).queue], callbacks=[lambda body, message: (read.append(body), message.ack())]
        ):
            end = time.monotonic() + 20
            while not read and time.monotonic() < end:
                try:
                    link.drain_events(timeout=1)
                except TimeoutError:
                    continue
    assert read == [{"n": 1}]
    kept = server.lrange("set-aside:unknown", 0, -1) + server.lrange("set-aside:poisoned", 0, -1)
    assert len(kept) == len(POISON)
    assert task_faults.counted(task_faults.SET_ASIDE, now=clock.now()) == len(POISON)
    assert "queue.message_set_aside" in caplog.text
    assert "no json" not in caplog.text


def test_a_connection_that_was_given_up_with_unread_messages_ends_no_worker(server):
    """As after a restart of Redis: the channel is closed when nothing leads to the broker any more."""
    with Connection(settings.REDIS_URL, transport=settings.CELERY_BROKER_TRANSPORT) as link:
        channel = link.channel()
        queue = link.SimpleQueue("poisoned", channel=channel)
        queue.put({"n": 1})
        message = queue.get(timeout=10)
        channel._disconnect_pools()
        transport, client = channel.connection, channel.connection.client
        transport.client = None
        try:
            with pytest.raises(ConnectionError):
                message.ack()
            link.maybe_close_channel(channel)
        finally:
            transport.client = client
