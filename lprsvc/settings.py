"""All settings. Secrets come from the environment or from files it names (SAF-3).

`LPRSVC_ENV` says where this runs: ``production`` (the default: nothing has a default there that
would be unsafe), ``example`` (``make run``) or ``test``. `LPRSVC_PROCESS` says which process this
is, and so which database role it connects as.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environs
from celery.schedules import crontab
from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent
env = environs.FileAwareEnv()

ENVIRONMENT = env.str(
    "LPRSVC_ENV", "production", validate=environs.validate.OneOf(["production", "example", "test"])
)
IS_PRODUCTION = ENVIRONMENT == "production"
DATA_DIR = Path(env.str("LPRSVC_DATA_DIR", str(BASE_DIR / "var")))
# What a running example service uses, so that `manage.py` beside it reaches the same servers.
# Never in production, where a forgotten file must not decide.
if ENVIRONMENT == "example":
    env.read_env(DATA_DIR / "service.env", recurse=False)

SECRET_KEY = env.str("SECRET_KEY")
# What encrypts stored secrets, newest first; see accounts.sealing for when there is none.
FIELD_ENCRYPTION_KEYS: list[str] = env.list("FIELD_ENCRYPTION_KEYS", [])
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [] if IS_PRODUCTION else ["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
# The sequencer's alone: the key that signs the log (base64 of 32 bytes), and the file in which it
# keeps what it signed last; on a disk of its own the file outlives a database that is put back.
LOG_KEY = env.str("LPRSVC_LOG_KEY", "")
LOG_STATE = env.str("LPRSVC_LOG_STATE", str(DATA_DIR / "log-state.json"))
# Stands in every audit event: which code did it.
BUILD = env.str("LPRSVC_BUILD", "0.1.0")
# What every page is headed with: the service's name, and the operator's notice above it.
SERVICE_NAME = env.str("LPRSVC_NAME", "License plate reader queries")
PAGE_BANNER = env.str(
    "LPRSVC_BANNER",
    "For official use only. Use of this service is monitored and recorded."
    if IS_PRODUCTION
    else "Example set-up: all people, plates, photographs and reads here are artificial.",
)

# --- The database: one role for each kind of process -----------------------------------------

PROCESS = env.str(
    "LPRSVC_PROCESS",
    "web",
    validate=environs.validate.OneOf(["web", "worker", "owner", "sequencer", "auditor", "eraser"]),
)


def _database(url: str) -> dict[str, Any]:
    """Django's settings for a libpq connection string; only this process's own is ever read."""
    parts = conninfo_to_dict(url)
    named = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    known = {django: parts.pop(libpq, "") for libpq, django in named.items()}
    return known | {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "OPTIONS": parts,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


DATABASES = {"default": _database(env.str(f"DATABASE_URL_{PROCESS.upper()}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications and requests ----------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "simple_history",
    "audit",
    "accounts",
    "ingest",
    "queries",
    "alerts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "lprsvc.apps.AdminConfig",
    "lprsvc.apps.FrameConfig",
]

MIDDLEWARE = [
    # Outermost, so that redirects and errors of all the others carry the policy too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lprsvc.middleware.ErrorMiddleware",
    "lprsvc.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lprsvc.middleware.PersonMiddleware",
    "lprsvc.middleware.AccessMiddleware",
]

ROOT_URLCONF = "lprsvc.urls"
WSGI_APPLICATION = "lprsvc.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [BASE_DIR / "lprsvc" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lprsvc.navigation.navigation",
            ],
        },
    }
]

# --- Log-on (ACC-1, ACC-2, ACC-3) -------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PersonBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.services.passwords.HouseRules"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
# By address generously: a whole agency may come from one. By account: accounts.services.lockout.
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "login_failed": "100/m/ip",
    "recover_account": "20/m/ip",
    # Asking for access and registering: one office may be one address.
    "access_agency": "30/h/ip",
    "access_request": "20/h/ip",
    "register": "30/h/ip",
    "help": "20/h/ip",
}
ACCOUNT_ALLOW_REMEMBER_COOKIE = False
ACCOUNT_FORMS = {
    "login": "accounts.forms.LogOnForm",
    "change_password": "accounts.forms.OwnPasswordForm",
}
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "add_webauthn": "accounts.credential_forms.AddKeyForm",
    "authenticate": "accounts.credential_forms.CodeForm",
    "reauthenticate": "accounts.credential_forms.ConfirmCodeForm",
    "authenticate_webauthn": "accounts.credential_forms.KeyForm",
    "reauthenticate_webauthn": "accounts.credential_forms.ConfirmKeyForm",
}
MFA_TOTP_ISSUER = SERVICE_NAME
# A code counts for half a minute before and after its own; each is taken once only.
MFA_TOTP_TOLERANCE = 1

# A session ends with the browser, after 30 idle minutes, and after 12 hours at most.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_IDLE_SECONDS = int(timedelta(minutes=30).total_seconds())
SESSION_COOKIE_NAME = "lprsvc_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "lprsvc_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "lprsvc.errors.csrf_failure"

# --- Transport and content (SAF-2) ------------------------------------------------------------

# Only the example set-up and the tests speak plain HTTP, on the loopback interface.
SESSION_COOKIE_SECURE = IS_PRODUCTION
CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = IS_PRODUCTION
# Asked over plain HTTP by whoever watches the process, behind the proxy; says nothing but "ok".
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = int(timedelta(days=730).total_seconds()) if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SECURE_HSTS_PRELOAD = IS_PRODUCTION
# Set by an operator whose proxy ends TLS, overwrites this header and appends the client's address.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Camera software sends thousands of reads with photographs at once; see ingest.rules.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("LPRSVC_MAX_BODY", 64 * 1024 * 1024)
DATA_UPLOAD_MAX_NUMBER_FILES = 10_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

# --- Files ------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "lprsvc" / "static"]
# The counties' borders, made by set-up (lprsvc.runtime.frontend); see ingest.regions.
COUNTIES_FILE = BASE_DIR / "lprsvc" / "static" / "vendor" / "geo" / "counties.json"
# Photographs lie in a folder, or in a private bucket of an S3-compatible store (docs/adr/0015).
PHOTOGRAPH_BUCKET = env.str("PHOTOGRAPH_BUCKET", "")
_PHOTOGRAPHS: dict[str, Any] = {
    "BACKEND": "ingest.storage.DurableFileSystemStorage",
    "OPTIONS": {"location": DATA_DIR / "photographs", "base_url": None},
}
if PHOTOGRAPH_BUCKET:
    _PHOTOGRAPHS = {
        "BACKEND": "ingest.object_storage.PrivateObjectStorage",
        "OPTIONS": {
            "bucket_name": PHOTOGRAPH_BUCKET,
            "endpoint_url": env.str("PHOTOGRAPH_ENDPOINT", "") or None,
            "region_name": env.str("PHOTOGRAPH_REGION", "") or None,
            "access_key": env.str("PHOTOGRAPH_ACCESS_KEY", "") or None,
            "secret_key": env.str("PHOTOGRAPH_SECRET_KEY", "") or None,
        },
    }
STORAGES = {
    "default": _PHOTOGRAPHS,
    # Scans of paper request forms; handed out by the admin alone.
    "request_forms": {
        "BACKEND": "ingest.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "request-forms", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENVIRONMENT == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = ENVIRONMENT == "test"


def _static_headers(headers: Any, path: str, url: str) -> None:
    # WhiteNoise takes no dotted name, and middleware cannot be imported before the models are.
    from lprsvc.middleware import static_headers

    static_headers(headers, path, url)


WHITENOISE_ADD_HEADERS_FUNCTION = _static_headers

# Where map pictures come from (docs/maps.md): a list of sources as JSON. Without one, maps draw the
# streets of our own tables, and no outside host is ever asked.
# `ingest.maps.sources` reads it, and a check names what is wrong.
TILE_SOURCES: Any = env.json("TILE_SOURCES", [{"code": "streets", "kind": "streets"}])
TILE_CACHE_DIR = Path(env.str("TILE_CACHE_DIR", str(DATA_DIR / "tiles")))
TILE_CACHE_BYTES = env.int("TILE_CACHE_MB", 1024) * 2**20

# --- Cache, queue, mail -----------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "lprsvc",
    }
}
# A socket has another name in Celery than in the Redis client.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace(
    "?db=", "?virtual_host="
)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A web request must not wait for a broker that is away: the outbox sweep sends what was not sent.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # Or kombu tries to connect again for six seconds, whatever PUBLISH_RETRY says.
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "alerts-sweep": {"task": "alerts.tasks.sweep", "schedule": 10.0},
    "accounts-notices": {"task": "accounts.tasks.sweep_notices", "schedule": 10.0},
    "accounts-forget": {
        "task": "accounts.tasks.forget_old_credentials",
        "schedule": crontab(hour="3", minute="40"),
    },
    "accounts-unused": {
        "task": "accounts.tasks.suspend_unused",
        "schedule": crontab(hour="4", minute="10"),
    },
    # In the morning of America: people read these at work, and their day has begun.
    "alerts-time": {
        "task": "alerts.tasks.keep_time",
        "schedule": crontab(hour="11", minute="10"),
    },
    "accounts-training": {
        "task": "accounts.tasks.remind_of_training",
        "schedule": crontab(hour="11", minute="0"),
    },
    "accounts-terminations": {"task": "accounts.tasks.escalate_terminations", "schedule": 60.0},
    "accounts-help": {"task": "accounts.tasks.escalate_help", "schedule": 300.0},
    "audit-exports": {"task": "audit.tasks.sweep_exports", "schedule": 30.0},
    "audit-partitions": {
        "task": "audit.tasks.make_partitions_ahead",
        "schedule": crontab(hour="3", minute="5"),
    },
    "ingest-partitions": {
        "task": "ingest.tasks.make_partitions_ahead",
        "schedule": crontab(hour="3", minute="10"),
    },
    "ingest-places": {"task": "ingest.tasks.sweep_places", "schedule": 10.0},
    "ingest-reports": {
        "task": "ingest.tasks.erase_closed_reports",
        "schedule": crontab(hour="3", minute="15"),
    },
    "ingest-feeds": {"task": "ingest.tasks.count_feeds", "schedule": 60.0},
    "ingest-feed-hours": {
        "task": "ingest.tasks.forget_feed_hours",
        "schedule": crontab(hour="3", minute="55"),
    },
    "ingest-quarantine-jobs": {
        "task": "ingest.tasks.sweep_quarantine_jobs",
        "schedule": 30.0,
    },
    "ingest-quarantine": {
        "task": "ingest.tasks.tidy_quarantine",
        "schedule": crontab(hour="3", minute="50"),
    },
    "ingest-previews": {"task": "ingest.tasks.settle_previews", "schedule": 60.0},
    "ingest-delivery-keys": {
        "task": "ingest.tasks.forget_delivery_keys",
        "schedule": crontab(hour="3", minute="55"),
    },
    "ingest-coverage": {"task": "ingest.tasks.roll_up_coverage", "schedule": 60.0},
    "ingest-erase": {
        "task": "ingest.tasks.erase_expired",
        "schedule": crontab(hour="3", minute="30"),
    },
    "queries-reports": {"task": "queries.tasks.sweep_reports", "schedule": 30.0},
    "queries-erase": {
        "task": "queries.tasks.erase_recent_queries",
        "schedule": crontab(hour="3", minute="20"),
    },
}

# `smtp://user:password@host:port`, `smtps://…`; without it the example set-up keeps mail in a
# folder that its in-box page shows.
MAIL_DIR = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "LPR service <no-reply@lprsvc.example>")
EMAIL_TIMEOUT = 10
_email = urlsplit(env.str("EMAIL_URL", ""))
EMAIL_HOST_CONFIGURED = bool(_email.hostname)
if EMAIL_HOST_CONFIGURED:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _email.hostname or ""
    EMAIL_PORT = _email.port or 25
    EMAIL_HOST_USER = unquote(_email.username or "")
    EMAIL_HOST_PASSWORD = unquote(_email.password or "")
    EMAIL_USE_SSL = _email.scheme == "smtps"
    EMAIL_USE_TLS = _email.scheme == "smtp+tls"
elif ENVIRONMENT == "example":
    EMAIL_BACKEND = "lprsvc.devmail.backend.FolderBackend"
# The help desk (ACC-14). Without an address of its own, each vendor administrator is told.
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", "")
SUPPORT_PHONE = env.str("SUPPORT_PHONE", "")
SUPPORT_HOURS = env.str("SUPPORT_HOURS", "Monday to Friday, 8 a.m. to 8 p.m. Eastern time")
# Where links in mails lead.
BASE_URL = env.str("LPRSVC_BASE_URL", "http://127.0.0.1:8000")

# --- Times, language, programs' interface, logging --------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

REST_FRAMEWORK = {
    # Default deny: a view names its own way to log on.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "lprsvc.errors.api_exception_handler",
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Programs' interface",
    "DESCRIPTION": (
        "For camera software, which delivers reads. Errors come as problem details (RFC 9457)."
        " Names stay what they are within a version; new ones may be added."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "lprsvc.api_schema.add_components",
    ],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LPRSVC_LOG_LEVEL", "INFO")},
    "loggers": {
        # Request lines may carry a plate; the audit log is the record of use.
        "django.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
