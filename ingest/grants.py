"""What the database's roles may do with the ingest room's tables.

Reads are inserted by ``lpr_ingest`` alone and seen by nobody without an event (row-level
security). No role but the worker sees the outbox, and none updates or removes a read.
"""

_GOVERNED = "SELECT, INSERT, UPDATE"
_HISTORY = "SELECT, INSERT"
_BATCH_COLUMNS = "id, source_id, feed_key_id, format, received_at, note"
_BATCH_COUNTS = "stored, duplicate, quarantined, refused, exceptions"

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
        "ingest_photograph": "SELECT",
        "ingest_batch": "SELECT",
        "ingest_quarantinedread": "SELECT",
        "ingest_read": "SELECT",
    },
    "lpr_worker": {
        "ingest_source": "SELECT",
        "ingest_camera": "SELECT",
        "ingest_feedkey": "SELECT",
        "ingest_jurisdictionrule": "SELECT",
        "ingest_photograph": "SELECT",
        "ingest_batch": "SELECT",
        "ingest_outbox": "SELECT, DELETE",
        "ingest_cameraname": "SELECT",
        "ingest_deliverykey": "SELECT, DELETE",
        "ingest_read": "SELECT",
    },
    "lpr_ingest": {
        "ingest_source": "SELECT",
        "ingest_camera": "SELECT",
        "ingest_feedkey": "SELECT",
        "ingest_photograph": "SELECT, INSERT",
        "ingest_batch": f"SELECT, INSERT ({_BATCH_COLUMNS}, {_BATCH_COUNTS}),"
        f" UPDATE ({_BATCH_COUNTS})",
        "ingest_quarantinedread": "INSERT",
        "ingest_outbox": "INSERT",
        "ingest_deliverykey": "SELECT, INSERT",
        "ingest_cameraactivity": "SELECT, INSERT, UPDATE",
        "ingest_device": "SELECT, INSERT, UPDATE",
        "ingest_read": "SELECT, INSERT",
    },
}
