"""The portal's settings with a fast password hasher and storages of their own, and answers written down at once.

The databases do not wait for the disk: a test's process may die, its machine may not. Nothing else differs.
"""

import gc
import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path

if "pytest" in sys.modules:
    # Until everything is loaded (``conftest.pytest_configure``): looking for garbage meanwhile costs a seventh of the time.
    gc.disable()

_process = os.environ.get("PYTEST_XDIST_WORKER", "main")
# Workers share the run that began them; two runs of one shell share nothing.
_run = os.getpid() if _process == "main" else os.getppid()
_var = str(Path(tempfile.gettempdir()) / f"portal-tests-{os.getuid()}-{_run}-{_process}")
# A test process begins with the environment of the one that started it, which may have read this file for itself.
if os.environ.setdefault("TEST_PROCESS", _process) != _process:
    os.environ |= {"TEST_PROCESS": _process, "PORTAL_VAR": _var}
os.environ.setdefault("PORTAL_VAR", _var)

if os.environ.get("TEST_CLOCK"):
    # TEST_CLOCK=2028-02-29T18:25:00+00:00: this process and those that it starts begin then, so that a test that rests
    # on today's date is found today.
    import time_machine

    time_machine.travel(datetime.fromisoformat(os.environ["TEST_CLOCK"]), tick=True).start()

from portal.settings import *  # noqa: E402, F403
from portal.settings import (  # noqa: E402
    CACHES,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATABASES,
    INSTALLED_APPS,
    REDIS_URL,
    STORAGES,
    VAR,
)

#: The demonstration is tested too, whoever asks for it elsewhere.
INSTALLED_APPS = list(dict.fromkeys([*INSTALLED_APPS, "portal.demo"]))
#: A thread that writes later would write into the next test.
DECISION_LOG_SECONDS = 0
DEFERRED_OPT_OUTS_THREAD = False
#: Tests travel in time; those of the two clocks switch it on.
CLOCKS_MUST_AGREE = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
for _alias, _file in (("default", "test.sqlite3"), ("keys", "test-keys.sqlite3")):
    _database, _options = DATABASES[_alias], DATABASES[_alias]["OPTIONS"]
    if _database["ENGINE"].endswith("sqlite3"):
        # A file, not memory: the live server's threads need connections of their own.
        _database["TEST"] = {"NAME": str(VAR / _file)}
        _at_once = _options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
        if os.environ.get("TEST_ROWS") == "reversed":
            # TEST_ROWS=reversed: rows asked for without an order come the other way round, as PostgreSQL may give them.
            _at_once += "PRAGMA reverse_unordered_selects=ON;"
        _database["OPTIONS"] = {**_options, "init_command": _at_once}
    else:
        _database["OPTIONS"] = {**_options, "options": "-c synchronous_commit=off"}
    # A worker process of a test works on the test's database.
    _name = os.environ.get(f"TEST_{_alias.upper()}_NAME")
    if _name:
        DATABASES[_alias]["NAME"] = _name

# The migrations of every room run on the main database; here they would only read and skip all that is not a key.
DATABASES["keys"]["TEST"] = {**DATABASES["keys"].get("TEST", {}), "MIGRATE": False}

# Test processes share one Redis: each has its own keys.
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {**CELERY_BROKER_TRANSPORT_OPTIONS, "global_keyprefix": f"{VAR.name}:"}
    CACHES = {"default": {**CACHES["default"], "BACKEND": "tests.caching.OwnKeysOnly", "KEY_PREFIX": VAR.name}}
