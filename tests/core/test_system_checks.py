import base64
import hashlib
import os
import re
import socket
import stat
import subprocess
import sys

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from portal.instance_keys import SAID_BY_OPERATORS, keep_private
from portal.kernel.core import former_settings, system_checks
from portal.kernel.core.data_categories import declare
from portal.kernel.outbox.system_checks import SMTP

# The same in every test process, or they would not agree on the names of the tests.
GOOD = {name: hashlib.sha256(name.encode()).hexdigest() for name in system_checks.SECRETS}

PG = {"ENGINE": "django.db.backends.postgresql", "HOST": "db.example", "NAME": "portal"}
KEYS = {**PG, "HOST": "keys.example", "NAME": "keys"}


@pytest.fixture
def production(settings):
    settings.PRODUCTION = True
    settings.REDIS_URL = "redis://broker.example/0"
    settings.CELERY_BROKER_URL = settings.REDIS_URL
    settings.ALLOWED_HOSTS = ["portal.example"]
    settings.MIGRATE_DATABASE_URL = "postgres://owner@db.example/portal"
    settings.DATABASES = {"default": PG, "keys": KEYS}
    settings.SITE_URL = "https://portal.example"
    settings.LEDGER_ORIGIN = "ledger.portal.example/2026"
    settings.EMAIL_CONFIG = {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "mail.example"}
    settings.LEFT_TO_DEFAULT = []
    settings.SECURE_PROXY_SSL_HEADER, settings.TRUSTED_PROXIES = ("HTTP_X_FORWARDED_PROTO", "https"), 1
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def ids():
    """What a start would refuse, and ``check`` shows among the rest."""
    return {message.id for message in checks.run_checks(tags=[system_checks.PRODUCTION])}


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
        ("CELERY_BROKER_URL", "memory://", "core.E006"),
        ("SECRET_KEY", "correct horse battery staple correct horse battery", "core.E001"),
        ("SECRET_KEY", "0123456789abcdef" * 4, "core.E001"),
        ("SECRET_KEY", "qW7-ABCDEFGHIJKL-2f9a1c-zyxwvuts-5e8b", "core.E001"),
        ("SECRET_KEY", "ab12" * 16, "core.E001"),
        ("ALLOWED_HOSTS", ["*"], "core.E005"),
        ("ALLOWED_HOSTS", ["portal.example", "*"], "core.E005"),
        ("DATABASES", {"default": PG, "keys": PG}, "core.E014"),
        ("SITE_URL", "http://localhost:8000", "core.E012"),
        ("SITE_URL", "http://portal.example", "core.E012"),
        ("SITE_URL", "https://other.example", "core.E012"),
        ("SITE_URL", "https://", "core.E012"),
        ("LEDGER_ORIGIN", "demonstration.onesetu.example/portal/2026", "core.E013"),
        ("EMAIL_CONFIG", {}, "outbox.E001"),
        ("EMAIL_CONFIG", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "outbox.E001"),
        ("EMAIL_CONFIG", {"EMAIL_BACKEND": "portal.kernel.outbox.mailbox.MailboxBackend"}, "outbox.E001"),
        ("TRUSTED_PROXIES", 0, "core.E010"),
        ("SECURE_PROXY_SSL_HEADER", None, "core.E010"),
        ("LEFT_TO_DEFAULT", ["LEDGER_ORIGIN"], "core.E009"),
        ("LEFT_TO_DEFAULT", ["TRUSTED_PROXIES"], "core.E009"),
        ("WITNESSES", [{"name": "Nobody"}], "ledger.E002"),
        ("KYC_PROVIDERS", {"nobody": {}}, "kyc.E001"),
    ],
)
def test_each_missing_or_weak_setting_is_named_and_nothing_starts_with_it(production, name, value, code):
    setattr(production, name, value)
    assert ids() == {code}
    with pytest.raises(ImproperlyConfigured, match=rf"1 faults:\n  {code}: "):
        system_checks.refuse_unfit_production()


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_a_fit_start_says_nothing_also_where_the_owner_of_the_tables_is_not_named(production):
    """Only ``migrate`` and backups are told of the owner: whether the role owns its tables is asked of the database (W011)."""
    production.MIGRATE_DATABASE_URL = ""
    assert checks.run_checks(tags=[system_checks.PRODUCTION]) == []
    system_checks.refuse_unfit_production()


def test_each_setting_that_has_no_fit_default_says_what_to_set():
    assert tuple(system_checks._SAID_BY_OPERATORS) == SAID_BY_OPERATORS


def test_what_a_machine_makes_is_no_weak_secret():
    for number in range(500):
        digest = hashlib.sha256(f"key {number}".encode())
        assert not system_checks._is_weak(digest.hexdigest())
        assert not system_checks._is_weak(base64.b64encode(digest.digest()).decode())


def test_every_field_of_every_model_is_declared():
    assert system_checks.declared_fields(None) == []


def test_no_frozen_row_holds_free_text():
    assert system_checks.no_free_text_in_frozen_rows(None) == []


def test_a_field_declared_twice_or_under_an_unknown_category_is_refused():
    with pytest.raises(ValueError, match="twice"):
        declare(none="id", contact="id")
    with pytest.raises(ValueError, match="weather"):
        declare(weather="id")


def test_a_setting_under_its_former_name_counts_and_a_check_says_so(settings):
    settings.DEFERRED_OPT_OUTS_THREAD = False
    assert former_settings.read_setting("DEFERRED_OPT_OUTS_THREAD") is False
    assert former_settings.check_former_names(None) == []
    settings.KEPT_STOPS_THREAD = True
    assert former_settings.read_setting("DEFERRED_OPT_OUTS_THREAD") is True
    found = {message.id: message.msg for message in checks.run_checks() if message.level >= checks.WARNING}
    assert found == {"core.W031": "The setting KEPT_STOPS_THREAD is now DEFERRED_OPT_OUTS_THREAD."}


def test_the_checks_of_the_project_pass():
    assert [m for m in checks.run_checks() if m.level >= checks.WARNING] == []


def run(*words, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, *words], env={**kept, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


def started(program, **environment):
    return run("-c", program, **environment)


def test_a_web_server_does_not_start_with_a_missing_key():
    keys = {**GOOD, "VAULT_KEY": ""}
    ended = started("import portal.wsgi", PRODUCTION="1", DATABASE_URL="postgres://db.example/portal", **keys)
    assert ended.returncode == 1
    assert "core.E001: VAULT_KEY is missing or weak" in ended.stderr


#: Everything that a start needs, as an operator sets it.
WHOLE = {
    **GOOD,
    "PRODUCTION": "1",
    "DATABASE_URL": "postgres://portal@db.example/portal",
    "KEYS_DATABASE_URL": "postgres://portal@keys.example/keys",
    "REDIS_URL": "redis://broker.example/0",
    "EMAIL_URL": "smtp+tls://mail.example:587",
    "ALLOWED_HOSTS": "portal.example",
    "SITE_URL": "https://portal.example",
    "LEDGER_ORIGIN": "ledger.portal.example/2026",
    "DEFAULT_FROM_EMAIL": "privacy@portal.example",
    "SECURITY_CONTACT": "mailto:security@portal.example",
    "BEHIND_PROXY": "1",
    "TRUSTED_PROXIES": "1",
}


def commanded(*words, **environment):
    return run("manage.py", *words, DJANGO_SETTINGS_MODULE="portal.settings", **environment)


def test_with_nothing_set_every_start_shows_one_list_of_all_that_is_missing(tmp_path):
    """The server, a command and ``check`` name the same, at once. Some seconds: three processes start."""
    nothing = {"PRODUCTION": "1", "PORTAL_VAR": str(tmp_path)}
    found = [
        started("import portal.wsgi", **nothing),
        commanded("sync_roles", **nothing),
        commanded("check", **nothing),
    ]
    named = [set(re.findall(r"\b[a-z]+\.E\d{3}\b", one.stderr)) for one in found]
    assert [one.returncode for one in found] == [1, 2, 1]
    assert named[0] == named[1] == named[2]
    for name in sorted(WHOLE.keys() - {"PRODUCTION"}):
        assert all(f"{name} is" in one.stderr for one in found), name


@pytest.mark.parametrize("name", ["SITE_URL", "EMAIL_URL", "KEYS_DATABASE_URL"])
def test_no_command_runs_with_one_setting_missing(name, tmp_path):
    ended = commanded("sync_roles", **{**WHOLE, "PORTAL_VAR": str(tmp_path), name: ""})
    assert ended.returncode == 2
    assert f"{name} is" in ended.stderr
    assert "1 faults" in ended.stderr


#: Each starts a process, some seconds of a busy machine: one is quick, the others full.
SPOKEN = [
    ("help",),
    *(
        pytest.param(words, marks=pytest.mark.full)
        for words in (("help", "migrate"), ("sync_roles", "--help"), ("version",))
    ),
]


@pytest.mark.parametrize("words", SPOKEN)
def test_help_runs_whatever_is_set(words, tmp_path):
    assert commanded(*words, PRODUCTION="1", PORTAL_VAR=str(tmp_path)).returncode == 0


@pytest.mark.parametrize(
    "words", [("-c", "import portal.wsgi"), pytest.param(("manage.py", "check"), marks=pytest.mark.full)]
)
def test_with_all_set_the_start_is_silent(words, tmp_path):
    (tmp_path / "static").mkdir()  # where collectstatic puts what the server gives
    whole = run(*words, **WHOLE, PORTAL_VAR=str(tmp_path), DJANGO_SETTINGS_MODULE="portal.settings")
    assert (whole.returncode, whole.stderr) == (0, "")


#: Each way to start a process that is not the wsgi entry. None of them comes to what it would do.
STARTS = {
    "python -m django": ("-m", "django", "migrate"),
    "help behind the arguments": ("manage.py", "sync_roles", "--", "-h"),
    "a server": ("manage.py", "runserver", "127.0.0.1:1"),
    "a worker": ("-m", "celery", "-A", "portal", "worker", "--pool", "solo"),
    "a timetable": ("-m", "celery", "-A", "portal", "beat"),
    "a program of its own": ("-c", "import django; django.setup(); print('begun')"),
}


@pytest.mark.parametrize("words", STARTS.values(), ids=STARTS)
def test_no_way_to_start_passes_by_the_list(words, tmp_path):
    whole = {**WHOLE, "VAULT_KEY": "", "PORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    ended = run(*words, **whole)
    assert ended.returncode == 2
    assert "begun" not in ended.stdout
    assert ended.stderr.startswith(
        "A setting is wrong: PRODUCTION=1 does not start with 1 faults:\n  core.E001: VAULT_KEY"
    )
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [("check",), ("migrate", "-h")])
def test_check_and_help_run_by_python_as_well_whatever_is_set(words, tmp_path):
    nothing = {"PRODUCTION": "1", "PORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    ended = run("-m", "django", *words, **nothing)
    assert "does not start" not in ended.stderr
    assert ended.returncode == (words == ("check",))


def database(host, name="portal", **more):
    return {"ENGINE": PG["ENGINE"], "HOST": host, "NAME": name, **more}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (database("localhost"), database("127.0.0.1")),
        (database("localhost"), database("[::1]".strip("[]"))),
        (database("LOCALHOST."), database("127.0.0.2", PORT=5432)),
        (database("::ffff:127.0.0.1"), database("")),
        (database("/var/run/postgresql"), database("localhost", PORT="5432")),
        (database("", OPTIONS={"host": "127.0.0.1"}), database("0.0.0.0")),
        (database("db.example"), database("DB.example.", PORT="5432")),
        (database("db.example,other.example"), database("other.example")),
        (database("db.example"), database("203.0.113.7")),
        (database("elsewhere.example", OPTIONS={"hostaddr": "203.0.113.7"}), database("db.example")),
        (database(socket.gethostname()), database("localhost")),
        (database("localhost", name="", USER="portal"), database("127.0.0.1")),
    ],
)
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_one_database_under_two_spellings_is_one(production, monkeypatch, one, other):
    known = {"db.example": "203.0.113.7", "localhost": "127.0.0.1"}
    real = socket.getaddrinfo

    def looked_up(host, *rest, **named):
        if host.endswith(".example"):
            if host not in known:
                raise socket.gaierror
            host = known[host]
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    for first, second in ((one, other), (other, one)):
        production.DATABASES = {"default": first, "keys": second}
        assert ids() == {"core.E014"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (database("localhost"), database("127.0.0.1", name="keys")),
        (database("localhost"), database("127.0.0.1", PORT="5433")),
        (database("203.0.113.7"), database("203.0.113.8")),
        (database("db.invalid"), database("keys.invalid")),
        (database("localhost"), database("203.0.113.7")),
    ],
)
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_two_databases_are_two(production, one, other):
    production.DATABASES = {"default": one, "keys": other}
    assert ids() == set()


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_the_data_of_an_embedded_portal_is_for_its_user_alone(tmp_path, umask):
    """Whatever the umask was, also of journals and of folders that lie deeper, and of what was made before this was done."""
    old = tmp_path / "older"
    old.mkdir(mode=0o755)
    for name in ("portal.sqlite3", "portal.sqlite3-wal"):
        (old / name).touch(mode=0o644)
        (old / name).chmod(0o644)
    writing = (
        f"import os; os.umask({umask}); import django; django.setup(); from django.db import connections\n"
        "for name in ('default', 'keys'):\n"
        "    with connections[name].cursor() as cursor:\n"
        "        cursor.execute('CREATE TABLE IF NOT EXISTS t (a)'); cursor.execute('INSERT INTO t VALUES (1)')\n"
        "        print(sorted((path.name, oct(path.stat().st_mode & 0o777)) for path in settings.VAR.glob('*.sqlite3*')))\n"
    )
    for var in (tmp_path / "new" / "var", old):
        ended = started(
            f"from portal import settings\n{writing}", DJANGO_SETTINGS_MODULE="portal.settings", PORTAL_VAR=str(var)
        )
        assert ended.returncode == 0, ended.stderr
        assert "portal.sqlite3-wal" in ended.stdout
        assert set(re.findall(r"0o\d+", ended.stdout)) == {"0o600"}
        assert stat.S_IMODE(var.stat().st_mode) == 0o700
        later = [path for path in var.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
        assert later == []


def test_a_folder_that_everybody_shares_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o1777)
    keep_private(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


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
