"""What the settings promise whatever the environment says."""

import os

from django.conf import settings


def test_no_database_is_connected_to_anew_for_each_request():
    assert all(database["CONN_MAX_AGE"] for database in settings.DATABASES.values())


def test_each_of_several_test_processes_keeps_its_files_and_its_part_of_redis_to_itself():
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    assert settings.VAR.name.endswith(f"-{own}")
    assert not settings.REDIS_URL or settings.CACHES["default"]["KEY_PREFIX"] == settings.VAR.name
