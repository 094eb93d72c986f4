"""What the settings promise whatever the environment says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.lint import PRODUCTION

#: What a process has of the demonstration: whether it is installed, whether ``/demo/`` leads anywhere, what was imported.
HAS = """
import json, sys
import django; django.setup()
from django.apps import apps
from django.urls import Resolver404, resolve
try: resolve("/demo/"); leads = True
except Resolver404: leads = False
print(json.dumps([apps.is_installed("portal.demo"), leads, any(name.startswith("portal.demo") for name in sys.modules)]))
"""


def test_no_database_is_connected_to_anew_for_each_request():
    assert all(database["CONN_MAX_AGE"] for database in settings.DATABASES.values())


def test_each_of_several_test_processes_keeps_its_files_and_its_part_of_redis_to_itself():
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    assert settings.VAR.name.endswith(f"-{own}")
    assert not settings.REDIS_URL or settings.CACHES["default"]["KEY_PREFIX"] == settings.VAR.name


@pytest.mark.parametrize(
    ("said", "word", "has"),
    [
        ({}, "migrate", False),
        ({"DEMO": "1"}, "migrate", True),
        ({}, "demo", True),
        ({}, "load_demo", True),
        (PRODUCTION, "migrate", False),
        ({**PRODUCTION, "DEMO": "1"}, "migrate", False),
    ],
    ids=["usually", "asked for", "the command", "one of its commands", "production", "asked for in production"],
)
def test_the_demonstration_is_installed_only_where_it_is_asked_for_and_never_served_in_production(
    said, word, has, tmp_path
):
    left_out = ("DATABASE_URL", "REDIS_URL", "DEMO", "PRODUCTION")
    own = {name: value for name, value in os.environ.items() if not name.endswith(left_out)}
    own |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_VAR": str(tmp_path), **said}
    done = subprocess.run(
        [sys.executable, "-c", HAS, word],
        cwd=Path(settings.BASE_DIR),
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [has, has, has]
