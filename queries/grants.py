"""What the database's roles may do with the queries room's tables."""

GRANTS = {
    "lpr_app": {
        "queries_offense": "SELECT, INSERT, UPDATE, DELETE",
        "queries_historicaloffense": "SELECT, INSERT",
        # What was asked never changes; what its owner does with it may.
        "queries_recentquery": "SELECT, INSERT, DELETE, UPDATE (group_id, pinned_as)",
        "queries_hitmark": "SELECT, INSERT, UPDATE",
        "queries_askedinname": "SELECT, INSERT, UPDATE (objected_at)",
        "queries_queryreview": (
            "SELECT, INSERT, UPDATE (finding, finding_event_id, reviewed_by_id, reviewed_at)"
        ),
    },
    "lpr_worker": {
        # The nightly erasure; it needs the due date to find the row.
        "queries_recentquery": "SELECT (id, erase_after), DELETE",
        "queries_askedinname": "SELECT, DELETE",
        "queries_queryreview": "SELECT, DELETE",
    },
}
