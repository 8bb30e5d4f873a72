"""Every few minutes the log says that it is alive, and what guards it (AUD-4).

A trigger dropped, a policy opened, a privilege given: the next heartbeat has another hash, and an
event of its own says so. It shows even when the guard is put back before anybody looks, if it was
away for longer than the time between two beats.
"""

import hashlib
import logging
from datetime import datetime

from django.db import connection, transaction

from audit.actors import VENDOR_LOG_ID, system
from audit.kinds import Kind
from audit.services import Recorded, record
from audit.tree import store

BEAT_EVERY = 300.0
_log = logging.getLogger(__name__)

# One line for each thing that guards. Partitions come and go by the month: those that are guarded
# alike are one line, and one that differs from its sisters is another.
_GUARDS = """
WITH tables AS (
    SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relkind,
           n.nspname || '.' || coalesce(p.relname || ' (part)', c.relname) AS name,
           pg_get_userbyid(c.relowner) AS owner,
           (SELECT string_agg(a::text, ' ' ORDER BY a::text)
              FROM unnest(coalesce(c.relacl, acldefault('r', c.relowner))) a) AS privileges
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN ('public', 'audit')
      LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
      LEFT JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.relkind IN ('r', 'p', 'v')),
lines AS (
    SELECT 'table ' || concat_ws(' ', name, owner, relkind, relrowsecurity, relforcerowsecurity,
           privileges,
           (SELECT string_agg(concat_ws(':', tgname, tgenabled, tgtype, tgfoid::regproc), ' '
                              ORDER BY tgname)
              FROM pg_trigger WHERE tgrelid = t.oid AND NOT tgisinternal)) AS line
      FROM tables t
    UNION
    SELECT 'column ' || concat_ws(' ', t.name, a.attname,
           (SELECT string_agg(x::text, ' ' ORDER BY x::text) FROM unnest(a.attacl) x))
      FROM pg_attribute a JOIN tables t ON t.oid = a.attrelid
     WHERE a.attacl IS NOT NULL
    UNION
    SELECT 'policy ' || concat_ws(' ', schemaname, tablename, policyname, permissive, roles, cmd,
           qual, with_check)
      FROM pg_policies WHERE tablename !~ '_y[0-9]{4}m[0-9]{2}$'
    UNION
    SELECT 'function ' || concat_ws(' ', p.oid::regprocedure, pg_get_userbyid(p.proowner),
           p.prosecdef, p.proconfig, md5(p.prosrc),
           (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(p.proacl) a))
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname IN ('public', 'audit')
    UNION
    SELECT 'role ' || concat_ws(' ', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb,
           rolcanlogin, rolbypassrls, rolreplication)
      FROM pg_roles WHERE rolname ~ '^lpr_'
    UNION
    SELECT 'member ' || concat_ws(' ', pg_get_userbyid(roleid), pg_get_userbyid(member))
      FROM pg_auth_members
     WHERE pg_get_userbyid(member) ~ '^lpr_' OR pg_get_userbyid(roleid) ~ '^lpr_')
SELECT line FROM lines ORDER BY line COLLATE "C"
"""
_LAST = """
SELECT fields ->> 'guards' FROM audit.event
 WHERE log_id = %s AND kind = 'system.heartbeat' ORDER BY at DESC, id DESC LIMIT 1
"""


def beat(*, now: datetime) -> Recorded:
    """Record a heartbeat in the vendor's log: the guards' hash, each log's size, how far `now`, the
    process's clock, is from the database's (milliseconds). A hash unlike the last one is an event
    before it, and an alarm."""
    with transaction.atomic(durable=True):
        guards = list_guards()
        digest = hashlib.sha256("\n".join(guards).encode()).hexdigest()
        before, offset = _last(), _offset(now)
        if before is not None and before != digest:
            _tell(before, digest)
        return record(
            actor=system("audit.sequencer"),
            kind=Kind.SYSTEM_HEARTBEAT,
            fields={
                "guards": digest,
                "guard_lines": len(guards),
                "sizes": {head.origin: head.size for head in store.list_heads()},
                "clock_offset_ms": offset,
            },
        )


def list_guards() -> list[str]:
    """What guards the database, a line each, sorted: owners, privileges, triggers, row-level
    security and its policies, functions, roles."""
    with connection.cursor() as cursor:
        cursor.execute(_GUARDS)
        return [row[0] for row in cursor.fetchall()]


def _last() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [VENDOR_LOG_ID])
        found = cursor.fetchone()
    return found[0] if found else None


def _offset(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return round((now - at).total_seconds() * 1_000)


def _tell(before: str, after: str) -> None:
    _log.critical("The database's guards are not those of the last heartbeat")
    record(
        actor=system("audit.sequencer"),
        kind=Kind.SYSTEM_GUARD_CHANGED,
        fields={"object": "guards", "before": before, "after": after},
    )
