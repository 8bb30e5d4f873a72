"""Everything a person may be allowed to do, as one enum. Who has which: `accounts.roles`.

Down here, not in accounts, because the audit room's own pages need it and lie below accounts.
"""

from enum import StrEnum


class Permission(StrEnum):
    """One thing that needs permission, named ``room.verb_object``."""

    RUN_QUERIES = "queries.run_queries"
    REVIEW_QUERIES = "queries.review_queries"
    MANAGE_OFFENSES = "queries.manage_offenses"
    KEEP_ALERTS = "alerts.keep_alerts"
    READ_LOG_AGENCY = "audit.read_log_agency"
    READ_LOG_AORS = "audit.read_log_aors"
    READ_LOG_TEAM = "audit.read_log_team"
    READ_LOG_VENDOR = "audit.read_log_vendor"
    MANAGE_USERS = "accounts.manage_users"
    MANAGE_AGENCIES = "accounts.manage_agencies"
    PUBLISH_RULES = "accounts.publish_rules"
    MANAGE_SOURCES = "ingest.manage_sources"
    REVIEW_READS = "ingest.review_reads"
    REQUEST_AMENDMENTS = "ingest.request_amendments"
    VIEW_COVERAGE = "ingest.view_coverage"
    ENTER_ADMIN = "accounts.enter_admin"
