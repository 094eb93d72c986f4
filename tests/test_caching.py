import pytest
from django.conf import settings
from django.core.cache import cache

pytestmark = pytest.mark.skipif(not settings.REDIS_URL, reason="one Redis for several processes")


def test_clearing_the_cache_leaves_what_other_processes_keep_there():
    client = cache._cache.get_client(write=True)
    client.set("somebody-elses", "1", ex=60)
    cache.set("own", 1)
    cache.clear()
    assert cache.get("own") is None
    assert client.delete("somebody-elses") == 1
