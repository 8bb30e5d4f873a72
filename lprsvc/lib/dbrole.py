"""Acting as a narrower database role for a few statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from psycopg.pq import TransactionStatus


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    """Run the block's statements as group role ``role``, inside the current transaction.

    The service's log-on roles inherit nothing from it, so what only ``role`` may do (insert a
    read) can't be done by code that forgot to ask. Not to be nested.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("acting_as needs a transaction")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(role)}")
    try:
        yield
    finally:
        # A failed transaction takes no statement but its rollback, which restores the role.
        if connection.connection.info.transaction_status == TransactionStatus.INTRANS:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL ROLE NONE")
