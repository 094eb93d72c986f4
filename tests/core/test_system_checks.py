import hashlib
import os
import subprocess
import sys

import pytest
from celery.signals import worker_init
from django.core import checks

from portal.core import system_checks
from portal.core.data_categories import declare

# The same in every test process, or they would not agree on the names of the tests.
GOOD = {name: hashlib.sha256(name.encode()).hexdigest() for name in system_checks.SECRETS}

PG = {"ENGINE": "django.db.backends.postgresql"}


@pytest.fixture
def production(settings):
    settings.PRODUCTION = True
    settings.REDIS_URL = "redis://broker.example/0"
    settings.CELERY_BROKER_URL = settings.REDIS_URL
    settings.ALLOWED_HOSTS = ["portal.example"]
    settings.MIGRATE_DATABASE_URL = "postgres://owner@db.example/portal"
    settings.DATABASES = {"default": PG, "keys": PG}
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def ids():
    return {message.id for message in system_checks.production_keys(None) + system_checks.one_broker_for_all(None)}


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_a_complete_production_setting_is_silent(production):
    assert ids() == set()


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("VAULT_KEY", "", "core.E001"),
        ("LEDGER_KEY", "a" * 64, "core.E001"),
        ("SECRET_KEY", "short", "core.E001"),
        ("LOOKUP_KEY", GOOD["VAULT_KEY"], "core.E002"),
        ("REDIS_URL", "", "core.E003"),
        ("ALLOWED_HOSTS", [], "core.E005"),
        ("DATABASES", {"default": PG, "keys": {"ENGINE": "django.db.backends.sqlite3"}}, "core.E008"),
        ("MIGRATE_DATABASE_URL", "", "core.W007"),
        ("CELERY_BROKER_URL", "memory://", "core.E006"),
    ],
)
def test_each_missing_or_weak_setting_is_named(production, name, value, code):
    setattr(production, name, value)
    assert code in ids()


def test_every_field_of_every_model_is_declared():
    assert system_checks.declared_fields(None) == []


def test_no_frozen_row_holds_free_text():
    assert system_checks.no_free_text_in_frozen_rows(None) == []


def test_a_field_declared_twice_or_under_an_unknown_category_is_refused():
    with pytest.raises(ValueError, match="twice"):
        declare(none="id", contact="id")
    with pytest.raises(ValueError, match="weather"):
        declare(weather="id")


def test_the_checks_of_the_project_pass():
    assert [m for m in checks.run_checks() if m.level >= checks.WARNING] == []


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_a_worker_does_not_start_with_a_missing_key(production):
    worker_init.send(sender=None)
    production.VAULT_KEY = ""
    with pytest.raises(SystemExit, match=r"core\.E001: VAULT_KEY is missing or weak"):
        worker_init.send(sender=None)


def started(program, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", program], env={**kept, **environment}, capture_output=True, text=True, check=False
    )


def test_a_web_server_does_not_start_with_a_missing_key():
    keys = {**GOOD, "VAULT_KEY": ""}
    ended = started("import portal.wsgi", PRODUCTION="1", DATABASE_URL="postgres://db.example/portal", **keys)
    assert ended.returncode == 1
    assert "core.E001: VAULT_KEY is missing or weak" in ended.stderr


def test_a_key_file_that_a_dying_process_left_empty_is_never_a_key(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "vault_key").touch()
    ended = started("import portal.settings", PORTAL_VAR=str(tmp_path))
    assert "vault_key is empty" in ended.stderr


def test_keys_are_made_once_and_whole(tmp_path):
    program = "from portal import settings; print(settings.VAULT_KEY)"
    first, second = (started(program, PORTAL_VAR=str(tmp_path)).stdout for _ in range(2))
    assert len(first.strip()) == 64
    assert first == second
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [
        *("backup_key", "ledger_key", "lookup_key", "secret_key", "vapid_private_key", "vault_key")
    ]


def test_a_secret_from_a_file_has_no_line_end(tmp_path):
    path = tmp_path / "vault"
    path.write_text("ab" * 32 + "\n")
    program = "from portal import settings; print([settings.VAULT_KEY])"
    said = started(program, PORTAL_VAR=str(tmp_path), VAULT_KEY_FILE=str(path)).stdout
    assert said.strip() == str(["ab" * 32])
