"""What the database's roles may do with the alerts room's tables."""

_ALL = "SELECT, INSERT, UPDATE, DELETE"

GRANTS = {
    "lpr_app": {
        "alerts_alertlist": _ALL,
        "alerts_alertentry": _ALL,
        # Matches are made by the worker; the web shows them and erases them with their entry.
        "alerts_match": "SELECT, DELETE",
        "alerts_notification": "SELECT, DELETE, UPDATE (opened_at)",
    },
    "lpr_worker": {
        "alerts_alertlist": _ALL,
        "alerts_alertentry": _ALL,
        "alerts_match": _ALL,
        "alerts_notification": _ALL,
    },
}
