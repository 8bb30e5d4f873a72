"""System checks: the service refuses to start where it would not be safe (SAF-3).

`manage.py check` and every other command report them; web, worker, beat and set-up, which are no
commands of Django's or run without its checks, ask `refuse_unsafe` themselves.
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from ingest.maps.archive import fault_of
from ingest.maps.sources import Kind, parse_sources
from lprsvc.runtime.environment import ROLE_VARIABLES

_MIN_SECRET = 50


@register(Tags.security)
def check_secret_key(app_configs: Any, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """lprsvc.E001: production needs a real secret key."""
    key = settings.SECRET_KEY
    is_real = len(key) >= _MIN_SECRET and len(set(key)) >= 5
    if not settings.IS_PRODUCTION or (is_real and not key.startswith("django-insecure-")):
        return []
    return [
        Error(
            f"SECRET_KEY is too short or too simple ({len(key)} characters).",
            hint=f"Give at least {_MIN_SECRET} random characters by SECRET_KEY_FILE.",
            id="lprsvc.E001",
        )
    ]


@register(Tags.security)
def check_hosts(app_configs: Any, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """lprsvc.E002, E004: production names its hosts, and its links lead to one of them by TLS."""
    if not settings.IS_PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                f"ALLOWED_HOSTS is {settings.ALLOWED_HOSTS!r}.",
                hint="Name the hosts this service answers for, separated by commas.",
                id="lprsvc.E002",
            )
        )
    if not settings.BASE_URL.startswith("https://"):
        found.append(
            Error(
                f"LPRSVC_BASE_URL is {settings.BASE_URL!r}; links in mails lead there.",
                hint="https:// and the name people reach this service by.",
                id="lprsvc.E004",
            )
        )
    return found


@register(Tags.security)
def check_mail(app_configs: Any, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """lprsvc.E003: production needs a mail server; alerts that reach nobody are no alerts."""
    if settings.IS_PRODUCTION and not settings.EMAIL_HOST_CONFIGURED:
        return [Error("EMAIL_URL is not set.", hint="smtp://host:port", id="lprsvc.E003")]
    return []


@register(Tags.security)
def check_database_role(app_configs: Any, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """lprsvc.E005: each process logs on as its own role, or the database guards nothing."""
    variable = f"DATABASE_URL_{settings.PROCESS.upper()}"
    given, wanted = settings.DATABASES["default"].get("USER", ""), ROLE_VARIABLES[variable]
    if not settings.IS_PRODUCTION or given == wanted:
        return []
    return [
        Error(
            f"{variable} logs on as {given!r}, not as {wanted!r}.",
            hint="`manage.py start_service` makes the roles; see docs/developing.md.",
            id="lprsvc.E005",
        )
    ]


@register(Tags.security)
def check_tile_sources(app_configs: Any, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """lprsvc.E006: what maps are made of can be read, and is asked for by TLS in production."""
    try:
        sources = parse_sources(settings.TILE_SOURCES)
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="See docs/maps.md.", id="lprsvc.E006")]
    faults = [fault_of(source.path) for source in sources if source.kind is Kind.ARCHIVE]
    if settings.IS_PRODUCTION:
        plain = [source.code for source in sources if source.url.startswith("http:")]
        faults += [f"{code} is asked without TLS" for code in plain]
    return [
        Error(f"TILE_SOURCES: {fault}.", hint="See docs/maps.md.", id="lprsvc.E006")
        for fault in faults
        if fault
    ]


@register(Tags.security)
def check_log_key(app_configs: Any, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """lprsvc.E007: the key that signs the log is the sequencer's, and nobody else's."""
    if not settings.IS_PRODUCTION or bool(settings.LOG_KEY) == (settings.PROCESS == "sequencer"):
        return []
    fault = "is missing" if settings.PROCESS == "sequencer" else f"is given to {settings.PROCESS}"
    return [
        Error(
            f"LPRSVC_LOG_KEY {fault}.",
            hint="Give it to the sequencer alone: who else holds it can sign another log.",
            id="lprsvc.E007",
        )
    ]


def refuse_unsafe() -> None:
    """End this process, saying why, when a check of this module finds an error."""
    checks = (
        *(check_secret_key, check_hosts, check_mail, check_database_role),
        *(check_tile_sources, check_log_key),
    )
    found = [message for check in checks for message in check(None) if message.is_serious()]
    if found:
        # Not an Exception: Celery logs those of its signals and starts all the same.
        raise SystemExit("\n".join(f"Not starting: {message}" for message in found))
