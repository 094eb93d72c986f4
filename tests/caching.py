"""The cache of one test process among several on one Redis, and one that is away."""

from typing import Any, NoReturn

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as Unreachable


class OwnKeysOnly(RedisCache):
    """``clear`` takes away what this process wrote. Django's own empties the database, queues and others' counts too."""

    def clear(self) -> bool:
        client = self._cache.get_client(write=True)
        own = list(client.scan_iter(match=f"{self.make_key('*')}", count=1_000))
        return bool(client.delete(*own)) if own else True


class Away(BaseCache):
    """A Redis that nobody answers at."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _away(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise Unreachable("Error 111 connecting to redis:6379. Connection refused.")

    add = get = set = delete = touch = incr = clear = _away


AWAY = {"default": {"BACKEND": "tests.caching.Away"}}
