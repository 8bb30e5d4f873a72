"""Every kind of event, once. A kind is never renamed: it is part of the signed leaf for ever."""

from enum import StrEnum


class Kind(StrEnum):
    """``noun.past_verb``; grouped by the noun a reader of the log would filter by."""

    SESSION_LOGIN = "session.login"
    SESSION_LOGIN_FAILED = "session.login_failed"
    SESSION_LOGOUT = "session.logout"
    SESSION_TIMEOUT = "session.timeout"
    SESSION_LOCKED = "session.locked"
    SESSION_RULES_SHOWN = "session.rules_shown"
    SESSION_RULES_ACCEPTED = "session.rules_accepted"
    SESSION_RULES_DECLINED = "session.rules_declined"

    CREDENTIAL_CHANGED = "credential.changed"
    CREDENTIAL_RESET_REQUESTED = "credential.reset_requested"
    CREDENTIAL_RECOVERY_ANSWER_FAILED = "credential.recovery_answer_failed"
    CREDENTIAL_TEMPORARY_ISSUED = "credential.temporary_issued"
    CREDENTIAL_REGISTERED = "credential.registered"
    CREDENTIAL_REGISTRATION_REFUSED = "credential.registration_refused"
    CREDENTIAL_MFA_ENROLLED = "credential.mfa_enrolled"
    CREDENTIAL_MFA_FAILED = "credential.mfa_failed"

    QUERY_RUN = "query.run"
    QUERY_RESULT = "query.result"
    QUERY_REFUSED = "query.refused"
    QUERY_FAILED = "query.failed"
    QUERY_PHOTO_SUBMITTED = "query.photo_submitted"
    QUERY_PHOTO_READ = "query.photo_read"
    QUERY_RECALLED = "query.recalled"
    QUERY_FORGOTTEN = "query.forgotten"
    QUERY_SHARED = "query.shared"
    QUERY_PINNED = "query.pinned"
    QUERY_OBJECTED = "query.objected"

    REVIEW_LISTED = "review.listed"
    REVIEW_DECIDED = "review.decided"

    RESULT_VIEWED = "result.viewed"
    RESULT_PHOTO_VIEWED = "result.photo_viewed"
    RESULT_MARKED = "result.marked"
    RESULT_ERROR_REPORTED = "result.error_reported"

    READ_REVIEWED = "read.reviewed"
    READ_PHOTO_VIEWED = "read.photo_viewed"
    READ_CORRECTED = "read.corrected"
    READ_AMENDMENT_REQUESTED = "read.amendment_requested"
    READ_REPORTS_VIEWED = "read.reports_viewed"
    READ_REPORT_CORRECTED = "read.report_corrected"
    READ_REPORT_REJECTED = "read.report_rejected"
    READ_REPORT_WITHDRAWN = "read.report_withdrawn"
    READ_REFUSED = "read.refused"
    READ_FAILED = "read.failed"

    REPORT_ORDERED = "report.ordered"
    REPORT_PRINTED = "report.printed"
    REPORT_FAILED = "report.failed"
    REPORT_CANCELED = "report.canceled"
    REPORT_DOWNLOADED = "report.downloaded"
    REPORT_REMOVED = "report.removed"

    ALERT_BATCH_UPLOADED = "alert.batch_uploaded"
    ALERT_BATCH_REJECTED = "alert.batch_rejected"
    ALERT_LIST_CREATED = "alert.list_created"
    ALERT_SHARED = "alert.shared"
    ALERT_SEARCHED = "alert.searched"
    ALERT_VIEWED = "alert.viewed"
    ALERT_ADDED = "alert.added"
    ALERT_REMOVED = "alert.removed"
    ALERT_RENEWED = "alert.renewed"
    ALERT_REMINDED = "alert.reminded"
    ALERT_EXPIRED = "alert.expired"
    ALERT_ERASED = "alert.erased"
    ALERT_DECONFLICTED = "alert.deconflicted"
    ALERT_MATCHED = "alert.matched"
    ALERT_NOTIFIED = "alert.notified"
    ALERT_NOTIFY_FAILED = "alert.notify_failed"
    ALERT_MATCH_VIEWED = "alert.match_viewed"
    ALERT_MATCH_WITHDRAWN = "alert.match_withdrawn"
    ALERT_DISPOSED = "alert.disposed"
    ALERT_REFUSED = "alert.refused"
    ALERT_FAILED = "alert.failed"

    DEVICE_REGISTERED = "device.registered"
    DEVICE_PURGED = "device.purged"
    DEVICE_WIPED = "device.wiped"

    AUDIT_SEARCHED = "audit.searched"
    AUDIT_VIEWED = "audit.viewed"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_EXPORT_ENDED = "audit.export_ended"
    AUDIT_DOWNLOADED = "audit.downloaded"
    AUDIT_STATISTICS_RUN = "audit.statistics_run"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_REPLAYED = "audit.replayed"
    AUDIT_ERASURE = "audit.erasure"
    AUDIT_REJECTED = "audit.rejected"

    ADMIN_CREATED = "admin.created"
    ADMIN_CHANGED = "admin.changed"
    ADMIN_REMOVED = "admin.removed"
    ADMIN_VIEWED = "admin.viewed"
    ADMIN_REFUSED = "admin.refused"
    ADMIN_FAILED = "admin.failed"

    NOTICE_SENT = "notice.sent"
    NOTICE_DROPPED = "notice.dropped"
    NOTICE_FAILED = "notice.failed"

    SUPPORT_REQUESTED = "support.requested"
    SUPPORT_ANSWERED = "support.answered"
    SUPPORT_CLOSED = "support.closed"
    SUPPORT_ESCALATED = "support.escalated"
    SUPPORT_VIEWED = "support.viewed"
    SUPPORT_REFUSED = "support.refused"

    ACCESS_REFUSED = "access.refused"

    INGEST_LOADED = "ingest.loaded"
    INGEST_ERASED = "ingest.erased"

    PLACES_LOADED = "places.loaded"
    PLACES_RETIRED = "places.retired"

    QUARANTINE_REPAIRED = "quarantine.repaired"
    QUARANTINE_DISCARDED = "quarantine.discarded"
    QUARANTINE_PHOTO_VIEWED = "quarantine.photo_viewed"
    QUARANTINE_BULK_ORDERED = "quarantine.bulk_ordered"
    QUARANTINE_BULK_STOPPED = "quarantine.bulk_stopped"
    QUARANTINE_BULK_ENDED = "quarantine.bulk_ended"

    INCIDENT_RECORDED = "incident.recorded"

    SYSTEM_HEARTBEAT = "system.heartbeat"
    SYSTEM_STARTED = "system.started"
    SYSTEM_RESTORED = "system.restored"
    SYSTEM_KEY_ROTATED = "system.key_rotated"
    SYSTEM_GUARD_CHANGED = "system.guard_changed"
    SYSTEM_MAINTAINED = "system.maintained"


# Of these the database shows no more than the one read named by the field `read`, and that only
# while a report of an error in it is open (QRY-2, QRY-10).
OPENS_ONE_READ = frozenset({Kind.READ_REVIEWED, Kind.READ_PHOTO_VIEWED, Kind.READ_CORRECTED})

# The kinds whose fields plate, state, start and end open that plate's reads to the very
# transaction that recorded them. The database holds the same lists (0003_one_read.sql); a test
# compares the two.
OPENS_READS = OPENS_ONE_READ | {
    Kind.QUERY_RUN,
    Kind.RESULT_VIEWED,
    Kind.RESULT_PHOTO_VIEWED,
    Kind.RESULT_ERROR_REPORTED,
    Kind.ALERT_MATCH_VIEWED,
    Kind.READ_AMENDMENT_REQUESTED,
}

# These open the file of the report they name to the very transaction that recorded them
# (queries' 0004_report.sql).
OPENS_FILES = frozenset({Kind.REPORT_DOWNLOADED})


# What people read; a test demands one for every kind.
LABELS: dict[Kind, str] = {
    Kind.SESSION_LOGIN: "Logged on",
    Kind.SESSION_LOGIN_FAILED: "Failed to log on",
    Kind.SESSION_LOGOUT: "Logged out",
    Kind.SESSION_TIMEOUT: "Session timed out",
    Kind.SESSION_LOCKED: "Locked after failed log-ons",
    Kind.SESSION_RULES_SHOWN: "Was shown the rules of behavior",
    Kind.SESSION_RULES_ACCEPTED: "Affirmed the rules of behavior",
    Kind.SESSION_RULES_DECLINED: "Declined the rules of behavior",
    Kind.CREDENTIAL_CHANGED: "Changed a credential",
    Kind.CREDENTIAL_RESET_REQUESTED: "Asked to reset a password",
    Kind.CREDENTIAL_RECOVERY_ANSWER_FAILED: "Wrong answer to a security question",
    Kind.CREDENTIAL_TEMPORARY_ISSUED: "Temporary password issued",
    Kind.CREDENTIAL_REGISTERED: "Registered by key",
    Kind.CREDENTIAL_REGISTRATION_REFUSED: "Registration refused",
    Kind.CREDENTIAL_MFA_ENROLLED: "Enrolled a second factor",
    Kind.CREDENTIAL_MFA_FAILED: "Failed the second factor",
    Kind.QUERY_RUN: "Ran a query",
    Kind.QUERY_RESULT: "Query answered",
    Kind.QUERY_REFUSED: "Query refused",
    Kind.QUERY_FAILED: "Query failed",
    Kind.QUERY_PHOTO_SUBMITTED: "Submitted a photograph",
    Kind.QUERY_PHOTO_READ: "Photograph read",
    Kind.QUERY_RECALLED: "Looked at recent queries",
    Kind.QUERY_FORGOTTEN: "Recent query erased",
    Kind.QUERY_SHARED: "Shared a question, or no longer",
    Kind.QUERY_PINNED: "Named a recent query",
    Kind.QUERY_OBJECTED: "Objected to a query in one's own name",
    Kind.REVIEW_LISTED: "Looked at queries to review",
    Kind.REVIEW_DECIDED: "Reviewed a query",
    Kind.RESULT_VIEWED: "Viewed a result",
    Kind.RESULT_PHOTO_VIEWED: "Viewed a photograph",
    Kind.RESULT_MARKED: "Marked a hit",
    Kind.RESULT_ERROR_REPORTED: "Reported an error",
    Kind.READ_REVIEWED: "Looked at a read reported as wrong",
    Kind.READ_PHOTO_VIEWED: "Viewed a photograph of a read reported as wrong",
    Kind.READ_CORRECTED: "Corrected a read",
    Kind.READ_AMENDMENT_REQUESTED: "Asked for an amendment",
    Kind.READ_REPORTS_VIEWED: "Looked at reports of errors",
    Kind.READ_REPORT_CORRECTED: "Error report: read corrected",
    Kind.READ_REPORT_REJECTED: "Error report: rejected",
    Kind.READ_REPORT_WITHDRAWN: "Error report: withdrawn",
    Kind.READ_REFUSED: "Error report or correction refused",
    Kind.READ_FAILED: "Error report or correction failed",
    Kind.REPORT_ORDERED: "Ordered a report",
    Kind.REPORT_PRINTED: "Made a report",
    Kind.REPORT_FAILED: "Report could not be made",
    Kind.REPORT_CANCELED: "Canceled a report",
    Kind.REPORT_DOWNLOADED: "Downloaded a report",
    Kind.REPORT_REMOVED: "Removed a report",
    Kind.ALERT_BATCH_UPLOADED: "Uploaded hot plates",
    Kind.ALERT_BATCH_REJECTED: "Upload of hot plates refused",
    Kind.ALERT_LIST_CREATED: "Made an alert list",
    Kind.ALERT_SHARED: "Shared an alert list",
    Kind.ALERT_SEARCHED: "Searched alert lists",
    Kind.ALERT_VIEWED: "Viewed an alert",
    Kind.ALERT_ADDED: "Added a hot plate",
    Kind.ALERT_REMOVED: "Removed a hot plate",
    Kind.ALERT_RENEWED: "Renewed a hot plate",
    Kind.ALERT_REMINDED: "Reminded of a hot plate",
    Kind.ALERT_EXPIRED: "Hot plate expired",
    Kind.ALERT_ERASED: "Hot plate erased",
    Kind.ALERT_DECONFLICTED: "De-confliction",
    Kind.ALERT_MATCHED: "Hot plate matched a read",
    Kind.ALERT_NOTIFIED: "Sent a notification",
    Kind.ALERT_NOTIFY_FAILED: "Notification failed",
    Kind.ALERT_MATCH_VIEWED: "Viewed a match",
    Kind.ALERT_MATCH_WITHDRAWN: "Match withdrawn: the plate was misread",
    Kind.ALERT_DISPOSED: "Recorded what came of a match",
    Kind.ALERT_REFUSED: "Alert action refused",
    Kind.ALERT_FAILED: "Alert action failed",
    Kind.DEVICE_REGISTERED: "Registered a device",
    Kind.DEVICE_PURGED: "Emptied a device",
    Kind.DEVICE_WIPED: "Wiped a device from afar",
    Kind.AUDIT_SEARCHED: "Searched the log",
    Kind.AUDIT_VIEWED: "Viewed a log entry",
    Kind.AUDIT_EXPORTED: "Exported the log",
    Kind.AUDIT_EXPORT_ENDED: "Export of the log made, canceled or removed",
    Kind.AUDIT_DOWNLOADED: "Downloaded an export of the log",
    Kind.AUDIT_STATISTICS_RUN: "Ran statistics",
    Kind.AUDIT_VERIFIED: "Verified the log",
    Kind.AUDIT_REPLAYED: "Replayed a query",
    Kind.AUDIT_ERASURE: "Ordered erasure from the log",
    Kind.AUDIT_REJECTED: "Log entry that could not be sequenced",
    Kind.ADMIN_CREATED: "Created a record",
    Kind.ADMIN_CHANGED: "Changed a record",
    Kind.ADMIN_REMOVED: "Removed a record",
    Kind.ADMIN_VIEWED: "Viewed records",
    Kind.ADMIN_REFUSED: "Change refused",
    Kind.ADMIN_FAILED: "Change failed",
    Kind.NOTICE_SENT: "Sent a mail",
    Kind.NOTICE_DROPPED: "Mail no longer needed",
    Kind.NOTICE_FAILED: "Mail failed",
    Kind.SUPPORT_REQUESTED: "Asked the help desk",
    Kind.SUPPORT_ANSWERED: "Answered a request for help",
    Kind.SUPPORT_CLOSED: "Closed a request for help",
    Kind.SUPPORT_ESCALATED: "Request for help overdue",
    Kind.SUPPORT_VIEWED: "Looked at own requests for help",
    Kind.SUPPORT_REFUSED: "Request for help refused",
    Kind.ACCESS_REFUSED: "Was refused a page",
    Kind.INGEST_LOADED: "Loaded reads",
    Kind.PLACES_LOADED: "Loaded streets or addresses",
    Kind.PLACES_RETIRED: "Took streets or addresses out of use",
    Kind.QUARANTINE_REPAIRED: "Repaired a quarantined read",
    Kind.QUARANTINE_DISCARDED: "Discarded a quarantined read",
    Kind.QUARANTINE_PHOTO_VIEWED: "Viewed a photograph in quarantine",
    Kind.QUARANTINE_BULK_ORDERED: "Ordered work on many quarantined reads",
    Kind.QUARANTINE_BULK_STOPPED: "Stopped work on many quarantined reads",
    Kind.QUARANTINE_BULK_ENDED: "Work on many quarantined reads ended",
    Kind.INGEST_ERASED: "Erased reads whose time was over",
    Kind.INCIDENT_RECORDED: "Recorded an incident",
    Kind.SYSTEM_HEARTBEAT: "Heartbeat",
    Kind.SYSTEM_STARTED: "Service started",
    Kind.SYSTEM_RESTORED: "Restored from back-up",
    Kind.SYSTEM_KEY_ROTATED: "Rotated a key",
    Kind.SYSTEM_GUARD_CHANGED: "Database guard changed",
    Kind.SYSTEM_MAINTAINED: "Maintenance done",
}


def label_of(kind: str) -> str:
    """The words for a kind; a kind that only an older build knew stands for itself."""
    # A StrEnum member equals and hashes like its value.
    label: str = LABELS.get(kind, kind)  # type: ignore[call-overload]
    return label
