"""Migrations whose SQL stands in a file of its own beside them."""

from pathlib import Path

from django.db.migrations.operations import RunSQL


def run_sql_files(migration: str, name: str) -> RunSQL:
    """``sql/<name>.sql`` beside the migration module, reversed by ``sql/<name>_reverse.sql``."""
    folder = Path(migration).parent / "sql"
    # As one string given to psycopg without parameters: PostgreSQL parses the statements itself,
    # so dollar-quoted function bodies are safe.
    forward = (folder / f"{name}.sql").read_text(encoding="utf-8")
    backward = (folder / f"{name}_reverse.sql").read_text(encoding="utf-8")
    return RunSQL([forward], [backward])
