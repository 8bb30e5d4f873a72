"""What the database's roles may do with the queries room's tables."""

GRANTS = {
    "lpr_app": {"queries_recentquery": "SELECT, INSERT, DELETE"},
    # The nightly erasure; it needs the due date to find the row.
    "lpr_worker": {"queries_recentquery": "SELECT (id, erase_after), DELETE"},
}
