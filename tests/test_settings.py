"""What the settings promise whatever the environment says."""

from django.conf import settings


def test_no_database_is_connected_to_anew_for_each_request():
    assert all(database["CONN_MAX_AGE"] for database in settings.DATABASES.values())
