"""The environment that the service's processes run in, and the secrets behind it."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

# Environment variable → the database role whose log-on it holds.
ROLE_VARIABLES = {
    "DATABASE_URL_OWNER": "lpr_owner",
    "DATABASE_URL_WEB": "lpr_app",
    "DATABASE_URL_WORKER": "lpr_worker",
    "DATABASE_URL_SEQUENCER": "lpr_sequencer",
    "DATABASE_URL_AUDITOR": "lpr_auditor",
    "DATABASE_URL_ERASER": "lpr_eraser",
}
_SECRETS = ("superuser", "secret_key", *ROLE_VARIABLES.values())


def load_secrets(path: Path) -> dict[str, str]:
    """The installation's secrets, drawn at random on first use and kept in `path`."""
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    missing = [name for name in _SECRETS if name not in kept]
    if missing or "log_key" not in kept:
        kept |= {name: secrets.token_urlsafe(48) for name in missing}
        kept.setdefault("log_key", base64.b64encode(secrets.token_bytes(32)).decode())
        write_private(path, json.dumps(kept, indent=1))
    return kept


def role_urls(admin_url: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """The address of each role, made from that of the log-on that made the roles."""
    return {
        variable: with_log_on(admin_url, role, passwords[role])
        for variable, role in ROLE_VARIABLES.items()
    }


def with_log_on(url: str, user: str, password: str) -> str:
    """`url` with another user and password."""
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    log_on = f"{quote(user)}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{log_on}@{server}"))


def write_service_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write what `manage.py` needs to work beside the running service, for one's own eyes."""
    lines = (f"{name}={_quoted(value)}\n" for name, value in sorted(variables.items()))
    write_private(path, "".join(lines))


def _quoted(value: str) -> str:
    plain = not any(sign in value for sign in " #'\"$\\\n")
    return value if plain else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def write_private(path: Path, text: str) -> None:
    """Replace `path` with `text`, readable by its owner alone, never half written."""
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
