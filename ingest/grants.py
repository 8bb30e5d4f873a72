"""What the database's roles may do with the ingest room's tables.

Reads are inserted by ``lpr_ingest`` alone and seen by nobody without an event (row-level
security). No role but the worker sees the outbox, and none updates or removes a read: a correction
goes through a function of the owner's, which keeps the original (``sql/0007_mistake.sql``), and so
does the erasure of what may be kept no longer (``sql/0008_retention.sql``).
Streets, addresses and places are written by ``lpr_places`` alone, which sees nothing else.
"""

_GOVERNED = "SELECT, INSERT, UPDATE"
_HISTORY = "SELECT, INSERT"
_BATCH_COLUMNS = "id, source_id, feed_key_id, format, received_at, note"
_BATCH_COUNTS = "stored, duplicate, quarantined, refused, exceptions"
_SETTLED = "state, settled_at, settled_by, erase_after, became_id"

_MAP = {
    "geo_address": "SELECT",
    "geo_intersection": "SELECT",
    "geo_segment": "SELECT",
    "ingest_geodataset": "SELECT",
    "ingest_place": "SELECT",
    "ingest_placequeue": "SELECT",
}

GRANTS = {
    "lpr_app": {
        "ingest_source": _GOVERNED,
        "ingest_camera": _GOVERNED,
        "ingest_feedkey": _GOVERNED,
        "ingest_historicalsource": _HISTORY,
        "ingest_historicalcamera": _HISTORY,
        "ingest_historicalfeedkey": _HISTORY,
        "ingest_cameraname": f"{_GOVERNED}, DELETE",
        "ingest_historicalcameraname": _HISTORY,
        "ingest_cameraactivity": "SELECT",
        "ingest_device": "SELECT",
        "ingest_deliverykey": "SELECT",
        # A rule is entered and withdrawn, and never changed.
        "ingest_jurisdictionrule": "SELECT, INSERT, UPDATE (withdrawn_at)",
        "ingest_historicaljurisdictionrule": _HISTORY,
        "ingest_coverage": "SELECT",
        "ingest_erasure": "SELECT",
        "ingest_photograph": "SELECT",
        "ingest_batch": "SELECT",
        "ingest_quarantinedread": f"SELECT, UPDATE ({_SETTLED})",
        "ingest_quarantinejob": "SELECT, INSERT, UPDATE (state, finished_at)",
        "ingest_feedhour": "SELECT",
        "ingest_feedscounted": "SELECT",
        "ingest_turnedaway": "SELECT, INSERT, UPDATE",
        "ingest_read": "SELECT",
        **_MAP,
        # No DELETE, no INSERT: ingest_supersede_read() writes it.
        "ingest_correction": "SELECT",
        "ingest_amendment": "SELECT, INSERT, UPDATE",
        "ingest_errorreport": "SELECT, INSERT, UPDATE",
    },
    "lpr_worker": {
        "ingest_source": "SELECT",
        "ingest_camera": "SELECT",
        "ingest_feedkey": "SELECT",
        "ingest_jurisdictionrule": "SELECT",
        "ingest_tally": "SELECT, DELETE",
        "ingest_coverage": "SELECT, INSERT, UPDATE",
        # Reads are erased by the owner's functions alone: see above. What is left is files.
        "ingest_erasure": "SELECT",
        "ingest_suspectphotograph": "SELECT",
        "ingest_erasedphotograph": "SELECT, INSERT, UPDATE (removed_at), DELETE",
        "ingest_photograph": "SELECT",
        "ingest_batch": "SELECT",
        "ingest_quarantinedread": f"SELECT, UPDATE ({_SETTLED}, reason, detail), DELETE",
        "ingest_quarantinejob": "SELECT, UPDATE",
        "ingest_feedhour": "SELECT, INSERT, UPDATE, DELETE",
        "ingest_feedscounted": "SELECT, INSERT, UPDATE",
        "ingest_turnedaway": "SELECT, DELETE",
        "ingest_outbox": "SELECT, DELETE",
        "ingest_retraction": "SELECT, DELETE",
        "ingest_cameraname": "SELECT",
        "ingest_deliverykey": "SELECT, DELETE",
        "ingest_read": "SELECT",
        **_MAP,
        # Mails about them, and their erasure when they are done with.
        "ingest_amendment": "SELECT, DELETE",
        "ingest_errorreport": "SELECT, DELETE",
    },
    "lpr_ingest": {
        "ingest_source": "SELECT",
        "ingest_camera": "SELECT",
        "ingest_feedkey": "SELECT",
        "ingest_photograph": "SELECT, INSERT, UPDATE (is_shared, read_from, read_until)",
        # A picture that comes again while its file is being removed.
        "ingest_erasedphotograph": "SELECT, DELETE",
        "ingest_tally": "INSERT",
        "ingest_batch": f"SELECT, INSERT ({_BATCH_COLUMNS}, {_BATCH_COUNTS}),"
        f" UPDATE ({_BATCH_COUNTS})",
        "ingest_quarantinedread": "INSERT",
        "ingest_outbox": "INSERT",
        "ingest_deliverykey": "SELECT, INSERT",
        "ingest_cameraactivity": "SELECT, INSERT, UPDATE",
        "ingest_device": "SELECT, INSERT, UPDATE",
        "ingest_read": "SELECT, INSERT",
        # Which cells are known already, and the queue of those that are not.
        "ingest_place": "SELECT (cell)",
        "ingest_placequeue": "INSERT",
        # By id alone: what was taken out, and must not come back with a redelivery.
        "ingest_correction": "SELECT (key_id)",
    },
    "lpr_places": {
        "geo_address": "SELECT, INSERT",
        "geo_intersection": "SELECT, INSERT",
        "geo_segment": "SELECT, INSERT",
        "ingest_geodataset": "SELECT, INSERT, UPDATE",
        "ingest_place": "SELECT, INSERT, UPDATE",
        "ingest_placequeue": "SELECT, INSERT, UPDATE, DELETE",
    },
}
