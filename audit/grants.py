"""Who of the database's roles may do what with the log's tables. Nobody may change or remove."""

# `at`, `txid` and the generated columns are not in the list: only the database sets them.
_APPEND = "SELECT, INSERT (id, log_id, kind, seed, fields)"

GRANTS = {
    "lpr_app": {"audit.log": "SELECT, INSERT", "audit.event": _APPEND},
    "lpr_worker": {"audit.log": "SELECT", "audit.event": _APPEND},
    "lpr_ingest": {},
    "lpr_sequencer": {
        "audit.log": "SELECT",
        "audit.event": "SELECT",
        "audit.pending": "SELECT, DELETE",
    },
    "lpr_auditor": {"audit.log": "SELECT", "audit.event": "SELECT"},
    "lpr_eraser": {"audit.log": "SELECT", "audit.event": "SELECT"},
}
