"""Settings, read from the environment: NAME, or NAME_FILE for a mounted secret.

With nothing set the portal is *embedded*: SQLite and files under ``var/``, one process, keys made on first start.
With ``PRODUCTION=1`` no process starts with a missing, weak or default setting (``portal/kernel/core/system_checks.py``).
"""

import sys
from pathlib import Path
from typing import Any

import environ

from portal import limits
from portal.channel_adapters import adapters
from portal.instance_keys import SettingsEnv, keep_private, own_key, private_database
from portal.kernel.law.channels import BY_GATEWAY
from portal.schedule import BEAT, ROUTES
from portal.staff_signin import *  # noqa: F403 - settings, each by its name

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(environ.Env().str("PORTAL_VAR", default=str(BASE_DIR / "var")))
env = SettingsEnv()

PRODUCTION = env.bool("PRODUCTION", default=False)
PROCESS = env.str("PORTAL_PROCESS", default=limits.kind_of_process(sys.argv))
#: The demonstration shows logins, codes and a mailbox. It can never be on in production.
DEMO = env.bool("DEMO", default=sys.argv[1:2] == ["demo"]) and not PRODUCTION
#: Its commands, which say themselves that they do not run in production.
_DEMO_COMMANDS = ("demo", "load_demo", "generate_load")


def _key(name: str) -> str:
    """A secret from the environment; embedded, one that is made once and kept in ``var/keys`` (mode 0600)."""
    given: str = env.str(name, default="")
    return given if given or PRODUCTION else own_key(VAR / "keys" / name.lower())


SECRET_KEY = _key("SECRET_KEY") or "not set"  # at an empty one Django would stop before the list of all faults
VAULT_KEY = _key("VAULT_KEY")
LEDGER_KEY = _key("LEDGER_KEY")
LOOKUP_KEY = _key("LOOKUP_KEY")
BACKUP_KEY = _key("BACKUP_KEY")  # only where backups are taken and brought back (portal/docs/operators.md)
BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(VAR / "backups" / "data")))
BACKUP_KEYS_DIR = Path(env.str("BACKUP_KEYS_DIR", default=str(VAR / "backups" / "keys")))
#: Older lookup keys, newest first: rows hashed under them are still found.
LOOKUP_KEYS_OLD = env.list("LOOKUP_KEYS_OLD", default=[])
LEDGER_KEY_NEXT = env.str("LEDGER_KEY_NEXT", default="")  # follows LEDGER_KEY while two people change it
DEMONSTRATION = VAR / "demonstration"  # written by ``demo``: its ledger says in its name what it is
_log = "demonstration" if DEMONSTRATION.exists() else "ledger"
LEDGER_ORIGIN = env.str("LEDGER_ORIGIN", default=f"{_log}.onesetu.example/portal/2026")
WITNESSES = env.json("WITNESSES", default=[])  # others who cosign our checkpoints (portal/docs/ledger.md)
WITNESS_TIMEOUT, WITNESS_PATIENCE_SECONDS = 10, 60  # then a checkpoint is shown without a cosignature
LEDGER_ANCHOR = Path(env.str("LEDGER_ANCHOR", default=str(VAR / "anchor" / "checkpoint.json")))
LEDGER_ANCHOR_COPIES = env.list("LEDGER_ANCHOR_COPIES", default=[])  # files or https addresses out of its reach
LEDGER_ANCHOR_TOKEN = env.str("LEDGER_ANCHOR_TOKEN", default="")

DEBUG = False
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
SITE_URL = env.str("SITE_URL", default="http://localhost:8000")
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="mailto:security@onesetu.example")  # mailto: or https:

INSTALLED_APPS = [
    "portal.fronts.workplace.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "import_export",
    # Nowhere but where it is shown, and where one of its commands was asked for.
    *(["portal.demo"] if DEMO or sys.argv[1:2] in [[name] for name in _DEMO_COMMANDS] else []),
    "portal.fronts.signin",
    "portal.fronts.selfservice",
    "portal.fronts.api",
    "portal.fronts.workplace",
    "portal.fronts.evidence",
    "kyc",
    "consent",
    "grievances",
    "portal.kernel.retention",
    "portal.kernel.registers",
    "portal.kernel.outbox",
    "portal.kernel.people",
    "portal.kernel.jobs",
    "portal.kernel.vault",
    "portal.kernel.law",
    "portal.kernel.audit",
    "portal.kernel.ledger",
    "portal.kernel.core",
]

MIDDLEWARE = [
    "portal.kernel.core.middleware.RequestContext",
    "portal.kernel.law.request_cache.Remembering",
    "portal.kernel.core.middleware.SecurityHeaders",
    "portal.fronts.selfservice.middleware.ListedCookies",
    "portal.kernel.core.middleware.RequestSize",
    "django.middleware.security.SecurityMiddleware",
    "portal.kernel.core.read_only.ReadOnly",
    "portal.kernel.core.fast_path.ShortWay",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.kernel.core.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "portal.kernel.core.middleware.CsrfProtection",
    "portal.kernel.core.middleware.PlainText",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.fronts.signin.middleware.SessionEnds",
    "portal.fronts.signin.middleware.KeepApart",
    "portal.kernel.core.middleware.RequestActor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "portal.fronts.signin.factor_prompt.FactorPrompt",
    "portal.fronts.selfservice.gpc.PrivacySignal",
    "portal.fronts.selfservice.language_switch.LanguageOfForm",
    "portal.kernel.core.middleware.WrongMethod",
    "portal.kernel.core.middleware.PortalErrors",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.fronts.selfservice.page_context.frame",
            ]
        },
    }
]

#: FULL for the whole file: an event commits with the rest. IMMEDIATE: a writer waits instead of failing half-way.
SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA recursive_triggers=ON; PRAGMA secure_delete=ON;"
    ),
}


def _database(variable: str, file_name: str) -> dict[str, Any]:
    if url := env.str(variable, default=""):
        config: dict[str, Any] = environ.Env.db_url_config(url)
    else:
        keep_private(VAR)
        config = {"ENGINE": "django.db.backends.sqlite3", "NAME": private_database(VAR / file_name)}
    config["CONN_MAX_AGE"] = 60  # opened anew for each request, SQLite reads its whole schema each time
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = SQLITE_OPTIONS
    else:
        config["OPTIONS"] = {**limits.postgresql_options(PROCESS), **config.get("OPTIONS", {})}
        # Django turns prepared statements off; the one that answers decisions asks for its own (15 times as fast).
        # Behind a pooler that shares connections between transactions it must keep them apart (PgBouncer 1.21).
        config["OPTIONS"].setdefault("prepare_threshold", 5)
        config["CONN_HEALTH_CHECKS"] = True
    return config


#: ``migrate`` and backups run as the owner of the tables (MIGRATE_DATABASE_URL); the application's role only reads and inserts.
MIGRATE_DATABASE_URL = env.str("MIGRATE_DATABASE_URL", default="")
_migrating = len(sys.argv) > 1 and sys.argv[1] in {"migrate", "grant_app_role", "backup", "restore"}
_main = "MIGRATE_DATABASE_URL" if _migrating and MIGRATE_DATABASE_URL else "DATABASE_URL"
DATABASES = {"default": _database(_main, "portal.sqlite3"), "keys": _database("KEYS_DATABASE_URL", "keys.sqlite3")}
DATABASE_ROUTERS = ["portal.kernel.vault.router.KeyStoreRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
#: Set by the one process of ``demo``, which alone may use the in-memory broker.
EMBEDDED_WORKER = env.bool("EMBEDDED_WORKER", default=sys.argv[1:2] == ["demo"])
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "portal",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},  # a request does not hang with its counter
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # The counters of portal.fronts.selfservice.limits live here: the default 300 would throw counts away at random.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file does not go away between two tasks: its connection is kept. A server may, and is asked anew for each task.
    CELERY_DB_REUSE_MAX = 1_000
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 3600, "socket_connect_timeout": 5} if REDIS_URL else {"polling_interval": 0.1}
)
CELERY_BROKER_TRANSPORT = "portal.kernel.core.broker:Transport" if REDIS_URL else None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a broker that is away for an hour must not end the workers for good
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # what they do is in rows
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# The queue in memory is looked at ten times a second: one at a time would leave the threads idle in between.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1 if REDIS_URL else 16
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
QUEUES, CELERY_TASK_ROUTES = tuple(limits.QUEUES), ROUTES
CELERY_TASK_ANNOTATIONS = ("portal.celery:TimeLimits",)
# Then a child of a worker makes way for a new one; memory in kB.
CELERY_WORKER_MAX_TASKS_PER_CHILD, CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_000, 1_000_000
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
CELERY_BEAT_SCHEDULE = BEAT
CELERY_BEAT_SCHEDULER = "portal.fronts.workplace.timetable:SingleScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")
CELERY_TIMEZONE = "Asia/Kolkata"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "portal.fronts.signin.backends.CustomerBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

#: Technical limits. How long codes, links, locks and sessions last are our own rules (``portal/kernel/law/data/house_rules.toml``);
#: the cookie outlives the longest session, and a password link is as old as its rule allows.
SESSION_COOKIE_AGE = 14 * 24 * 3600
PASSWORD_RESET_TIMEOUT = 3600
CODES_PER_HOUR = 6

SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
#: CsrfProtection is Django's own middleware, which the check looks for by name only.
SILENCED_SYSTEM_CHECKS = ["security.W003"]
CSRF_FAILURE_VIEW = "portal.kernel.core.error_pages.session_ended"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
LEFT_TO_DEFAULT = env.left_to_default()  # of what others see: with one of these no production starts
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
#: A message after a redirect may name what a person did: it waits in the session, not in a cookie of its own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
TRUSTED_PROXIES = int(env.str("TRUSTED_PROXIES", default="") or 0)  # our own in front; with 0 the peer is the person
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=6_000)
#: How long an API key may work from the day on which it is proposed.
API_KEY_DAYS = env.int("API_KEY_DAYS", default=366)
OUTGOING_PRIVATE_HOSTS = env.list("OUTGOING_PRIVATE_HOSTS", default=[])  # host:port of our own: private, or plain http
X_FRAME_OPTIONS = "DENY"

#: Cookies that need a yes, by group (portal/docs/consent.md). None: no banner, for there is nothing to ask.
COOKIE_GROUPS = env.json("COOKIE_GROUPS", default=[])

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("hi", "हिन्दी"), ("mr", "मराठी")]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
TIME_ZONE = "Asia/Kolkata"
USE_TZ = USE_I18N = True
FORMAT_MODULE_PATH = "portal.kernel.core.formats"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
WHITENOISE_USE_FINDERS = not PRODUCTION
if not PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR / "files"}},
    "vault": {
        "BACKEND": "portal.kernel.vault.storage.VaultStorage",
        "OPTIONS": {
            "location": VAR / "vault",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = VAR / "files"
#: A file a person sends is encrypted piece by piece as it comes in: nothing touches the disk in clear, and memory stays flat.
FILE_UPLOAD_HANDLERS = ["portal.kernel.vault.uploads.EncryptedUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
KYC_PROVIDERS = env.json("KYC_PROVIDERS", default={})  # who answers about a number (portal/docs/operators.md)
CLAMD_URL = env.str("CLAMD_URL", default="")  # a virus scanner, unix:/path or tcp:host:port

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://localhost:25") if env.str("EMAIL_URL", default="") else {}
vars().update(EMAIL_CONFIG)
if not EMAIL_CONFIG:
    EMAIL_BACKEND = "portal.kernel.outbox.mailbox.MailboxBackend"
MAILBOX, EMAIL_TIMEOUT = VAR / "mailbox", 20  # where letters lie when no mail server is set
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="privacy@onesetu.example")

#: The communications API that carries these channels (portal/docs/messages.md); unset, they are not sent.
OUTBOX_GATEWAY_URL = env.str("OUTBOX_GATEWAY_URL", default="")
OUTBOX_GATEWAY_KEY = env.str("OUTBOX_GATEWAY_KEY", default="")
OUTBOX_GATEWAY_CHANNELS = env.list("OUTBOX_GATEWAY_CHANNELS", default=list(BY_GATEWAY))
#: Mail that comes in (portal/docs/operators.md): the mailbox, its addresses, the secrets of a service that hands it over.
MAIL_IN_URL, MAIL_IN_ADDRESSES = env.str("MAIL_IN_URL", default=""), env.list("MAIL_IN_ADDRESSES", default=[])
MAIL_IN_SECRETS = env.list("MAIL_IN_SECRETS", default=[])
MAIL_IN_SERVER = env.str("MAIL_IN_SERVER", default="")
OUTBOX_REPORT_SECRETS = env.list("OUTBOX_REPORT_SECRETS", default=[])  # sign what gateways tell us, newest first
#: Secrets that sign what we tell other systems, by host: {"system.example": ["whsec_...", "whsec_older..."]}.
OUTBOX_WEBHOOK_SECRETS = env.json("OUTBOX_WEBHOOK_SECRETS", default={})
#: The operators' numbers of our templates, by kind or kind.language; entity and headers stand in the register of senders.
OUTBOX_TEMPLATE_IDS = env.json("OUTBOX_TEMPLATE_IDS", default={})
#: Signs web push (RFC 8292): 32 bytes in base64url or hex. Browsers know us by it, so it is kept for life.
VAPID_PRIVATE_KEY = _key("VAPID_PRIVATE_KEY")
OUTBOX_CHANNELS = adapters(
    carried=OUTBOX_GATEWAY_CHANNELS if OUTBOX_GATEWAY_URL else (), push=bool(VAPID_PRIVATE_KEY), demo=DEMO
)
OUTBOX_MESSAGE_ID_DOMAIN = env.str("OUTBOX_MESSAGE_ID_DOMAIN", default=DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">"))
OUTBOX_ATTEMPTS, OUTBOX_WEBHOOK_ATTEMPTS, OUTBOX_SWEEP, OUTBOX_GATEWAY_TIMEOUT = 8, 16, 200, 10
#: Messages that one worker hands to the gateway at the same time, each on a connection of its own.
OUTBOX_GATEWAY_AT_ONCE = env.int("OUTBOX_GATEWAY_AT_ONCE", default=25)
OUTBOX_FIRST_WAIT_SECONDS = env.int("OUTBOX_FIRST_WAIT_SECONDS", default=30)
#: Longer than EMAIL_TIMEOUT and OUTBOX_GATEWAY_TIMEOUT: a living worker must not lose what it is sending.
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=120)
OUTBOX_LONGEST_WAIT_SECONDS, OUTBOX_LAG_SECONDS = 6 * 3600, 600  # so long past its time, ``/readyz`` says no

#: A job says how far it is at least once a minute; a worker silent for longer is taken for dead.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=300)
JOB_ATTEMPTS, JOB_NUDGE_SECONDS = 3, 60  # in the queue for longer: its nudge was lost

DEFERRED_OPT_OUTS_THREAD = True  # records what was kept while the database was away, in the process that kept it
SIGNED_MESSAGE_SECONDS = 300  # how far a sender's clock may be from ours, and a signed message under way
DECISION_RULES_SECONDS = 5  # a process answers from the purposes and hours it has read; answers of people are not kept
#: The answers of the interface are written down within this time; 0 writes each before it is given.
DECISION_LOG_SECONDS = env.float("DECISION_LOG_SECONDS", default=1.0)
DECISION_RULES_DAYS = 8  # different days whose rules a process keeps

#: Pages read, nothing is taken in or sent: by setting, or by the file of the command read_only.
READ_ONLY = env.bool("READ_ONLY", default=False)
READ_ONLY_SWITCH = Path(env.str("READ_ONLY_SWITCH", default=str(VAR / "read-only")))
#: Where another system is told that a health check turned bad or well (signed webhook), and who may read /metrics.
ALERT_WEBHOOK_URL, METRICS_TOKEN = env.str("ALERT_WEBHOOK_URL", default=""), env.str("METRICS_TOKEN", default="")

IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
IMPORT_EXPORT_SKIP_ADMIN_LOG = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "portal.kernel.core.logs.formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "portal": {"level": env.str("LOG_LEVEL", default="INFO")},
        # Below that it writes each address as it was typed.
        "django.server": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}
