"""The driver's own cursor on Django's connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


@contextmanager
def driver_cursor() -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """A cursor that sends arrays in binary form, many times quicker than as text; its errors
    become Django's."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor
