"""Who of the database's roles may do what with the log's tables. Nobody may change or remove."""

# `at`, `txid` and the generated columns are not in the list: only the database sets them.
_APPEND = "SELECT, INSERT (id, log_id, kind, seed, fields)"

# What of the tree may be read: hashes, and of leaves no more than survives erasure anyhow.
_TREE = dict.fromkeys(
    ("audit.leaf", "audit.tile", "audit.head", "audit.checkpoint", "audit.signing_key"), "SELECT"
)

GRANTS = {
    "lpr_app": {"audit.log": "SELECT, INSERT", "audit.event": _APPEND}
    | _TREE
    | {
        # A column's UPDATE, that a row may be locked before it is removed.
        "audit_logexport": "SELECT, INSERT, DELETE, UPDATE (id)",
        "audit_logexportpart": "SELECT, DELETE",
    },
    "lpr_worker": {"audit.log": "SELECT", "audit.event": _APPEND}
    | _TREE
    | {
        "audit_logexport": "SELECT, UPDATE, DELETE",
        "audit_logexportpart": "SELECT (id, export_id), INSERT, DELETE",
    },
    "lpr_ingest": {},
    "lpr_sequencer": {
        "audit.log": "SELECT",
        "audit.event": _APPEND,  # what it could not sequence, and what it must tell
        "audit.pending": "SELECT, DELETE",
        "audit.leaf": "SELECT, INSERT",
        "audit.tile": "SELECT, INSERT",
        "audit.head": "SELECT, UPDATE (size, root, updated_at)",
        "audit.checkpoint": "SELECT, INSERT (log_id, size, root, note)",
        "audit.signing_key": "SELECT, INSERT (log_id, verifier)",
    },
    "lpr_auditor": {"audit.log": "SELECT", "audit.event": "SELECT"} | _TREE,
    "lpr_eraser": {"audit.log": "SELECT", "audit.event": "SELECT"},
}
