"""What the database's roles may do with the queries room's tables."""

GRANTS = {
    "lpr_app": {
        "queries_offense": "SELECT, INSERT, UPDATE, DELETE",
        "queries_historicaloffense": "SELECT, INSERT",
        # What was asked never changes; what its owner does with it may.
        "queries_recentquery": "SELECT, INSERT, DELETE, UPDATE (group_id, pinned_as)",
        "queries_hitmark": "SELECT, INSERT, UPDATE",
        # Ordered, canceled, ordered again, removed; what is said of the file is the worker's.
        "queries_queryreport": (
            "SELECT, INSERT, DELETE,"
            " UPDATE (state, claim, claimed_at, attempts, done, ordered_at, event, finished_at,"
            " fault)"
        ),
        # Row by row only to who records the download (0004_report.sql).
        "queries_reportpart": "SELECT",
        "queries_askedinname": "SELECT, INSERT, UPDATE (objected_at)",
        "queries_queryreview": (
            "SELECT, INSERT, UPDATE (finding, finding_event_id, reviewed_by_id, reviewed_at)"
        ),
    },
    "lpr_worker": {
        # The nightly erasure; it needs the due date to find the row. What was asked it sees of the
        # query alone whose report it is just making, by functions (0004_report.sql).
        "queries_recentquery": "SELECT (id, erase_after), DELETE",
        "queries_queryreport": "SELECT, UPDATE",
        # It writes files and removes them, and can't read one back.
        "queries_reportpart": "SELECT (id, report_id), INSERT, DELETE",
        "queries_askedinname": "SELECT, DELETE",
        "queries_queryreview": "SELECT, DELETE",
    },
}
